//! The time limit of an identity (A19).

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::HeaderValue;
use http::request::Parts;
use pin_project_lite::pin_project;

use super::identity_service::{Identified, IdentityService, sealed};
use crate::challenge::Challenges;
use crate::denial::{Cause, Unauthenticated};
use crate::timeout::{TimedOut, Timeout};

/// An identity with a time limit, created by
/// [`AuthenticateLayer::time_limit`](crate::AuthenticateLayer::time_limit).
#[derive(Clone, Debug)]
pub struct IdentityTimeout<I> {
    identify: I,
    limit: Duration,
}

impl<I> IdentityTimeout<I> {
    pub(super) fn new(identify: I, limit: Duration) -> Self {
        Self { identify, limit }
    }
}

impl<I> sealed::Sealed for IdentityTimeout<I> {}

impl<I: IdentityService> IdentityService for IdentityTimeout<I> {
    type Principal = I::Principal;
    type Future = IdentityTimeoutFuture<I::Future>;

    fn identify_now(
        &self,
        request: &Parts,
        authorization: Option<&HeaderValue>,
    ) -> Option<Result<I::Principal, Unauthenticated>> {
        self.identify.identify_now(request, authorization)
    }

    fn identify(&self, request: Parts) -> Self::Future {
        IdentityTimeoutFuture { limited: Timeout::new(self.identify.identify(request), self.limit) }
    }

    fn per_response_challenges(&self, cause: Cause, attempted: Option<&str>) -> Option<Challenges> {
        self.identify.per_response_challenges(cause, attempted)
    }

    fn request_challenges(&self, request: &Parts) -> Option<Challenges> {
        self.identify.request_challenges(request)
    }
}

pin_project! {
    /// Future of [`IdentityTimeout`].
    #[derive(Debug)]
    pub struct IdentityTimeoutFuture<F> {
        #[pin]
        limited: Timeout<F>,
    }
}

impl<P, F: Future<Output = Identified<P>>> Future for IdentityTimeoutFuture<F> {
    type Output = Identified<P>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Identified<P>> {
        self.project().limited.poll(cx).map(|result| {
            result.unwrap_or_else(|error| {
                Err(match error {
                    TimedOut::Elapsed => Unauthenticated::unavailable().with_source(error),
                    TimedOut::NoTimer => Unauthenticated::internal_error().with_source(error),
                })
            })
        })
    }
}
