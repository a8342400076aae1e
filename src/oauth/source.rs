//! [`TokenSource`]: what the cache needs of a verifier of tokens.

use std::future::Future;
use std::time::Duration;

use super::token::Token;
use crate::denial::Unauthenticated;

/// Longer tokens, in bytes, are refused without a look at them. Servers limit headers to about as much.
pub(super) const MAX_TOKEN: usize = 16 * 1024;

/// How often a token is checked whose key is removed meanwhile. The key has a successor, or is unknown to the
/// second check.
pub(super) const TRIES: usize = 2;

/// A verifier whose results may be cached.
///
/// The invariant of the cache: a hit answers what verifying anew would answer. So a result is not kept
/// as a verdict, but as what was established once ([`Checked`](Self::Checked), such as a right
/// signature by this key), and [`judge`](Self::judge) looks at everything that changes (times, keys)
/// for every request.
pub trait TokenSource: Send + Sync + 'static {
    type Extra: Send + Sync + 'static;

    /// What was established of a token, once and for all.
    type Checked: Clone + Send + Sync + 'static;

    /// Whether [`check`](Self::check) asks a server about each token. Requests with the same token then
    /// share one call, and [`check_now`](Self::check_now) is asked only whether a call is possible.
    const ASKS: bool = false;

    /// Establishes it without waiting; `None` if that is not possible.
    fn check_now(&self, token: &str) -> Option<Result<Self::Checked, Unauthenticated>>;

    /// Establishes it.
    fn check(
        &self,
        token: &str,
    ) -> impl Future<Output = Result<Self::Checked, Unauthenticated>> + Send;

    /// Judges what changes with time. `None` if what was established is outdated (its key was removed,
    /// its time in the cache has passed), so that the token has to be checked anew.
    fn judge(&self, checked: Self::Checked) -> Option<Result<Token<Self::Extra>, Unauthenticated>>;

    /// Judges what was established just now, however short its time in the cache is. `None` if the key was
    /// removed while it was in use.
    fn judge_fresh(
        &self,
        checked: Self::Checked,
    ) -> Option<Result<Token<Self::Extra>, Unauthenticated>> {
        self.judge(checked)
    }

    /// How long this refusal by [`check`](Self::check) may be remembered. `None`, the default: not at
    /// all.
    fn refusal_time(&self, refusal: &Unauthenticated) -> Option<Duration> {
        let _ = refusal;
        None
    }

    /// The length of the prefix of a token that is no secret, because it is worth nothing without the
    /// rest: header and claims of a JWT. 0 for an opaque token.
    fn public_prefix(token: &str) -> usize;

    /// About how many bytes it keeps on the heap.
    fn weight(checked: &Self::Checked) -> usize;
}
