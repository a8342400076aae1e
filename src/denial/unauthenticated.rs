//! Why a request could not be authenticated.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::{Cause, Denial};
use crate::challenge::Challenges;

/// Why an identity did not authenticate a request.
///
/// Only after [`missing`](Unauthenticated::missing) does [`any_of`](crate::any_of) try the next
/// identity, and does an optional stage continue with an anonymous caller. Every other cause refuses
/// the request.
///
/// ```
/// use portcullis::Unauthenticated;
///
/// fn user(token: &str) -> Result<&'static str, Unauthenticated> {
///     match token {
///         "alice-token" => Ok("alice"),
///         "old-token" => Err(Unauthenticated::expired()),
///         _ => Err(Unauthenticated::invalid()),
///     }
/// }
/// assert!(user("nope").is_err());
/// ```
#[derive(Clone)]
#[must_use = "an unauthenticated caller is only refused if this is returned"]
pub struct Unauthenticated(pub(super) Denial);

impl Unauthenticated {
    /// The request carries no credentials that this identity reads ([A01](crate::semantics#a01),
    /// [A03](crate::semantics#a03)).
    pub const fn missing() -> Self {
        Self(Denial::new(Cause::Missing))
    }

    /// Credentials that do not have the form of their scheme ([A04](crate::semantics#a04)).
    pub const fn malformed() -> Self {
        Self(Denial::new(Cause::Malformed))
    }

    /// Credentials that were sent more than once, or in two ways at once
    /// ([A05](crate::semantics#a05)): 400.
    pub const fn ambiguous() -> Self {
        Self(Denial::new(Cause::Ambiguous))
    }

    /// Credentials that lack a part, contradict themselves, or are for another request than the
    /// one that carries them ([H03](crate::semantics#h03)): 400.
    pub const fn invalid_request() -> Self {
        Self(Denial::new(Cause::InvalidRequest))
    }

    /// Well-formed credentials that are wrong ([A06](crate::semantics#a06)): unknown user, wrong
    /// password, bad signature, another issuer, revoked, not yet valid.
    pub const fn invalid() -> Self {
        Self(Denial::new(Cause::Invalid))
    }

    /// Credentials that were valid and have expired ([A06](crate::semantics#a06)).
    pub const fn expired() -> Self {
        Self(Denial::new(Cause::Expired))
    }

    /// Credentials that are right, with a nonce or a count that is not accepted any more
    /// ([H02](crate::semantics#h02)).
    pub const fn stale() -> Self {
        Self(Denial::new(Cause::Stale))
    }

    /// Valid credentials of an account that is suspended or locked ([A17](crate::semantics#a17)):
    /// 403. Return it only after the secret was verified; before that, return
    /// [`invalid`](Self::invalid).
    pub const fn suspended() -> Self {
        Self(Denial::new(Cause::Suspended))
    }

    /// Too many attempts failed, so this one is not evaluated ([A18](crate::semantics#a18)): 429 and
    /// `Retry-After`, the wait rounded up to whole seconds. No challenge, because other credentials
    /// would not help.
    ///
    /// Return it before any account is looked up, or the response reveals which accounts exist; a
    /// [`Throttle`](crate::Throttle) does so.
    pub fn throttled(wait: Duration) -> Self {
        Self(Denial::throttled(wait))
    }

    /// The check could not be made ([A07](crate::semantics#a07)): 503, never a challenge, because a
    /// client that is asked to log in again discards credentials that may be valid.
    pub const fn unavailable() -> Self {
        Self(Denial::new(Cause::Unavailable))
    }

    pub(crate) const fn internal_error() -> Self {
        Self(Denial::new(Cause::InternalError))
    }

    /// Adds the private source, for the operators. No client sees it.
    pub fn with_source(self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(self.0.with_source(source))
    }

    /// As [`with_source`](Self::with_source), for a source that needs no box of its own.
    #[cfg(feature = "oauth")]
    pub(crate) fn with_shared_source(self, source: super::Source) -> Self {
        Self(self.0.with_shared_source(source))
    }

    /// Replaces the `detail` of the response, and the `error_description` of a Bearer or DPoP
    /// challenge if the text fits there (RFC 6750 §3.1: ASCII without `"` and `\`).
    ///
    /// Every refused client can read it.
    pub fn with_detail(self, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(self.0.with_detail(detail))
    }

    /// Sends this challenge, or these, in place of those that the stage offers for the same schemes,
    /// and of those of the same schemes that were set before. Others stay as they are.
    ///
    /// The stage adds what it would add to its own challenge: the `error` of Bearer and DPoP, unless
    /// yours has one, and what a policy requires. The challenge is also sent if the request goes on
    /// anonymously and is refused further in. For challenges that depend on the request alone, also
    /// on the 403 of a caller that was authenticated, see
    /// [`Identity::challenge_by`](crate::Identity::challenge_by).
    ///
    /// ```
    /// use portcullis::Unauthenticated;
    /// use portcullis::challenge::Challenge;
    ///
    /// let tenant = Challenge::builder("Bearer")
    ///     .realm("notes")
    ///     .param("resource_metadata", "https://a.example/.well-known/oauth-protected-resource")
    ///     .build()?;
    /// let missing = Unauthenticated::missing().with_challenge(tenant);
    /// # Ok::<(), portcullis::challenge::InvalidChallenge>(())
    /// ```
    pub fn with_challenge(self, challenge: impl Into<Challenges>) -> Self {
        Self(self.0.with_challenges(challenge.into()))
    }

    /// Asks the client to wait this long, rounded up to whole seconds, if the response is 503 or
    /// 429.
    pub fn with_retry_after(self, wait: Duration) -> Self {
        Self(self.0.with_retry_after(wait))
    }

    /// The cause for a request that carries credentials: they are not missing, but invalid.
    #[inline]
    pub(crate) fn of_sent_credentials(self) -> Self {
        if self.is_missing() { Self(self.0.with_cause(Cause::Invalid)) } else { self }
    }

    /// Makes the cause `Invalid`, so that a client without the right secret learns no more (A06, A17).
    /// Keeps the private source, or sets this one, and drops everything that the client would see.
    #[cfg(feature = "digest")]
    pub(crate) fn into_invalid(self, source: &'static str) -> Self {
        match self.0.extra.and_then(|extra| extra.source.clone()) {
            Some(source) => {
                let mut invalid = Denial::new(Cause::Invalid);
                invalid.extra_mut().source = Some(source);
                Self(invalid)
            }
            None => Self::invalid().with_source(source),
        }
    }

    /// Why the request could not be authenticated.
    pub fn cause(&self) -> Cause {
        self.0.cause()
    }

    /// Whether the request carries no credentials that the identity reads.
    pub fn is_missing(&self) -> bool {
        self.cause() == Cause::Missing
    }

    /// Whether a stage that ignores invalid credentials may treat the caller as anonymous (A09). Not
    /// for an outage, a suspended account, a throttled attempt, or a request that the client has to
    /// correct (ambiguous or invalid as a request).
    pub(crate) fn proves_nothing(&self) -> bool {
        matches!(
            self.cause(),
            Cause::Missing | Cause::Malformed | Cause::Invalid | Cause::Expired | Cause::Stale
        )
    }
}

impl From<Unauthenticated> for Denial {
    fn from(unauthenticated: Unauthenticated) -> Self {
        unauthenticated.0
    }
}

impl fmt::Display for Unauthenticated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Unauthenticated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Unauthenticated").field(&self.0).finish()
    }
}

impl Error for Unauthenticated {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
