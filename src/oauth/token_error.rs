//! [`TokenError`]: why an access token was refused.

use std::sync::Arc;

use crate::denial::Unauthenticated;

/// Why an access token was refused, for operators. Clients see no more than the cause of the
/// [`Unauthenticated`] that it becomes.
///
/// The hook of the stage finds it behind the denial:
///
/// ```
/// use portcullis::Event;
/// use portcullis::oauth::TokenError;
///
/// fn count(event: &Event<'_>) {
///     let source = event.denial().and_then(|denial| denial.private_source());
///     if let Some(error) = source.and_then(|source| source.downcast_ref::<TokenError>()) {
///         println!("{}", error.as_str()); // a label with a bounded number of values
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Longer than 16 KiB.
    #[error("the token is longer than 16 KiB")]
    TooLong,
    /// Not three parts in base64url of which the first two are JSON objects (RFC 7519 §7.2).
    #[error("the token is not a signed JWT")]
    NotAJwt,
    /// A member occurs twice in the header or in the claims (RFC 7515 §5.2, RFC 8725 §2.4).
    #[error("a member occurs twice")]
    DuplicateMember,
    /// The header has `crit` or `b64`, whose extensions are not implemented (RFC 7515 §4.1.11).
    #[error("the header requires an extension that is not implemented")]
    UnknownExtension,
    /// `alg` is missing, `none`, or not implemented.
    #[error("the algorithm is not accepted")]
    Algorithm,
    /// `typ` says that this is not an access token (RFC 9068 §4), or the introspection endpoint does not
    /// introspect tokens of this type.
    #[error("the type is not that of an access token, or not introspected")]
    Type,
    /// `iss` is missing or not one of the configured issuers.
    #[error("the issuer is not one of those configured")]
    Issuer,
    /// `aud` is missing or names none of the configured audiences.
    #[error("the token is for another audience")]
    Audience,
    /// The issuer has no such key, or none for this algorithm.
    #[error("the issuer has no key with this `kid` and algorithm")]
    UnknownKey,
    /// The signature is wrong.
    #[error("the signature is wrong")]
    Signature,
    /// A claim is missing or has the wrong type.
    #[error("the claim `{0}` is missing or of the wrong type")]
    Claim(&'static str),
    /// The claims do not fit the type that the program reads them into.
    #[error("the claims are not those that the program expects")]
    Claims,
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// `nbf` has not come yet.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// `cnf` binds the token to a key of the client, whose proof is not checked (RFC 7800 §3.1).
    #[error("the token is bound to a key, and no proof of it was checked")]
    Bound,
    /// The authorization server says that the token is not active (RFC 7662 §2.2).
    #[error("the token is not active")]
    Inactive,
    /// The program has revoked it.
    #[error("the token was revoked")]
    Revoked,
    /// No key of the issuer is loaded, or the key is unknown and may not be fetched yet: 503.
    #[error("the keys of the issuer are not available")]
    KeysUnavailable,
    /// The introspection endpoint does not answer as RFC 7662 says: 503.
    #[error("the token could not be introspected")]
    IntrospectionUnavailable,
}

impl TokenError {
    /// The error in one word, for logs and counters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::NotAJwt => "not_a_jwt",
            Self::DuplicateMember => "duplicate_member",
            Self::UnknownExtension => "unknown_extension",
            Self::Algorithm => "algorithm",
            Self::Type => "type",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::UnknownKey => "unknown_key",
            Self::Signature => "signature",
            Self::Claim(_) => "claim",
            Self::Claims => "claims",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::Bound => "bound",
            Self::Inactive => "inactive",
            Self::Revoked => "revoked",
            Self::KeysUnavailable => "keys_unavailable",
            Self::IntrospectionUnavailable => "introspection_unavailable",
        }
    }
}

impl From<TokenError> for Unauthenticated {
    fn from(error: TokenError) -> Self {
        let unauthenticated = match error {
            TokenError::Expired => Self::expired(),
            TokenError::KeysUnavailable | TokenError::IntrospectionUnavailable => {
                Self::unavailable()
            }
            _ => Self::invalid(),
        };
        unauthenticated.with_shared_source(Arc::new(error))
    }
}
