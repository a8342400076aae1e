//! The gate: who may go on, what a refusal looks like, and what an answer carries outward.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{Extensions, HeaderMap, HeaderValue, Method, Response, StatusCode};

use super::admission::Admission;
use super::browser;
use super::cache_headers;
use super::challenge_set::{ChallengeSet, ChallengeTarget, DynamicChallenges};
use super::credential_headers::{Ambiguous, CredentialHeaders, CredentialPresence};
use super::identity_service::IdentityService;
use super::login_page::LoginPage;
use super::proxy;
use super::rendered_cache::RenderedCache;
use crate::body::RefusalBody;
use crate::catch_panic::catch_panic;
use crate::challenge::ServerRole;
use crate::denial::propagate::{Stage, claim, is_denial};
use crate::denial::public_outcome::{
    ChallengeSelection, PublicOutcome, RenderContext, is_not_found, public_outcome,
};
use crate::denial::{Cause, Denial, Unauthenticated};
use crate::event::{self, Event, Hook, Refused};
use crate::identity::ResponseHeaders;
use crate::principal::{Anonymous, Principal};
use crate::respond::{FinishedResponse, Refusal, Respond, append, redirect, render};

/// Everything that a stage was configured with, behind one `Arc`.
pub(super) struct AuthenticateStage<I, R> {
    pub(super) identify: I,
    pub(super) respond: Arc<R>,
    pub(super) settings: Settings,
    /// Whether a request is looked at for more than its credentials, or what was said of it on
    /// its way out: most stages pay for the question alone.
    has_optional_features: bool,
    ready: RenderedCache,
}

/// What does not depend on the identity's type, nor on the renderer's.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) challenges: ChallengeSet,
    pub(super) credential_headers: CredentialHeaders,
    pub(super) admission: Admission,
    pub(super) retry_after: HeaderValue,
    pub(super) tells_caches: bool,
    /// Whether the identity has challenges that cannot be written in advance.
    pub(super) has_fresh_challenges: bool,
    /// Whether the identity may put fields on answers.
    pub(super) adds_response_headers: bool,
    pub(super) hook: Option<Hook>,
    /// Where browsers are sent to log in (F06).
    pub(super) login_page: Option<Arc<LoginPage>>,
    /// Whether scripts are not offered what opens a dialog (F07).
    pub(super) suppresses_dialogs_for_scripts: bool,
}

/// What an identity reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct CredentialSource<'a> {
    pub(super) request: &'a Parts,
    /// The line of `Authorization`, if there is one and the stage reads it.
    pub(super) authorization: Option<&'a HeaderValue>,
}

/// What is remembered of a request until its answer leaves.
#[derive(Debug)]
pub(super) struct RequestState<C> {
    context: Option<C>,
    head: bool,
    seen: CredentialPresence,
    auth: AuthState,
    /// What few requests have. In a place of its own, since every future has room for it.
    rare: Option<Box<RareState>>,
}

#[derive(Debug, Default)]
struct RareState {
    /// What was wrong with the credentials of who was let through in spite of them.
    failure: Option<Unauthenticated>,
    /// What a browser has asked for that can be sent to a login page.
    to_login: Option<PathAndQuery>,
    /// Where the identity may put what it wants on the answer.
    fields: Option<ResponseHeaders>,
    /// A script asks, and is spared a dialog.
    suppresses_dialogs: bool,
}

#[derive(Clone, Copy, Debug)]
enum AuthState {
    /// Not decided yet, or refused.
    Nobody,
    /// Let through as nobody in particular, perhaps in spite of credentials that failed.
    Anonymous,
    Verified,
}

impl<I, R> AuthenticateStage<I, R> {
    pub(super) fn new(identify: I, respond: Arc<R>, settings: Settings) -> Self {
        let ready =
            RenderedCache::new(settings.challenges.len(), settings.suppresses_dialogs_for_scripts);
        let looks_closer = settings.is_at_proxy()
            || settings.adds_response_headers
            || settings.suppresses_dialogs_for_scripts
            || settings.login_page.is_some();
        Self { identify, respond, settings, has_optional_features: looks_closer, ready }
    }
}

impl<I: IdentityService, R: Respond> AuthenticateStage<I, R> {
    /// Inspects the request head before the identity runs, and marks the credentials in it (A25).
    /// Beside what the stage keeps of it, this returns what the identity reads.
    #[inline(always)]
    pub(super) fn inspect<'a>(
        &self,
        request: &'a mut Parts,
    ) -> (RequestState<R::Context>, Result<CredentialSource<'a>, Ambiguous>) {
        let Settings { credential_headers: reads, challenges: offer, .. } = &self.settings;
        let has_authorization = reads.mark(&mut request.headers);
        // The renderer sees the fields where they were sent, and marked. One that cannot even look
        // at them is stood in for, once it is needed.
        let context = catch_panic(|| self.respond.context(request)).ok();
        let head = request.method == Method::HEAD;
        let mut fields = None;
        if self.has_optional_features {
            fields = self.prepare_request(request);
        }
        let request = &*request;
        // At a proxy, `step_closer` makes the field of another one.
        let may_have_authorization = has_authorization || self.has_optional_features;
        let (seen, sent) = match reads.scan(&request.headers, may_have_authorization, offer) {
            Ok((seen, authorization)) => (seen, Ok(CredentialSource { request, authorization })),
            Err(ambiguous) => (CredentialPresence::default(), Err(ambiguous)),
        };
        let aside = if self.has_optional_features {
            self.inspect_optional_features(request, seen, fields)
        } else {
            None
        };
        (RequestState { context, head, seen, auth: AuthState::Nobody, rare: aside }, sent)
    }

    /// Changes the request head as a proxy, or an identity that adds fields, needs it.
    #[cold]
    #[inline(never)]
    fn prepare_request(&self, request: &mut Parts) -> Option<ResponseHeaders> {
        if self.settings.is_at_proxy() {
            proxy::swap_in(request);
        }
        let fields = self.settings.adds_response_headers.then(ResponseHeaders::default);
        if let Some(fields) = &fields {
            request.extensions.insert(fields.clone());
        }
        fields
    }

    #[cold]
    fn inspect_optional_features(
        &self,
        request: &Parts,
        seen: CredentialPresence,
        fields: Option<ResponseHeaders>,
    ) -> Option<Box<RareState>> {
        let to_login = self.login_location(request, seen);
        let spared = self.settings.suppresses_dialogs_for_scripts
            && !self.settings.is_at_proxy()
            && browser::is_by_script(&request.headers);
        let has_any = fields.is_some() || to_login.is_some() || spared;
        has_any.then(|| {
            Box::new(RareState { failure: None, to_login, fields, suppresses_dialogs: spared })
        })
    }

    /// What to come back to, if the caller is a browser that could be sent to a login page. Who
    /// says something in a scheme that is offered speaks HTTP, and must hear that it was wrong:
    /// a browser would repeat it at the login page.
    fn login_location(&self, request: &Parts, seen: CredentialPresence) -> Option<PathAndQuery> {
        let page = self.settings.login_page.as_ref()?;
        let said = request.headers.get(AUTHORIZATION).filter(|_| seen.authorization);
        let is_told = seen.attempted.is_some()
            || said.is_some_and(|said| self.settings.challenges.names_scheme_of(said));
        if is_told || page.is(&request.uri) || !browser::navigates(request) {
            return None;
        }
        request.uri.path_and_query().cloned()
    }

    /// Lets the request go on, with word of who sent it in its extensions; or refuses.
    #[inline(always)]
    pub(super) fn admit(
        &self,
        answer: Result<I::Principal, Unauthenticated>,
        request: &mut Parts,
        visit: &mut RequestState<R::Context>,
    ) -> Result<(), Denial> {
        if self.has_optional_features {
            if self.settings.is_at_proxy() {
                proxy::restore(request, &self.settings.credential_headers);
            }
            // What stages further in collect is their own.
            request.extensions.remove::<ResponseHeaders>();
        }
        let extensions = &mut request.extensions;
        match answer {
            Ok(principal) => {
                extensions.insert(Principal(principal));
                visit.auth = AuthState::Verified;
                Ok(())
            }
            Err(failure) if self.settings.admission.allows_anonymous(&failure) => {
                if !extensions.is_empty() {
                    // Whoever a stage outside took the caller for, this one does not.
                    extensions.remove::<Principal<I::Principal>>();
                }
                extensions.insert(Anonymous::<I::Principal>::new());
                if !failure.is_missing() {
                    visit.remember(failure);
                }
                visit.auth = AuthState::Anonymous;
                Ok(())
            }
            Err(failure) => Err(failure.into()),
        }
    }

    /// Completes the service's answer, or replaces it by a refusal that it carries.
    #[inline(always)]
    pub(super) fn on_response<B: RefusalBody>(
        &self,
        response: &mut Response<B>,
        visit: RequestState<R::Context>,
    ) {
        // Most answers have no extensions, and so neither a denial nor a mark of a stage.
        if self.has_optional_features
            || self.settings.hook.is_some()
            || !response.extensions().is_empty()
        {
            return self.on_response_in_full(response, visit);
        }
        let status = response.status();
        self.complete_headers(status, response.headers_mut(), &visit);
    }

    #[inline(never)]
    fn on_response_in_full<B: RefusalBody>(
        &self,
        response: &mut Response<B>,
        visit: RequestState<R::Context>,
    ) {
        if let Some((denial, stage)) = claim(response.extensions_mut()) {
            let headers = mem::take(response.headers_mut());
            let extensions = mem::take(response.extensions_mut());
            *response = self.refuse(denial, stage, visit, headers, extensions);
            return;
        }
        let status = response.status();
        if !is_denial(response.extensions()) {
            self.emit_event(&visit, None);
            // At a proxy what the origin says is the origin's: its 401, another proxy's 407, its
            // caching.
            if !self.settings.is_at_proxy() {
                self.complete_headers(status, response.headers_mut(), &visit);
            }
        }
        self.apply_response_headers(visit.rare, status, response.headers_mut());
    }

    /// Adds what an answer of the service has to say and does not.
    #[inline]
    fn complete_headers(
        &self,
        status: StatusCode,
        headers: &mut HeaderMap,
        visit: &RequestState<R::Context>,
    ) {
        if status == StatusCode::UNAUTHORIZED && !is_challenged(headers) {
            self.challenge(headers, visit);
        }
        if self.settings.tells_caches {
            match visit.auth {
                AuthState::Verified => {
                    cache_headers::authenticated_response(
                        headers,
                        &self.settings.credential_headers,
                        visit.seen,
                    );
                }
                AuthState::Anonymous => {
                    cache_headers::anonymous_response(headers, &self.settings.credential_headers)
                }
                AuthState::Nobody => {}
            }
        }
    }

    /// A12: nobody can answer a 401 that does not say how.
    #[cold]
    fn challenge(&self, headers: &mut HeaderMap, visit: &RequestState<R::Context>) {
        headers.remove(WWW_AUTHENTICATE);
        let fresh = self.per_response_challenges(Cause::Reauthenticate, None);
        let lines =
            self.settings.challenges.plain_lines(visit.suppresses_dialogs(), fresh.as_ref());
        append(headers, &WWW_AUTHENTICATE, lines);
        if self.settings.suppresses_dialogs_for_scripts && self.settings.tells_caches {
            cache_headers::script_dependent_response(headers);
        }
    }

    /// Renders a denial. `inherited` are the fields that the replaced answer had, `extensions`
    /// those that the answer takes along.
    pub(super) fn refuse<B: RefusalBody>(
        &self,
        denial: Denial,
        stage: Stage,
        mut visit: RequestState<R::Context>,
        inherited: HeaderMap,
        extensions: Extensions,
    ) -> Response<B> {
        let denial = visit.restore_original_failure(denial);
        let attempted = visit.seen.attempted;
        let edge = RenderContext::Stage {
            challenger: self.settings.challenges.challenger(),
            offers_token_scheme: self.settings.challenges.any_takes_oauth_error(),
            authenticated_by_token: matches!(visit.auth, AuthState::Verified)
                && attempted.is_some_and(|it| self.settings.challenges.takes_oauth_error(it)),
            has_login_page: visit.login_location().is_some(),
        };
        let face = public_outcome(&denial, edge);
        self.emit_event(&visit, Some(Refused { denial: &denial, stage, status: face.status }));

        let is_ordinary =
            self.respond.is_fixed() && (denial.is_concealed() || denial.has_only_a_cause());
        let inherits = !inherited.is_empty() && !is_not_found(face.status);
        let fresh = match face.challenge {
            ChallengeSelection::None => None,
            _ => self.per_response_challenges(face.cause, attempted),
        };
        let context = visit.context.take();
        let visitor = ChallengeTarget { attempted, suppresses_dialogs: visit.suppresses_dialogs() };
        let to_login = visit.login_location().filter(|_| face.status == StatusCode::SEE_OTHER);
        let to_login = to_login.zip(self.settings.login_page.as_ref());
        let mut response =
            match (to_login, self.ready.get(face.cause, attempted, visitor.suppresses_dialogs)) {
                (Some((target, page)), _) => {
                    let redirect = redirect(&page.location(target));
                    FinishedResponse::new(redirect, face.status, inherited)
                        .into_response(visit.head)
                }
                (None, Some(kept)) if is_ordinary && !inherits && fresh.is_none() => kept
                    .get_or_init(|| {
                        self.render(&denial, face, visitor, None, context, HeaderMap::new())
                    })
                    .to_response(visit.head),
                _ => {
                    let sealed = self.render(&denial, face, visitor, fresh, context, inherited);
                    sealed.into_response(visit.head)
                }
            };
        self.apply_response_headers(visit.rare, face.status, response.headers_mut());
        *response.extensions_mut() = extensions;
        response
    }

    /// Makes the answer to a denial.
    fn render(
        &self,
        denial: &Denial,
        face: PublicOutcome,
        visitor: ChallengeTarget,
        fresh: Option<DynamicChallenges>,
        context: Option<R::Context>,
        inherited: HeaderMap,
    ) -> FinishedResponse {
        let refusal = Refusal::new(face, denial);
        let mut sealed = render(&*self.respond, context, &refusal, inherited);
        if face.has_retry_after() {
            let wait = denial.own_retry_after();
            sealed.retry_after(wait.map_or(self.settings.retry_after.clone(), seconds));
        }
        let offer = &self.settings.challenges;
        let lines = offer.lines(face.challenge, denial, visitor, fresh.as_ref());
        sealed.challenge(&offer.challenger().challenge_header(), lines);
        sealed
    }

    /// Puts on the answer what the identity wants there.
    #[inline]
    fn apply_response_headers(
        &self,
        aside: Option<Box<RareState>>,
        status: StatusCode,
        headers: &mut HeaderMap,
    ) {
        if let Some(aside) = aside
            && let Some(fields) = aside.fields
        {
            fields.apply(status, self.settings.challenges.challenger(), headers);
        }
    }

    /// The challenges of this one answer, where the identity has such.
    fn per_response_challenges(
        &self,
        cause: Cause,
        attempted: Option<u8>,
    ) -> Option<DynamicChallenges> {
        if !self.settings.has_fresh_challenges {
            return None;
        }
        let offer = &self.settings.challenges;
        let scheme = attempted.and_then(|index| offer.scheme(index));
        offer.dynamic(self.identify.per_response_challenges(cause, scheme)?)
    }

    /// Tells the operators how it ended.
    #[inline]
    fn emit_event(&self, visit: &RequestState<R::Context>, refused: Option<Refused<'_>>) {
        if refused.is_none() && self.settings.hook.is_none() {
            return;
        }
        let for_us = match visit.auth {
            AuthState::Nobody => refused.is_some_and(|it| it.denial.cause() != Cause::Missing),
            AuthState::Anonymous => visit.failure().is_some(),
            AuthState::Verified => true,
        };
        let event = Event {
            scheme: visit
                .seen
                .attempted
                .filter(|_| for_us)
                .and_then(|it| self.settings.challenges.scheme(it)),
            anonymous: !matches!(visit.auth, AuthState::Verified),
            refused,
        };
        event::denied(&event);
        if let Some(hook) = &self.settings.hook {
            // A counter that panics must not take the answer with it.
            let _ = catch_panic(|| hook(&event));
        }
    }
}

impl Settings {
    fn is_at_proxy(&self) -> bool {
        self.challenges.challenger() == ServerRole::Proxy
    }
}

impl<C> RequestState<C> {
    #[cold]
    fn remember(&mut self, failure: Unauthenticated) {
        self.rare.get_or_insert_default().failure = Some(failure);
    }

    fn failure(&self) -> Option<&Unauthenticated> {
        self.rare.as_ref()?.failure.as_ref()
    }

    fn login_location(&self) -> Option<&PathAndQuery> {
        self.rare.as_ref()?.to_login.as_ref()
    }

    fn suppresses_dialogs(&self) -> bool {
        self.rare.as_ref().is_some_and(|aside| aside.suppresses_dialogs)
    }

    /// Where somebody must say who they are, and said so wrongly: what was wrong (C01).
    #[inline]
    fn restore_original_failure(&self, denial: Denial) -> Denial {
        match self.failure() {
            Some(failure) if denial.cause() == Cause::IdentityNeeded && !denial.is_concealed() => {
                Unauthenticated::clone(failure).into()
            }
            _ => denial,
        }
    }
}

/// Whether an answer of the service has a challenge; an empty field is none.
fn is_challenged(headers: &HeaderMap) -> bool {
    headers.get_all(WWW_AUTHENTICATE).iter().any(|line| !line.as_bytes().trim_ascii().is_empty())
}

/// A time to wait, as delay-seconds (RFC 9110 §10.2.3). Rounded up: zero would mean at once.
pub(super) fn seconds(wait: Duration) -> HeaderValue {
    // Cloned, so that it shares its bytes with later clones, which then do not allocate.
    let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
    HeaderValue::from(seconds).clone()
}
