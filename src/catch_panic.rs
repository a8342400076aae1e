//! What happens when an identity or a policy panics (A20): the panic stops here and becomes a
//! value, so that it is answered with 500 like any other fault and never mistaken for a permit.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

/// An identity, a policy or a renderer panicked.
///
/// It does not carry the panic's message: that may quote whatever was being looked at, a
/// credential included. The panic hook has printed it already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("panicked")]
pub struct Panicked;

/// Runs `question`, and tells a panic from an answer.
///
/// The question is dropped with everything it owned once it panics, so nothing can observe a
/// state that it left half-changed, except what it shares; that is its author's to guard.
#[inline(always)]
pub(crate) fn catch_panic<T>(question: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(question)).map_err(|_| Panicked)
}

pin_project! {
    /// A future whose panic is an answer.
    #[derive(Debug)]
    pub(crate) struct CatchPanic<F> {
        #[pin]
        future: F,
    }
}

impl<F> CatchPanic<F> {
    pub(crate) fn new(future: F) -> Self {
        Self { future }
    }
}

impl<F: Future> Future for CatchPanic<F> {
    type Output = Result<F::Output, Panicked>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match catch_panic(|| self.project().future.poll(cx)) {
            Ok(poll) => poll.map(Ok),
            Err(panicked) => Poll::Ready(Err(panicked)),
        }
    }
}
