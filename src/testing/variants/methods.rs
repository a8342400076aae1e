//! Methods, as data.

use super::RequestVariant;
use super::additions::HeaderList;
use super::payload;

/// The default methods: the registered ones, two of WebDAV, an unknown one, and one in lower case, which
/// is not `GET` (methods are case-sensitive).
pub(in crate::testing) const METHODS: [&str; 12] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY", "PROPFIND",
    "FROB", "get",
];

/// The methods whose handlers read bodies.
pub(super) const WRITING: [&str; 3] = ["POST", "PUT", "PATCH"];

/// Methods that are tried with fewer additions, unless the user names methods: the rest of the IANA
/// registry of methods, and those of caches, of devices and of older servers.
pub(super) const RARE: &[&str] = &[
    "ACL",
    "BAN",
    "BASELINE-CONTROL",
    "BCOPY",
    "BIND",
    "BREW",
    "CHECKIN",
    "CHECKOUT",
    "COPY",
    "CONNECT",
    "DEBUG",
    "DESCRIBE",
    "FLUSH",
    "GETS",
    "INDEX",
    "INVALIDATE",
    "INVOKE",
    "LABEL",
    "LINK",
    "LIST",
    "LOCK",
    "M-SEARCH",
    "MERGE",
    "MKACTIVITY",
    "MKCALENDAR",
    "MKCOL",
    "MKREDIRECTREF",
    "MKWORKSPACE",
    "MOVE",
    "NOTIFY",
    "ORDERPATCH",
    "POLL",
    "PRI",
    "PROPPATCH",
    "PURGE",
    "REBIND",
    "REFRESH",
    "REPORT",
    "RESTORE",
    "RPC_IN_DATA",
    "SEARCH",
    "SOURCE",
    "SUBSCRIBE",
    "TEST",
    "TRACK",
    "UNBIND",
    "UNCHECKOUT",
    "UNLINK",
    "UNLOCK",
    "UNSUBSCRIBE",
    "UPDATE",
    "UPDATEREDIRECTREF",
    "VERSION-CONTROL",
    "VIEW",
    "WHEN",
    "X-MS-ENUMATTS",
    "Get",
    "post",
    "GET-LEAK",
    "A",
    "!",
    "FROBNICATE-THE-LEAK-PROBE-WITH-A-LONG-NAME",
];

/// Headers of the WebDAV methods (RFC 4918, RFC 3253, RFC 4791).
const WEBDAV: &[HeaderList] = &[
    &[("depth", "0")],
    &[("depth", "1")],
    &[("depth", "infinity")],
    &[("depth", "leak-probe")],
    &[("destination", "http://{host}/leak-probe"), ("overwrite", "F")],
    &[("destination", "http://{host}{path}-leak"), ("overwrite", "T"), ("depth", "infinity")],
    &[("destination", "http://other.example/leak-probe")],
    &[("if", "(<urn:uuid:leak-probe>)")],
    &[("if", "<http://{host}{path}> ([\"leak-probe\"])")],
    &[("if", "not a list")],
    &[("lock-token", "<urn:uuid:leak-probe>")],
    &[("timeout", "Infinite, Second-4100000000")],
    &[("brief", "t"), ("prefer", "return=minimal")],
    &[("content-type", "application/xml"), ("content-length", "0")],
    &[("label", "leak-probe")],
];
const DAV: [&str; 8] =
    ["PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT"];

/// The rare methods, and those of WebDAV with their headers and bodies.
pub(super) fn rare() -> impl Iterator<Item = RequestVariant> {
    let alone = RARE.iter().flat_map(|method| {
        let plain = || RequestVariant::plain(method);
        [plain(), plain().with_body(payload::object())]
    });
    let webdav = DAV.iter().flat_map(|method| {
        let with_headers = WEBDAV.iter().map(|headers| RequestVariant::plain(method).with(headers));
        with_headers.chain(
            payload::webdav().map(|payload| RequestVariant::plain(method).with_body(payload)),
        )
    });
    alone.chain(webdav)
}

/// The two methods for additions that are tried with a few methods: `GET`, and in turn `POST` or one of
/// all.
pub(super) fn leading(methods: &[&'static str], turn: usize) -> Vec<&'static str> {
    let in_turn = methods[turn / 2 % methods.len()];
    let other = if turn.is_multiple_of(2) { in_turn } else { "POST" };
    let mut leading = Vec::new();
    for method in ["GET", other, in_turn, methods[(turn / 2 + 1) % methods.len()]] {
        if leading.len() < 2 && methods.contains(&method) && !leading.contains(&method) {
            leading.push(method);
        }
    }
    leading
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_methods_lead_and_all_of_them_in_turn() {
        assert_eq!(leading(&METHODS, 1), ["GET", "POST"]);
        assert_eq!(leading(&METHODS, 2), ["GET", "HEAD"]);
        assert_eq!(leading(&["FROB"], 7), ["FROB"]);
        assert_eq!(leading(&["PUT", "HEAD", "POST"], 1), ["POST", "PUT"]);
        for method in METHODS {
            assert!((0..24).any(|turn| leading(&METHODS, turn).contains(&method)), "{method}");
        }
    }
}
