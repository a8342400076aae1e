//! A stage at a proxy: `Proxy-Authorization` takes the place of `Authorization` while the identity
//! runs, so that every identity works there unchanged (B01). The headers that it reads are not
//! forwarded (B02).

use http::header::{AUTHORIZATION, Entry, HeaderName, PROXY_AUTHORIZATION};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};

use super::credential_headers::CredentialHeaders;

/// Request extension: the values of `Authorization`, which are for the origin, while the identity
/// runs.
#[derive(Clone)]
struct StashedAuthorization(Vec<HeaderValue>);

/// The error for an identity that cannot be used at a proxy; see
/// [`AuthenticateLayer::at_proxy`](crate::AuthenticateLayer::at_proxy).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidProxy {
    /// A proxy can offer none of the identity's schemes.
    #[error(
        "none of the identity's schemes can be offered by a proxy: DPoP is for origin servers \
         (RFC 9449 §7.1), so offer Basic, Digest or Bearer beside it"
    )]
    NoScheme,
    /// The identity reads `Proxy-Authorization` under its own name.
    #[error(
        "an identity reads `Proxy-Authorization`, but a stage at a proxy moves that header to \
         `Authorization` before the identity runs: read `Authorization`, and name that in \
         `reads_headers`"
    )]
    ReadsProxyAuthorization,
    /// The identity reads one of a fixed list of headers that the origin, the connection or the
    /// message needs. The list is in
    /// [`AuthenticateLayer::at_proxy`](crate::AuthenticateLayer::at_proxy).
    #[error(
        "an identity reads `{0}`, which a proxy must not remove, but a stage at a proxy removes what \
         its identities read: take credentials for the proxy from `Authorization` (where the stage \
         puts `Proxy-Authorization`) or from a header of their own, such as `x-proxy-key`; if \
         `{0}` holds no credentials, leave it out of the identity's `reads_headers`; and if \
         clients take this server for the origin, as they do with a gateway, leave out `at_proxy`"
    )]
    NeededByOrigin(HeaderName),
}

/// Request headers with a meaning for the origin, the connection or the message: those of the IANA
/// registry that a client or a proxy sends, and some unregistered ones in wide use. Removing one
/// would change the meaning of the forwarded request, so the stage is not built. It removes headers
/// that are not in this list.
#[rustfmt::skip]
const NEEDED_BY_ORIGIN: &[&str] = &[
    // RFC 9110, RFC 9111, RFC 9112, RFC 9113, and headers that these obsoleted
    "accept", "accept-charset", "accept-encoding", "accept-language", "cache-control", "connection",
    "content-disposition", "content-encoding", "content-language", "content-length",
    "content-location", "content-md5", "content-range", "content-type", "date", "expect", "from",
    "host", "http2-settings", "if-match", "if-modified-since", "if-none-match", "if-range",
    "if-unmodified-since", "keep-alive", "link", "max-forwards", "mime-version", "pragma",
    "proxy-connection", "range", "referer", "te", "trailer", "transfer-encoding", "upgrade",
    "user-agent", "via", "warning",
    // Cookies (RFC 6265), DPoP (RFC 9449), signatures (RFC 9421), digests (RFC 9530, RFC 3230),
    // token binding (RFC 8473)
    "accept-signature", "content-digest", "cookie", "digest", "dpop", "repr-digest",
    "sec-token-binding", "signature", "signature-input", "want-content-digest", "want-digest",
    "want-repr-digest",
    // WebDAV and CalDAV (RFC 4918, RFC 3648, RFC 3253, RFC 6638)
    "depth", "destination", "if", "if-schedule-tag-match", "label", "lock-token", "overwrite",
    "position", "schedule-reply", "timeout",
    // Added by proxies about the client: RFC 7239, RFC 9440, RFC 8586, and the headers that RFC 7239
    // replaces
    "cdn-loop", "client-cert", "client-cert-chain", "forwarded", "x-forwarded-for",
    "x-forwarded-host", "x-forwarded-port", "x-forwarded-prefix", "x-forwarded-proto", "x-real-ip",
    // Delta encoding (RFC 3229), earlier versions (RFC 7089), alternatives (RFC 7838, RFC 2295),
    // dictionaries (RFC 9842)
    "a-im", "accept-datetime", "accept-features", "alt-used", "available-dictionary",
    "dictionary-id", "negotiate",
    // AtomPub (RFC 5023), Web Push (RFC 8030), server-sent events, repeated and resumed requests
    "idempotency-key", "last-event-id", "slug", "topic", "ttl", "upload-complete", "upload-length",
    "upload-offset", "urgency",
    // RFC 7240, RFC 8470, RFC 9218, RFC 9297, WebSocket (RFC 6455), tracing
    "baggage", "capsule-protocol", "early-data", "prefer", "priority", "sec-websocket-extensions",
    "sec-websocket-key", "sec-websocket-protocol", "sec-websocket-version", "traceparent",
    "tracestate",
    // Requests of other protocols over HTTP: gRPC, SOAP, OData, OSLC
    "grpc-accept-encoding", "grpc-encoding", "grpc-timeout", "odata-isolation",
    "odata-maxversion", "odata-version", "oslc-core-version", "soapaction",
    // Added by browsers themselves
    "access-control-request-headers", "access-control-request-method", "dnt", "origin",
    "ping-from", "ping-to", "purpose", "save-data", "sec-ch-ua", "sec-fetch-dest",
    "sec-fetch-mode", "sec-fetch-site", "sec-fetch-storage-access", "sec-fetch-user", "sec-gpc",
    "sec-purpose", "service-worker", "service-worker-navigation-preload",
    "upgrade-insecure-requests", "x-requested-with",
];

/// Checks that a proxy may remove these headers.
pub(super) fn check(credential_headers: &CredentialHeaders) -> Result<(), InvalidProxy> {
    for name in credential_headers.others() {
        if *name == PROXY_AUTHORIZATION {
            return Err(InvalidProxy::ReadsProxyAuthorization);
        }
        if NEEDED_BY_ORIGIN.contains(&name.as_str()) {
            return Err(InvalidProxy::NeededByOrigin(name.clone()));
        }
    }
    Ok(())
}

/// Moves `Proxy-Authorization` to `Authorization`, where identities read, and stashes the values that
/// were there.
pub(super) fn swap_in(request: &mut Parts) {
    let stashed = take(&mut request.headers, AUTHORIZATION);
    for value in take(&mut request.headers, PROXY_AUTHORIZATION) {
        request.headers.append(AUTHORIZATION, value);
    }
    request.extensions.insert(StashedAuthorization(stashed));
}

/// Removes the credentials for the proxy, right or wrong (RFC 9110 §11.7.2), and puts the stashed
/// `Authorization` back.
pub(super) fn restore(request: &mut Parts, credential_headers: &CredentialHeaders) {
    for name in credential_headers.others() {
        request.headers.remove(name);
    }
    take(&mut request.headers, AUTHORIZATION);
    let stashed = request.extensions.remove::<StashedAuthorization>();
    for value in stashed.into_iter().flat_map(|stashed| stashed.0) {
        request.headers.append(AUTHORIZATION, value);
    }
}

/// Removes a header and returns all its values, in order.
fn take(headers: &mut HeaderMap, name: HeaderName) -> Vec<HeaderValue> {
    match headers.entry(name) {
        Entry::Occupied(values) => values.remove_entry_mult().1.collect(),
        Entry::Vacant(_) => Vec::new(),
    }
}
