//! What a cache must be told about an answer that depends on who asked (A02, A11).

use http::header::{CACHE_CONTROL, Entry, VARY};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::browser;
use super::credential_headers::{CredentialHeaders, CredentialPresence};
use crate::cache_control::{PRIVATE, has_directive, has_no_store, is_personal, make_private};

/// An anonymous answer is not everybody's: it varies with the fields that were looked for.
pub(super) fn anonymous_response(headers: &mut HeaderMap, reads: &CredentialHeaders) {
    if !headers.keys().any(|name| *name == CACHE_CONTROL || *name == VARY) {
        for name in reads.fields() {
            headers.append(VARY, HeaderValue::from(name.clone()));
        }
    } else if !is_personal(headers) {
        vary(headers, reads.fields());
    }
}

/// An answer to somebody is theirs.
#[inline]
pub(super) fn authenticated_response(
    headers: &mut HeaderMap,
    reads: &CredentialHeaders,
    seen: CredentialPresence,
) {
    if seen.by_authorization_alone() {
        // Caches must not reuse it anyway (RFC 9111 §3.5); this is for the one that does.
        // An answer has few fields, and comparing their names costs less than hashing this one.
        if !headers.keys().any(|name| *name == CACHE_CONTROL) {
            headers.insert(CACHE_CONTROL, PRIVATE);
        }
        return;
    }
    if !has_directive(headers, &["public", "s-maxage"]) && !is_personal(headers) {
        make_private(headers);
    }
    vary(headers, reads.others());
}

/// A 401 of the service depends on whether a script asked, if it may be kept at all (F07).
pub(super) fn script_dependent_response(headers: &mut HeaderMap) {
    if !has_no_store(headers) {
        vary(headers, &browser::SCRIPT_FIELDS);
    }
}

/// Adds names to `Vary` that are not there yet.
fn vary(headers: &mut HeaderMap, names: &[HeaderName]) {
    for name in names {
        match headers.entry(VARY) {
            Entry::Vacant(vary) => {
                vary.insert(HeaderValue::from(name.clone()));
            }
            Entry::Occupied(mut vary) => {
                if !vary.iter().any(|line| lists(line, name)) {
                    vary.append(HeaderValue::from(name.clone()));
                }
            }
        }
    }
}

/// Whether a line of `Vary` has the name in it, or `*`. Some caches skip a line with more than ASCII.
fn lists(line: &HeaderValue, name: &HeaderName) -> bool {
    let mut members = line.to_str().unwrap_or_default().split(',').map(str::trim_ascii);
    members.any(|member| member == "*" || member.eq_ignore_ascii_case(name.as_str()))
}
