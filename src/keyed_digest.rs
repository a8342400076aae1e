//! Keyed digests, which stand for secrets that this crate remembers.

use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};

use constant_time_eq::constant_time_eq_32;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// SHA-256 after a first block of random bytes, so that the key costs nothing per digest. Length
/// extension is no threat, because the digests never leave the process. `Sha256` overwrites its
/// state and its buffer when it is dropped.
#[derive(Clone)]
pub(crate) struct Key(Sha256);

impl Key {
    pub(crate) fn new() -> Self {
        let mut block = Zeroizing::new([0; 64]);
        if getrandom::fill(&mut *block).is_err() {
            // The random keys of the standard library's maps, which have a fallback of their own.
            for bytes in block.chunks_exact_mut(8) {
                bytes.copy_from_slice(&RandomState::new().hash_one(()).to_ne_bytes());
            }
        }
        Self(Sha256::new_with_prefix(block.as_slice()))
    }

    pub(crate) fn digest(&self, secret: &[u8]) -> Digest {
        Digest(self.0.clone().chain_update(secret).finalize().into())
    }
}

/// The digest of a secret under a [`Key`].
#[derive(Clone, Copy)]
pub(crate) struct Digest([u8; 32]);

impl Digest {
    /// A number that the hash of a map does not depend on.
    #[cfg(feature = "oauth")]
    pub(crate) fn stripe(&self) -> usize {
        usize::from(self.0[31])
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        constant_time_eq_32(&self.0, &other.0)
    }
}

impl Eq for Digest {}

impl Hash for Digest {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(&self.0);
    }
}

/// Hashes a keyed digest to its first bytes, because they are random already.
pub(crate) type PrehashedState = BuildHasherDefault<PrehashedHasher>;

#[derive(Default)]
pub(crate) struct PrehashedHasher(u64);

impl Hasher for PrehashedHasher {
    fn write(&mut self, digest: &[u8]) {
        if let Some(first) = digest.first_chunk() {
            self.0 = u64::from_ne_bytes(*first);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use zeroize::ZeroizeOnDrop;

    use super::*;

    #[test]
    fn entries_spread_over_their_table_by_their_digests() {
        let spread = |digest: &Digest| PrehashedState::default().hash_one(digest);
        let key = Key::new();
        let hashes: std::collections::HashSet<u64> =
            (0..100_u32).map(|number| spread(&key.digest(&number.to_be_bytes()))).collect();
        assert_eq!(hashes.len(), 100);
        // A process with another key has other hashes.
        assert!(!hashes.contains(&spread(&Key::new().digest(&0_u32.to_be_bytes()))));
    }

    #[test]
    fn a_hash_overwrites_its_input() {
        fn overwrites<T: ZeroizeOnDrop>() {}
        overwrites::<Sha256>();
        #[cfg(feature = "digest")]
        {
            overwrites::<sha2::Sha512_256>();
            overwrites::<md5::Md5>();
        }
    }
}
