//! What a cache must be told about an answer that depends on who asked (A02, A11).

use headers::{CacheControl, HeaderMapExt};
use http::header::{CACHE_CONTROL, VARY};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::reads::{Reads, Seen};

const PRIVATE: HeaderValue = HeaderValue::from_static("private");

/// An anonymous answer is not everybody's: it varies with the fields that were looked for.
pub(super) fn anonymous_answer(headers: &mut HeaderMap, reads: &Reads) {
    let is_private = |own: CacheControl| own.private() || own.no_store();
    if !own(headers).is_some_and(is_private) {
        vary(headers, reads.fields());
    }
}

/// An answer to somebody is theirs.
pub(super) fn verified_answer(headers: &mut HeaderMap, reads: &Reads, seen: Seen) {
    let by_authorization_alone = seen.authorization && !seen.other;
    if by_authorization_alone {
        // Caches must not reuse it anyway (RFC 9111 §3.5); this is for the one that does.
        headers.entry(CACHE_CONTROL).or_insert(PRIVATE);
        return;
    }
    let is_decided = |own: CacheControl| {
        own.private() || own.no_store() || own.public() || own.s_max_age().is_some()
    };
    if !own(headers).is_some_and(is_decided) {
        headers.append(CACHE_CONTROL, PRIVATE);
    }
    vary(headers, reads.others());
}

/// What the service says itself, if it says something.
fn own(headers: &HeaderMap) -> Option<CacheControl> {
    if headers.contains_key(CACHE_CONTROL) { headers.typed_get() } else { None }
}

/// Adds names to `Vary` that are not there yet.
fn vary(headers: &mut HeaderMap, names: &[HeaderName]) {
    for name in names {
        let listed = headers.get_all(VARY).iter().any(|line| lists(line, name));
        if !listed {
            headers.append(VARY, HeaderValue::from(name.clone()));
        }
    }
}

/// Whether a line of `Vary` has the name in it, or `*`.
fn lists(line: &HeaderValue, name: &HeaderName) -> bool {
    line.as_bytes().split(|byte| *byte == b',').any(|member| {
        let member = member.trim_ascii();
        member == b"*" || member.eq_ignore_ascii_case(name.as_str().as_bytes())
    })
}
