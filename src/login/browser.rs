//! Is a request a navigation, whose response a person will see, or was it made by a script? (F06,
//! F07)
//!
//! Browsers send [Fetch Metadata] over HTTPS and to localhost; elsewhere `Accept` is enough to
//! recognise a navigation. A client can forge these headers, and gains nothing by it.
//!
//! [Fetch Metadata]: https://www.w3.org/TR/fetch-metadata/

use http::header::ACCEPT;
use http::request::Parts;
use http::{HeaderMap, HeaderName, Method};

use crate::accept::{WeightedRange, weighted_ranges};
use crate::grpc::GrpcFraming;

const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
const X_REQUESTED_WITH: HeaderName = HeaderName::from_static("x-requested-with");

/// The request headers on which [`is_from_script`] depends.
pub(crate) const SCRIPT_HEADERS: [HeaderName; 3] =
    [SEC_FETCH_MODE, SEC_FETCH_DEST, X_REQUESTED_WITH];

/// Whether a browser requests a page to show, so that another page may be shown instead (F06).
pub(super) fn is_navigation(request: &Parts) -> bool {
    let headers = &request.headers;
    // Frames show pages as windows do; `object` and `embed` request a part of a page.
    let is_page = |destination: &[u8]| matches!(destination, b"document" | b"iframe" | b"frame");
    matches!(request.method, Method::GET | Method::HEAD)
        && prefers_html(headers)
        && all_values(headers, &SEC_FETCH_MODE, |mode| mode == b"navigate")
        && all_values(headers, &SEC_FETCH_DEST, is_page)
        && !is_xml_http_request(headers)
        && GrpcFraming::of(headers).is_none()
}

/// Whether a script made the request and will read the response (F07).
///
/// Requests for images, styles and module scripts do not count, even if a script inserted the
/// element. Nor do WebSocket handshakes: a page can send credentials in those only if a dialog asked
/// for them.
pub(crate) fn is_from_script(headers: &HeaderMap) -> bool {
    let is_fetch = headers.contains_key(SEC_FETCH_MODE)
        && all_values(headers, &SEC_FETCH_MODE, |mode| !matches!(mode, b"navigate" | b"websocket"))
        && all_values(headers, &SEC_FETCH_DEST, |destination| destination == b"empty");
    is_fetch || is_xml_http_request(headers)
}

/// Whether `X-Requested-With` is `XMLHttpRequest`, which JavaScript libraries send by convention.
/// Other values do not count: some apps send their own name with every navigation.
fn is_xml_http_request(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(X_REQUESTED_WITH).iter();
    values.any(|value| value.as_bytes().eq_ignore_ascii_case(b"XMLHttpRequest"))
}

/// True also if the header is absent.
fn all_values(headers: &HeaderMap, name: &HeaderName, test: impl Fn(&[u8]) -> bool) -> bool {
    headers.get_all(name).iter().all(|value| test(value.as_bytes()))
}

/// Whether `Accept` names HTML, gives no other type more weight, and gives JSON less (RFC 9110
/// §12.5.1). Wildcards do not name HTML.
fn prefers_html(headers: &HeaderMap) -> bool {
    let (mut html, mut json, mut other) = (0, 0, 0);
    for WeightedRange { range, weight, .. } in weighted_ranges(headers, &ACCEPT) {
        let name = range.to_ascii_lowercase();
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
