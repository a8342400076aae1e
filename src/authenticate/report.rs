//! What operators see of a request: log event, observer, hook and audit record.

use std::sync::Arc;

use http::request::Parts;
use http::{Extensions, Response, StatusCode};

use super::identity_service::IdentityService;
use super::layer::AuthenticateLayer;
use super::request_state::{AuthState, RequestState};
use super::stage::AuthenticateStage;
use crate::catch_panic::catch_panic;
use crate::denial::Cause;
use crate::denial::propagate::is_from_inner_layer;
use crate::grpc;
use crate::observe::{
    CredentialScheme, Decided, Event, Observe, ObservedLayer, Refused, RequestEvent, Taken, log,
};
use crate::respond::Respond;

/// What the stage reports of a response, besides what it keeps of the request.
pub(super) struct Reported<'a> {
    pub(super) status: StatusCode,
    pub(super) grpc_code: Option<i32>,
    pub(super) is_from_inner_layer: bool,
    pub(super) is_repaired: bool,
    pub(super) refused: Option<Refused<'a>>,
}

impl<I: IdentityService, R: Respond> AuthenticateLayer<I, R> {
    /// Gives this observer an [`Event`](crate::Event) for each response. Several observers are given as a
    /// tuple, since a layer takes one only once.
    ///
    /// The observer is [attached](Observe::attach) now, so call this after what changes the schemes:
    /// [`at_proxy`](Self::at_proxy) and [`preserve_challenge_order`](Self::preserve_challenge_order). All else
    /// may come before or after.
    ///
    /// ```
    /// use portcullis::{AuthenticateLayer, Identity};
    /// use portcullis::observe::{Event, Observe};
    ///
    /// # struct Ledger;
    /// # impl Observe for Ledger {
    /// #     type Context = ();
    /// #     fn begin(&self, _: &http::request::Parts) {}
    /// #     fn decided(&self, _: (), _: &Event<'_>) {}
    /// # }
    /// # fn layer(identity: impl Identity) {
    /// let layer = AuthenticateLayer::new(identity).optional().observe(Ledger);
    /// # }
    /// ```
    pub fn observe<O: Observe>(self, mut observer: O) -> AuthenticateLayer<I, R, O> {
        let settings = self.stage.settings.clone();
        let schemes = settings.challenges.schemes().collect();
        observer.attach(&ObservedLayer::authenticate(schemes, settings.is_at_proxy()));
        let (identify, respond) = (self.stage.identify.clone(), self.stage.respond.clone());
        let stage = AuthenticateStage::new(identify, respond, Arc::new(observer), settings);
        AuthenticateLayer { stage: Arc::new(stage) }
    }
}

impl<I: IdentityService, R: Respond, O: Observe> AuthenticateStage<I, R, O> {
    /// Takes what the observer needs of the request. Nothing without an observer, or if it panics.
    #[inline(always)]
    pub(super) fn begin(&self, request: &Parts) -> Taken<O::Context> {
        if O::IS_ACTIVE { Taken::by(|| self.observer.begin(request)) } else { Taken::NOTHING }
    }

    /// Whether an observer, the hook or an audit gets the event.
    #[inline(always)]
    pub(super) fn has_observer(&self) -> bool {
        O::IS_ACTIVE || (self.has_optional_features && self.settings.keeps_request())
    }

    /// Reports a response of the service, which the stage passes on.
    #[inline]
    pub(super) fn report_response<B>(
        &self,
        state: &mut RequestState<R::Context, O::Context>,
        is_repaired: bool,
        response: &mut Response<B>,
    ) {
        if !self.has_observer() {
            return;
        }
        let mut status = response.status();
        let mut grpc_code = None;
        if state.kind.grpc().is_some() && status == StatusCode::OK {
            grpc_code = grpc::passed_code(response.headers(), response.extensions());
            status = grpc_code.and_then(grpc::http_status).unwrap_or(status);
        }
        let is_from_inner_layer = is_from_inner_layer(response.extensions());
        let refused = None;
        let reported = Reported { status, grpc_code, is_from_inner_layer, is_repaired, refused };
        self.report(state, reported, response.extensions_mut());
    }

    /// Logs a refusal, gives observer and hook the outcome of the request, and records it in the
    /// extensions of the response.
    #[inline]
    pub(super) fn report(
        &self,
        state: &mut RequestState<R::Context, O::Context>,
        reported: Reported<'_>,
        extensions: &mut Extensions,
    ) {
        let observed = if O::IS_ACTIVE { state.observed.take() } else { None };
        let kept = state.rare.as_mut().and_then(|rare| rare.kept_request.take());
        let Reported { status, grpc_code, is_from_inner_layer, is_repaired, refused } = reported;
        let stopwatch = state.rare.as_mut().and_then(|rare| rare.stopwatch.take());
        // Made where it stays: to copy it costs more than to fill it in.
        let event = Event {
            decided: Decided {
                scheme: self.credential_scheme(state, refused),
                anonymous: !matches!(state.auth, AuthState::Verified),
                status,
                grpc_code,
                is_from_inner_layer,
                is_repaired,
                times: stopwatch.map(|stopwatch| stopwatch.times()),
                refused,
            },
        };
        if let Some(refused) = refused {
            log::denied(&event.decided, refused);
        }
        if let Some(context) = observed {
            // If the observer panics, the client still gets the response.
            let _ = catch_panic(|| self.observer.decided(context, &event));
        }
        if let Some(request) = kept {
            if let Some(hook) = &self.settings.hook {
                let _ = catch_panic(|| hook(&RequestEvent::new(&request, event.decided)));
            }
            self.insert_audit_record(request, event.decided, extensions);
        }
    }

    /// Of which scheme the credentials are that the identity has judged; if it found none, whether the
    /// request has others.
    fn credential_scheme(
        &self,
        state: &RequestState<R::Context, O::Context>,
        refused: Option<Refused<'_>>,
    ) -> CredentialScheme<'_> {
        let credentials = state.credentials;
        let has_judged = match state.auth {
            AuthState::Unknown => {
                refused.is_some_and(|refused| refused.denial.cause() != Cause::Missing)
            }
            AuthState::Anonymous => state.has_failed_credentials(),
            AuthState::Verified => true,
        };
        if has_judged {
            let attempted = credentials.attempted();
            let scheme = attempted.and_then(|index| self.settings.challenges.scheme(index));
            scheme.map_or(CredentialScheme::None, CredentialScheme::Offered)
        } else if credentials.has_scheme_not_offered() {
            CredentialScheme::Other
        } else {
            CredentialScheme::None
        }
    }
}
