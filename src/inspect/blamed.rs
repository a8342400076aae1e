//! Is a 500 about the credentials of its request?
//!
//! A server also fails with credentials of its own: at a database, at another service. What it says of
//! those ("Access denied for user", "Permission denied") is not taken for the caller's.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use http::header::{AUTHORIZATION, CONTENT_TYPE, PROXY_AUTHORIZATION};
use http::{HeaderMap, HeaderName};

use crate::challenge::Credentials;

use super::any_of::Words;
use super::credentials::{may_hold_secret, may_hold_token};
use super::exchange::Sent;
use super::login_address::is_about_login;
use super::masked::is_masked;
use super::text::Media;
use super::view::View;
use super::words::{is_about_absence, is_about_caller, squashed};

/// Names of errors that widely used libraries have for the credentials of a request.
const NAMES: Words = Words::new(&[
    "AuthenticationCredentialsNotFoundException",
    "BadCredentialsException",
    "Error: Unauthorized<br>",
    "Error: Unauthorized\n",
    "ExpiredJwtException",
    "ExpiredSignatureError",
    "InsufficientAuthenticationException",
    "JWT::DecodeError",
    "JWT::ExpiredSignature",
    "JsonWebTokenError",
    "MalformedJwtException",
    "SecurityTokenExpiredException",
    "SecurityTokenMalformedException",
    "TokenExpiredError",
    "UnauthorizedError",
    "jwt.exceptions.",
    "rest_framework.exceptions.AuthenticationFailed",
    "rest_framework.exceptions.NotAuthenticated",
]);

/// Those of them that are for a request without credentials.
const NAMES_OF_ABSENCE: Words = Words::new(&[
    "AuthenticationCredentialsNotFoundException",
    "InsufficientAuthenticationException",
    "rest_framework.exceptions.NotAuthenticated",
]);

/// The longest body that is searched, in bytes.
const LONGEST: usize = 256 * 1024;

/// The bytes of the body that speak of the caller's credentials.
pub(super) fn words(view: &View<'_>) -> Option<Range<usize>> {
    let media = view.media();
    // If the request has no credentials, only their absence can be the cause.
    let has_credentials = view.request().is_none_or(may_have_credentials);
    let is_about_caller: fn(&str) -> bool =
        if has_credentials { is_about_caller } else { is_about_absence };
    let text = view.text().filter(|text| text.text.len() <= LONGEST)?;
    if media == Media::PlainText && is_about_caller(text.text.trim()) {
        let start = text.text.len() - text.text.trim_start().len();
        return Some(start..start + text.text.trim().len());
    }
    if matches!(media, Media::Json | Media::ProblemJson) {
        let said = text.object().iter().find(|member| match squashed(&member.name).as_deref() {
            Some("detail" | "error" | "errordescription" | "errormessage" | "message" | "msg") => {
                member.text().is_some_and(|text| is_about_caller(&text))
            }
            Some("title") => {
                media == Media::ProblemJson
                    && member.text().is_some_and(|text| is_about_caller(&text))
            }
            Some("status" | "statuscode" | "code") => {
                has_credentials && member.number() == Some(401.0)
            }
            _ => false,
        });
        if let Some(said) = said {
            return Some(said.place.clone());
        }
    }
    if media == Media::Other {
        return None;
    }
    let names = if has_credentials { &NAMES } else { &NAMES_OF_ABSENCE };
    let found = names.find(text.text)?;
    let name = text.text[found.clone()].trim_end().trim_end_matches("<br>");
    Some(found.start..found.start + name.len())
}

/// Whether the request may have credentials, wherever they are.
fn may_have_credentials(request: Sent<'_>) -> bool {
    let headers = request.headers;
    let path = request.target.path();
    let takes_login = is_about_login(path) || path.trim_end_matches('/').ends_with("/token");
    [AUTHORIZATION, PROXY_AUTHORIZATION].iter().any(|it| headers.contains_key(it))
        || (takes_login && headers.contains_key(CONTENT_TYPE))
        || headers.iter().any(|(name, value)| may_hold_token(name, value))
        || request.target.query().is_some_and(may_hold_secret)
}

/// A header of the request with credentials that no server can read.
pub(super) fn malformed(headers: &HeaderMap) -> Option<HeaderName> {
    [AUTHORIZATION, PROXY_AUTHORIZATION].into_iter().find(|name| {
        let mut lines = headers.get_all(name).iter();
        let Some(line) = lines.next() else { return false };
        lines.next().is_some() || (is_malformed(line.as_bytes()) && !is_masked(line.as_bytes()))
    })
}

fn is_malformed(value: &[u8]) -> bool {
    let Some(sent) = Credentials::parse(value) else { return true };
    match () {
        () if sent.is("Basic") => {
            let login = sent.token68().and_then(|token| {
                STANDARD.decode(token).or_else(|_| STANDARD_NO_PAD.decode(token)).ok()
            });
            !login.is_some_and(|login| login.contains(&b':'))
        }
        () if sent.is("Bearer") => sent.opaque_token().is_none(),
        () if sent.is("Digest") => sent.is_bare() || sent.params().is_err(),
        // A scheme that this crate does not know, or a token without any.
        () => false,
    }
}
