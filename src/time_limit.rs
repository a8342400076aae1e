//! A limit on how long somebody may wait for an answer (A19).

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};

use crate::guard::guard;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum OutOfTime {
    #[error("the time limit has passed")]
    Elapsed,
    #[error(
        "a time limit needs a Tokio runtime with its time driver: build it with `enable_time()` \
         or `enable_all()`"
    )]
    NoTimer,
}

pin_project! {
    /// A future and the time it has.
    #[derive(Debug)]
    pub(crate) struct Limited<F> {
        #[pin]
        future: F,
        #[pin]
        sleep: Option<Sleep>,
    }
}

impl<F> Limited<F> {
    pub(crate) fn new(future: F, limit: Duration) -> Self {
        // Outside a runtime this panics; then nothing is waited for.
        Self { future, sleep: guard(|| sleep(limit)).ok() }
    }
}

impl<F: Future> Future for Limited<F> {
    type Output = Result<F::Output, OutOfTime>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(sleep) = this.sleep.as_pin_mut() else {
            return Poll::Ready(Err(OutOfTime::NoTimer));
        };
        if let Poll::Ready(answer) = this.future.poll(cx) {
            return Poll::Ready(Ok(answer));
        }
        sleep.poll(cx).map(|()| Err(OutOfTime::Elapsed))
    }
}
