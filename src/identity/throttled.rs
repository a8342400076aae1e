//! An identity that is not asked too often in vain.

use std::fmt;

use http::HeaderName;
use http::header::AUTHORIZATION;
use http::request::Parts;

use super::Identity;
use super::throttle::{Attempt, Outcome, Throttle};
use crate::challenge::{Challenges, Credentials};
use crate::denial::{Cause, Unauthenticated};
use crate::guard::guard;

/// An identity that is not asked too often in vain; made by [`Identity::throttled`].
#[derive(Clone)]
pub struct Throttled<I, T> {
    identity: I,
    throttle: T,
    /// What an attempt is told by.
    fields: Box<[HeaderName]>,
    schemes: Box<[Box<str>]>,
}

impl<I: Identity, T: Throttle> Throttled<I, T> {
    pub(super) fn new(identity: I, throttle: T) -> Self {
        let fields = identity.fields().into();
        let challenges = identity.challenges();
        let schemes = challenges.iter().map(|challenge| challenge.scheme().into()).collect();
        Self { identity, throttle, fields, schemes }
    }

    /// Lets an attempt through to the identity, or tells who asks to wait.
    fn admit<'a>(&'a self, request: &'a Parts) -> Result<Admitted<'a, T>, Unauthenticated> {
        if !self.is_attempt(request) {
            return Err(Unauthenticated::missing());
        }
        let attempt = Attempt::new(request, self.identity.account(request));
        self.throttle.admit(&attempt).map_err(Unauthenticated::throttled)?;
        Ok(Admitted { throttle: &self.throttle, attempt, settled: false })
    }

    fn is_attempt(&self, request: &Parts) -> bool {
        let is_sent = |field: &HeaderName| match request.headers.get(field) {
            // Whoever comes by a scheme of somebody else is none of ours.
            Some(value) if *field == AUTHORIZATION => Credentials::parse(value.as_bytes())
                .is_some_and(|sent| self.schemes.iter().any(|scheme| sent.is(scheme))),
            value => value.is_some(),
        };
        self.fields.is_empty() || self.fields.iter().any(is_sent)
    }
}

/// An attempt that the throttle has admitted. It is settled once, whatever happens: dropped by a
/// panic or with a cancelled request, it has told nobody anything (A20, A21).
struct Admitted<'a, T: Throttle> {
    throttle: &'a T,
    attempt: Attempt<'a>,
    settled: bool,
}

impl<T: Throttle> Admitted<'_, T> {
    /// A throttle that panics here takes the answer with it, and so permits nobody.
    fn settle<P>(mut self, answer: Result<P, Unauthenticated>) -> Result<P, Unauthenticated> {
        self.settled = true;
        let outcome = match answer.as_ref().map_err(Unauthenticated::cause) {
            Ok(_) => Outcome::Succeeded,
            Err(Cause::Invalid) => Outcome::Failed,
            Err(_) => Outcome::Undecided,
        };
        self.throttle.settle(&self.attempt, outcome);
        answer
    }
}

impl<T: Throttle> Drop for Admitted<'_, T> {
    fn drop(&mut self) {
        if !self.settled {
            // Perhaps it is a panic that drops it, and a second one would end the process.
            let _ = guard(|| self.throttle.settle(&self.attempt, Outcome::Undecided));
        }
    }
}

impl<I: Identity, T: Throttle> Identity for Throttled<I, T> {
    type Principal = I::Principal;

    async fn identify(&self, request: &Parts) -> Result<I::Principal, Unauthenticated> {
        let admitted = self.admit(request)?;
        admitted.settle(self.identity.identify(request).await)
    }

    fn identify_now(&self, request: &Parts) -> Option<Result<I::Principal, Unauthenticated>> {
        match self.admit(request) {
            Ok(admitted) => Some(admitted.settle(self.identity.identify_now(request)?)),
            Err(unauthenticated) => Some(Err(unauthenticated)),
        }
    }

    fn challenges(&self) -> Challenges {
        self.identity.challenges()
    }

    fn fresh_challenges(&self, cause: Cause, attempted: Option<&str>) -> Option<Challenges> {
        self.identity.fresh_challenges(cause, attempted)
    }

    fn adds_fields(&self) -> bool {
        self.identity.adds_fields()
    }

    fn fields(&self) -> Vec<HeaderName> {
        self.identity.fields()
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
