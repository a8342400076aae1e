//! Which paths lie in the area.

use http::Uri;

use super::error::InvalidConcealment;
use super::path_readings;
use super::prefixes::Node;
pub(super) use super::prefixes::Place;

/// The paths whose responses are concealed.
#[derive(Clone, Debug)]
pub(super) struct Area {
    root: Node,
    /// The strictest place that was declared.
    limit: Place,
}

impl Area {
    pub(super) fn everywhere() -> Self {
        Self::new(Place::Inside)
    }

    pub(super) fn nowhere() -> Self {
        Self::new(Place::Outside)
    }

    fn new(place: Place) -> Self {
        Self { root: Node::new("", place), limit: place }
    }

    pub(super) fn add(
        &mut self,
        prefix: &str,
        hides_routes: bool,
    ) -> Result<(), InvalidConcealment> {
        let invalid = || InvalidConcealment::Prefix(prefix.into());
        let path = prefix.strip_prefix('/').ok_or_else(invalid)?.trim_end_matches('/');
        // Some services replace bytes that are not UTF-8 by U+FFFD, so it would stand for many paths. Braces
        // mean that the prefix was taken for a route, and would hide nothing.
        let is_plain = !path.contains(['?', '#', '%', '\\', '\u{fffd}', '{', '}']);
        // The root has no segments.
        let segments = || path.split('/').filter(|_| !path.is_empty());
        if !is_plain || segments().any(|segment| matches!(segment, "" | "." | "..")) {
            return Err(invalid());
        }
        let place = if hides_routes { Place::Hidden } else { Place::Inside };
        self.root.add(segments(), place);
        self.limit = self.limit.max(place);
        Ok(())
    }

    #[inline]
    pub(super) fn place(&self, uri: &Uri) -> Place {
        if self.root.place() == self.limit {
            return self.limit;
        }
        self.place_of(uri.path().as_bytes())
    }

    fn place_of(&self, path: &[u8]) -> Place {
        match path {
            [] | [b'/', ..] | b"*" => path_readings::strictest(path, &self.root, self.limit),
            // Some HTTP/2 servers accept a path without its first slash, and file services take it
            // for the same path with it.
            _ => path_readings::strictest(&[b"/", path].concat(), &self.root, self.limit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d15_a_path_without_its_first_slash_is_read_as_with_it() {
        let mut area = Area::nowhere();
        area.add("/vault", true).unwrap();
        for path in ["vault", "vault/notes", "./vault", "../vault", "%76ault", "x/../vault"] {
            assert_eq!(area.place_of(path.as_bytes()), Place::Hidden, "{path}");
        }
        for path in ["", "*", "vaulted", "x/vault"] {
            assert_eq!(area.place_of(path.as_bytes()), Place::Outside, "{path}");
        }
    }

    fn place(area: &Area, path: &str) -> Place {
        area.place(&path.parse().unwrap())
    }

    fn hidden(prefix: &str) -> Area {
        let mut area = Area::nowhere();
        area.add(prefix, true).unwrap();
        area
    }

    /// An answer to a question of D15, a prefix, and paths that are under the prefix by that answer.
    const READINGS: &[(&str, &str, &[&str])] = &[
        (
            "as it is sent",
            "/vault",
            &["/vault", "/vault/", "/vault/notes?x=1", "http://localhost/vault/x", "/vault/%zz"],
        ),
        (
            "percent-decoded",
            "/vault",
            &["/%76ault/notes", "/v%61ul%74", "/%56/../%76ault", "/a%zz/../vault/%"],
        ),
        (
            "without dot-segments",
            "/vault",
            &[
                "/./vault",
                "/.//./vault/.",
                "/public/../vault/notes",
                "/../../vault",
                "/x/y/../../vault",
            ],
        ),
        ("passed on the way", "/vault", &["/vault/../public", "/vault/..", "/x/../vault/../y"]),
        (
            "dot-segments removed before it is decoded",
            "/vault",
            &["/x%2fy/../vault/notes", "/x%5cy/../vault", "/x%2F..%2fy/../vault"],
        ),
        (
            "dot-segments removed once it is decoded",
            "/vault",
            &["/public%2F..%2fvault", "/a%2fb/../../vault", "/a/%2e%2e%2fvault"],
        ),
        (
            "dot-segments removed before it is decoded and afterwards",
            "/vault",
            &["/x%2fy/../public/%2e%2e/vault", "/x%2fy/../a%2f..%2fvault"],
        ),
        (
            "`%2e` a dot",
            "/vault",
            &["/a/%2e%2E/vault", "/a/.%2e/vault", "/%2E/vault", "/x%2fy/%2e%2e/a%2f..%2fvault"],
        ),
        (
            "`%2e` a letter before it is decoded",
            "/a/vault",
            &["/a/%2e%2e/../vault", "/a/x%2f%2e%2e/../vault", "/a/%2e/../vault"],
        ),
        ("`\\` a separator", "/vault", &["/\\vault", "/x\\..\\vault\\notes", "/x\\y/../../vault"]),
        ("`\\` a letter", "/vault", &["/x\\y/../vault/notes", "/x\\..\\y/../vault"]),
        (
            "`%5c` a separator",
            "/vault",
            &["/vault%5cnotes", "/%5Cvault", "/x%5c..%5cvault", "/x%2fy%5c..%2f..%2fvault"],
        ),
        (
            "`%5c` a letter",
            "/vault",
            &["/x%5cy/../vault", "/x%5cy%2f..%2fvault", "/x%5cy\\..\\vault", "/x%5cy%2f..\\vault"],
        ),
        (
            "`\\` a letter before it is decoded and a separator afterwards",
            "/vault",
            &["/x\\y/../a\\..\\vault"],
        ),
        ("`%2f` a letter", "/vault", &["/x%2fy%5c../vault"]),
        ("`%2f` a separator", "/vault", &["/%2Fvault", "/vault%2fnotes", "/%2f%2fvault"]),
        (
            "empty segments dropped",
            "/api/vault",
            &["//api/vault", "/api//vault", "/api/x//../vault", "/api/x/%2f../vault"],
        ),
        (
            "empty segments kept",
            "/api/vault",
            &["/api//../vault/notes", "//api//../vault", "/api/%2f../vault", "/api//%2e%2e/vault"],
        ),
        (
            "parameters part of a segment",
            "/a/vault",
            &["/a/..;/../vault", "/a;x/../a/vault", "/a/;/../vault"],
        ),
        (
            "parameters dropped",
            "/vault",
            &["/vault;x/notes", "/;/vault", "/a/..;x/vault", "/a;b%2fc/../vault", "/a;\\..\\vault"],
        ),
        (
            "parameters that contain an encoded separator",
            "/a/vault",
            &["/a;b%2fc/vault", "/a;%5c/vault"],
        ),
        ("a host", "/vault", &["//host/vault", "///host/vault", "//a/../vault", "/\\a\\vault"]),
    ];

    #[test]
    fn d15_a_path_is_covered_if_any_reading_is() {
        for (reading, prefix, paths) in READINGS {
            let area = hidden(prefix);
            for path in *paths {
                assert_eq!(place(&area, path), Place::Hidden, "{reading}: {path}");
            }
        }
    }

    #[test]
    fn d15_a_path_that_no_reading_puts_under_the_prefix_is_outside() {
        let area = hidden("/vault");
        for path in [
            "/",
            "*",
            "/vaulted",
            "/%76aulted",
            "/x/vault",
            "/x//vault",
            "/x/y/../vault",
            "/x/./vault",
            "/x%2fvault",
            "/x\\vault",
            "/x;/vault",
            "/x;/vault/..;/notes",
            "/vault../x",
            "/vault%2e%2e/..",
            "/x?/../vault",
            "/%3f/../x",
            // Other names: another case, bytes that are not UTF-8, controls, double encoding.
            "/Vault",
            "/vault%ff",
            "/vault%00",
            "/vault%09",
            "/vault%3bx",
            "/%2576ault",
            "/x/%252e%252e/vault",
            "/x%252f../vault",
            // No single reading: it would take one for each half of the path.
            "/x%2fy/../vault%2fz/../w",
        ] {
            assert_eq!(place(&area, path), Place::Outside, "{path}");
        }
    }

    #[test]
    fn d15_the_strictest_prefix_counts() {
        let mut area = Area::nowhere();
        area.add("/repos", false).unwrap();
        area.add("/repos/keys/", true).unwrap();
        area.add("/vault", true).unwrap();
        area.add("/vault/public", false).unwrap();
        for path in
            ["/repos", "/repos/a/keys", "/%72epos/a", "/repos%20/../repos/", "/repos/keyset"]
        {
            assert_eq!(place(&area, path), Place::Inside, "{path}");
        }
        for path in [
            "/repos/keys",
            "/repos/keys/1",
            "/repos//%6beys",
            "/repos/a/../keys",
            "/vault/public/x",
            "/repos/../vault",
        ] {
            assert_eq!(place(&area, path), Place::Hidden, "{path}");
        }
        assert_eq!(place(&area, "/keys"), Place::Outside);

        // Declared twice, in either order.
        for [first, second] in [[true, false], [false, true]] {
            let mut area = Area::nowhere();
            area.add("/vault", first).unwrap();
            area.add("/vault/", second).unwrap();
            assert_eq!(place(&area, "/vault/x"), Place::Hidden);
        }
    }

    #[test]
    fn d15_a_path_with_dot_dot_and_more_than_32_segments_is_covered() {
        let mut area = Area::everywhere();
        area.add("/vault", true).unwrap();
        let path = |segments: usize, last: &str| "/x".repeat(segments - 1) + last;
        assert_eq!(place(&area, &path(32, "/..")), Place::Inside);
        assert_eq!(place(&area, &path(1000, "/%61..")), Place::Inside);
        for last in ["/..", "%2f..", "/%2e.", "/..;x"] {
            assert_eq!(place(&area, &path(33, last)), Place::Hidden, "{last}");
        }
    }

    #[test]
    fn everywhere_covers_every_path_and_hides_only_declared_routes() {
        let mut area = Area::everywhere();
        for path in ["/", "*", "/vault", "/%"] {
            assert_eq!(place(&area, path), Place::Inside, "{path}");
        }
        area.add("/vault", true).unwrap();
        assert_eq!(place(&area, "/vault/x"), Place::Hidden);
        assert_eq!(place(&area, "/else"), Place::Inside);

        for path in ["/", "/x", "*", "/vault", "//", "/..", "/%"] {
            assert_eq!(place(&hidden("/"), path), Place::Hidden, "{path}");
        }
    }

    #[test]
    fn a_prefix_that_no_path_begins_with_is_refused_when_it_is_built() {
        for prefix in [
            "",
            "vault",
            "*",
            "/a?b",
            "/a#b",
            "/%76ault",
            "/a/../b",
            "/a//b",
            "/./a",
            "/a/..",
            "//a",
            "/a\\b",
            "/\u{fffd}",
        ] {
            let error = Area::nowhere().add(prefix, false).unwrap_err();
            assert!(error.to_string().contains("write it as `/vault`"), "{prefix}");
        }
    }
}
