//! Which media types does `Accept` name, and does it prefer HTML? (F06)

use http::HeaderMap;
use http::header::ACCEPT;

use crate::cache_control::directives;

/// Whether `Accept` names this range, with whatever weight. Compares lower-case names.
pub(super) fn accepts(headers: &HeaderMap, test: impl Fn(&[u8]) -> bool) -> bool {
    let mut ranges = headers.get_all(ACCEPT).iter().flat_map(directives);
    ranges.any(|range| {
        let name = range.split(|byte| *byte == b';').next().unwrap_or_default();
        test(&name.trim_ascii().to_ascii_lowercase())
    })
}

/// Whether `Accept` names HTML, gives no other type more weight, and gives JSON less (RFC 9110
/// §12.5.1). Wildcards do not name HTML.
pub(super) fn prefers_html(headers: &HeaderMap) -> bool {
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

/// Parses a weight, in thousandths (RFC 9110 §12.4.2).
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
