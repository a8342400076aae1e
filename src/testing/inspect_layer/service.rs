//! [`InspectService`].

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tower::Service;

use super::body::InspectBody;
use super::future::InspectFuture;
use super::shared::Shared;
use super::watch::Judge;

/// Middleware that judges each exchange; see [`InspectLayer`](super::InspectLayer).
#[derive(Clone)]
pub struct InspectService<S> {
    inner: S,
    judge: Judge,
}

impl<S> InspectService<S> {
    pub(super) const fn new(
        inner: S,
        shared: Arc<Shared>,
        allowed: Arc<[&'static str]>,
        panics: bool,
    ) -> Self {
        Self { inner, judge: Judge { shared, allowed, panics } }
    }
}

impl<S, Q, B> Service<Request<Q>> for InspectService<S>
where
    S: Service<Request<Q>, Response = Response<B>>,
    B: Body,
{
    type Response = Response<InspectBody<B>>;
    type Error = S::Error;
    type Future = InspectFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Q>) -> Self::Future {
        let mut head = Request::new(());
        *head.method_mut() = request.method().clone();
        *head.uri_mut() = request.uri().clone();
        *head.headers_mut() = request.headers().clone();
        InspectFuture::new(self.inner.call(request), head, self.judge.clone())
    }
}

impl<S: fmt::Debug> fmt::Debug for InspectService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InspectService").field("inner", &self.inner).finish_non_exhaustive()
    }
}
