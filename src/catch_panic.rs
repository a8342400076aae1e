//! Catches a panic of an identity, a policy or a renderer (A20) and makes it a value, so that the
//! stage responds with 500 and never takes it for a permit.

use std::any::Any;
use std::future::Future;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

/// An identity, a policy or a renderer panicked.
///
/// It does not carry the panic's message, which may quote a credential. The panic hook has already
/// printed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("panicked")]
pub struct Panicked;

/// Runs `f` and catches its panic.
///
/// A closure that panics is dropped with everything it owns, so no code observes its half-changed
/// state. State that it shares is its author's to protect.
#[inline(always)]
pub(crate) fn catch_panic<T>(f: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(f)).map_err(discard)
}

/// Drops the payload of a panic, which may panic again. The payload of that one is leaked.
#[cold]
fn discard(payload: Box<dyn Any + Send>) -> Panicked {
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        mem::forget(again);
    }
    Panicked
}

pin_project! {
    /// Makes a panic of a future its output.
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

#[cfg(test)]
mod tests {
    use std::panic::resume_unwind;

    use super::*;

    /// Panics when it is dropped, again by this payload, as often as it says.
    struct Bomb(usize);

    impl Drop for Bomb {
        fn drop(&mut self) {
            if let Some(left) = self.0.checked_sub(1) {
                resume_unwind(Box::new(Bomb(left)));
            }
        }
    }

    #[test]
    fn a20_a_payload_that_panics_when_it_is_dropped_is_caught() {
        for times in 0..4 {
            let caught = catch_panic(|| resume_unwind(Box::new(Bomb(times))));
            assert_eq!(caught, Err::<(), _>(Panicked));
        }
    }
}
