//! The future of [`MetadataService`](super::MetadataService).

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;
use pin_project_lite::pin_project;

const POLLED_AFTER_COMPLETION: &str = "`MetadataFuture` polled after completion";

pin_project! {
    /// Response future of [`MetadataService`](super::MetadataService).
    #[must_use = "futures do nothing unless polled"]
    #[derive(Debug)]
    pub struct MetadataFuture<F, B> {
        #[pin]
        state: State<F, B>,
    }
}

pin_project! {
    #[project = StateProjection]
    #[derive(Debug)]
    enum State<F, B> {
        Inner { #[pin] response: F },
        // Boxed to keep the future of every other request small.
        Ready { response: Option<Box<Response<B>>> },
    }
}

impl<F, B> MetadataFuture<F, B> {
    #[inline]
    pub(super) fn inner(response: F) -> Self {
        Self { state: State::Inner { response } }
    }

    pub(super) fn ready(response: Response<B>) -> Self {
        Self { state: State::Ready { response: Some(Box::new(response)) } }
    }
}

impl<F, B, E> Future for MetadataFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<B>, E>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProjection::Inner { response } => response.poll(cx),
            StateProjection::Ready { response } => {
                Poll::Ready(Ok(*response.take().expect(POLLED_AFTER_COMPLETION)))
            }
        }
    }
}
