//! [`TokenSource`]: what the cache needs of a verifier of tokens.

use std::future::Future;

use super::token::Token;
use crate::denial::Unauthenticated;

/// A verifier whose results may be cached.
///
/// The invariant of the cache: a hit answers what verifying anew would answer. So a result is not kept
/// as a verdict, but as what was established once ([`Checked`](Self::Checked), such as a right
/// signature by this key), and [`judge`](Self::judge) looks at everything that changes (times, keys,
/// revocation) for every request.
pub trait TokenSource: Send + Sync + 'static {
    type Extra: Send + Sync + 'static;

    /// What was established of a token, once and for all.
    type Checked: Clone + Send + Sync + 'static;

    /// Establishes it without waiting; `None` if that is not possible.
    fn check_now(&self, token: &str) -> Option<Result<Self::Checked, Unauthenticated>>;

    /// Establishes it.
    fn check(
        &self,
        token: &str,
    ) -> impl Future<Output = Result<Self::Checked, Unauthenticated>> + Send;

    /// Judges what changes with time. `None` if what was established is outdated (its key was removed,
    /// its time in the cache has passed), so that the token has to be checked anew.
    fn judge(&self, checked: &Self::Checked)
    -> Option<Result<Token<Self::Extra>, Unauthenticated>>;

    /// The length of the prefix of a token that is no secret, because it is worth nothing without the
    /// rest: header and claims of a JWT. 0 for an opaque token.
    fn public_prefix(token: &str) -> usize;

    /// About how many bytes it keeps on the heap.
    fn weight(checked: &Self::Checked) -> usize;
}
