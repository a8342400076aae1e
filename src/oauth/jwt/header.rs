//! [`Header`]: the JOSE header of a token (RFC 7515 §4).

use std::borrow::Cow;

use serde::de::MapAccess;

use super::members::{self, Members, Value};
use crate::oauth::keys::Algorithm;
use crate::oauth::token_error::TokenError;

/// The members of a header that matter here.
///
/// `jwk`, `jku`, `x5c` and `x5u` are ignored: the keys of an issuer are those in its set, and RFC 7515
/// §4 has a recipient ignore what it does not implement, unless `crit` names it.
pub(super) struct Header<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) kid: Option<Cow<'a, str>>,
    pub(super) typ: Option<Cow<'a, str>>,
}

impl<'a> Header<'a> {
    pub(super) fn read(json: &'a str) -> Result<Self, TokenError> {
        let mut read = Read::default();
        members::read(json, &mut read)?;
        let algorithm = read.alg.as_deref().and_then(Algorithm::by_name);
        Ok(Self {
            algorithm: algorithm.ok_or(TokenError::Algorithm)?,
            kid: read.kid,
            typ: read.typ,
        })
    }
}

#[derive(Default)]
struct Read<'a> {
    alg: Option<Cow<'a, str>>,
    kid: Option<Cow<'a, str>>,
    typ: Option<Cow<'a, str>>,
}

impl<'a> Members<'a> for Read<'a> {
    fn read<A: MapAccess<'a>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error> {
        match name {
            "alg" => self.alg = Some(value.string(TokenError::Algorithm)?),
            "kid" => self.kid = Some(value.string(TokenError::UnknownKey)?),
            "typ" => self.typ = Some(value.string(TokenError::Type)?),
            // No extension is implemented, so each that is critical is unknown (RFC 7515 §4.1.11). `b64`
            // is one (RFC 7797 §6), and with it another message is signed.
            "crit" | "b64" => value.refuse(TokenError::UnknownExtension)?,
            _ => value.skip()?,
        }
        Ok(())
    }
}
