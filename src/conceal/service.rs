//! [`Conceal`].

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower::Service;

use super::body::ConcealBody;
use super::concealer::{ConcealState, Concealer};
use super::future::ConcealFuture;
use super::timing::ReleaseTiming;
use crate::respond::Respond;

/// Middleware that makes every 404 of an area the same answer.
///
/// Made by [`ConcealLayer`](crate::ConcealLayer).
pub struct ConcealService<S, R, T> {
    inner: S,
    concealer: Arc<Concealer<R>>,
    timing: T,
}

impl<S, R, T> ConcealService<S, R, T> {
    pub(super) fn new(inner: S, curtain: Arc<Concealer<R>>, pace: T) -> Self {
        Self { inner, concealer: curtain, timing: pace }
    }
}

impl<S, R, T, ReqBody, ResBody> Service<Request<ReqBody>> for ConcealService<S, R, T>
where
    S: Service<Request<T::Body<ReqBody>>, Response = Response<ResBody>>,
    R: Respond,
    T: ReleaseTiming,
    ResBody: ConcealBody,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = ConcealFuture<S::Future, R, T, ReqBody, ResBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        // The clock runs before anything is looked at: how long a path takes to be read depends on
        // whether it is in the area, and a path can be long.
        let arrival = T::arrive();
        let Some(mut visit) = self.concealer.on_request(&mut request, T::LEVELS) else {
            return ConcealFuture::outside(self.inner.call(T::wrap_outside(request)));
        };
        if self.concealer.needs_context() {
            request = self.concealer.capture_context(request, &mut visit);
        }
        match self.timing.admit(arrival) {
            Ok(stay) => self.enter(request, visit, stay),
            Err(full) => ConcealFuture::absent(visit.overloaded_response(full)),
        }
    }
}

impl<S, R, T> ConcealService<S, R, T>
where
    R: Respond,
    T: ReleaseTiming,
{
    /// Calls the service for a request to the area. This is a function of its own so that the
    /// service's future is made where it stays, and not moved there.
    #[inline]
    fn enter<ReqBody, ResBody>(
        &mut self,
        request: Request<ReqBody>,
        visit: ConcealState<R::Context>,
        mut stay: T::Slot<ReqBody>,
    ) -> ConcealFuture<S::Future, R, T, ReqBody, ResBody>
    where
        S: Service<Request<T::Body<ReqBody>>>,
    {
        let response = self.inner.call(T::wrap_inside(request, &mut stay));
        let mut future = ConcealFuture::outside(response);
        future.enter(visit, self.concealer.clone(), stay);
        future
    }
}

impl<S: Clone, R, T: Clone> Clone for ConcealService<S, R, T> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.concealer.clone(), self.timing.clone())
    }
}

impl<S: fmt::Debug, R, T> fmt::Debug for ConcealService<S, R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConcealService").field("inner", &self.inner).finish_non_exhaustive()
    }
}
