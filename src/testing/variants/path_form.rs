//! The ways to write a path: each is applied to the concealed and to the missing path alike.

use std::fmt;

use super::path_spellings;

/// One way to write a path.
#[derive(Clone, Copy)]
pub(in crate::testing) struct PathForm {
    pub(in crate::testing) name: &'static str,
    of: fn(&str) -> String,
    /// A suffix.
    suffix: &'static str,
}

impl PathForm {
    pub(in crate::testing) const PLAIN: Self = Self::new("as it is", str::to_owned);
    /// Another path, for requests with a header that names the path.
    pub(super) const ROOT: Self = Self::new("the root", |_| "/".to_owned());

    pub(super) const fn new(name: &'static str, of: fn(&str) -> String) -> Self {
        Self { name, of, suffix: "" }
    }

    /// The path with a suffix.
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

    /// The path with each of the extensions and children.
    pub(super) fn suffixes() -> impl Iterator<Item = Self> {
        path_spellings::SUFFIXES.split_whitespace().map(Self::with)
    }

    /// All path forms.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        Self::COMMON.into_iter().chain(path_spellings::RARE.iter().copied()).chain(Self::suffixes())
    }

    /// The request target for this path.
    pub(in crate::testing) fn of(self, path: &str) -> String {
        (self.of)(path) + self.suffix
    }
}

impl PartialEq for PathForm {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for PathForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Inserts a text in front of the last segment.
pub(super) fn before_last(path: &str, what: &str) -> String {
    let (parents, last) = split(path);
    format!("{parents}/{what}{last}")
}

fn upper(path: &str) -> String {
    let (parents, last) = split(path);
    format!("{parents}/{}", last.to_ascii_uppercase())
}

/// The parts before and after the last slash.
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
        // The first slash must stay, or the target would not be a path.
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
        let path_form = PathForm::all().find(|form| form.name == name).unwrap();
        path_form.of("/vault/notes")
    }

    #[test]
    fn every_way_to_write_a_path_is_another() {
        for path in ["/vault/notes", "/x", "/", "/vault/%C3%A4", "/vault/7", "//", "/a/"] {
            for path_form in PathForm::all() {
                let target = path_form.of(path);
                assert!(!target.is_empty() && !target.contains([' ', '\r', '\n']), "{target}");
                if path == "/vault/notes" {
                    assert_ne!(target, path);
                    assert_ne!(target, path_form.of("/vault/other"), "{}", path_form.name);
                }
            }
        }
        let targets: HashSet<_> = PathForm::all().map(|form| form.of("/vault/notes")).collect();
        assert_eq!(targets.len(), PathForm::all().count(), "no target twice");
        let names: HashSet<_> = PathForm::all().map(|form| form.name).collect();
        assert_eq!(names.len(), PathForm::all().count(), "no name twice");
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
        let shorter = PathForm::all().find(|it| it.name == "shorter name").unwrap();
        assert_eq!(shorter.of("/items/12"), "/items/1");
        assert_eq!(shorter.of("/items/7"), "/items/77");
        assert_eq!(shorter.of("/x"), "/xx");
        assert_eq!(shorter.of("/"), "/leak");
    }
}
