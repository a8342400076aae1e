//! An answer inside the area is its asker's alone: no shared cache may keep it (D13).

use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::cache_control::{PRIVATE, directives, has_directive, is_personal, make_private};

/// What the fields of an answer tell caches.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CacheDirectives {
    is_private: bool,
    is_anything_else: bool,
}

impl CacheDirectives {
    /// Takes a field into account.
    #[inline]
    pub(super) fn add(&mut self, name: &HeaderName, value: &HeaderValue) {
        if *name == CACHE_CONTROL {
            if value == PRIVATE { self.is_private = true } else { self.is_anything_else = true }
        } else if is_targeted_cache_control(name) {
            self.is_anything_else = true;
        }
    }

    /// Whether they tell shared caches to keep out, and nothing else. Most do: what is permitted is
    /// `private`, if the service itself says nothing to caches (A11).
    pub(super) fn exclude_shared_caches_already(self) -> bool {
        self.is_private && !self.is_anything_else
    }
}

/// Keeps the answer out of shared caches, whatever the service says about them.
pub(super) fn exclude_shared_caches(fields: &mut HeaderMap) {
    let targeted: Vec<HeaderName> =
        fields.keys().filter(|name| is_targeted_cache_control(name)).cloned().collect();
    for name in targeted {
        fields.remove(name);
    }
    let is_shared = has_directive(fields, &["public", "s-maxage"]);
    if is_shared {
        let kept: Vec<HeaderValue> = fields
            .get_all(CACHE_CONTROL)
            .iter()
            .flat_map(directives)
            .filter(|directive| !is_for_shared_caches(directive))
            .filter_map(|directive| HeaderValue::from_bytes(directive).ok())
            .collect();
        fields.remove(CACHE_CONTROL);
        for directive in kept {
            fields.append(CACHE_CONTROL, directive);
        }
    }
    if !is_personal(fields) {
        make_private(fields);
    }
}

fn is_for_shared_caches(directive: &[u8]) -> bool {
    let name = directive.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii();
    name.is_empty()
        || name.eq_ignore_ascii_case(b"public")
        || name.eq_ignore_ascii_case(b"s-maxage")
}

/// Whether the field tells some caches otherwise than `Cache-Control` tells all: the
/// `CDN-Cache-Control` of RFC 9213 and those that vendors name after themselves; and
/// `Surrogate-Control`, `X-Accel-Expires` (nginx) and `Edge-Control` (Akamai), which outrank it, too.
pub(super) fn is_targeted_cache_control(name: &HeaderName) -> bool {
    let name = name.as_str();
    matches!(name, "surrogate-control" | "x-accel-expires" | "edge-control")
        || name.ends_with("-cache-control")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept_out(lines: &[(&'static str, &'static str)]) -> Vec<(String, String)> {
        let mut fields = HeaderMap::new();
        for (name, value) in lines {
            fields.append(*name, HeaderValue::from_static(value));
        }
        exclude_shared_caches(&mut fields);
        let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
        fields.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
    }

    #[test]
    fn d13_public_and_s_maxage_give_way_to_private() {
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
            // Caches differ about these.
            (&["max-age=60, ext=\""], &["private", "max-age=60, ext=\""]),
            (&["ext=\"", "private"], &["private", "ext=\"", "private"]),
            (&["ext=\"\\\"\", no-store"], &["private", "ext=\"\\\"\", no-store"]),
            (&["ext=\"\\\"\", private"], &["private", "ext=\"\\\"\", private"]),
            (&["private", "public"], &["private"]),
        ];
        for (lines, expected) in cases {
            let lines: Vec<_> = lines.iter().map(|line| ("cache-control", *line)).collect();
            let values: Vec<_> = kept_out(&lines).into_iter().map(|(_, value)| value).collect();
            assert_eq!(values, expected, "{lines:?}");
        }
    }

    #[test]
    fn d13_no_other_field_says_private_in_place_of_cache_control() {
        let lines = [("x-scope", "private"), ("cache-control", "public")];
        assert_eq!(
            kept_out(&lines),
            [("x-scope", "private"), ("cache-control", "private")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
    }

    #[test]
    fn d13_nor_does_a_field_for_some_caches_only_say_otherwise() {
        let lines = [
            ("cache-control", "private"),
            ("cdn-cache-control", "public, max-age=60"),
            ("acme-cache-control", "max-age=60"),
            ("surrogate-control", "max-age=60"),
            ("x-accel-expires", "60"),
            ("edge-control", "!no-store, max-age=60"),
            ("content-type", "text/plain"),
        ];
        let names: Vec<_> = kept_out(&lines).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["cache-control", "content-type"]);
    }
}
