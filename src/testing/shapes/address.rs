//! The ways to write a path: each is applied to the concealed and to the missing path alike.

use std::fmt;

/// One way to write a path.
#[derive(Clone, Copy)]
pub(in crate::testing) struct Address {
    pub(in crate::testing) name: &'static str,
    of: fn(&str) -> String,
}

impl Address {
    pub(in crate::testing) const PLAIN: Self = Self { name: "as it is", of: str::to_owned };

    pub(super) const ALL: [Self; 22] = [
        Self { name: "trailing slash", of: |path| format!("{path}/") },
        Self { name: "two trailing slashes", of: |path| format!("{path}//") },
        Self { name: "doubled slash", of: |path| before_last(path, "/") },
        Self { name: "doubled leading slash", of: |path| format!("/{path}") },
        Self { name: "dot segment before the last", of: |path| before_last(path, "./") },
        Self { name: "dot segment", of: |path| format!("{path}/.") },
        Self { name: "parent segment", of: |path| before_last(path, "leak-probe/../") },
        Self { name: "percent-encoded first letter", of: |path| encode(path, First) },
        Self { name: "percent-encoded last letter", of: |path| encode(path, Last) },
        Self { name: "percent-encoded slash", of: |path| encode(path, Slash) },
        Self { name: "percent-encoded slash behind", of: |path| format!("{path}%2F") },
        Self { name: "percent-encoded space behind", of: |path| format!("{path}%20") },
        Self { name: "percent-encoded nul behind", of: |path| format!("{path}%00") },
        Self { name: "percent sign behind", of: |path| format!("{path}%") },
        Self { name: "upper case", of: upper },
        Self { name: "a child", of: |path| format!("{path}/leak-probe") },
        Self { name: "an extension", of: |path| format!("{path}.json") },
        Self { name: "a path parameter", of: |path| format!("{path};v=1") },
        Self { name: "an empty query", of: |path| format!("{path}?") },
        Self { name: "a query", of: |path| format!("{path}?id=1&format=json") },
        Self { name: "a broken query", of: |path| format!("{path}?%00&%zz&=&id[]=1") },
        Self { name: "absolute form", of: |path| format!("http://localhost{path}") },
    ];

    /// The request target for this path.
    pub(in crate::testing) fn of(self, path: &str) -> String {
        (self.of)(path)
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Puts something in front of the last segment.
fn before_last(path: &str, what: &str) -> String {
    let (parents, last) = split(path);
    format!("{parents}/{what}{last}")
}

fn upper(path: &str) -> String {
    let (parents, last) = split(path);
    format!("{parents}/{}", last.to_ascii_uppercase())
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

enum Which {
    First,
    Last,
    Slash,
}
use Which::{First, Last, Slash};

/// Writes one octet of the path as its percent-encoding, which means the same path to some
/// parts of a service and another one to others.
fn encode(path: &str, which: Which) -> String {
    let segment = path.rfind('/').map_or(0, |slash| slash + 1);
    let at = match which {
        First => segment,
        Last => path.len().saturating_sub(1),
        Slash => segment.saturating_sub(1),
    };
    match path.as_bytes().get(at) {
        // The slash in front of everything is what makes it a path.
        Some(octet) if at > 0 && octet.is_ascii() && *octet != b'%' => {
            format!("{}%{octet:02X}{}", &path[..at], &path[at + 1..])
        }
        _ => format!("{path}%2E"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_path_is_another() {
        for path in ["/vault/notes", "/x", "/", "/vault/%C3%A4"] {
            for address in Address::ALL {
                let target = address.of(path);
                assert!(target.starts_with(['/', 'h']), "{target}");
                if path == "/vault/notes" {
                    assert_ne!(target, path);
                }
            }
        }
        let named = |name: &str| {
            let address = Address::ALL.into_iter().find(|it| it.name == name).unwrap();
            address.of("/vault/notes")
        };
        assert_eq!(named("percent-encoded first letter"), "/vault/%6Eotes");
        assert_eq!(named("percent-encoded last letter"), "/vault/note%73");
        assert_eq!(named("percent-encoded slash"), "/vault%2Fnotes");
        assert_eq!(named("doubled slash"), "/vault//notes");
        assert_eq!(named("dot segment before the last"), "/vault/./notes");
        assert_eq!(named("parent segment"), "/vault/leak-probe/../notes");
        assert_eq!(named("upper case"), "/vault/NOTES");
    }
}
