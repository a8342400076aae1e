//! Which media types does `Accept` name, and does it prefer HTML? (F06)

use http::HeaderMap;
use http::header::ACCEPT;

use crate::accept::{WeightedRange, weighted_ranges};

/// Whether `Accept` names this range, with whatever weight. Compares lower-case names.
pub(super) fn accepts(headers: &HeaderMap, test: impl Fn(&[u8]) -> bool) -> bool {
    weighted_ranges(headers, &ACCEPT).any(|it| test(&it.range.to_ascii_lowercase()))
}

/// Whether `Accept` names HTML, gives no other type more weight, and gives JSON less (RFC 9110
/// §12.5.1). Wildcards do not name HTML.
pub(super) fn prefers_html(headers: &HeaderMap) -> bool {
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
