//! The time limit of a future (A19).

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::task::coop::{Unconstrained, unconstrained};
use tokio::time::{Sleep, sleep};

use crate::catch_panic::catch_panic;

/// The error for a future that did not complete in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TimedOut {
    #[error("the time limit has passed")]
    Elapsed,
    #[error(
        "a time limit needs a Tokio runtime with its time driver: build it with `enable_time()` \
         or `enable_all()`"
    )]
    NoTimer,
}

thread_local! {
    static IS_TIMED_OUT: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is dropping a future because its time limit has passed. Destructors of what
/// the future owns use this to distinguish an outage from a cancelled request.
pub(crate) fn is_timed_out() -> bool {
    IS_TIMED_OUT.get()
}

/// While this guard exists, [`is_timed_out`] returns `true`.
struct TimeoutGuard {
    previous: bool,
}

impl TimeoutGuard {
    fn new() -> Self {
        Self { previous: IS_TIMED_OUT.replace(true) }
    }
}

impl Drop for TimeoutGuard {
    fn drop(&mut self) {
        IS_TIMED_OUT.set(self.previous);
    }
}

pin_project! {
    /// A future with a time limit. It is dropped as soon as the time has passed.
    pub(crate) struct Timeout<F> {
        #[pin]
        future: Option<F>,
        // Tokio lets a task do so much before it has to yield. A future that does all of it in each poll
        // would leave nothing for the timer.
        #[pin]
        sleep: Option<Unconstrained<Sleep>>,
    }
}

impl<F> fmt::Debug for Timeout<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeout").finish_non_exhaustive()
    }
}

impl<F> Timeout<F> {
    pub(crate) fn new(future: F, limit: Duration) -> Self {
        // `sleep` panics outside a runtime; then the future is not polled at all.
        Self { future: Some(future), sleep: catch_panic(|| sleep(limit)).ok().map(unconstrained) }
    }
}

impl<F: Future> Future for Timeout<F> {
    type Output = Result<F::Output, TimedOut>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(sleep) = this.sleep.as_pin_mut() else {
            return Poll::Ready(Err(TimedOut::NoTimer));
        };
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            return Poll::Ready(Err(TimedOut::Elapsed));
        };
        if let Poll::Ready(output) = future.poll(cx) {
            return Poll::Ready(Ok(output));
        }
        if sleep.poll(cx).is_pending() {
            return Poll::Pending;
        }
        let _guard = TimeoutGuard::new();
        // A destructor that panics does not change the result (A20).
        let _ = catch_panic(|| this.future.set(None));
        Poll::Ready(Err(TimedOut::Elapsed))
    }
}
