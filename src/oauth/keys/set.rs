//! [`KeySet`]: the keys of one issuer at one time.

use std::sync::Arc;

use serde::Deserialize;

use super::InvalidKeys;
use super::algorithm::Algorithm;
use super::jwk;
use super::key::Key;

/// How many keys of a set are read.
const MAX_KEYS: usize = 100;

/// How many keys are tried for a token that does not name one: each costs a verification.
const MAX_TRIED: usize = 4;

/// The keys of one issuer at one time.
#[derive(Debug)]
pub(in crate::oauth) struct KeySet {
    keys: Vec<Arc<Key>>,
    remote: bool,
}

/// What a set says of the `kid` and the algorithm of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::oauth) enum Found {
    /// At least one key may have made the signature.
    Keys,
    /// The set has the key, and it is not for this algorithm. A newer set would not change that.
    AnotherAlgorithm,
    /// A newer set may have the key.
    Nothing,
}

impl KeySet {
    /// Reads a JWK set (RFC 7517 §5): each key by itself, so that one that cannot be used does not take
    /// the others along; the first 100.
    ///
    /// Shared secrets are not read from a `remote` set, which every client can read. A key that is in
    /// the `previous` set stays the same `Arc`, so that tokens that it has verified stay cached.
    ///
    /// # Errors
    ///
    /// [`InvalidKeys::NotASet`], and [`InvalidKeys::Empty`] if no key can be used.
    pub(in crate::oauth) fn parse(
        json: &[u8],
        remote: bool,
        previous: Option<&KeySet>,
    ) -> Result<Self, InvalidKeys> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<serde_json::Value>,
        }

        let set: Set = serde_json::from_slice(json).map_err(|_| InvalidKeys::NotASet)?;
        let mut keys = Vec::<Arc<Key>>::new();
        for jwk in set.keys.into_iter().take(MAX_KEYS) {
            let Some(key) = jwk::read(jwk, remote) else { continue };
            if keys.iter().any(|known| known.is_same_as(&key)) {
                continue;
            }
            let mut kept = previous.into_iter().flat_map(|previous| &previous.keys);
            let kept = kept.find(|kept| kept.is_current() && kept.is_same_as(&key));
            keys.push(kept.cloned().unwrap_or_else(|| Arc::new(key)));
        }
        if keys.is_empty() { Err(InvalidKeys::Empty) } else { Ok(Self { keys, remote }) }
    }

    /// Retires the keys that the `next` set does not have, so that tokens that they have verified are
    /// not served from a cache. To be called once `next` is what [`Keys::current`](super::Keys::current)
    /// returns.
    pub(in crate::oauth) fn retire_missing_in(&self, next: &KeySet) {
        for key in &self.keys {
            if !next.keys.iter().any(|kept| Arc::ptr_eq(kept, key)) {
                key.retire();
            }
        }
    }

    /// Whether the set has a key for this `kid` and algorithm.
    pub(in crate::oauth) fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Found {
        if self.matching(kid, algorithm).next().is_some() {
            return Found::Keys;
        }
        let is_known = kid.is_some() && self.keys.iter().any(|key| key.id() == kid);
        if is_known || (self.remote && algorithm.is_symmetric()) {
            Found::AnotherAlgorithm
        } else {
            Found::Nothing
        }
    }

    /// The keys that may have made a signature with this algorithm, four at most: those of this `kid`;
    /// all if the token names none.
    pub(in crate::oauth) fn matching<'a>(
        &'a self,
        kid: Option<&'a str>,
        algorithm: Algorithm,
    ) -> impl Iterator<Item = &'a Arc<Key>> {
        self.keys
            .iter()
            .filter(move |key| kid.is_none() || key.id() == kid)
            .filter(move |key| key.permits(algorithm))
            .take(MAX_TRIED)
    }
}
