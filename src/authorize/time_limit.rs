//! A limit on how long a policy may wait (A19).

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::request::Parts;
use pin_project_lite::pin_project;

use super::decide::{Decide, Decided, sealed};
use crate::denial::Denial;
use crate::policy::{Decision, Why};
use crate::time_limit::{Limited, OutOfTime};

/// A policy that may wait so long and no longer; made by
/// [`AuthorizeLayer::time_limit`](crate::AuthorizeLayer::time_limit).
#[derive(Clone, Debug)]
pub struct TimeLimited<D> {
    decide: D,
    limit: Duration,
    out_of_time: Decision,
}

impl<D> TimeLimited<D> {
    pub(super) fn new<P>(decide: D, limit: Duration) -> Self
    where
        D: Decide<P>,
    {
        // It depends on no request, so it is asked once.
        let out_of_time = decide.out_of_time();
        Self { decide, limit, out_of_time }
    }
}

impl<D> sealed::Sealed for TimeLimited<D> {}

impl<P, D: Decide<P>> Decide<P> for TimeLimited<D> {
    type Future = TimeLimitedFuture<D::Future>;

    fn decide_now(&self, request: &Parts) -> Option<Result<(), Denial>> {
        self.decide.decide_now(request)
    }

    fn decide(&self, request: Parts) -> Self::Future {
        let limited = Limited::new(self.decide.decide(request), self.limit);
        TimeLimitedFuture { limited, out_of_time: Some(self.out_of_time.clone()) }
    }

    fn out_of_time(&self) -> Decision {
        self.out_of_time.clone()
    }
}

pin_project! {
    /// Future of [`TimeLimited`].
    #[derive(Debug)]
    pub struct TimeLimitedFuture<F> {
        #[pin]
        limited: Limited<F>,
        // Taken once the time is over.
        out_of_time: Option<Decision>,
    }
}

impl<F: Future<Output = Decided>> Future for TimeLimitedFuture<F> {
    type Output = Decided;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Decided> {
        let this = self.project();
        this.limited.poll(cx).map(|answer| {
            answer.unwrap_or_else(|why| {
                let decision = this.out_of_time.take().unwrap_or_else(Decision::unavailable);
                let hides = decision.why().is_some_and(Why::is_concealed);
                Err(match why {
                    OutOfTime::Elapsed => decision.because(why).into_denial(),
                    OutOfTime::NoTimer if hides => Denial::fault().because(why).concealed(),
                    OutOfTime::NoTimer => Denial::fault().because(why),
                })
            })
        })
    }
}
