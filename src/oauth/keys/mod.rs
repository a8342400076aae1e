//! [`Keys`]: the keys with which an issuer signs its tokens.

mod algorithm;
mod jwk;
mod key;
mod set;

use std::sync::Arc;
use std::time::Duration;

pub(super) use algorithm::Algorithm;
pub(super) use key::Key;
pub(super) use set::{Found, KeySet};

use super::fetch::Fetch;
use super::url::InvalidUrl;

/// The keys with which an issuer signs its tokens.
#[derive(Clone)]
pub struct Keys {
    issuer: Arc<str>,
    given: Arc<KeySet>,
}

/// A key set that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidKeys {
    /// Not a JWK set (RFC 7517 §5).
    #[error("not a JWK set: an object with an array `keys` is needed")]
    NotASet,
    /// The set has no key that can verify a signature.
    #[error("the key set has no key that verifies signatures")]
    Empty,
    /// The issuer is not a URL that an issuer can have.
    #[error(transparent)]
    Issuer(#[from] InvalidUrl),
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// Why no key set could be had.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeysUnavailable {
    /// When the next attempt may succeed.
    pub(super) retry_after: Duration,
}

impl Keys {
    /// The keys of this issuer, found by discovery (RFC 8414, OpenID Connect Discovery).
    ///
    /// # Errors
    ///
    /// [`InvalidUrl`]
    pub fn of_issuer(issuer: &str, fetch: impl Fetch) -> Result<Self, InvalidUrl> {
        let _ = (issuer, fetch);
        todo!()
    }

    /// The keys of this issuer, at this URL.
    ///
    /// # Errors
    ///
    /// [`InvalidUrl`]
    pub fn at(issuer: &str, url: &str, fetch: impl Fetch) -> Result<Self, InvalidUrl> {
        let _ = (issuer, url, fetch);
        todo!()
    }

    /// These keys of this issuer, a JWK set (RFC 7517 §5). They are never fetched. Shared secrets
    /// (`"kty": "oct"`) are accepted here, and only here.
    ///
    /// # Errors
    ///
    /// [`InvalidKeys`]
    pub fn given(issuer: &str, jwks: &str) -> Result<Self, InvalidKeys> {
        if issuer.is_empty() {
            return Err(InvalidUrl::NotAbsolute(String::new()).into());
        }
        let given = KeySet::parse(jwks.as_bytes(), false, None)?;
        Ok(Self { issuer: issuer.into(), given: Arc::new(given) })
    }

    /// The issuer, exactly as its tokens name it.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The keys that are loaded. Starts a refresh in the background if they are old.
    pub(super) fn current(&self) -> Option<Arc<KeySet>> {
        Some(self.given.clone())
    }

    /// Why [`fetched_later`](Self::fetched_later) would fail without waiting, if it would.
    pub(super) fn cannot_fetch(&self) -> Option<KeysUnavailable> {
        None
    }

    /// Finds a key in what is loaded, in what is being fetched, and in what is fetched later; `None` only
    /// if a fetch that has begun after this call lacks it.
    pub(super) async fn find<T>(
        &self,
        mut find: impl FnMut(&KeySet) -> Option<T>,
    ) -> Result<Option<T>, KeysUnavailable> {
        Ok(find(&self.given))
    }
}
