//! [`Key`]: one key that verifies signatures.

/// An algorithm of RFC 7518 §3.1, RFC 8037 or RFC 9864.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::oauth) enum Algorithm {
    Hs256,
    Hs384,
    Hs512,
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    /// `EdDSA` with Ed25519, or `Ed25519`.
    Ed25519,
}

/// One key that verifies signatures.
#[derive(Debug)]
pub(in crate::oauth) struct Key {}

impl Key {
    /// Whether `signature` is that of `message` by this key and algorithm.
    pub(in crate::oauth) fn verify(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        let _ = (algorithm, message, signature);
        todo!()
    }

    /// Whether the key is still in the set of its issuer.
    pub(in crate::oauth) fn is_current(&self) -> bool {
        todo!()
    }
}
