//! The keys of the cache: a token without its secret.

use std::hash::{Hash, Hasher};

use quick_cache::Equivalent;

use crate::keyed_digest::{Digest, Key};

/// A token, borrowed for a look-up, which allocates nothing.
#[derive(Clone, Copy)]
pub(super) struct LookUpKey<'a> {
    public: &'a [u8],
    pub(super) secret: Digest,
}

impl<'a> LookUpKey<'a> {
    /// Hashes what follows the first `public` bytes.
    pub(super) fn new(key: &Key, token: &'a str, public: usize) -> Self {
        let (public, secret) =
            token.as_bytes().split_at_checked(public).unwrap_or((&[], token.as_bytes()));
        Self { public, secret: key.digest(secret) }
    }

    /// The key of a token that was hashed before.
    pub(super) fn from_parts(secret: Digest, token: &'a str, public: usize) -> Self {
        Self { public: token.as_bytes().get(..public).unwrap_or_default(), secret }
    }

    pub(super) fn public_length(&self) -> usize {
        self.public.len()
    }

    pub(super) fn to_stored(self) -> StoredKey {
        StoredKey { public: self.public.into(), secret: self.secret }
    }
}

// Only the digest is hashed, for the map. It is keyed, so a caller cannot choose it. Tokens that differ in the
// public part alone cannot both be stored, because no two have the same right signature.
impl Hash for LookUpKey<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.secret.hash(state);
    }
}

impl Equivalent<StoredKey> for LookUpKey<'_> {
    fn equivalent(&self, stored: &StoredKey) -> bool {
        self.secret == stored.secret && *self.public == *stored.public
    }
}

/// A token as the cache keeps it: the secret part as a keyed digest, the rest as it is.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct StoredKey {
    pub(super) public: Box<[u8]>,
    secret: Digest,
}

impl Hash for StoredKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.secret.hash(state);
    }
}
