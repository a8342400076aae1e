//! [`Authenticate`].

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower::Service;

use super::future::AuthenticateFuture;
use super::identity_service::IdentityService;
use super::stage::AuthenticateStage;
use crate::body::RefusalBody;
use crate::observe::Observe;
use crate::respond::Respond;

/// Middleware that authenticates each request with an [`Identity`](crate::Identity), and renders
/// every [`Denial`](crate::Denial).
///
/// [`AuthenticateLayer`](crate::AuthenticateLayer) applies it.
pub struct Authenticate<S, I, R, O = ()> {
    inner: S,
    stage: Arc<AuthenticateStage<I, R, O>>,
}

impl<S, I, R, O> Authenticate<S, I, R, O> {
    pub(super) fn new(inner: S, stage: Arc<AuthenticateStage<I, R, O>>) -> Self {
        Self { inner, stage }
    }
}

impl<S, I, R, O, ReqBody, ResBody> Service<Request<ReqBody>> for Authenticate<S, I, R, O>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
    I: IdentityService,
    R: Respond,
    O: Observe,
    ResBody: RefusalBody,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = AuthenticateFuture<S, I, R, O, ReqBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let stage = self.stage.clone();
        let (mut parts, body) = request.into_parts();
        let (mut request_state, source) = stage.inspect(&mut parts);
        let source = match source {
            Ok(source) => source,
            Err(ambiguous) => {
                return AuthenticateFuture::refused(
                    stage,
                    request_state,
                    ambiguous.into(),
                    parts.extensions,
                );
            }
        };
        match stage.identify.identify_now(source.request, source.authorization) {
            Some(identified) => {
                if let Err(denial) = stage.admit(identified, &mut parts, &mut request_state) {
                    return AuthenticateFuture::refused(
                        stage,
                        request_state,
                        denial,
                        parts.extensions,
                    );
                }
                let request = Request::from_parts(parts, body);
                AuthenticateFuture::serving(stage, request_state, self.inner.call(request))
            }
            None => {
                // Only the service that was polled is ready, not its clone.
                let clone = self.inner.clone();
                let ready = mem::replace(&mut self.inner, clone);
                let identified = stage.identify.identify(parts);
                AuthenticateFuture::identifying(stage, request_state, identified, ready, body)
            }
        }
    }
}

impl<S: Clone, I, R, O> Clone for Authenticate<S, I, R, O> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), stage: self.stage.clone() }
    }
}

impl<S: fmt::Debug, I, R, O> fmt::Debug for Authenticate<S, I, R, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticate").field("inner", &self.inner).finish_non_exhaustive()
    }
}
