//! An identity whose failed attempts are limited by a [`Throttle`].

use std::fmt;

use http::HeaderName;
use http::header::AUTHORIZATION;
use http::request::Parts;

use super::{Attempt, Identity, Throttle};
use crate::challenge::{Challenges, Credentials};
use crate::denial::{Cause, Unauthenticated};

/// An identity whose failed attempts are limited by a [`Throttle`]; made by
/// [`Identity::throttled`].
#[derive(Clone)]
pub struct Throttled<I, T> {
    identity: I,
    throttle: T,
    /// What makes a request an attempt: one of these headers, in `Authorization` one of the schemes.
    fields: Box<[HeaderName]>,
    schemes: Box<[Box<str>]>,
}

impl<I: Identity, T: Throttle> Throttled<I, T> {
    pub(super) fn new(identity: I, throttle: T) -> Self {
        let fields = identity.credential_headers().into();
        let challenges = identity.challenges();
        let schemes = challenges.iter().map(|challenge| challenge.scheme().into()).collect();
        Self { identity, throttle, fields, schemes }
    }

    /// The attempt that the request makes.
    ///
    /// # Errors
    ///
    /// [`Unauthenticated::missing`] if it carries no credentials for this identity.
    fn attempt<'a>(&self, request: &'a Parts) -> Result<Attempt<'a>, Unauthenticated> {
        if !self.is_attempt(request) {
            return Err(Unauthenticated::missing());
        }
        Ok(Attempt::new(request, self.identity.account(request)))
    }

    fn is_attempt(&self, request: &Parts) -> bool {
        let is_sent = |field: &HeaderName| match request.headers.get(field) {
            // Credentials of a scheme that this identity does not offer are not its attempt.
            Some(value) if *field == AUTHORIZATION => Credentials::parse(value.as_bytes())
                .is_some_and(|sent| self.schemes.iter().any(|scheme| sent.is(scheme))),
            value => value.is_some(),
        };
        self.fields.is_empty() || self.fields.iter().any(is_sent)
    }
}

impl<I: Identity, T: Throttle> Identity for Throttled<I, T> {
    type Principal = I::Principal;

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
            Some(answer) => Some(admitted.settle(answer)),
            None => {
                admitted.defer();
                None
            }
        }
    }

    fn challenges(&self) -> Challenges {
        self.identity.challenges()
    }

    fn per_response_challenges(&self, cause: Cause, attempted: Option<&str>) -> Option<Challenges> {
        self.identity.per_response_challenges(cause, attempted)
    }

    fn adds_response_headers(&self) -> bool {
        self.identity.adds_response_headers()
    }

    fn credential_headers(&self) -> Vec<HeaderName> {
        self.identity.credential_headers()
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
