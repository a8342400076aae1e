//! `Vary` and `Cache-Control` for responses that depend on the caller (A02, A11).

use http::header::{CACHE_CONTROL, Entry, VARY};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::credential_headers::{CredentialHeaders, CredentialPresence};
use crate::cache_control::{
    PRIVATE, forbid_storing, has_directive, has_no_store, is_personal, make_private,
};

/// Adds `Vary` on the credential headers to a response for an anonymous caller: an authenticated
/// caller may get another one.
pub(super) fn anonymous_response(headers: &mut HeaderMap, credential_headers: &CredentialHeaders) {
    if !headers.keys().any(|name| *name == CACHE_CONTROL || *name == VARY) {
        for name in credential_headers.names() {
            headers.append(VARY, HeaderValue::from(name.clone()));
        }
    } else if !is_personal(headers) {
        vary(headers, credential_headers.names());
    }
}

/// Keeps shared caches from reusing a response to an authenticated caller for another one.
#[inline]
pub(super) fn authenticated_response(
    headers: &mut HeaderMap,
    credential_headers: &CredentialHeaders,
    presence: CredentialPresence,
) {
    if presence.by_authorization_alone() {
        // A cache must not reuse it anyway (RFC 9111 §3.5), but a popular one does without this.
        // A response has few headers, so comparing their names costs less than hashing this one.
        if !headers.keys().any(|name| *name == CACHE_CONTROL) {
            headers.insert(CACHE_CONTROL, PRIVATE);
        }
        return;
    }
    if !has_directive(headers, &["public", "s-maxage"]) && !is_personal(headers) {
        make_private(headers);
    }
    vary(headers, credential_headers.others());
}

/// Keeps every cache from storing a response to an authenticated caller, unless the service declares
/// it as shared.
pub(super) fn unstored_response(
    headers: &mut HeaderMap,
    credential_headers: &CredentialHeaders,
    presence: CredentialPresence,
) {
    if has_directive(headers, &["public", "s-maxage"]) {
        return authenticated_response(headers, credential_headers, presence);
    }
    forbid_storing(headers);
    if !presence.by_authorization_alone() {
        vary(headers, credential_headers.others());
    }
}

/// Adds `Vary: *` to a 401 of the service that depends on the kind of the request, unless no cache may
/// store it (F07). More than ten headers show the kind.
pub(super) fn kind_dependent_response(headers: &mut HeaderMap) {
    if !has_no_store(headers) {
        headers.append(VARY, HeaderValue::from_static("*"));
    }
}

/// Adds those names to `Vary` that it does not list yet.
fn vary(headers: &mut HeaderMap, names: &[HeaderName]) {
    for name in names {
        match headers.entry(VARY) {
            Entry::Vacant(vary) => {
                vary.insert(HeaderValue::from(name.clone()));
            }
            Entry::Occupied(mut vary) => {
                if !vary.iter().any(|value| lists(value, name)) {
                    vary.append(HeaderValue::from(name.clone()));
                }
            }
        }
    }
}

/// Whether a value of `Vary` lists the name, or `*`. A value with bytes outside ASCII does not count,
/// since some caches ignore it.
fn lists(value: &HeaderValue, name: &HeaderName) -> bool {
    let mut members = value.to_str().unwrap_or_default().split(',').map(str::trim_ascii);
    members.any(|member| member == "*" || member.eq_ignore_ascii_case(name.as_str()))
}
