//! What a cache must be told about an answer that depends on who asked (A02, A11).

use headers::{CacheControl, HeaderMapExt};
use http::header::{CACHE_CONTROL, VARY};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::reads::{Reads, Seen};

const PRIVATE: HeaderValue = HeaderValue::from_static("private");

/// An anonymous answer is not everybody's: it varies with the fields that were looked for.
pub(super) fn anonymous_answer(headers: &mut HeaderMap, reads: &Reads) {
    let own = headers.typed_get::<CacheControl>();
    if own.is_some_and(|own| own.private() || own.no_store()) {
        return;
    }
    vary(headers, reads.fields());
}

/// An answer to somebody is theirs.
pub(super) fn verified_answer(headers: &mut HeaderMap, reads: &Reads, seen: Seen) {
    let by_authorization_alone = seen.authorization && !seen.other;
    if by_authorization_alone {
        // Caches must not reuse it anyway (RFC 9111 §3.5); this is for the one that does.
        if !headers.contains_key(CACHE_CONTROL) {
            headers.insert(CACHE_CONTROL, PRIVATE);
        }
        return;
    }
    let own = headers.typed_get::<CacheControl>();
    let decided = own.is_some_and(|own| {
        own.private() || own.no_store() || own.public() || own.s_max_age().is_some()
    });
    if !decided {
        headers.append(CACHE_CONTROL, PRIVATE);
    }
    vary(headers, reads.others().iter());
}

/// Adds names to `Vary` that are not there yet.
fn vary<'a>(headers: &mut HeaderMap, names: impl Iterator<Item = &'a HeaderName>) {
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
