//! What does an answer say to caches? (RFC 9111 §5.2)

use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderValue};

pub(crate) const PRIVATE: HeaderValue = HeaderValue::from_static("private");

/// Writes `private` in front of what is said: behind it, a quoted-string without an end would take
/// it in where a cache joins the lines before it reads them.
pub(crate) fn make_private(headers: &mut HeaderMap) {
    let said: Vec<HeaderValue> = headers.get_all(CACHE_CONTROL).iter().cloned().collect();
    headers.insert(CACHE_CONTROL, PRIVATE);
    for line in said {
        headers.append(CACHE_CONTROL, line);
    }
}

/// Whether the service itself gives one of these directives.
///
/// The `headers` crate reads them too, but knows them in lower case only, and RFC 9111 §5.2 has
/// them in any. A `private="field"` is not `private`: it is about that field.
pub(crate) fn has_directive(headers: &HeaderMap, wanted: &[&str]) -> bool {
    headers.get_all(CACHE_CONTROL).iter().flat_map(directives).any(|directive| {
        let name = directive.split(|byte| *byte == b'=').next().unwrap_or_default();
        let qualified = name.len() < directive.len();
        wanted.iter().any(|wanted| {
            name.eq_ignore_ascii_case(wanted.as_bytes()) && (!qualified || *wanted == "s-maxage")
        })
    })
}

/// Whether every cache knows that the answer is for one caller: it says so where all read it alike.
pub(crate) fn is_personal(headers: &HeaderMap) -> bool {
    (has_directive(headers, &["private"]) || has_no_store(headers))
        && headers.get_all(CACHE_CONTROL).iter().all(is_unambiguous)
}

/// Whether all caches read the line alike. Some know no quoted-strings, or none that holds a quote,
/// and some skip a line with more than ASCII.
fn is_unambiguous(line: &HeaderValue) -> bool {
    line.as_bytes().iter().all(|byte| byte.is_ascii() && *byte != b'"')
}

/// Whether no cache keeps the answer. One that understands its status ignores `no-store` beside
/// `must-understand` (RFC 9111 §5.2.2.3).
pub(crate) fn has_no_store(headers: &HeaderMap) -> bool {
    has_directive(headers, &["no-store"]) && !has_directive(headers, &["must-understand"])
}

/// The members of a line: what stands between commas that are in no quoted-string.
pub(crate) fn directives(line: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    let members = line.as_bytes().split(move |byte| {
        let literal = std::mem::take(&mut escaped);
        match byte {
            b'\\' if quoted && !literal => escaped = true,
            b'"' if !literal => quoted = !quoted,
            _ => {}
        }
        *byte == b',' && !quoted
    });
    members.map(<[u8]>::trim_ascii)
}
