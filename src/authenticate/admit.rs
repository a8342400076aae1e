//! The request's way in: which credentials it has, and whether it goes on to the service.

use http::request::Parts;
use http::{HeaderValue, Method};

use super::credential_headers::{Ambiguous, AuthorizationLines, CredentialPresence};
use super::identity_service::IdentityService;
use super::proxy;
use super::request_state::{AuthState, RareState, RequestKind, RequestState};
use super::stage::AuthenticateStage;
use crate::catch_panic::catch_panic;
use crate::denial::{Denial, Unauthenticated};
use crate::identity::ResponseHeaders;
use crate::observe::{Observe, Stopwatch};
use crate::principal::{Anonymous, Principal};
use crate::respond::Respond;

/// What an identity reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct CredentialSource<'a> {
    pub(super) request: &'a Parts,
    /// The value of `Authorization`, if it is there and the stage reads it.
    pub(super) authorization: Option<&'a HeaderValue>,
}

impl<I: IdentityService, R: Respond, O: Observe> AuthenticateStage<I, R, O> {
    /// Inspects the request head before the identity runs, and marks the credentials in it as
    /// sensitive (A25). Returns the state to keep, and what the identity reads.
    #[inline(always)]
    pub(super) fn inspect<'a>(
        &self,
        request: &'a mut Parts,
    ) -> (RequestState<R::Context, O::Context>, Result<CredentialSource<'a>, Ambiguous>) {
        let credential_headers = &self.settings.credential_headers;
        let mut lines = credential_headers.mark(&mut request.headers);
        if self.has_optional_features && self.settings.original_target.is_configured() {
            self.settings.original_target.insert(request);
        }
        // The renderer sees the headers under the names with which they were sent, and marked. If it
        // panics, the default renderer builds the refusal, if there is one.
        let context = catch_panic(|| self.respond.context(request)).ok();
        let observed = self.begin(request);
        let kind = match self.grpc_framing(request) {
            Some(framing) => RequestKind::Call(framing),
            None if request.method == Method::HEAD => RequestKind::Head,
            None => RequestKind::Plain,
        };
        let mut response_headers = None;
        if self.has_optional_features {
            response_headers = self.prepare_request(request);
            // At a proxy, `prepare_request` moves `Proxy-Authorization` to `Authorization`.
            lines = AuthorizationLines::find(&request.headers);
        }
        let request = &*request;
        let scanned = credential_headers.scan(&request.headers, lines, &self.settings.challenges);
        let (mut credentials, source) = match scanned {
            Ok((credentials, authorization)) => {
                (credentials, Ok(CredentialSource { request, authorization }))
            }
            Err(ambiguous) => (CredentialPresence::default(), Err(ambiguous)),
        };
        if self.has_observer() && lines.any() {
            let challenges = &self.settings.challenges;
            credentials.find_scheme_not_offered(&request.headers, challenges);
        }
        let rare = if self.has_optional_features {
            self.inspect_optional_features(request, credentials, response_headers)
        } else {
            None
        };
        (
            RequestState { context, observed, kind, credentials, auth: AuthState::Unknown, rare },
            source,
        )
    }

    /// Changes the request head for a proxy, or for an identity that adds response headers.
    #[cold]
    #[inline(never)]
    fn prepare_request(&self, request: &mut Parts) -> Option<ResponseHeaders> {
        if self.settings.is_at_proxy() {
            proxy::swap_in(request);
        }
        let response_headers = self.settings.adds_response_headers.then(ResponseHeaders::default);
        if let Some(response_headers) = &response_headers {
            request.extensions.insert(response_headers.clone());
        }
        response_headers
    }

    #[cold]
    fn inspect_optional_features(
        &self,
        request: &Parts,
        credentials: CredentialPresence,
        response_headers: Option<ResponseHeaders>,
    ) -> Option<Box<RareState>> {
        let browser = self.inspect_browser(request, credentials);
        let request_challenges = self.request_challenges(request);
        let kept_request = self.settings.keep_request(request);
        let stopwatch = self.measures_time.then(Stopwatch::start);
        let has_any = response_headers.is_some()
            || stopwatch.is_some()
            || request_challenges.is_some()
            || kept_request.is_some()
            || browser.has_any();
        has_any.then(|| {
            Box::new(RareState {
                failure: None,
                request_challenges,
                response_headers,
                browser,
                kept_request,
                is_exempt_preflight: false,
                stopwatch,
            })
        })
    }

    /// Lets the request go on, with the principal or [`Anonymous`] in its extensions, or refuses it.
    #[inline(always)]
    pub(super) fn admit(
        &self,
        identified: Result<I::Principal, Unauthenticated>,
        request: &mut Parts,
        state: &mut RequestState<R::Context, O::Context>,
    ) -> Result<(), Denial> {
        if self.has_optional_features {
            if self.settings.is_at_proxy() {
                proxy::restore(request, &self.settings.credential_headers);
            }
            self.keep_principal(&identified, state);
            if let Some(stopwatch) = state.stopwatch() {
                stopwatch.identified();
                stopwatch.insert_policy_clock(&mut request.extensions);
            }
            // Stages further in insert their own.
            request.extensions.remove::<ResponseHeaders>();
            if self.settings.exempts_preflights && self.admit_preflight(&identified, request, state)
            {
                return Ok(());
            }
        }
        let extensions = &mut request.extensions;
        match identified {
            Ok(principal) => {
                extensions.insert(Principal(principal));
                state.auth = AuthState::Verified;
                Ok(())
            }
            Err(failure) if self.settings.admission.allows_anonymous(&failure) => {
                if !extensions.is_empty() {
                    // Drop a principal that an outer stage inserted: for this stage the caller is
                    // anonymous.
                    extensions.remove::<Principal<I::Principal>>();
                }
                extensions.insert(Anonymous::<I::Principal>::new());
                if !failure.is_bare_missing() {
                    state.set_failure(failure);
                }
                state.auth = AuthState::Anonymous;
                Ok(())
            }
            Err(failure) => Err(failure.into()),
        }
    }
}
