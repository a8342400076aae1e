//! The service that conceals, [`ConcealService`].

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower::Service;

use super::body::ConcealBody;
use super::concealer::{ConcealState, Concealer};
use super::future::ConcealFuture;
use super::timing::ReleaseTiming;
use crate::observe::Observe;
use crate::respond::Respond;

/// Middleware that replaces every 404 of an area with one fixed response.
///
/// [`ConcealLayer`](crate::ConcealLayer) makes it.
pub struct ConcealService<S, R, T, O = ()> {
    inner: S,
    concealer: Arc<Concealer<R, O>>,
    timing: T,
}

impl<S, R, T, O> ConcealService<S, R, T, O> {
    pub(super) fn new(inner: S, concealer: Arc<Concealer<R, O>>, timing: T) -> Self {
        Self { inner, concealer, timing }
    }
}

impl<S, R, T, O, ReqBody, ResBody> Service<Request<ReqBody>> for ConcealService<S, R, T, O>
where
    S: Service<Request<T::Body<ReqBody>>, Response = Response<ResBody>>,
    R: Respond,
    T: ReleaseTiming,
    O: Observe,
    ResBody: ConcealBody,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = ConcealFuture<S::Future, R, T, O, ReqBody, ResBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        // The clock starts before the path is read: how long reading takes depends on whether the
        // path is in the area, and a path can be long.
        let mut timing = T::arrive();
        let Some(mut state) = self.concealer.on_request(&mut request, T::HAS_FLOOR) else {
            return ConcealFuture::outside(self.inner.call(T::inner_request(request, None)));
        };
        if self.concealer.needs_context() {
            request = self.concealer.capture_context(request, &mut state);
        }
        match self.timing.admit(&mut timing) {
            Ok(()) => self.call_inside(request, state, timing),
            Err(limit) => ConcealFuture::replaced(self.concealer.overloaded_response(state, limit)),
        }
    }
}

impl<S, R, T, O> ConcealService<S, R, T, O>
where
    R: Respond,
    T: ReleaseTiming,
    O: Observe,
{
    /// Calls the inner service for a request to the area. A function of its own, so that the
    /// inner future is made where it stays and is not moved there.
    #[inline]
    fn call_inside<ReqBody, ResBody>(
        &mut self,
        request: Request<ReqBody>,
        state: ConcealState<R::Context, O::Context>,
        mut timing: T::RequestTiming<ReqBody>,
    ) -> ConcealFuture<S::Future, R, T, O, ReqBody, ResBody>
    where
        S: Service<Request<T::Body<ReqBody>>>,
    {
        let response = self.inner.call(T::inner_request(request, Some(&mut timing)));
        let mut future = ConcealFuture::outside(response);
        future.set_inside(state, self.concealer.clone(), timing);
        future
    }
}

impl<S: Clone, R, T: Clone, O> Clone for ConcealService<S, R, T, O> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.concealer.clone(), self.timing.clone())
    }
}

impl<S: fmt::Debug, R, T, O> fmt::Debug for ConcealService<S, R, T, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConcealService").field("inner", &self.inner).finish_non_exhaustive()
    }
}
