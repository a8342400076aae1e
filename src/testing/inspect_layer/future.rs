//! [`InspectFuture`].

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;

use super::body::InspectBody;
use super::watch::{Judge, Watch};

pin_project! {
    /// Response future of [`InspectService`](super::InspectService).
    pub struct InspectFuture<F> {
        #[pin]
        inner: F,
        // `None` once the response is there.
        exchange: Option<(Request<()>, Judge)>,
    }
}

impl<F> InspectFuture<F> {
    pub(super) const fn new(inner: F, request: Request<()>, judge: Judge) -> Self {
        Self { inner, exchange: Some((request, judge)) }
    }
}

impl<F, B, E> Future for InspectFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<InspectBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(cx))?;
        let (request, judge) = this.exchange.take().expect("not polled after it is ready");
        let watch = Watch::new(judge, request, &response);
        Poll::Ready(Ok(response.map(|body| InspectBody::new(body, watch, cx))))
    }
}
