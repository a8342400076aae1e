//! Who has tried too often?

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;

/// Limits how often wrong credentials may be tried: the place for a limiter, given to
/// [`Identity::throttled`](crate::Identity::throttled).
///
/// [`admit`](Self::admit) is asked before anything else looks at the credentials, and
/// [`settle`](Self::settle) is told once how that ended. So a limiter counts an attempt when it
/// admits it, and gives it back unless it [failed](Outcome::Failed): attempts that are made all at
/// once then are no more than those that are made in turn.
///
/// Neither may wait. A panic in either is answered with 500, never with a permit.
///
/// # What to count by
///
/// - By [account](Attempt::account) alone, anybody can lock anybody out, for as long as they go
///   on trying. By address alone, many addresses try one account. Most want both, or an account
///   as tried from an address, and a wider limit on either.
/// - The right credentials are refused as well while the limit is reached, those in a cache too. A
///   throttle that lets them pass limits nothing: whoever guesses would be told when it is right.
/// - An account that does not exist has to count like one that does; nothing here tells which.
/// - Names come from strangers: bound how many are remembered, and how long they are.
/// - Give back what was admitted; do not forget all earlier failures at a success. Who has one
///   account of their own could else try another's, as often as they like, from one address.
pub trait Throttle: Send + Sync + 'static {
    /// Whether the attempt may be judged. It counts from here on.
    ///
    /// # Errors
    ///
    /// How long to wait before the next attempt: 429 and `Retry-After`, in whole seconds, rounded up.
    fn admit(&self, attempt: &Attempt<'_>) -> Result<(), Duration>;

    /// How an attempt ended that was admitted; told once for each.
    fn settle(&self, attempt: &Attempt<'_>, outcome: Outcome);
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The credentials are right.
    Succeeded,
    /// The credentials are wrong ([`Cause::Invalid`](crate::Cause::Invalid)): somebody may be
    /// guessing.
    Failed,
    /// Neither. Nothing was told that a guess could learn from: there were no credentials after
    /// all, or of no form that could be right; they were right once, or for a suspended account;
    /// nobody could tell; or the request was cancelled.
    ///
    /// One request may be two attempts, and the first of them ends like this: the stage first asks
    /// for an answer [without waiting](crate::Identity::identify_now), and if there is none, the
    /// attempt is settled as undecided and admitted once more before the identity may wait.
    Undecided,
}

/// A request that carries credentials, before anybody has judged them. `Debug` prints none of it.
pub struct Attempt<'a> {
    request: &'a Parts,
    account: Option<String>,
}

impl<'a> Attempt<'a> {
    pub(super) fn new(request: &'a Parts, account: Option<String>) -> Self {
        Self { request, account }
    }

    /// The head of the request. Its extensions have the caller's address if the server puts it
    /// there, as axum's `ConnectInfo`; a field such as `X-Forwarded-For` says what the caller
    /// likes, unless a proxy of yours has written it.
    pub fn request(&self) -> &'a Parts {
        self.request
    }

    /// The account that the credentials [name](crate::Identity::account), as it was sent: the user
    /// of a [`Login`](crate::Login). `None` where they name none, as tokens do, and where they are
    /// malformed.
    pub fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }
}

impl fmt::Debug for Attempt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt").finish_non_exhaustive()
    }
}

impl<T: Throttle> Throttle for Arc<T> {
    fn admit(&self, attempt: &Attempt<'_>) -> Result<(), Duration> {
        T::admit(self, attempt)
    }

    fn settle(&self, attempt: &Attempt<'_>, outcome: Outcome) {
        T::settle(self, attempt, outcome);
    }
}
