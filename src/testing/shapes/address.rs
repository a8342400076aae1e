//! The ways to write a path: each is applied to the concealed and to the missing path alike.

use std::fmt;

use super::writings;

/// One way to write a path.
#[derive(Clone, Copy)]
pub(in crate::testing) struct Address {
    pub(in crate::testing) name: &'static str,
    of: fn(&str) -> String,
    /// What comes behind.
    suffix: &'static str,
}

impl Address {
    pub(in crate::testing) const PLAIN: Self = Self::new("as it is", str::to_owned);
    /// Another path, where a field says the one that is meant.
    pub(super) const ROOT: Self = Self::new("the root", |_| "/".to_owned());

    pub(super) const fn new(name: &'static str, of: fn(&str) -> String) -> Self {
        Self { name, of, suffix: "" }
    }

    /// The path with this behind it.
    const fn with(suffix: &'static str) -> Self {
        Self { name: suffix, of: str::to_owned, suffix }
    }

    /// Those that are tried with every method, and together with other additions.
    pub(super) const COMMON: [Self; 22] = [
        Self::new("trailing slash", |path| format!("{path}/")),
        Self::new("two trailing slashes", |path| format!("{path}//")),
        Self::new("doubled slash", |path| before_last(path, "/")),
        Self::new("doubled leading slash", |path| format!("/{path}")),
        Self::new("dot segment before the last", |path| before_last(path, "./")),
        Self::new("dot segment", |path| format!("{path}/.")),
        Self::new("parent segment", |path| before_last(path, "leak-probe/../")),
        Self::new("percent-encoded first letter", |path| encode(path, First)),
        Self::new("percent-encoded last letter", |path| encode(path, Last)),
        Self::new("percent-encoded slash", |path| encode(path, Slash)),
        Self::new("percent-encoded slash behind", |path| format!("{path}%2F")),
        Self::new("percent-encoded space behind", |path| format!("{path}%20")),
        Self::new("percent-encoded nul behind", |path| format!("{path}%00")),
        Self::new("percent sign behind", |path| format!("{path}%")),
        Self::new("upper case", upper),
        Self::new("a child", |path| format!("{path}/leak-probe")),
        Self::new("an extension", |path| format!("{path}.json")),
        Self::new("a path parameter", |path| format!("{path};v=1")),
        Self::new("an empty query", |path| format!("{path}?")),
        Self::new("a query", |path| format!("{path}?id=1&format=json")),
        Self::new("a broken query", |path| format!("{path}?%00&%zz&=&id[]=1")),
        Self::new("absolute form", |path| format!("http://localhost{path}")),
    ];

    /// The path with an extension, or with a child, one after the other.
    pub(super) fn suffixes() -> impl Iterator<Item = Self> {
        writings::SUFFIXES.split_whitespace().map(Self::with)
    }

    /// All of them.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        Self::COMMON.into_iter().chain(writings::RARE.iter().copied()).chain(Self::suffixes())
    }

    /// The request target for this path.
    pub(in crate::testing) fn of(self, path: &str) -> String {
        (self.of)(path) + self.suffix
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
pub(super) fn before_last(path: &str, what: &str) -> String {
    let (parents, last) = split(path);
    format!("{parents}/{what}{last}")
}

fn upper(path: &str) -> String {
    let (parents, last) = split(path);
    format!("{parents}/{}", last.to_ascii_uppercase())
}

/// What is before the last slash, and what is behind it.
pub(super) fn split(path: &str) -> (&str, &str) {
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
    use std::collections::HashSet;

    use super::*;

    fn named(name: &str) -> String {
        let address = Address::all().find(|it| it.name == name).unwrap();
        address.of("/vault/notes")
    }

    #[test]
    fn every_way_to_write_a_path_is_another() {
        for path in ["/vault/notes", "/x", "/", "/vault/%C3%A4", "/vault/7", "//", "/a/"] {
            for address in Address::all() {
                let target = address.of(path);
                assert!(!target.is_empty() && !target.contains([' ', '\r', '\n']), "{target}");
                if path == "/vault/notes" {
                    assert_ne!(target, path);
                    assert_ne!(target, address.of("/vault/other"), "{}", address.name);
                }
            }
        }
        let targets: HashSet<_> = Address::all().map(|it| it.of("/vault/notes")).collect();
        assert_eq!(targets.len(), Address::all().count(), "no target twice");
        let names: HashSet<_> = Address::all().map(|it| it.name).collect();
        assert_eq!(names.len(), Address::all().count(), "no name twice");
    }

    #[test]
    fn paths_are_written_as_their_names_say() {
        assert_eq!(named("percent-encoded first letter"), "/vault/%6Eotes");
        assert_eq!(named("percent-encoded last letter"), "/vault/note%73");
        assert_eq!(named("percent-encoded slash"), "/vault%2Fnotes");
        assert_eq!(named("doubled slash"), "/vault//notes");
        assert_eq!(named("dot segment before the last"), "/vault/./notes");
        assert_eq!(named("parent segment"), "/vault/leak-probe/../notes");
        assert_eq!(named("upper case"), "/vault/NOTES");
        assert_eq!(named("letter encoded twice"), "/vault/%256Eotes");
        assert_eq!(named("encoded parent segment"), "/vault/leak-probe/%2e%2e/notes");
        assert_eq!(named("every letter encoded"), "/%76%61%75%6C%74/%6E%6F%74%65%73");
        assert_eq!(named("title case"), "/vault/Notes");
        assert_eq!(named("fullwidth letter"), "/vault/%EF%BD%8Eotes");
        assert_eq!(named("shorter name"), "/vault/note");
    }

    #[test]
    fn a_shorter_name_is_still_a_name() {
        let shorter = Address::all().find(|it| it.name == "shorter name").unwrap();
        assert_eq!(shorter.of("/items/12"), "/items/1");
        assert_eq!(shorter.of("/items/7"), "/items/77");
        assert_eq!(shorter.of("/x"), "/xx");
        assert_eq!(shorter.of("/"), "/leak");
    }
}
