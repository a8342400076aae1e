//! Whose session it is.
//!
//! The SDK knows sessions by their identifier alone: with it, any user's token would do. So a client gets
//! the identifier with a tag, which is right for the same user and the same client only. There is
//! no table of sessions to fill.
//!
//! MCP has no sessions since 2026-07-28, and clients of that version send no identifier.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, KeyInit, Mac};
use portcullis::oauth::Token;
use portcullis::{Denial, Principal};
use sha2::Sha256;

const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");

/// Knows the owners of sessions, by a key of this process: its sessions end with it, too.
#[derive(Clone)]
pub struct Owners(Arc<Hmac<Sha256>>);

impl Owners {
    pub fn new() -> Result<Self, getrandom::Error> {
        let mut key = [0; 64];
        getrandom::fill(&mut key)?;
        Ok(Self(Arc::new(Hmac::new(&key.into()))))
    }

    fn mac(&self, id: &str, owner: &Token) -> Hmac<Sha256> {
        let mut mac = (*self.0).clone();
        for part in [owner.issuer(), owner.subject(), owner.client(), Some(id)] {
            let part = part.unwrap_or_default();
            // The lengths keep `a` + `bc` apart from `ab` + `c`.
            mac.update(&part.len().to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac
    }

    /// The identifier that the client gets.
    fn seal(&self, id: &HeaderValue, owner: &Token) -> Option<HeaderValue> {
        let id = id.to_str().ok()?;
        let tag = BASE64.encode(self.mac(id, owner).finalize().into_bytes());
        format!("{id}.{tag}").parse().ok()
    }

    /// The identifier that the SDK knows, if the session belongs to this caller.
    fn open(&self, sealed: &HeaderValue, caller: &Token) -> Option<HeaderValue> {
        let (id, tag) = sealed.to_str().ok()?.rsplit_once('.')?;
        self.mac(id, caller).verify_slice(&BASE64.decode(tag).ok()?).ok()?;
        id.parse().ok()
    }
}

/// Responds 404 to a caller that uses the session of another one, as if there were none.
pub async fn bind(
    State(owners): State<Owners>,
    Principal(caller): Principal<Token>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Some(sealed) = request.headers().get(&SESSION) {
        let Some(id) = owners.open(sealed, &caller) else {
            return Denial::not_found().into_response();
        };
        request.headers_mut().insert(SESSION, id);
    }
    let mut response = next.run(request).await;
    if let Some(id) = response.headers().get(&SESSION) {
        match owners.seal(id, &caller) {
            Some(sealed) => drop(response.headers_mut().insert(SESSION, sealed)),
            None => return Denial::internal_error().into_response(),
        }
    }
    response
}
