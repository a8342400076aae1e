//! [`JwtOrOpaque`]: JWTs and opaque tokens at one resource.

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::source::MAX_TOKEN;
use super::token::Token;
use crate::denial::Unauthenticated;
use crate::identity::Verify;

/// Verifies JWTs in one way and every other token in another, made by `Jwt::or_opaque`.
///
/// A token is a JWT if it looks like one: three parts in base64url, the first of which is an object in JSON
/// with an `alg`. So JWTs never reach the introspection endpoint, and opaque tokens never reach the rules
/// for JWTs. A token that one of them refuses is not tried with the other
/// ([J66](crate::semantics#j66)): a JWT with a wrong signature or for another audience would otherwise get a
/// second chance with weaker rules (RFC 8725 §3.11, §3.12).
///
/// An authorization server whose opaque tokens look like JWTs needs
/// [`Introspection`](super::Introspection) alone.
#[derive(Clone, Debug)]
pub struct JwtOrOpaque<J, O> {
    jwt: J,
    opaque: O,
}

impl<J, O> JwtOrOpaque<J, O> {
    #[cfg_attr(
        not(any(feature = "jwt", feature = "jwt-rust-crypto")),
        allow(dead_code, reason = "`Jwt` makes it")
    )]
    pub(super) fn new(jwt: J, opaque: O) -> Self {
        Self { jwt, opaque }
    }
}

impl<E, J, O> Verify<str> for JwtOrOpaque<J, O>
where
    E: Send + Sync + 'static,
    J: Verify<str, Principal = Token<E>>,
    O: Verify<str, Principal = Token<E>>,
{
    type Principal = Token<E>;

    async fn verify(&self, token: &str) -> Result<Token<E>, Unauthenticated> {
        if is_jwt(token) { self.jwt.verify(token).await } else { self.opaque.verify(token).await }
    }

    fn verify_now(&self, token: &str) -> Option<Result<Token<E>, Unauthenticated>> {
        // What is accepted as a JWT is one, so that a remembered token costs no second look.
        if may_be_jwt(token) {
            match self.jwt.verify_now(token) {
                Some(Ok(verified)) => return Some(Ok(verified)),
                other if is_jwt(token) => return other,
                _ => {}
            }
        }
        self.opaque.verify_now(token)
    }
}

/// Whether a token has three parts.
fn may_be_jwt(token: &str) -> bool {
    token.len() <= MAX_TOKEN && token.bytes().filter(|byte| *byte == b'.').count() == 2
}

/// Whether a token is a JWT: three parts in base64url, the first of which is an object in JSON with an `alg`
/// (RFC 7515 §9).
fn is_jwt(token: &str) -> bool {
    // Padding and bits that do not count: such a token is a JWT that is malformed.
    const BASE64URL: GeneralPurpose = GeneralPurpose::new(
        &base64::alphabet::URL_SAFE,
        GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    #[derive(Deserialize)]
    struct Header {
        #[serde(rename = "alg")]
        _alg: IgnoredAny,
    }

    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=');
    if !may_be_jwt(token) || !token.bytes().all(|byte| is_base64url(byte) || byte == b'.') {
        return false;
    }
    let header = token.split('.').next().unwrap_or_default();
    let Ok(header) = BASE64URL.decode(header) else { return false };
    // A duplicate `alg` is an error of serde. Such a token is a JWT, and refused as one.
    match serde_json::from_slice::<Header>(&header) {
        Ok(_) => true,
        Err(error) => error.is_data() && error.to_string().starts_with("duplicate field"),
    }
}

#[cfg(test)]
mod tests;
