//! Headers that a request may add, in groups that interact.

/// Headers that are added together.
pub(super) type HeaderList = &'static [(&'static str, &'static str)];

const ONE_TAG: &str = "\"leak-probe\"";
const LONG_AGO: &str = "Sat, 29 Oct 1994 19:43:31 GMT";
const MUCH_LATER: &str = "Fri, 01 Jan 2100 00:00:00 GMT";

/// Conditions (RFC 9110 §13.1), which a service may answer with 304 or 412.
pub(super) const CONDITIONALS: &[HeaderList] = &[
    &[("if-none-match", "*")],
    &[("if-none-match", ONE_TAG)],
    &[("if-match", "*")],
    &[("if-match", ONE_TAG)],
    &[("if-modified-since", LONG_AGO)],
    &[("if-modified-since", MUCH_LATER)],
    &[("if-unmodified-since", LONG_AGO)],
    &[("if-unmodified-since", MUCH_LATER)],
];

/// Ranges (RFC 9110 §14), which a service may answer with 206 or 416.
pub(super) const RANGES: &[HeaderList] = &[
    &[("range", "bytes=0-1")],
    &[("range", "bytes=-1")],
    &[("range", "bytes=0-0,2-3")],
    &[("range", "bytes=999999999-")],
    &[("range", "leaves=0-1")],
    &[("range", "bytes=0-1"), ("if-range", ONE_TAG)],
];

/// Content negotiation (RFC 9110 §12.5), which a service may answer with another body, or with 406.
pub(super) const ACCEPTS: &[HeaderList] = &[
    &[("accept", "text/html")],
    &[("accept", "application/json")],
    &[("accept", "text/plain")],
    &[("accept", "application/x-nothing")],
    &[("accept", "*/*;q=0")],
    &[("accept", "not a range")],
    &[("accept", "text/event-stream")],
    &[("accept", "text/html"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")],
];

/// Headers of browsers for scripts of another origin: CORS, and its preflight.
pub(super) const ORIGINS: &[HeaderList] = &[
    &[("origin", "https://probe.example")],
    &[("origin", "null")],
    &[("origin", "https://probe.example"), ("access-control-request-method", "PUT")],
    &[
        ("origin", "https://probe.example"),
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "authorization"),
    ],
];

/// Upgrades (RFC 9110 §7.8), which a service may answer with 101 or 426.
pub(super) const UPGRADES: &[HeaderList] = &[
    &[
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "bGVhay1wcm9iZS1rZXktMQ=="),
    ],
    &[("connection", "upgrade"), ("upgrade", "websocket")],
    &[("connection", "upgrade"), ("upgrade", "leak-probe/1")],
];

/// Other headers that some stage may read.
const OTHERS: &[HeaderList] = &[
    &[("accept-encoding", "gzip, br")],
    &[("accept-encoding", "identity;q=0, *;q=0")],
    &[("accept-language", "de, en;q=0.5")],
    &[("accept-charset", "utf-16")],
    &[("authorization", "Bearer leak-probe")],
    &[("authorization", "Basic bGVhazpwcm9iZQ==")],
    &[("authorization", "Basic =")],
    &[("authorization", "Unknown leak-probe")],
    &[("proxy-authorization", "Basic bGVhazpwcm9iZQ==")],
    &[("cache-control", "no-cache")],
    &[("cache-control", "only-if-cached")],
    &[("connection", "close")],
    &[("cookie", "a=b")],
    &[("cookie", "=;;=")],
    &[("content-type", "application/json")],
    &[("content-length", "0")],
    &[("depth", "infinity")],
    &[("destination", "/leak-probe")],
    &[("expect", "100-continue")],
    &[("expect", "200-ok")],
    &[("forwarded", "for=192.0.2.1;proto=https")],
    &[("host", "other.example")],
    &[("max-forwards", "0")],
    &[("prefer", "return=minimal")],
    &[("referer", "https://probe.example/")],
    &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "cors")],
    &[("te", "trailers")],
    &[("x-forwarded-for", "127.0.0.1")],
    &[("x-forwarded-proto", "https")],
    &[("x-http-method-override", "DELETE")],
    &[("x-requested-with", "XMLHttpRequest")],
];

/// All groups.
pub(super) fn groups() -> impl Iterator<Item = &'static HeaderList> {
    [CONDITIONALS, RANGES, ACCEPTS, ORIGINS, UPGRADES, OTHERS].into_iter().flatten()
}
