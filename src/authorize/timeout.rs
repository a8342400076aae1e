//! The time limit of a policy (A19).

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

/// A policy with a time limit, created by
/// [`AuthorizeLayer::time_limit`](crate::AuthorizeLayer::time_limit).
#[derive(Clone, Debug)]
pub struct PolicyTimeout<D> {
    decide: D,
    limit: Duration,
    timed_out: Decision,
}

impl<D> PolicyTimeout<D> {
    pub(super) fn new<P>(decide: D, limit: Duration) -> Self
    where
        D: PolicyService<P>,
    {
        // This decision is the same for every request.
        let timed_out = decide.timed_out();
        Self { decide, limit, timed_out }
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
        PolicyTimeoutFuture { limited, timed_out: Some(self.timed_out.clone()) }
    }

    fn timed_out(&self) -> Decision {
        self.timed_out.clone()
    }
}

pin_project! {
    /// Future of [`PolicyTimeout`].
    #[derive(Debug)]
    pub struct PolicyTimeoutFuture<F> {
        #[pin]
        limited: Timeout<F>,
        // Taken when the time is over.
        timed_out: Option<Decision>,
    }
}

impl<F: Future<Output = Decided>> Future for PolicyTimeoutFuture<F> {
    type Output = Decided;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Decided> {
        let this = self.project();
        this.limited.poll(cx).map(|result| {
            result.unwrap_or_else(|error| {
                let decision = this.timed_out.take().unwrap_or_else(Decision::unavailable);
                let is_concealed = decision.reason().is_some_and(DenyReason::is_concealed);
                Err(match error {
                    TimedOut::Elapsed => decision.with_source(error).into_denial(),
                    TimedOut::NoTimer if is_concealed => {
                        Denial::internal_error().with_source(error).concealed()
                    }
                    TimedOut::NoTimer => Denial::internal_error().with_source(error),
                })
            })
        })
    }
}
