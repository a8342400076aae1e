//! [`Conceal`].

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower::Service;

use super::body::ConcealBody;
use super::curtain::{Curtain, Visit};
use super::future::ConcealFuture;
use super::pace::Pace;
use crate::respond::Respond;

/// Middleware that makes every 404 of an area the same answer.
///
/// Made by [`ConcealLayer`](crate::ConcealLayer).
pub struct Conceal<S, R, T> {
    inner: S,
    curtain: Arc<Curtain<R>>,
    pace: T,
}

impl<S, R, T> Conceal<S, R, T> {
    pub(super) fn new(inner: S, curtain: Arc<Curtain<R>>, pace: T) -> Self {
        Self { inner, curtain, pace }
    }
}

impl<S, R, T, ReqBody, ResBody> Service<Request<ReqBody>> for Conceal<S, R, T>
where
    S: Service<Request<T::Body<ReqBody>>, Response = Response<ResBody>>,
    R: Respond,
    T: Pace,
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
        let Some(mut visit) = self.curtain.meet(&mut request, T::LEVELS) else {
            return ConcealFuture::outside(self.inner.call(T::outside(request)));
        };
        if self.curtain.looks() {
            request = self.curtain.look(request, &mut visit);
        }
        match self.pace.admit(arrival) {
            Ok(stay) => self.enter(request, visit, stay),
            Err(full) => ConcealFuture::absent(visit.turn_away(full)),
        }
    }
}

impl<S, R, T> Conceal<S, R, T>
where
    R: Respond,
    T: Pace,
{
    /// Calls the service for a request to the area. This is a function of its own so that the
    /// service's future is made where it stays, and not moved there.
    #[inline]
    fn enter<ReqBody, ResBody>(
        &mut self,
        request: Request<ReqBody>,
        visit: Visit<R::Context>,
        mut stay: T::Stay<ReqBody>,
    ) -> ConcealFuture<S::Future, R, T, ReqBody, ResBody>
    where
        S: Service<Request<T::Body<ReqBody>>>,
    {
        let response = self.inner.call(T::enter(request, &mut stay));
        let mut future = ConcealFuture::outside(response);
        future.enter(visit, self.curtain.clone(), stay);
        future
    }
}

impl<S: Clone, R, T: Clone> Clone for Conceal<S, R, T> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.curtain.clone(), self.pace.clone())
    }
}

impl<S: fmt::Debug, R, T> fmt::Debug for Conceal<S, R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conceal").field("inner", &self.inner).finish_non_exhaustive()
    }
}
