//! Reads and writes `Cache-Control` of a response (RFC 9111 §5.2).

use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderValue};

use crate::list::split_unquoted;

pub(crate) const PRIVATE: HeaderValue = HeaderValue::from_static("private");

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Puts `private` in front of the other directives.
pub(crate) fn make_private(headers: &mut HeaderMap) {
    put_in_front(headers, PRIVATE);
}

/// Makes sure that no cache keeps the response.
pub(crate) fn forbid_storing(headers: &mut HeaderMap) {
    if has_directive(headers, &["must-understand"]) {
        headers.insert(CACHE_CONTROL, NO_STORE);
    } else if !has_directive(headers, &["no-store"])
        || !headers.get_all(CACHE_CONTROL).iter().all(is_unambiguous)
    {
        put_in_front(headers, NO_STORE);
    }
}

/// Puts a directive in front of the others. After them it would become part of an unterminated
/// quoted-string, for a cache that joins the lines before it reads them.
fn put_in_front(headers: &mut HeaderMap, directive: HeaderValue) {
    let others: Vec<HeaderValue> = headers.get_all(CACHE_CONTROL).iter().cloned().collect();
    headers.insert(CACHE_CONTROL, directive);
    for line in others {
        headers.append(CACHE_CONTROL, line);
    }
}

/// Whether `Cache-Control` has one of these directives.
///
/// The `headers` crate knows them in lower case only, and RFC 9111 §5.2 allows any case. A
/// `private="field"` does not count as `private`: it is about that field only.
pub(crate) fn has_directive(headers: &HeaderMap, wanted: &[&str]) -> bool {
    headers.get_all(CACHE_CONTROL).iter().flat_map(directives).any(|directive| {
        let name = directive.split(|byte| *byte == b'=').next().unwrap_or_default();
        let qualified = name.len() < directive.len();
        wanted.iter().any(|wanted| {
            name.eq_ignore_ascii_case(wanted.as_bytes()) && (!qualified || *wanted == "s-maxage")
        })
    })
}

/// Whether every cache keeps the response for one caller or not at all: `private` or `no-store` is
/// there, and in lines that all caches read alike.
pub(crate) fn is_personal(headers: &HeaderMap) -> bool {
    (has_directive(headers, &["private"]) || has_no_store(headers))
        && headers.get_all(CACHE_CONTROL).iter().all(is_unambiguous)
}

/// Whether all caches read the line alike. Some do not know quoted-strings, or escaped quotes in
/// them, and some skip a line that is not ASCII.
fn is_unambiguous(line: &HeaderValue) -> bool {
    line.as_bytes().iter().all(|byte| byte.is_ascii() && *byte != b'"')
}

/// Whether no cache keeps the response. A cache that understands the status ignores `no-store` beside
/// `must-understand` (RFC 9111 §5.2.2.3).
pub(crate) fn has_no_store(headers: &HeaderMap) -> bool {
    has_directive(headers, &["no-store"]) && !has_directive(headers, &["must-understand"])
}

/// The directives of a line: it is split at commas outside quoted-strings.
pub(crate) fn directives(line: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    split_unquoted(line.as_bytes(), b',')
}
