//! A stage at a proxy: `Proxy-Authorization` takes the place of `Authorization` while the identities
//! are asked, so that every one of them works there as it is (B01); what they read is not forwarded
//! (B02).

use http::header::{AUTHORIZATION, Entry, HeaderName, PROXY_AUTHORIZATION};
use http::request::Parts;
use http::{HeaderMap, HeaderValue};

use super::credential_headers::CredentialHeaders;

/// The origin's own credentials, out of everybody's sight.
#[derive(Clone)]
struct StashedAuthorization(Vec<HeaderValue>);

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
    /// The identity reads one of a fixed list of fields that the origin, the connection or the
    /// message needs. The list is in
    /// [`AuthenticateLayer::at_proxy`](crate::AuthenticateLayer::at_proxy).
    #[error(
        "an identity reads `{0}`, which a proxy must not remove, but a stage at a proxy removes what \
         its identities read: take credentials for the proxy from `Authorization` (where the stage \
         puts `Proxy-Authorization`) or from a field of their own, such as `x-proxy-key`; if \
         `{0}` holds no credentials, leave it out of the identity's `fields`; and if clients \
         take this server for the origin, as they do with a gateway, leave out `at_proxy`"
    )]
    NeededByOrigin(HeaderName),
}

/// Request fields with a meaning for the origin, the connection or the message: those of the IANA
/// registry that a client or a proxy sends, and some that are not registered and in wide use.
/// Without them a forwarded request is another one, so none of them is consumed. A field that is
/// not in this list is.
#[rustfmt::skip]
const NEEDED_BY_ORIGIN: &[&str] = &[
    // RFC 9110, RFC 9111, RFC 9112, RFC 9113, and what they have made obsolete
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
    // What a proxy tells the origin of the client: RFC 7239, RFC 9440, RFC 8586, and the fields
    // that RFC 7239 replaces
    "cdn-loop", "client-cert", "client-cert-chain", "forwarded", "x-forwarded-for",
    "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "x-real-ip",
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
    // What browsers send of themselves
    "access-control-request-headers", "access-control-request-method", "dnt", "origin",
    "ping-from", "ping-to", "purpose", "save-data", "sec-ch-ua", "sec-fetch-dest",
    "sec-fetch-mode", "sec-fetch-site", "sec-fetch-storage-access", "sec-fetch-user", "sec-gpc",
    "sec-purpose", "service-worker", "service-worker-navigation-preload",
    "upgrade-insecure-requests", "x-requested-with",
];

/// Whether a stage that reads these fields can consume them.
pub(super) fn check(reads: &CredentialHeaders) -> Result<(), InvalidProxy> {
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
pub(super) fn swap_in(request: &mut Parts) {
    let origins = take(&mut request.headers, AUTHORIZATION);
    for line in take(&mut request.headers, PROXY_AUTHORIZATION) {
        request.headers.append(AUTHORIZATION, line);
    }
    request.extensions.insert(StashedAuthorization(origins));
}

/// Removes what was sent to the proxy, right or wrong (RFC 9110 §11.7.2), and puts the origin's
/// credentials back.
pub(super) fn restore(request: &mut Parts, reads: &CredentialHeaders) {
    for field in reads.others() {
        request.headers.remove(field);
    }
    take(&mut request.headers, AUTHORIZATION);
    for line in
        request.extensions.remove::<StashedAuthorization>().into_iter().flat_map(|aside| aside.0)
    {
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
