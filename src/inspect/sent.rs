//! Where a request may hold a credential, beside the headers that are made for it.

use http::HeaderName;

/// Parts of the names of headers and of parameters whose values are keys or tokens.
const PARTS: [&str; 13] = [
    "token",
    "auth",
    "cookie",
    "session",
    "secret",
    "passw",
    "jwt",
    "assertion",
    "signature",
    "cert",
    "apikey",
    "api-key",
    "api_key",
];

/// Headers that have such a part in their name, or end with `-key`, and hold no secret.
const HARMLESS: [&str; 4] =
    ["sec-websocket-key", "idempotency-key", "x-forwarded-authority", "x-original-authority"];

/// Names of parameters that are keys or tokens as they are.
const NAMES: [&str; 6] = ["key", "sig", "code", "sid", "pass", "pwd"];

/// Whether the name of a header says that its value may be a key or a token.
pub(super) fn is_key_header(name: &HeaderName) -> bool {
    let name = name.as_str();
    let may_be = name.ends_with("-key")
        || matches!(name, "dpop" | "sec-websocket-protocol")
        || PARTS.iter().any(|part| name.contains(part));
    may_be && !HARMLESS.contains(&name)
}

/// Whether a query has a parameter whose name says that its value may be a key or a token.
pub(super) fn may_hold_secret(query: &str) -> bool {
    pairs(query).any(|(name, _)| is_key_param(name))
}

/// The names and values of a query or a form, encoded as they are.
pub(super) fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').filter_map(|pair| pair.split_once('='))
}

/// Whether the name of a parameter says that its value may be a key or a token.
pub(super) fn is_key_param(name: &str) -> bool {
    let has = |part: &&str| {
        name.as_bytes().windows(part.len()).any(|it| it.eq_ignore_ascii_case(part.as_bytes()))
    };
    NAMES.iter().any(|it| name.eq_ignore_ascii_case(it)) || PARTS.iter().any(|part| has(part))
}
