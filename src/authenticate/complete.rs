//! The response's way out: which headers the stage adds to it, or whether a refusal replaces it.

use std::mem;

use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, Response, StatusCode};

use super::browsers;
use super::cache_headers;
use super::challenge_set::ChallengeTarget;
use super::identity_service::IdentityService;
use super::no_store::CacheHeaders;
use super::problem;
use super::request_state::{AuthState, RareState, RequestState};
use super::stage::AuthenticateStage;
use crate::body::RefusalBody;
use crate::denial::Denial;
use crate::denial::propagate::{claim, is_denial};
use crate::denial::public_outcome::ChallengeSelection;
use crate::login::NoDialog;
use crate::observe::Observe;
use crate::respond::{Respond, append};

impl<I: IdentityService, R: Respond, O: Observe> AuthenticateStage<I, R, O> {
    /// Completes the service's response, or replaces it by the refusal of a denial that it carries.
    #[inline(always)]
    pub(super) fn on_response<B: RefusalBody>(
        &self,
        response: &mut Response<B>,
        state: RequestState<R::Context, O::Context>,
    ) {
        // Most responses have no extensions, and so neither a denial nor the marker of a stage.
        if self.has_optional_features || !response.extensions().is_empty() {
            return self.on_response_in_full(response, state);
        }
        let status = response.status();
        let is_repaired = self.complete_headers(status, response.headers_mut(), &state, false);
        if O::IS_ACTIVE {
            let mut state = state;
            self.report_response(&mut state, is_repaired, response);
        }
    }

    #[inline(never)]
    fn on_response_in_full<B: RefusalBody>(
        &self,
        response: &mut Response<B>,
        mut state: RequestState<R::Context, O::Context>,
    ) {
        if state.is_exempt_preflight() {
            return self.on_preflight_response(response, state);
        }
        if let Some((denial, stage)) = claim(response.extensions_mut()) {
            let headers = mem::take(response.headers_mut());
            let extensions = mem::take(response.extensions_mut());
            *response = self.refuse(denial, stage, state, headers, extensions);
            return;
        }
        if let Some(problem) = problem::take(response) {
            problem::render(&*self.respond, problem, &mut state, response);
        }
        let status = response.status();
        let mut is_repaired = false;
        if !is_denial(response.extensions()) {
            // A proxy leaves alone what is between client and origin: the origin's 401, another
            // proxy's 407, cache headers.
            if !self.settings.is_at_proxy() {
                let is_dialog_free = NoDialog::is_on(response.extensions());
                is_repaired =
                    self.complete_headers(status, response.headers_mut(), &state, is_dialog_free);
            }
        }
        self.report_response(&mut state, is_repaired, response);
        if status.is_success() && state.is_unlisted_page() {
            browsers::exclude_crawlers(response.headers_mut());
        }
        self.apply_response_headers(state.rare, status, response.headers_mut());
    }

    /// Adds challenges and cache headers where the service left them out. `is_dialog_free` says that
    /// the service has marked the response with [`NoDialog`]. Returns whether it added challenges.
    #[inline]
    fn complete_headers(
        &self,
        status: StatusCode,
        headers: &mut HeaderMap,
        state: &RequestState<R::Context, O::Context>,
        is_dialog_free: bool,
    ) -> bool {
        let is_repaired = status == StatusCode::UNAUTHORIZED && !has_challenge(headers);
        if is_repaired {
            self.add_challenges(headers, state, is_dialog_free);
        }
        if self.settings.cache_headers != CacheHeaders::Off {
            match state.auth {
                AuthState::Verified if self.settings.cache_headers == CacheHeaders::NoStore => {
                    cache_headers::unstored_response(
                        headers,
                        &self.settings.credential_headers,
                        state.credentials,
                    );
                }
                AuthState::Verified => {
                    cache_headers::authenticated_response(
                        headers,
                        &self.settings.credential_headers,
                        state.credentials,
                    );
                }
                AuthState::Anonymous => {
                    cache_headers::anonymous_response(headers, &self.settings.credential_headers)
                }
                AuthState::Unknown => {}
            }
        }
        is_repaired
    }

    /// Adds the stage's challenges to a 401 of the service that has none (A12).
    #[cold]
    fn add_challenges(
        &self,
        headers: &mut HeaderMap,
        state: &RequestState<R::Context, O::Context>,
        is_dialog_free: bool,
    ) {
        headers.remove(WWW_AUTHENTICATE);
        let challenges = &self.settings.challenges;
        let denial = Denial::reauthenticate();
        let replacements = self.replacements(None, denial.cause(), state);
        let suppresses_dialogs = state.suppresses_dialogs();
        let attempted = state.credentials.attempted();
        let target = ChallengeTarget { attempted, suppresses_dialogs, is_dialog_free };
        let values = challenges.values(ChallengeSelection::Plain, &denial, target, &replacements);
        append(headers, &WWW_AUTHENTICATE, values);
        self.settings.expose_challenges(headers);
        if !is_dialog_free
            && self.settings.depends_on_request_kind()
            && self.settings.cache_headers != CacheHeaders::Off
        {
            cache_headers::kind_dependent_response(headers);
        }
    }

    /// Adds the headers that the identity set.
    #[inline]
    pub(super) fn apply_response_headers(
        &self,
        rare: Option<Box<RareState>>,
        status: StatusCode,
        headers: &mut HeaderMap,
    ) {
        if let Some(rare) = rare
            && let Some(response_headers) = rare.response_headers
        {
            response_headers.apply(status, self.settings.challenges.role(), headers);
        }
    }
}

/// Whether the response has a challenge. An empty header value is not one.
fn has_challenge(headers: &HeaderMap) -> bool {
    headers.get_all(WWW_AUTHENTICATE).iter().any(|value| !value.as_bytes().trim_ascii().is_empty())
}
