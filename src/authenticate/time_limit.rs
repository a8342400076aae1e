//! A limit on how long an identity may wait (A19).

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::HeaderValue;
use http::request::Parts;
use pin_project_lite::pin_project;

use super::identify::{Identified, Identify, sealed};
use crate::challenge::Challenges;
use crate::denial::{Cause, Unauthenticated};
use crate::time_limit::{Limited, OutOfTime};

/// An identity that may wait so long and no longer; made by
/// [`AuthenticateLayer::time_limit`](crate::AuthenticateLayer::time_limit).
#[derive(Clone, Debug)]
pub struct TimeLimited<I> {
    identify: I,
    limit: Duration,
}

impl<I> TimeLimited<I> {
    pub(super) fn new(identify: I, limit: Duration) -> Self {
        Self { identify, limit }
    }
}

impl<I> sealed::Sealed for TimeLimited<I> {}

impl<I: Identify> Identify for TimeLimited<I> {
    type Principal = I::Principal;
    type Future = TimeLimitedFuture<I::Future>;

    fn identify_now(
        &self,
        request: &Parts,
        authorization: Option<&HeaderValue>,
    ) -> Option<Result<I::Principal, Unauthenticated>> {
        self.identify.identify_now(request, authorization)
    }

    fn identify(&self, request: Parts) -> Self::Future {
        TimeLimitedFuture { limited: Limited::new(self.identify.identify(request), self.limit) }
    }

    fn fresh_challenges(&self, cause: Cause, attempted: Option<&str>) -> Option<Challenges> {
        self.identify.fresh_challenges(cause, attempted)
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

impl<P, F: Future<Output = Identified<P>>> Future for TimeLimitedFuture<F> {
    type Output = Identified<P>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Identified<P>> {
        self.project().limited.poll(cx).map(|answer| {
            answer.unwrap_or_else(|why| {
                Err(match why {
                    OutOfTime::Elapsed => Unauthenticated::unavailable().because(why),
                    OutOfTime::NoTimer => Unauthenticated::fault().because(why),
                })
            })
        })
    }
}
