//! Which paths lie in the area?

use std::borrow::Cow;

use http::Uri;

use super::error::InvalidConcealment;
use crate::percent;

/// Where a request lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing is hidden here.
    Outside,
    /// Objects are hidden here.
    Inside,
    /// Routes are hidden here, too.
    Hidden,
}

/// Where something is hidden.
#[derive(Clone, Debug)]
pub(super) struct Area {
    everywhere: bool,
    prefixes: Vec<Prefix>,
}

#[derive(Clone, Debug)]
struct Prefix {
    /// Without a slash at its end, so that of the root it is empty.
    path: Box<str>,
    hides_routes: bool,
}

impl Area {
    pub(super) fn everywhere() -> Self {
        Self { everywhere: true, prefixes: Vec::new() }
    }

    pub(super) fn nowhere() -> Self {
        Self { everywhere: false, prefixes: Vec::new() }
    }

    pub(super) fn add(
        &mut self,
        prefix: &str,
        hides_routes: bool,
    ) -> Result<(), InvalidConcealment> {
        let path = prefix.trim_end_matches('/');
        let is_plain = prefix.starts_with('/') && !prefix.contains(['?', '#', '%', '\\']);
        if !is_plain || normal(path) != path {
            return Err(InvalidConcealment::Prefix(prefix.into()));
        }
        self.prefixes.push(Prefix { path: path.into(), hides_routes });
        // The strictest first: the first that fits counts.
        self.prefixes.sort_by_key(|prefix| !prefix.hides_routes);
        Ok(())
    }

    pub(super) fn place(&self, uri: &Uri) -> Place {
        if self.prefixes.is_empty() && self.everywhere {
            return Place::Inside;
        }
        let sent = uri.path();
        let place = self.under(sent);
        if place == Place::Hidden {
            return place;
        }
        // A service inside may understand the path otherwise than it was sent, as file services
        // do. What any reading of it reaches is in the area: also one that takes a dot-segment for
        // a name, or an empty segment for one to go back from. So what was in the area once stays
        // there.
        let mut strictest = place;
        read(sent, |path| strictest = strictest.stricter(self.under(path)));
        strictest
    }

    fn under(&self, path: &str) -> Place {
        match self.prefixes.iter().find(|prefix| prefix.covers(path)) {
            Some(Prefix { hides_routes: true, .. }) => Place::Hidden,
            Some(_) => Place::Inside,
            None if self.everywhere => Place::Inside,
            None => Place::Outside,
        }
    }
}

impl Place {
    fn stricter(self, other: Self) -> Self {
        match (self, other) {
            (Self::Hidden, _) | (_, Self::Hidden) => Self::Hidden,
            (Self::Inside, _) | (_, Self::Inside) => Self::Inside,
            (Self::Outside, Self::Outside) => Self::Outside,
        }
    }
}

impl Prefix {
    /// Whether the path is this, or goes on from it: `/vault/x`, but not `/vaulted`.
    fn covers(&self, path: &str) -> bool {
        let rest = path.strip_prefix(&*self.path);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// The path as the most helpful of services would read it: decoded, with either slash, without
/// empty segments and dot-segments (RFC 3986 §5.2.4, §6.2.2).
fn normal(path: &str) -> Cow<'_, str> {
    read(path, |_| {}).map_or(Cow::Borrowed(path), Cow::Owned)
}

/// Reads a path so, and shows what was read of it after each segment; `None` for one that is
/// written so already.
fn read(path: &str, mut show: impl FnMut(&str)) -> Option<String> {
    let bytes = path.as_bytes();
    let is_odd = |(at, byte): (usize, &u8)| match byte {
        b'%' | b'\\' => true,
        b'/' => matches!(bytes.get(at + 1), Some(b'/' | b'.')),
        _ => false,
    };
    if !bytes.iter().enumerate().any(is_odd) {
        return None;
    }
    let decoded = decode(bytes);
    let decoded = String::from_utf8_lossy(&decoded);
    let mut read = String::with_capacity(path.len());
    for segment in decoded.split(['/', '\\']) {
        match segment {
            "" | "." => {}
            ".." => read.truncate(read.rfind('/').unwrap_or(0)),
            segment => {
                read.push('/');
                read.push_str(segment);
            }
        }
        show(&read);
    }
    Some(read)
}

fn decode(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, behind @ ..] = rest {
        if let [b'%', high, low, after @ ..] = rest
            && let Some(byte) = percent::byte(*high, *low)
        {
            decoded.push(byte);
            rest = after;
        } else {
            decoded.push(*first);
            rest = behind;
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(area: &Area, path: &str) -> Place {
        area.place(&path.parse().unwrap())
    }

    #[test]
    fn a_prefix_covers_what_any_reading_of_the_path_reaches() {
        let mut area = Area::nowhere();
        area.add("/vault/", true).unwrap();
        area.add("/repos", false).unwrap();
        for path in [
            "/vault",
            "/vault/",
            "/vault/notes?x=1",
            "http://localhost/vault/x",
            "//vault/notes",
            "/./vault",
            "/public/../vault/notes",
            "/%76ault/notes",
            "/%2Fvault",
            "/a/%2e%2E/vault",
            "/public%2F..%2fvault",
            "/vault/../public",
            "//vault/../public",
            "/./vault//../notes",
            "/%76ault/x/../../public",
            "/vault/%zz",
            "/repos/../vault",
        ] {
            assert_eq!(place(&area, path), Place::Hidden, "{path}");
        }
        for path in ["/repos", "/repos/a/b", "/%72epos/a", "/repos%20/../repos/"] {
            assert_eq!(place(&area, path), Place::Inside, "{path}");
        }
        for path in ["/", "/vaulted", "/x/vault", "*", "/%76aulted", "/Vault", "/repos2"] {
            assert_eq!(place(&area, path), Place::Outside, "{path}");
        }
    }

    #[test]
    fn everywhere_is_everywhere_and_routes_are_hidden_where_it_is_said() {
        let mut area = Area::everywhere();
        for path in ["/", "*", "/vault", "/%"] {
            assert_eq!(place(&area, path), Place::Inside, "{path}");
        }
        area.add("/vault", true).unwrap();
        assert_eq!(place(&area, "/vault/x"), Place::Hidden);
        assert_eq!(place(&area, "/else"), Place::Inside);

        let mut area = Area::nowhere();
        area.add("/", true).unwrap();
        assert_eq!(place(&area, "/x"), Place::Hidden);
        assert_eq!(place(&area, "/"), Place::Hidden);
    }

    #[test]
    fn a_prefix_that_no_path_begins_with_is_refused_when_it_is_built() {
        for prefix in ["", "vault", "/a?b", "/a#b", "/%76ault", "/a/../b", "/a//b", "/./a", "/a\\b"]
        {
            let error = Area::nowhere().add(prefix, false).unwrap_err();
            assert!(error.to_string().contains("write it as `/vault`"), "{prefix}");
        }
    }
}
