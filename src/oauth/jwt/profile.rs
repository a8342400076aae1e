//! [`Profile`]: which tokens of an issuer are access tokens.

use super::claims::{Payload, Signs};
use crate::oauth::token_error::TokenError;

/// Which tokens of an issuer are access tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Profile {
    /// Those whose `typ` says so (RFC 9068).
    Rfc9068,
    /// Also those that have what access tokens have and other tokens have not.
    Relaxed,
}

impl Profile {
    /// Whether the token is an access token, and has the claims that it must have.
    pub(super) fn check(self, typ: Option<&str>, payload: &Payload<'_>) -> Result<(), TokenError> {
        let typ = typ.map(without_application);
        let is_access_token = typ.is_some_and(|typ| typ.eq_ignore_ascii_case("at+jwt"))
            || (self == Self::Relaxed
                && typ.is_none_or(|typ| typ.eq_ignore_ascii_case("jwt"))
                && payload.signs.are_of_access_token());
        if !is_access_token {
            return Err(TokenError::Type);
        }
        let required = [("exp", payload.expires.is_some())];
        let profiled = [
            ("sub", payload.subject.is_some()),
            ("client_id", payload.client_id.is_some()),
            ("iat", payload.issued_at.is_some()),
            ("jti", payload.id.is_some()),
        ];
        let profiled = profiled.into_iter().filter(|_| self == Self::Rfc9068);
        match required.into_iter().chain(profiled).find(|(_, is_there)| !is_there) {
            Some((claim, _)) => Err(TokenError::Claim(claim)),
            None => Ok(()),
        }
    }
}

impl Signs {
    /// An ID token may lack every claim that only ID tokens have, so their absence proves nothing.
    fn are_of_access_token(self) -> bool {
        !self.of_others
            && match self.declared {
                Some(is_access) => is_access,
                None => self.of_access && !self.nonce,
            }
    }
}

/// A media type without `application/`, which may be left out (RFC 7515 §4.1.9).
fn without_application(typ: &str) -> &str {
    const PREFIX: &str = "application/";
    match typ.split_at_checked(PREFIX.len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(PREFIX) => rest,
        _ => typ,
    }
}
