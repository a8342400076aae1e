//! [`Authorize`].

use std::fmt;
use std::marker::PhantomData;
use std::mem;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower::Service;

use super::future::AuthorizeFuture;
use super::policy_service::PolicyService;
use crate::body::RefusalBody;
use crate::disclosed::DisclosureRule;
use crate::observe::PolicyTimer;

/// Middleware that lets those requests go on that a [`Policy`](crate::Policy) permits.
///
/// [`AuthorizeLayer`](crate::AuthorizeLayer) applies it.
pub struct Authorize<S, P, D> {
    inner: S,
    decide: D,
    /// Whether permitted callers may know which routes exist inside.
    discloses_routes: bool,
    principal: PhantomData<fn(&P)>,
}

impl<S, P, D> Authorize<S, P, D> {
    pub(super) fn new(inner: S, decide: D, discloses_routes: bool) -> Self {
        Self { inner, decide, discloses_routes, principal: PhantomData }
    }
}

impl<S, P, D, ReqBody, ResBody> Service<Request<ReqBody>> for Authorize<S, P, D>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
    D: PolicyService<P>,
    ResBody: RefusalBody,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = AuthorizeFuture<S, P, D, ReqBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let is_timed = PolicyTimer::start(&mut parts.extensions);
        let disclosure = DisclosureRule::needed(self.discloses_routes, &parts.method);
        let decided = self.decide.decide_now(&parts);
        if is_timed && decided.is_some() {
            PolicyTimer::stop(&mut parts.extensions);
        }
        match decided {
            Some(Ok(())) => {
                let response = self.inner.call(Request::from_parts(parts, body));
                AuthorizeFuture::serving(response, disclosure)
            }
            Some(Err(denial)) => AuthorizeFuture::refused(denial, parts.extensions),
            None => {
                // Only the service that was polled is ready, not its clone.
                let clone = self.inner.clone();
                let ready = mem::replace(&mut self.inner, clone);
                let decided = self.decide.decide(parts);
                AuthorizeFuture::deciding(decided, ready, body, disclosure)
            }
        }
    }
}

impl<S: Clone, P, D: Clone> Clone for Authorize<S, P, D> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.decide.clone(), self.discloses_routes)
    }
}

impl<S: fmt::Debug, P, D> fmt::Debug for Authorize<S, P, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorize").field("inner", &self.inner).finish_non_exhaustive()
    }
}
