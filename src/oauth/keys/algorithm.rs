//! [`Algorithm`]: the algorithms of signatures.

use jsonwebtoken::Algorithm as Primitive;

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

impl Algorithm {
    /// The algorithm of this name, which is compared case by case (RFC 7515 §4.1.1). `None` for `none`
    /// and for all that the backends do not implement.
    pub(in crate::oauth) fn by_name(name: &str) -> Option<Self> {
        Some(match name {
            "HS256" => Self::Hs256,
            "HS384" => Self::Hs384,
            "HS512" => Self::Hs512,
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "PS256" => Self::Ps256,
            "PS384" => Self::Ps384,
            "PS512" => Self::Ps512,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            "EdDSA" | "Ed25519" => Self::Ed25519,
            _ => return None,
        })
    }

    /// Whether the key that verifies can sign as well.
    pub(in crate::oauth) fn is_symmetric(self) -> bool {
        matches!(self, Self::Hs256 | Self::Hs384 | Self::Hs512)
    }

    pub(super) fn primitive(self) -> Primitive {
        match self {
            Self::Hs256 => Primitive::HS256,
            Self::Hs384 => Primitive::HS384,
            Self::Hs512 => Primitive::HS512,
            Self::Rs256 => Primitive::RS256,
            Self::Rs384 => Primitive::RS384,
            Self::Rs512 => Primitive::RS512,
            Self::Ps256 => Primitive::PS256,
            Self::Ps384 => Primitive::PS384,
            Self::Ps512 => Primitive::PS512,
            Self::Es256 => Primitive::ES256,
            Self::Es384 => Primitive::ES384,
            Self::Ed25519 => Primitive::EdDSA,
        }
    }
}
