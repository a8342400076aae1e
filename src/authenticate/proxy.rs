//! A stage at a proxy: `Proxy-Authorization` takes the place of `Authorization` while the identities
//! are asked, so that every one of them works there as it is (B01); what they read is not forwarded
//! (B02).

use http::header::{AUTHORIZATION, Entry, HeaderName, PROXY_AUTHORIZATION};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};

use super::reads::Reads;

/// The origin's own credentials, out of everybody's sight.
#[derive(Clone)]
struct SetAside(Vec<HeaderValue>);

/// A stage with this identity cannot guard a proxy; see
/// [`AuthenticateLayer::at_proxy`](crate::AuthenticateLayer::at_proxy).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidProxy {
    /// None of the identity's schemes can be offered by a proxy.
    #[error(
        "none of the identity's schemes can be offered by a proxy: DPoP is for origin servers \
         (RFC 9449 §7.1), so offer Basic, Digest or Bearer beside it"
    )]
    NoScheme,
    /// The identity reads `Proxy-Authorization` under this name.
    #[error(
        "an identity reads `Proxy-Authorization`, but a stage at a proxy moves that field to \
         `Authorization` before it asks: let the identity read `Authorization`, and name that in \
         `fields`"
    )]
    ReadsProxyAuthorization,
    /// The identity reads a field that the origin, the connection or the message needs.
    #[error(
        "an identity reads `{0}`, which a proxy must not remove, but a stage at a proxy removes what \
         its identities read: take credentials for the proxy from `Authorization` (where the stage \
         puts `Proxy-Authorization`) or from a field of their own, such as `x-proxy-key`; if \
         `{0}` holds no credentials, leave it out of the identity's `fields`; and if clients \
         take this server for the origin, as they do with a gateway, leave out `at_proxy`"
    )]
    NeededByOrigin(HeaderName),
}

/// Request fields with a standard meaning for the origin, the connection or the message. Without
/// them a forwarded request is another one, so none of them is consumed.
#[rustfmt::skip]
const NEEDED_BY_ORIGIN: &[&str] = &[
    // RFC 9110, RFC 9111, RFC 9112
    "accept", "accept-charset", "accept-encoding", "accept-language", "cache-control", "connection",
    "content-encoding", "content-language", "content-length", "content-location", "content-range",
    "content-type", "date", "expect", "from", "host", "if-match", "if-modified-since",
    "if-none-match", "if-range", "if-unmodified-since", "keep-alive", "max-forwards", "pragma",
    "proxy-connection", "range", "referer", "te", "trailer", "transfer-encoding", "upgrade",
    "user-agent", "via", "warning",
    // Cookies (RFC 6265), DPoP (RFC 9449), signatures (RFC 9421) and digests (RFC 9530)
    "cookie", "content-digest", "digest", "dpop", "repr-digest", "signature", "signature-input",
    "want-content-digest", "want-repr-digest",
    // RFC 7239, RFC 7240, RFC 8470, RFC 9218, RFC 9297, WebSocket (RFC 6455), tracing
    "baggage", "capsule-protocol", "early-data", "forwarded", "prefer", "priority",
    "sec-websocket-extensions", "sec-websocket-key", "sec-websocket-protocol",
    "sec-websocket-version", "traceparent", "tracestate",
    // What browsers send of themselves
    "access-control-request-headers", "access-control-request-method", "dnt", "origin", "purpose",
    "save-data", "sec-ch-ua", "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site",
    "sec-fetch-user", "sec-gpc", "sec-purpose", "service-worker", "upgrade-insecure-requests",
];

/// Whether a stage that reads these fields can consume them.
pub(super) fn check(reads: &Reads) -> Result<(), InvalidProxy> {
    for field in reads.others() {
        if *field == PROXY_AUTHORIZATION {
            return Err(InvalidProxy::ReadsProxyAuthorization);
        }
        if NEEDED_BY_ORIGIN.contains(&field.as_str()) {
            return Err(InvalidProxy::NeededByOrigin(field.clone()));
        }
    }
    Ok(())
}

/// Puts the proxy's credentials where identities look.
pub(super) fn step_in(request: &mut Parts) {
    let origins = take(&mut request.headers, AUTHORIZATION);
    for line in take(&mut request.headers, PROXY_AUTHORIZATION) {
        request.headers.append(AUTHORIZATION, line);
    }
    request.extensions.insert(SetAside(origins));
}

/// Removes what was sent to the proxy, right or wrong (RFC 9110 §11.7.2), and puts the origin's
/// credentials back.
pub(super) fn step_out(request: &mut Parts, reads: &Reads) {
    for field in reads.others() {
        request.headers.remove(field);
    }
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
