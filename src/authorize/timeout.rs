//! A limit on how long a policy may wait (A19).

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::request::Parts;
use pin_project_lite::pin_project;

use super::policy_service::{Decided, PolicyService, sealed};
use crate::denial::Denial;
use crate::policy::{Decision, DenyReason};
use crate::timeout::{TimedOut, Timeout};

/// A policy that may wait so long and no longer; made by
/// [`AuthorizeLayer::time_limit`](crate::AuthorizeLayer::time_limit).
#[derive(Clone, Debug)]
pub struct PolicyTimeout<D> {
    decide: D,
    limit: Duration,
    out_of_time: Decision,
}

impl<D> PolicyTimeout<D> {
    pub(super) fn new<P>(decide: D, limit: Duration) -> Self
    where
        D: PolicyService<P>,
    {
        // It depends on no request, so it is asked once.
        let out_of_time = decide.timed_out();
        Self { decide, limit, out_of_time }
    }
}

impl<D> sealed::Sealed for PolicyTimeout<D> {}

impl<P, D: PolicyService<P>> PolicyService<P> for PolicyTimeout<D> {
    type Future = PolicyTimeoutFuture<D::Future>;

    fn decide_now(&self, request: &Parts) -> Option<Result<(), Denial>> {
        self.decide.decide_now(request)
    }

    fn decide(&self, request: Parts) -> Self::Future {
        let limited = Timeout::new(self.decide.decide(request), self.limit);
        PolicyTimeoutFuture { limited, out_of_time: Some(self.out_of_time.clone()) }
    }

    fn timed_out(&self) -> Decision {
        self.out_of_time.clone()
    }
}

pin_project! {
    /// Future of [`timeout`].
    #[derive(Debug)]
    pub struct PolicyTimeoutFuture<F> {
        #[pin]
        limited: Timeout<F>,
        // Taken once the time is over.
        out_of_time: Option<Decision>,
    }
}

impl<F: Future<Output = Decided>> Future for PolicyTimeoutFuture<F> {
    type Output = Decided;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Decided> {
        let this = self.project();
        this.limited.poll(cx).map(|answer| {
            answer.unwrap_or_else(|why| {
                let decision = this.out_of_time.take().unwrap_or_else(Decision::unavailable);
                let hides = decision.reason().is_some_and(DenyReason::is_concealed);
                Err(match why {
                    TimedOut::Elapsed => decision.with_source(why).into_denial(),
                    TimedOut::NoTimer if hides => {
                        Denial::internal_error().with_source(why).concealed()
                    }
                    TimedOut::NoTimer => Denial::internal_error().with_source(why),
                })
            })
        })
    }
}
