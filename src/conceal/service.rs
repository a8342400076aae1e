//! [`Conceal`].

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower::Service;

use super::curtain::{Arrival, Curtain};
use super::future::ConcealFuture;
use crate::body::ResponseBody;
use crate::respond::Respond;

/// Middleware that makes every 404 of an area the same answer.
///
/// Made by [`ConcealLayer`](crate::ConcealLayer).
pub struct Conceal<S, R> {
    inner: S,
    curtain: Arc<Curtain<R>>,
}

impl<S, R> Conceal<S, R> {
    pub(super) fn new(inner: S, curtain: Arc<Curtain<R>>) -> Self {
        Self { inner, curtain }
    }
}

impl<S, R, ReqBody, ResBody> Service<Request<ReqBody>> for Conceal<S, R>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    R: Respond,
{
    type Response = Response<ResponseBody<ResBody>>;
    type Error = S::Error;
    type Future = ConcealFuture<S::Future, R>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        match self.curtain.meet(&mut request) {
            Arrival::Outside => ConcealFuture::outside(self.inner.call(request)),
            Arrival::Inside(mut visit) => {
                let response = self.inner.call(self.curtain.look(request, &mut visit));
                ConcealFuture::inside(response, visit, self.curtain.clone())
            }
            #[cfg(feature = "time-floor")]
            Arrival::Full(absence) => ConcealFuture::absent(absence),
        }
    }
}

impl<S: Clone, R> Clone for Conceal<S, R> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), curtain: self.curtain.clone() }
    }
}

impl<S: fmt::Debug, R> fmt::Debug for Conceal<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conceal").field("inner", &self.inner).finish_non_exhaustive()
    }
}
