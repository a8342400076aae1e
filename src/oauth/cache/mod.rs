//! [`Cached`]: remembers which tokens were verified.

mod flights;
mod generations;
mod inner;
mod key;
mod store;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use self::inner::{Inner, Verdict};
use super::source::{MAX_TOKEN, TokenSource};
use super::token::Token;
use super::token_error::TokenError;
use crate::denial::Unauthenticated;
use crate::identity::Verify;

type Revoked<E> = Arc<dyn Fn(&Token<E>) -> bool + Send + Sync>;

/// A verifier that remembers the tokens that it has verified, made by `Jwt::cached` or
/// [`Introspection::cached`](super::Introspection::cached).
///
/// A remembered token gets the response that verifying it anew would give
/// ([J50](crate::semantics#j50)): its times, the key that signed it and
/// [`revoked_by`](Self::revoked_by) are looked at for each request. A look-up neither waits nor allocates.
///
/// The cache does not contain credentials. Of a JWT, it keeps header and claims, which are worth nothing
/// without the signature, and of the signature a keyed SHA-256; of an opaque token, the keyed SHA-256 only.
/// The key is random for each cache.
///
/// It holds the configured number of entries at most (64 at least), and 2 KiB of memory for each of them: a
/// token of 16 KiB takes the place of about ten. Clones share it.
///
/// Of [`Introspection`](super::Introspection), it remembers refusals too, apart from the right tokens and for
/// 5 s at most, and requests with the same token share one call to the endpoint.
pub struct Cached<S: TokenSource> {
    inner: Arc<Inner<S>>,
    revoked: Option<Revoked<S::Extra>>,
}

impl<S: TokenSource> Cached<S> {
    pub(super) fn new(source: S, entries: usize) -> Self {
        Self { inner: Arc::new(Inner::new(source, entries)), revoked: None }
    }

    /// Refuses the tokens of which this is true, with 401. It is asked for every request with a token that
    /// is right otherwise, remembered or not, so it has to be fast: look into a set in memory that is
    /// updated elsewhere. For JWTs, which nothing else revokes before they expire.
    ///
    /// Replaces an earlier one; a clone made before keeps that.
    #[must_use]
    pub fn revoked_by(
        self,
        is_revoked: impl Fn(&Token<S::Extra>) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self { revoked: Some(Arc::new(is_revoked)), ..self }
    }

    /// Forgets this token, so that it is verified anew when it is next used. Neither does a request
    /// that comes later use the result of a check that is in progress now, nor is that result
    /// remembered ([J55](crate::semantics#j55)).
    ///
    /// A JWT that is still right is accepted again. To refuse it, use [`revoked_by`](Self::revoked_by).
    pub fn forget(&self, token: &str) {
        if token.len() <= MAX_TOKEN {
            self.inner.forget(token);
        }
    }

    /// Forgets the tokens of which this is true, such as those of a user who has logged out, as
    /// [`forget`](Self::forget) does. It looks at every entry. The closure must not use this cache.
    pub fn forget_where(&self, is_meant: impl Fn(&Token<S::Extra>) -> bool) {
        self.inner.forget_where(is_meant);
    }

    /// How many tokens are remembered, some of which may be outdated. Refusals do not count.
    pub fn len(&self) -> usize {
        self.inner.len()
    }

    /// Whether no token is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn unless_revoked(&self, verdict: Verdict<S>) -> Verdict<S> {
        let token = verdict?;
        match &self.revoked {
            Some(is_revoked) if is_revoked(&token) => Err(TokenError::Revoked.into()),
            _ => Ok(token),
        }
    }
}

impl<S: TokenSource> Verify<str> for Cached<S> {
    type Principal = Token<S::Extra>;

    async fn verify(&self, token: &str) -> Result<Self::Principal, Unauthenticated> {
        if token.len() > MAX_TOKEN {
            return Err(TokenError::TooLong.into());
        }
        self.unless_revoked(self.inner.verify(token).await)
    }

    fn verify_now(&self, token: &str) -> Option<Result<Self::Principal, Unauthenticated>> {
        if token.len() > MAX_TOKEN {
            return Some(Err(TokenError::TooLong.into()));
        }
        self.inner.verify_now(token).map(|verdict| self.unless_revoked(verdict))
    }
}

impl<S: TokenSource> Clone for Cached<S> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), revoked: self.revoked.clone() }
    }
}

impl<S: TokenSource> fmt::Debug for Cached<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cached")
            .field("tokens", &self.len())
            .field("bytes", &self.inner.bytes())
            .field("refusals", &self.inner.refusals())
            .field("checks_in_progress", &self.inner.flights())
            .finish_non_exhaustive()
    }
}
