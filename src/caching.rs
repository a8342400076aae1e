//! What does an answer say to caches? (RFC 9111 §5.2)

use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderValue};

/// Whether the service itself gives one of these directives.
///
/// The `headers` crate reads them too, but knows them in lower case only, and RFC 9111 §5.2 has
/// them in any. A `private="field"` is not `private`: it is about that field.
pub(crate) fn says(headers: &HeaderMap, wanted: &[&str]) -> bool {
    headers.get_all(CACHE_CONTROL).iter().flat_map(directives).any(|directive| {
        let name = directive.split(|byte| *byte == b'=').next().unwrap_or_default();
        let qualified = name.len() < directive.len();
        wanted.iter().any(|wanted| {
            name.eq_ignore_ascii_case(wanted.as_bytes()) && (!qualified || *wanted == "s-maxage")
        })
    })
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
