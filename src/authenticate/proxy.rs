//! A stage at a proxy: `Proxy-Authorization` takes the place of `Authorization` while the identities
//! are asked, so that every one of them works there as it is (B01, B02).

use http::header::{AUTHORIZATION, Entry, HeaderName, PROXY_AUTHORIZATION};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};

/// The origin's own credentials, out of everybody's sight.
#[derive(Clone)]
struct SetAside(Vec<HeaderValue>);

/// None of the identity's schemes can be used at a proxy; see
/// [`AuthenticateLayer::at_proxy`](crate::AuthenticateLayer::at_proxy).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "none of the identity's schemes can be offered by a proxy: DPoP is for origin servers \
     (RFC 9449 §7.1), so offer Basic, Digest or Bearer beside it"
)]
pub struct NoProxyScheme;

/// Puts the proxy's credentials where identities look.
pub(super) fn step_in(request: &mut Parts) {
    let origins = take(&mut request.headers, AUTHORIZATION);
    for line in take(&mut request.headers, PROXY_AUTHORIZATION) {
        request.headers.append(AUTHORIZATION, line);
    }
    request.extensions.insert(SetAside(origins));
}

/// Puts the origin's credentials back. Those for the proxy are consumed (RFC 9110 §11.7.2).
pub(super) fn step_out(request: &mut Parts) {
    take(&mut request.headers, AUTHORIZATION);
    for line in request.extensions.remove::<SetAside>().into_iter().flat_map(|aside| aside.0) {
        request.headers.append(AUTHORIZATION, line);
    }
}

/// All lines of a field, in order.
fn take(headers: &mut HeaderMap, name: HeaderName) -> Vec<HeaderValue> {
    match headers.entry(name) {
        Entry::Occupied(lines) => lines.remove_entry_mult().1.collect(),
        Entry::Vacant(_) => Vec::new(),
    }
}
