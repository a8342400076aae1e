//! [`Key`]: one key that verifies signatures.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use jsonwebtoken::crypto::CryptoProvider;
use jsonwebtoken::{DecodingKey, DecodingKeyKind};

use super::algorithm::Algorithm;

// The provider by its value: the default of the process panics where a dependency has turned the other
// backend on.
#[cfg(feature = "jwt")]
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
#[cfg(not(feature = "jwt"))]
use jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;

/// One key that verifies signatures.
pub(in crate::oauth) struct Key {
    material: DecodingKey,
    id: Option<Box<str>>,
    /// What the key may be used for: an algorithm belongs to a key, not to a token (RFC 8725 §3.1).
    algorithms: Box<[Algorithm]>,
    is_current: AtomicBool,
}

impl Key {
    pub(super) fn new(
        material: DecodingKey,
        id: Option<Box<str>>,
        algorithms: Box<[Algorithm]>,
    ) -> Self {
        Self { material, id, algorithms, is_current: AtomicBool::new(true) }
    }

    /// The `kid`.
    pub(super) fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    pub(super) fn permits(&self, algorithm: Algorithm) -> bool {
        self.algorithms.contains(&algorithm)
    }

    /// Whether `signature` is that of `message` by this key and algorithm.
    #[allow(clippy::ptr_arg)] // What `Verifier<Vec<u8>>` needs.
    pub(in crate::oauth) fn verify(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &Vec<u8>,
    ) -> bool {
        self.verify_by(&DEFAULT_PROVIDER, algorithm, message, signature)
    }

    #[allow(clippy::ptr_arg)]
    pub(in crate::oauth) fn verify_by(
        &self,
        backend: &CryptoProvider,
        algorithm: Algorithm,
        message: &[u8],
        signature: &Vec<u8>,
    ) -> bool {
        if !self.permits(algorithm) {
            return false;
        }
        // Made for each signature, because it is neither `Send` nor `Sync`.
        let verifier = (backend.verifier_factory)(&algorithm.primitive(), &self.material);
        verifier.is_ok_and(|verifier| verifier.verify(message, signature).is_ok())
    }

    /// Whether the key is still in the set of its issuer.
    pub(in crate::oauth) fn is_current(&self) -> bool {
        self.is_current.load(Ordering::Acquire)
    }

    pub(super) fn retire(&self) {
        self.is_current.store(false, Ordering::Release);
    }

    /// Whether the other key is the same in all that matters to a signature.
    pub(super) fn is_same_as(&self, other: &Self) -> bool {
        use DecodingKeyKind::{RsaModulusExponent, SecretOrDer};
        let same_material = match (self.material.kind(), other.material.kind()) {
            (SecretOrDer(mine), SecretOrDer(theirs)) => mine == theirs,
            (RsaModulusExponent { n, e }, RsaModulusExponent { n: n2, e: e2 }) => {
                n == n2 && e == e2
            }
            _ => false,
        };
        same_material
            && self.material.family() == other.material.family()
            && self.id == other.id
            && self.algorithms == other.algorithms
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("id", &self.id)
            .field("algorithms", &self.algorithms)
            .finish_non_exhaustive()
    }
}
