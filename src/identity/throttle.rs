//! Limits on attempts to authenticate: the [`Throttle`] trait and the [`Outcome`] of an attempt.

use std::sync::Arc;
use std::time::Duration;

use super::Attempt;

/// Limits how often wrong credentials may be tried. Implement it for your limiter, and give that to
/// [`Identity::throttled`](crate::Identity::throttled), or to [`Attempt::limited_by`] in a handler.
///
/// Each attempt is two calls. [`admit`](Self::admit) runs before anything is looked up or
/// compared; [`settle`](Self::settle) runs exactly once for each admitted attempt and says how
/// it ended. Count the attempt in `admit` and give it back in `settle` unless its outcome
/// [counts](Outcome::counts). A limiter that counts only in `settle` lets any number of attempts
/// pass that are made at the same time.
///
/// Neither method may block: both run on the threads that serve requests. A panic in either is
/// answered with 500, never with a permit.
///
/// # Which outcomes to give back
///
/// | outcome | counts | because |
/// |---|---|---|
/// | [`Succeeded`](Outcome::Succeeded) | no | the right credentials are not a guess |
/// | [`Failed`](Outcome::Failed) | yes | a guess was tested |
/// | [`NotTested`](Outcome::NotTested) | no | the refusal does not depend on a secret |
/// | [`Unavailable`](Outcome::Unavailable) | no | an outage must not lock accounts ([A07](crate::semantics#a07)) |
/// | [`Cancelled`](Outcome::Cancelled) | yes | else a client that hangs up early fills queues and counters for free ([A21](crate::semantics#a21)) |
/// | [`Panicked`](Outcome::Panicked) | yes | else credentials that cause a panic are free ([A20](crate::semantics#a20)) |
/// | [`Deferred`](Outcome::Deferred) | no | the same request is admitted again at once |
///
/// A client that cancels its own right attempts is therefore limited like one that fails. Keep the
/// first wait short (a minute, not an hour), so that an impatient user is not locked out for long.
///
/// # Which keys to count by, and in which order
///
/// 1. **By address first.** A caller whose address is over its limit must be refused before any
///    counter of an account is created or changed. Otherwise one address can reset or fill the
///    counters of all accounts. Count an IPv6 caller by its /64, and by a wider prefix with a
///    higher limit: one subscriber has at least 2⁶⁴ addresses.
/// 2. **Then by account and address together**, with a low limit. Guessing one account from one
///    address then does not lock its owner out elsewhere.
/// 3. **Then by account alone**, with a high limit, against guesses from many addresses. Where only
///    this limit exists, anyone can lock any account. Exempt the addresses (or devices) from which
///    the account logged in before; limits 1 and 2 still hold for them.
///
/// Where one limit refuses, give back what the earlier ones have counted for this attempt: a
/// refused attempt tests nothing.
///
/// The right credentials are refused as well while a limit is reached, also those in a cache. A
/// limiter that admits them reveals to a guesser when a guess is right. An account that does not
/// exist must count like one that does; nothing in an [`Attempt`] tells which it is.
///
/// # What to bound
///
/// - **Counters.** Clients choose the account names. Keep a hash under a random key instead of
///   the name, and a fixed number of counters.
/// - **Eviction.** A counter that is evicted is reset. A cache that evicts the least recently or
///   the least frequently used entry lets any client reset any counter by sending other names.
///   Evict only counters that have returned to zero; or evict none, and let names share counters
///   by their hash.
/// - **Work behind the limit.** Attempts that wait for a password hash hold memory and a place in a
///   queue. Bound the queue, and bound the share of one address in it.
/// - **Successes.** Give one attempt back, do not forget all failures. Otherwise a guesser with an
///   account of its own resets its address with one login.
///
/// The example `passwords` does all of this with `governor`, and says what remains possible.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not limit attempts",
    note = "implement `Throttle` for it: a limiter both admits attempts and settles them, so it cannot be \
            a closure"
)]
pub trait Throttle: Send + Sync + 'static {
    /// Admits the attempt, which counts from now on, or refuses it. Nothing has been looked up or
    /// compared yet.
    ///
    /// # Errors
    ///
    /// The time to wait before the next attempt. The response is 429 with `Retry-After`, rounded up
    /// to whole seconds.
    fn admit(&self, attempt: &Attempt<'_>) -> Result<(), Duration>;

    /// Says how an admitted attempt ended; called exactly once for each. Give the attempt back
    /// unless the outcome [counts](Outcome::counts).
    fn settle(&self, attempt: &Attempt<'_>, outcome: Outcome);
}

/// How an attempt ended. The table in [`Throttle`] says which outcomes to give back;
/// [`counts`](Self::counts) is that table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// The credentials are right.
    Succeeded,
    /// The credentials are wrong ([`Cause::Invalid`](crate::Cause::Invalid)): this may be a guess.
    /// Of several [identities of one scheme](crate::any_of#several-identities-of-one-scheme), one has
    /// tested the credentials, and none says that they are or were right.
    Failed,
    /// The request was refused for a reason that tests no secret: it has no credentials after all,
    /// they are malformed or incomplete, were right in the past (expired), are right for another
    /// nonce or for a suspended account, or a limit further in refused them.
    NotTested,
    /// The credentials could not be verified (503): the verifier returned
    /// [`unavailable`](crate::Unauthenticated::unavailable), or the stage's time limit passed
    /// ([A19](crate::semantics#a19)).
    Unavailable,
    /// The request was dropped before there was a result ([A21](crate::semantics#a21)): the client
    /// closed its HTTP/1.1 connection or reset its HTTP/2 stream, or a layer outside the stage,
    /// such as a timeout, dropped the future. The verifier may have done all of its work.
    Cancelled,
    /// The identity panicked or failed with an internal error ([A20](crate::semantics#a20)): 500.
    Panicked,
    /// The identity has no result [without waiting](crate::Identity::identify_now). The attempt
    /// ends here, and the same request is admitted once more before the identity may wait.
    Deferred,
}

impl Outcome {
    /// Whether the attempt stays counted. A limiter gives back every attempt for which this is
    /// `false`.
    ///
    /// ```
    /// use portcullis::Outcome;
    ///
    /// assert!(Outcome::Failed.counts() && Outcome::Cancelled.counts());
    /// assert!(!Outcome::Succeeded.counts() && !Outcome::Unavailable.counts());
    /// ```
    pub const fn counts(self) -> bool {
        match self {
            Self::Failed | Self::Cancelled | Self::Panicked => true,
            Self::Succeeded | Self::NotTested | Self::Unavailable | Self::Deferred => false,
        }
    }
}

impl<T: Throttle + ?Sized> Throttle for Arc<T> {
    fn admit(&self, attempt: &Attempt<'_>) -> Result<(), Duration> {
        T::admit(self, attempt)
    }

    fn settle(&self, attempt: &Attempt<'_>, outcome: Outcome) {
        T::settle(self, attempt, outcome);
    }
}
