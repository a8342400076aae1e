//! [`Throttled`]: an identity whose attempts a [`Throttle`] limits.

use std::fmt;

use http::HeaderName;
use http::header::AUTHORIZATION;
use http::request::Parts;

use super::{Attempt, Identity, IdentityInfo, Throttle};
use crate::challenge::{Challenges, Credentials};
use crate::denial::{Cause, Unauthenticated};

/// An identity whose attempts a [`Throttle`] limits. Returned by [`Identity::throttled`].
#[derive(Clone)]
pub struct Throttled<I, T> {
    identity: I,
    throttle: T,
    /// A request with one of these headers is an attempt; with `Authorization`, only if it names
    /// one of `schemes`.
    headers: Box<[HeaderName]>,
    schemes: Box<[Box<str>]>,
}

impl<I: Identity, T: Throttle> Throttled<I, T> {
    pub(super) fn new(identity: I, throttle: T) -> Self {
        let info = identity.describe();
        let headers = info.headers().into();
        let challenges = info.challenges().iter();
        let schemes = challenges.map(|challenge| challenge.scheme().into()).collect();
        Self { identity, throttle, headers, schemes }
    }

    /// Returns the attempt that this request is.
    ///
    /// # Errors
    ///
    /// [`Unauthenticated::missing`] if it has no credentials for this identity.
    fn attempt<'a>(&self, request: &'a Parts) -> Result<Attempt<'a>, Unauthenticated> {
        if !self.is_attempt(request) {
            return Err(Unauthenticated::missing());
        }
        Ok(Attempt::new(request, self.identity.account(request)))
    }

    fn is_attempt(&self, request: &Parts) -> bool {
        let is_sent = |name: &HeaderName| match request.headers.get(name) {
            // Credentials of another scheme are not an attempt against this identity.
            Some(value) if *name == AUTHORIZATION => Credentials::parse(value.as_bytes())
                .is_some_and(|sent| self.schemes.iter().any(|scheme| sent.is(scheme))),
            value => value.is_some(),
        };
        self.headers.is_empty() || self.headers.iter().any(is_sent)
    }
}

impl<I: Identity, T: Throttle> Identity for Throttled<I, T> {
    type Principal = I::Principal;

    fn describe(&self) -> IdentityInfo {
        self.identity.describe()
    }

    async fn identify(&self, request: &Parts) -> Result<I::Principal, Unauthenticated> {
        let attempt = self.attempt(request)?;
        attempt.limited_by(&self.throttle, || self.identity.identify(request)).await
    }

    fn identify_now(&self, request: &Parts) -> Option<Result<I::Principal, Unauthenticated>> {
        let attempt = self.attempt(request);
        let admitted = match attempt.and_then(|attempt| attempt.admit(&self.throttle)) {
            Ok(admitted) => admitted,
            Err(unauthenticated) => return Some(Err(unauthenticated)),
        };
        match self.identity.identify_now(request) {
            Some(result) => Some(admitted.settle(result)),
            None => {
                admitted.defer();
                None
            }
        }
    }

    fn per_response_challenges(&self, cause: Cause, attempted: Option<&str>) -> Option<Challenges> {
        self.identity.per_response_challenges(cause, attempted)
    }

    fn request_challenges(&self, request: &Parts) -> Option<Challenges> {
        self.identity.request_challenges(request)
    }

    fn account(&self, request: &Parts) -> Option<String> {
        self.identity.account(request)
    }
}

impl<I: fmt::Debug, T> fmt::Debug for Throttled<I, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Throttled").field("identity", &self.identity).finish_non_exhaustive()
    }
}
