//! [`Parts`]: the three parts of a token (RFC 7515 §3.1).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::oauth::source::MAX_TOKEN;
use crate::oauth::token_error::TokenError;

/// The parts of a token. Nothing is verified yet.
pub(super) struct Parts<'t> {
    /// What is signed: header and claims as they were sent.
    pub(super) message: &'t [u8],
    encoded_signature: &'t str,
    /// Header and claims, decoded.
    text: Vec<u8>,
    header_length: usize,
}

impl<'t> Parts<'t> {
    /// Splits and decodes a token. Only canonical base64url is accepted: without padding, white space,
    /// and bits that no byte needs. Otherwise one token would have several spellings.
    pub(super) fn of(token: &'t str) -> Result<Self, TokenError> {
        if token.len() > MAX_TOKEN {
            return Err(TokenError::TooLong);
        }
        // A JWE has five parts.
        let mut parts = token.split('.');
        let (Some(header), Some(claims), Some(encoded_signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(TokenError::NotAJwt);
        };
        let mut text = vec![0; token.len() / 4 * 3 + 6];
        let header_length = decode(header, &mut text)?;
        let claims_length = decode(claims, &mut text[header_length..])?;
        text.truncate(header_length + claims_length);
        let message = &token.as_bytes()[..header.len() + 1 + claims.len()];
        Ok(Self { message, encoded_signature, text, header_length })
    }

    pub(super) fn header(&self) -> Result<&str, TokenError> {
        utf8(&self.text[..self.header_length])
    }

    pub(super) fn claims(&self) -> Result<&str, TokenError> {
        utf8(&self.text[self.header_length..])
    }

    pub(super) fn signature(&self) -> Result<Vec<u8>, TokenError> {
        URL_SAFE_NO_PAD.decode(self.encoded_signature).map_err(|_| TokenError::NotAJwt)
    }
}

fn decode(part: &str, into: &mut [u8]) -> Result<usize, TokenError> {
    URL_SAFE_NO_PAD.decode_slice(part, into).map_err(|_| TokenError::NotAJwt)
}

fn utf8(text: &[u8]) -> Result<&str, TokenError> {
    std::str::from_utf8(text).map_err(|_| TokenError::NotAJwt)
}
