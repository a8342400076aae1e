//! A limit on how long a policy may wait (A19).

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::request::Parts;
use pin_project_lite::pin_project;

use super::decide::{Decide, Decided, sealed};
use crate::denial::Denial;
use crate::time_limit::{Limited, OutOfTime};

/// A policy that may wait so long and no longer; made by
/// [`AuthorizeLayer::time_limit`](crate::AuthorizeLayer::time_limit).
#[derive(Clone, Debug)]
pub struct TimeLimited<D> {
    decide: D,
    limit: Duration,
}

impl<D> TimeLimited<D> {
    pub(super) fn new(decide: D, limit: Duration) -> Self {
        Self { decide, limit }
    }
}

impl<D> sealed::Sealed for TimeLimited<D> {}

impl<P, D: Decide<P>> Decide<P> for TimeLimited<D> {
    type Future = TimeLimitedFuture<D::Future>;

    fn decide_now(&self, request: &Parts) -> Option<Result<(), Denial>> {
        self.decide.decide_now(request)
    }

    fn decide(&self, request: Parts) -> Self::Future {
        TimeLimitedFuture { limited: Limited::new(self.decide.decide(request), self.limit) }
    }
}

pin_project! {
    /// Future of [`TimeLimited`].
    #[derive(Debug)]
    pub struct TimeLimitedFuture<F> {
        #[pin]
        limited: Limited<F>,
    }
}

impl<F: Future<Output = Decided>> Future for TimeLimitedFuture<F> {
    type Output = Decided;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Decided> {
        self.project().limited.poll(cx).map(|answer| {
            answer.unwrap_or_else(|out_of_time| {
                Err(match out_of_time {
                    OutOfTime::Elapsed => Denial::unavailable().because(out_of_time),
                    OutOfTime::NoTimer => Denial::fault().because(out_of_time),
                })
            })
        })
    }
}
