//! What the stage does for browsers: it leads them to the login page, and opens no dialog (F06, F07).

use http::header::{AUTHORIZATION, Entry};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

use bytes::Bytes;

use super::credential_headers::CredentialPresence;
use super::identity_service::IdentityService;
use super::request_state::RequestState;
use super::stage::{AuthenticateStage, Settings};
use crate::denial::public_outcome::{ChallengeSelection, PublicOutcome};
use crate::login::{LeadWay, LoginLead, RequestKind};
use crate::observe::Observe;
use crate::respond::{FinishedResponse, Refusal, Respond};

const HX_REDIRECT: HeaderName = HeaderName::from_static("hx-redirect");
const X_ROBOTS_TAG: HeaderName = HeaderName::from_static("x-robots-tag");
const NOINDEX: HeaderValue = HeaderValue::from_static("noindex");

/// What the stage knows of the browser that sent a request, if one did.
#[derive(Debug, Default)]
pub(super) struct BrowserState {
    /// How the request is led to the login page if it gets a 401 (F06).
    pub(super) login: Option<LoginLead>,
    /// Whether the stage suppresses dialogs for the request (F07).
    pub(super) suppresses_dialogs: bool,
    /// Whether the response is the login page with a return path, which no search engine should list.
    pub(super) is_login_page: bool,
}

impl BrowserState {
    /// Whether it differs from that of a program.
    pub(super) fn has_any(&self) -> bool {
        self.login.is_some() || self.suppresses_dialogs || self.is_login_page
    }
}

impl<I: IdentityService, R: Respond, O: Observe> AuthenticateStage<I, R, O> {
    /// Inspects the request head for what depends on the client's kind.
    pub(super) fn inspect_browser(
        &self,
        request: &Parts,
        credentials: CredentialPresence,
    ) -> BrowserState {
        let settings = &self.settings;
        if settings.is_at_proxy() || !settings.depends_on_request_kind() {
            return BrowserState::default();
        }
        let kind = RequestKind::of(&request.method, &request.headers);
        let is_suppressed_script = settings.suppresses_dialogs_for_scripts && kind.is_by_script();
        let Some(page) = &settings.login_page else {
            return BrowserState { suppresses_dialogs: is_suppressed_script, ..Default::default() };
        };
        // A browser that sends credentials of a scheme has got them in a dialog, or in an address.
        let names_offered_scheme = settings.names_offered_scheme(request, credentials);
        BrowserState {
            login: page.lead(request, kind, names_offered_scheme),
            suppresses_dialogs: is_suppressed_script
                || (kind.is_by_browser() && !names_offered_scheme),
            is_login_page: page.is_with_return_path(request),
        }
    }

    /// Builds the response that leads to the login page, if this refusal has one of its own. The page
    /// with a link still needs its challenges.
    pub(super) fn login_response(
        &self,
        state: &RequestState<R::Context, O::Context>,
        outcome: PublicOutcome,
        refusal: &Refusal<'_>,
    ) -> Option<Response<Bytes>> {
        let (page, lead) = (self.settings.login_page.as_ref()?, state.login_lead(outcome)?);
        match lead.way {
            LeadWay::Redirect => Some(page.redirect(lead)),
            LeadWay::Link | LeadWay::LinkOutOfFrame => Some(page.link(lead, refusal.detail())),
            LeadWay::HxRedirect => None,
        }
    }

    /// Adds the headers that a refusal has because of the login page. `lead` is the address of the page
    /// for htmx.
    pub(super) fn add_login_headers(
        &self,
        finished: &mut FinishedResponse,
        status: StatusCode,
        hx_redirect: Option<HeaderValue>,
    ) {
        if let Some(address) = hx_redirect {
            finished.insert(HX_REDIRECT, address);
        }
        if self.settings.excludes_crawlers_from(status) {
            finished.insert_if_absent(X_ROBOTS_TAG, NOINDEX);
        }
    }

    /// Returns the address of the login page for htmx, if this refusal tells it.
    pub(super) fn hx_redirect(
        &self,
        state: &RequestState<R::Context, O::Context>,
        outcome: PublicOutcome,
    ) -> Option<HeaderValue> {
        let lead = state.login_lead(outcome).filter(|lead| lead.way == LeadWay::HxRedirect)?;
        Some(self.settings.login_page.as_ref()?.address(lead))
    }
}

impl<C, X> RequestState<C, X> {
    fn browser(&self) -> Option<&BrowserState> {
        Some(&self.rare.as_ref()?.browser)
    }

    pub(super) fn suppresses_dialogs(&self) -> bool {
        self.browser().is_some_and(|browser| browser.suppresses_dialogs)
    }

    /// Leads to the login page without a return path.
    pub(super) fn forget_return_target(&mut self) {
        if let Some(rare) = &mut self.rare
            && let Some(lead) = &mut rare.browser.login
        {
            lead.return_target = None;
        }
    }

    /// Whether the response is the login page with a return path.
    pub(super) fn is_login_page(&self) -> bool {
        self.browser().is_some_and(|browser| browser.is_login_page)
    }

    /// Whether a 401 becomes a redirect to the login page.
    pub(super) fn redirects_to_login(&self) -> bool {
        let lead = self.browser().and_then(|browser| browser.login.as_ref());
        lead.is_some_and(|lead| lead.way == LeadWay::Redirect)
    }

    /// How a refusal with this outcome leads to the login page. A step-up does not: a login page that
    /// finds the user logged in redirects back at once.
    fn login_lead(&self, outcome: PublicOutcome) -> Option<&LoginLead> {
        let lead = self.browser()?.login.as_ref()?;
        let is_led = match lead.way {
            LeadWay::Redirect => outcome.status == StatusCode::SEE_OTHER,
            LeadWay::Link | LeadWay::LinkOutOfFrame | LeadWay::HxRedirect => {
                outcome.status == StatusCode::UNAUTHORIZED
                    && outcome.challenge != ChallengeSelection::StepUp
            }
        };
        is_led.then_some(lead)
    }
}

impl Settings {
    /// Whether anything depends on the kind of the request.
    pub(super) fn depends_on_request_kind(&self) -> bool {
        self.login_page.is_some() || self.suppresses_dialogs_for_scripts
    }

    /// Whether `Authorization` names an offered scheme, with credentials or without.
    fn names_offered_scheme(&self, request: &Parts, credentials: CredentialPresence) -> bool {
        let authorization =
            request.headers.get(AUTHORIZATION).filter(|_| credentials.authorization);
        authorization.is_some_and(|value| self.challenges.names_scheme_of(value))
    }

    /// Whether search engines are told not to list a refusal with this status. Never a 404, which has
    /// to be the same for a path that no stage knows (D01), nor an outage, which says nothing about the
    /// resource.
    fn excludes_crawlers_from(&self, status: StatusCode) -> bool {
        let is_about_login = matches!(
            status,
            StatusCode::SEE_OTHER | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
        );
        is_about_login && self.login_page.as_ref().is_some_and(|page| page.excludes_crawlers())
    }
}

/// Keeps the login page itself out of search engines, unless the service has told them something.
pub(super) fn exclude_crawlers(headers: &mut HeaderMap) {
    if let Entry::Vacant(tag) = headers.entry(X_ROBOTS_TAG) {
        tag.insert(NOINDEX);
    }
}
