//! Keeps the responses of an area out of shared caches (D13).

use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::cache_control::{PRIVATE, directives, has_directive, is_personal, make_private};

/// What the response's headers say to caches, as far as it matters here.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CacheDirectives {
    is_private: bool,
    has_others: bool,
}

impl CacheDirectives {
    /// Takes a header into account.
    #[inline]
    pub(super) fn add(&mut self, name: &HeaderName, value: &HeaderValue) {
        if *name == CACHE_CONTROL {
            if value == PRIVATE { self.is_private = true } else { self.has_others = true }
        } else if is_targeted_cache_control(name) {
            self.has_others = true;
        }
    }

    /// Whether the headers already say `private`, and nothing else to caches. Most responses do: the
    /// authenticate stage adds `private` if the service says nothing to caches (A11).
    pub(super) fn exclude_shared_caches_already(self) -> bool {
        self.is_private && !self.has_others
    }
}

/// Keeps the response out of shared caches, whatever the service says to caches.
pub(super) fn exclude_shared_caches(headers: &mut HeaderMap) {
    let targeted: Vec<HeaderName> =
        headers.keys().filter(|name| is_targeted_cache_control(name)).cloned().collect();
    for name in targeted {
        headers.remove(name);
    }
    let is_shared = has_directive(headers, &["public", "s-maxage"]);
    if is_shared {
        let kept: Vec<HeaderValue> = headers
            .get_all(CACHE_CONTROL)
            .iter()
            .flat_map(directives)
            .filter(|directive| !is_for_shared_caches(directive))
            .filter_map(|directive| HeaderValue::from_bytes(directive).ok())
            .collect();
        headers.remove(CACHE_CONTROL);
        for directive in kept {
            headers.append(CACHE_CONTROL, directive);
        }
    }
    if !is_personal(headers) {
        make_private(headers);
    }
}

fn is_for_shared_caches(directive: &[u8]) -> bool {
    let name = directive.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii();
    name.is_empty()
        || name.eq_ignore_ascii_case(b"public")
        || name.eq_ignore_ascii_case(b"s-maxage")
}

/// Whether the header gives directives to some caches only, which then outrank `Cache-Control`:
/// `CDN-Cache-Control` of RFC 9213, those that vendors name after themselves, and
/// `Surrogate-Control`, `X-Accel-Expires` (nginx) and `Edge-Control` (Akamai).
pub(super) fn is_targeted_cache_control(name: &HeaderName) -> bool {
    let name = name.as_str();
    matches!(name, "surrogate-control" | "x-accel-expires" | "edge-control")
        || name.ends_with("-cache-control")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excluded(lines: &[(&'static str, &'static str)]) -> Vec<(String, String)> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_static(value));
        }
        exclude_shared_caches(&mut headers);
        let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
        headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
    }

    #[test]
    fn d13_private_replaces_public_and_s_maxage() {
        let cases: [(&[&'static str], &[&str]); 15] = [
            (&[], &["private"]),
            (&["private"], &["private"]),
            (&["no-store"], &["no-store"]),
            (&["max-age=60"], &["private", "max-age=60"]),
            (&["public, max-age=60"], &["private", "max-age=60"]),
            (&["Public", "S-MaxAge=9 , max-age=60"], &["private", "max-age=60"]),
            (&["private, s-maxage=60"], &["private"]),
            (&["no-store, public"], &["no-store"]),
            (&["no-store, must-understand"], &["private", "no-store, must-understand"]),
            (&["private=\"set-cookie, public\""], &["private", "private=\"set-cookie, public\""]),
            // Caches read these differently.
            (&["max-age=60, ext=\""], &["private", "max-age=60, ext=\""]),
            (&["ext=\"", "private"], &["private", "ext=\"", "private"]),
            (&["ext=\"\\\"\", no-store"], &["private", "ext=\"\\\"\", no-store"]),
            (&["ext=\"\\\"\", private"], &["private", "ext=\"\\\"\", private"]),
            (&["private", "public"], &["private"]),
        ];
        for (lines, expected) in cases {
            let lines: Vec<_> = lines.iter().map(|line| ("cache-control", *line)).collect();
            let values: Vec<_> = excluded(&lines).into_iter().map(|(_, value)| value).collect();
            assert_eq!(values, expected, "{lines:?}");
        }
    }

    #[test]
    fn d13_private_in_another_header_does_not_count() {
        let lines = [("x-scope", "private"), ("cache-control", "public")];
        assert_eq!(
            excluded(&lines),
            [("x-scope", "private"), ("cache-control", "private")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
    }

    #[test]
    fn d13_headers_for_some_caches_only_are_removed() {
        let lines = [
            ("cache-control", "private"),
            ("cdn-cache-control", "public, max-age=60"),
            ("acme-cache-control", "max-age=60"),
            ("surrogate-control", "max-age=60"),
            ("x-accel-expires", "60"),
            ("edge-control", "!no-store, max-age=60"),
            ("content-type", "text/plain"),
        ];
        let names: Vec<_> = excluded(&lines).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["cache-control", "content-type"]);
    }
}
