//! Headers that a 404 cannot keep of the response that it replaces (D04).

use http::HeaderName;
use http::header::{
    ACCEPT_RANGES, ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_DISPOSITION, CONTENT_ENCODING,
    CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_RANGE, CONTENT_TYPE, DATE, ETAG,
    LAST_MODIFIED, LINK, LOCATION, PROXY_AUTHENTICATE, RETRY_AFTER, SET_COOKIE, TRAILER,
    TRANSFER_ENCODING, UPGRADE, VARY, WWW_AUTHENTICATE,
};

use super::shared_caches;

/// Whether a header of the replaced response would show what exists (D04), or describes its body.
pub(super) fn reveals_existence(name: &HeaderName) -> bool {
    const STANDARD: [HeaderName; 24] = [
        ACCEPT_RANGES,
        ALLOW,
        CACHE_CONTROL,
        CONNECTION,
        CONTENT_DISPOSITION,
        CONTENT_ENCODING,
        CONTENT_LANGUAGE,
        CONTENT_LENGTH,
        CONTENT_LOCATION,
        CONTENT_RANGE,
        CONTENT_TYPE,
        DATE,
        ETAG,
        LAST_MODIFIED,
        LINK,
        LOCATION,
        PROXY_AUTHENTICATE,
        RETRY_AFTER,
        SET_COOKIE,
        TRAILER,
        TRANSFER_ENCODING,
        UPGRADE,
        VARY,
        WWW_AUTHENTICATE,
    ];
    const OTHERS: [&str; 35] = [
        "accept-patch",
        "accept-post",
        "accept-query",
        "access-control-allow-methods",
        "access-control-expose-headers",
        "age",
        "alternates",
        "authentication-control",
        "clear-site-data",
        "content-md5",
        "dav",
        "deprecation",
        "digest",
        "lock-token",
        "memento-datetime",
        "ms-author-via",
        "optional-www-authenticate",
        "refresh",
        "sunset",
        "tcn",
        "variant-vary",
        "schedule-tag",
        "delta-base",
        "im",
        "preference-applied",
        "expires",
        "keep-alive",
        "authentication-info",
        "proxy-authentication-info",
        "content-digest",
        "repr-digest",
        "dpop-nonce",
        "server-timing",
        // The stage has these on some refusals.
        "hx-redirect",
        "x-robots-tag",
    ];
    STANDARD.contains(name)
        || OTHERS.contains(&name.as_str())
        || shared_caches::is_targeted_cache_control(name)
        || name.as_str().starts_with("ratelimit")
        || name.as_str().starts_with("x-ratelimit")
        || name.as_str().starts_with("grpc-")
}
