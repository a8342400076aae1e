//! A limit on how long somebody may wait for an answer (A19).

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};

use crate::catch_panic::catch_panic;

/// Why there is no answer.
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
    static OUT_OF_TIME: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is dropping a future because its time limit has passed. What the future
/// owns asks this to tell an outage from a request that was cancelled.
pub(crate) fn is_timed_out() -> bool {
    OUT_OF_TIME.get()
}

/// While it exists, [`is_out_of_time`].
struct TimeoutGuard {
    before: bool,
}

impl TimeoutGuard {
    fn new() -> Self {
        Self { before: OUT_OF_TIME.replace(true) }
    }
}

impl Drop for TimeoutGuard {
    fn drop(&mut self) {
        OUT_OF_TIME.set(self.before);
    }
}

pin_project! {
    /// A future and the time it has. It is dropped as soon as the time has passed.
    #[derive(Debug)]
    pub(crate) struct Timeout<F> {
        #[pin]
        future: Option<F>,
        #[pin]
        sleep: Option<Sleep>,
    }
}

impl<F> Timeout<F> {
    pub(crate) fn new(future: F, limit: Duration) -> Self {
        // Outside a runtime this panics; then nothing is waited for.
        Self { future: Some(future), sleep: catch_panic(|| sleep(limit)).ok() }
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
        if let Poll::Ready(answer) = future.poll(cx) {
            return Poll::Ready(Ok(answer));
        }
        if sleep.poll(cx).is_pending() {
            return Poll::Pending;
        }
        let _drops_for_time = TimeoutGuard::new();
        // A destructor that panics does not change the answer (A20).
        let _ = catch_panic(|| this.future.set(None));
        Poll::Ready(Err(TimedOut::Elapsed))
    }
}
