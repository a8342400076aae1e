//! What a browser says about the request that it makes: does a person look at the answer, or a
//! script? (F06, F07)
//!
//! Browsers say so in [Fetch Metadata], over HTTPS and to localhost; what they `Accept` tells as
//! much of navigations elsewhere. Anybody may say anything here, and gains nothing by it.
//!
//! [Fetch Metadata]: https://www.w3.org/TR/fetch-metadata/

use http::header::ACCEPT;
use http::request::Parts;
use http::{HeaderMap, HeaderName, Method};

use crate::cache_control::directives;
use crate::grpc::GrpcFraming;

const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
const X_REQUESTED_WITH: HeaderName = HeaderName::from_static("x-requested-with");

/// What [`is_by_script`] looks at.
pub(super) const SCRIPT_FIELDS: [HeaderName; 3] =
    [SEC_FETCH_MODE, SEC_FETCH_DEST, X_REQUESTED_WITH];

/// Whether a browser asks for a page to show, so that another page may be shown instead (F06).
pub(super) fn navigates(request: &Parts) -> bool {
    let headers = &request.headers;
    // Frames show pages as windows do; what `object` and `embed` ask for is part of a page.
    let is_page = |dest: &[u8]| matches!(dest, b"document" | b"iframe" | b"frame");
    matches!(request.method, Method::GET | Method::HEAD)
        && prefers_html(headers)
        && all(headers, &SEC_FETCH_MODE, |mode| mode == b"navigate")
        && all(headers, &SEC_FETCH_DEST, is_page)
        && !is_marked_as_script(headers)
        && GrpcFraming::of(headers).is_none()
}

/// Whether a script has made the request, and will look at its answer (F07).
///
/// Images, styles and module scripts are none, whoever has put them into the page; and a
/// WebSocket's handshake can bring no credentials but those of a dialog.
pub(super) fn is_by_script(headers: &HeaderMap) -> bool {
    let fetches = headers.contains_key(SEC_FETCH_MODE)
        && all(headers, &SEC_FETCH_MODE, |mode| !matches!(mode, b"navigate" | b"websocket"))
        && all(headers, &SEC_FETCH_DEST, |dest| dest == b"empty");
    fetches || is_marked_as_script(headers)
}

/// Libraries say so by custom. Some apps send their own name in the field with every navigation.
fn is_marked_as_script(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(X_REQUESTED_WITH).iter();
    lines.any(|line| line.as_bytes().eq_ignore_ascii_case(b"XMLHttpRequest"))
}

fn all(headers: &HeaderMap, name: &HeaderName, test: impl Fn(&[u8]) -> bool) -> bool {
    headers.get_all(name).iter().all(|line| test(line.as_bytes()))
}

/// Whether `Accept` names HTML, gives nothing more weight, and JSON less (RFC 9110 §12.5.1). A
/// wildcard names nothing.
fn prefers_html(headers: &HeaderMap) -> bool {
    let (mut html, mut json, mut other) = (0, 0, 0);
    for range in headers.get_all(ACCEPT).iter().flat_map(directives) {
        let mut parts = range.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight = parts.find_map(|part| part.strip_prefix(b"q=").or(part.strip_prefix(b"Q=")));
        let weight = weight.map_or(Some(1000), thousandths).unwrap_or(0);
        let kind = match &name[..] {
            b"text/html" | b"application/xhtml+xml" => &mut html,
            b"application/json" => &mut json,
            name if name.ends_with(b"+json") => &mut json,
            _ => &mut other,
        };
        *kind = weight.max(*kind);
    }
    html > json && html >= other
}

/// A weight (RFC 9110 §12.4.2).
fn thousandths(weight: &[u8]) -> Option<u16> {
    let (whole, fraction) = match weight {
        [whole, b'.', fraction @ ..] => (whole, fraction),
        [whole] => (whole, &[][..]),
        _ => return None,
    };
    if fraction.len() > 3 || !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digit = |index: usize| fraction.get(index).map_or(0, |digit| u16::from(digit - b'0'));
    let fraction = digit(0) * 100 + digit(1) * 10 + digit(2);
    match (whole, fraction) {
        (b'0', fraction) => Some(fraction),
        (b'1', 0) => Some(1000),
        _ => None,
    }
}
