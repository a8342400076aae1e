//! Why nobody could be identified.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::{Cause, Denial};
use crate::challenge::Challenge;

/// Why an identity did not name a principal.
///
/// [`missing`](Unauthenticated::missing) alone means "not for me": it lets
/// [`any_of`](crate::any_of) ask the next identity and an optional stage go on anonymously. Every
/// other answer ends the search.
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
pub struct Unauthenticated(Denial);

impl Unauthenticated {
    /// No credentials that this identity reads (A01, A03).
    pub const fn missing() -> Self {
        Self(Denial::new(Cause::Missing))
    }

    /// Credentials that do not have the form of their scheme (A04).
    pub const fn malformed() -> Self {
        Self(Denial::new(Cause::Malformed))
    }

    /// Credentials that were sent more than once, or in two ways at once (A05): 400.
    pub const fn ambiguous() -> Self {
        Self(Denial::new(Cause::Ambiguous))
    }

    /// Credentials that lack a part, contradict themselves, or are for another request than the
    /// one they came with (H03): 400.
    pub const fn invalid_request() -> Self {
        Self(Denial::new(Cause::InvalidRequest))
    }

    /// Well-formed credentials that are wrong (A06): unknown user, wrong password, bad signature,
    /// another issuer, revoked, not yet valid.
    pub const fn invalid() -> Self {
        Self(Denial::new(Cause::Invalid))
    }

    /// Credentials that were right once (A06).
    pub const fn expired() -> Self {
        Self(Denial::new(Cause::Expired))
    }

    /// Credentials that are right for an outdated nonce (H02).
    pub const fn stale() -> Self {
        Self(Denial::new(Cause::Stale))
    }

    /// Right credentials of an account that is suspended or locked (A17): 403. Say it only once
    /// the secret was right; before that, [`invalid`](Self::invalid) is the truth.
    pub const fn suspended() -> Self {
        Self(Denial::new(Cause::Suspended))
    }

    /// Too many attempts failed, so this one is not looked at (A18): 429 and `Retry-After`, the wait
    /// rounded up to whole seconds. No challenge, since other credentials would not help.
    ///
    /// Say it before anything is looked up, or the answer tells which accounts exist; a
    /// [`Throttle`](crate::Throttle) does.
    pub fn throttled(wait: Duration) -> Self {
        Self(Denial::throttled(wait))
    }

    /// The check could not be made (A07): 503, never a challenge, since a client that is asked
    /// to log in again throws away credentials that may be right.
    pub const fn unavailable() -> Self {
        Self(Denial::new(Cause::Unavailable))
    }

    pub(crate) const fn internal_error() -> Self {
        Self(Denial::new(Cause::InternalError))
    }

    /// Adds the private source, for the operators. It never leaves.
    pub fn with_source(self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(self.0.with_source(source))
    }

    /// Replaces the `detail` of the answer, and the `error_description` of a Bearer or DPoP
    /// challenge where the text fits there (RFC 6750 §3.1: ASCII without `"` and `\`).
    ///
    /// Everybody who is refused can read it.
    pub fn with_detail(self, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(self.0.with_detail(detail))
    }

    /// Answers with this challenge in place of the one that its scheme offers.
    pub fn with_challenge(self, challenge: Challenge) -> Self {
        Self(self.0.with_challenge(challenge))
    }

    /// Asks the client to wait this long, rounded up to whole seconds, where the answer is 503 or
    /// 429.
    pub fn with_retry_after(self, wait: Duration) -> Self {
        Self(self.0.with_retry_after(wait))
    }

    /// What it means about credentials that were sent: they are not missing, but wrong.
    #[inline]
    pub(crate) fn of_sent_credentials(self) -> Self {
        if self.is_missing() { Self(self.0.with_cause(Cause::Invalid)) } else { self }
    }

    /// Invalid, whatever it was: who lacks the right secret learns no more (A06, A17). The private
    /// source stays, and nothing that would leave; without a source, this is it.
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

    /// Why.
    pub fn cause(&self) -> Cause {
        self.0.cause()
    }

    /// Whether no credentials were sent that the identity reads.
    pub fn is_missing(&self) -> bool {
        self.cause() == Cause::Missing
    }

    /// Whether a stage that was told to may take the caller for anonymous (A09): the credentials
    /// do not prove anything. An outage, a suspended account, an attempt that was not looked at, or
    /// a request to be corrected (an ambiguity, improper credentials) is not that.
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
