//! [`CacheRules`]: what `Cache-Control`, `Expires` and `Vary` of a response allow caches (RFC 9111), with
//! the place of each directive.

use std::time::SystemTime;

use headers::{Date, Expires, Header};
use http::header::{CACHE_CONTROL, DATE, EXPIRES, VARY};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::cache_control::directives;

use super::finding::Place;

/// Directives for caches of content delivery networks, which obey them and not `Cache-Control` (RFC 9213).
const CDN_CACHE_CONTROL: HeaderName = HeaderName::from_static("cdn-cache-control");

/// What a response allows caches.
pub(super) struct CacheRules<'a> {
    headers: &'a HeaderMap,
    directives: Vec<Directive<'a>>,
    cdn: Vec<Directive<'a>>,
}

/// A directive, such as `max-age=60`.
struct Directive<'a> {
    name: &'a [u8],
    /// Without quotes.
    value: Option<&'a [u8]>,
    place: Place,
}

/// What a response says about the time for which it may be reused.
pub(super) enum Freshness {
    /// For some time, by what is at this place.
    Fresh(Place),
    /// Not without asking the server.
    Stale,
    /// Nothing: caches may choose a time of their own, for statuses that are heuristically cacheable.
    Unsaid,
}

impl<'a> CacheRules<'a> {
    pub(super) fn of(headers: &'a HeaderMap) -> Self {
        Self {
            headers,
            directives: read(headers, &CACHE_CONTROL),
            cdn: read(headers, &CDN_CACHE_CONTROL),
        }
    }

    /// Whether no cache keeps the response: `no-store`, and no `must-understand` beside it (§5.2.2.3), which
    /// caches that know the status obey in its place. A directive for content delivery networks overrides it
    /// there.
    pub(super) fn forbid_storing(&self) -> bool {
        self.has("no-store") && !self.has("must-understand") && self.cdn_freshness().is_none()
    }

    /// Whether shared caches do not keep the response. `private="field"` is about that field only.
    pub(super) fn are_private(&self) -> bool {
        self.has("private") && self.cdn_freshness().is_none()
    }

    /// Whether each reuse asks the server first. `no-cache="field"` is about that field only.
    pub(super) fn require_validation(&self) -> bool {
        self.has("no-cache") && self.cdn_freshness().is_none()
    }

    /// How long a cache may reuse the response; a shared one, or the browser's own.
    pub(super) fn freshness(&self, is_shared: bool) -> Freshness {
        if let Some(place) = self.cdn_freshness().filter(|_| is_shared) {
            return Freshness::Fresh(place);
        }
        if self.has("no-cache") {
            return Freshness::Stale;
        }
        let named = ["s-maxage", "max-age"].into_iter().skip(usize::from(!is_shared));
        if let Some(directive) = named.into_iter().find_map(|name| self.find(name)) {
            return match directive.seconds() {
                Some(1..) => Freshness::Fresh(directive.place.clone()),
                // One that cannot be read counts as stale (§4.2.1).
                Some(0) | None => Freshness::Stale,
            };
        }
        let Some(expires) = self.headers.get(EXPIRES) else { return Freshness::Unsaid };
        // An invalid date, such as `0`, is in the past (§5.3).
        let end = decode::<Expires>(expires).map(SystemTime::from);
        let now = self.headers.get(DATE).and_then(decode::<Date>).map(SystemTime::from);
        // Without `Date`, a cache takes the time at which it received the response.
        let is_fresh = end.is_some_and(|end| end > now.unwrap_or_else(SystemTime::now));
        match is_fresh {
            true => Freshness::Fresh(Place::header(EXPIRES, 0, 0..expires.len())),
            false => Freshness::Stale,
        }
    }

    /// The directive with which a shared cache may keep a response to a request with `Authorization` (§3.5).
    pub(super) fn sharing(&self) -> Option<Place> {
        let shares = |name| self.find(name).map(|directive| directive.place.clone());
        let stays_fresh = || !matches!(self.freshness(true), Freshness::Stale);
        self.cdn_freshness()
            .or_else(|| shares("public").filter(|_| stays_fresh()))
            .or_else(|| shares("s-maxage").filter(|_| stays_fresh()))
            .or_else(|| {
                let is_fresh = matches!(self.freshness(true), Freshness::Fresh(_));
                shares("must-revalidate").filter(|_| is_fresh)
            })
    }

    /// The `public` directive, which lets caches choose a time for any status (§4.2.2).
    pub(super) fn public(&self) -> Option<Place> {
        self.find("public").map(|directive| directive.place.clone())
    }

    /// Whether a cache keeps the response apart for each value of this request header.
    pub(super) fn vary_on(&self, name: &HeaderName) -> bool {
        let mut names = self.headers.get_all(VARY).iter().flat_map(directives);
        names.any(|it| it == b"*" || it.eq_ignore_ascii_case(name.as_str().as_bytes()))
    }

    /// Whether no request finds the response in a cache.
    pub(super) fn vary_on_everything(&self) -> bool {
        self.headers.get_all(VARY).iter().flat_map(directives).any(|it| it == b"*")
    }

    /// Where a directive is missing: the header, if it is there at all.
    pub(super) fn place(&self) -> Place {
        match self.headers.get(CACHE_CONTROL) {
            Some(line) => Place::header(CACHE_CONTROL, 0, 0..line.len()),
            None => Place::Absent(CACHE_CONTROL),
        }
    }

    fn cdn_freshness(&self) -> Option<Place> {
        let has = |name: &[u8]| self.cdn.iter().any(|it| it.name.eq_ignore_ascii_case(name));
        if has(b"no-store") || has(b"private") || has(b"no-cache") {
            return None;
        }
        let max_age = self.cdn.iter().find(|it| it.name.eq_ignore_ascii_case(b"max-age"))?;
        matches!(max_age.seconds(), Some(1..)).then(|| max_age.place.clone())
    }

    fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The first directive of this name. Only those that need a value may have one.
    fn find(&self, name: &str) -> Option<&Directive<'a>> {
        let has_value = matches!(name, "max-age" | "s-maxage");
        self.directives.iter().find(|directive| {
            directive.name.eq_ignore_ascii_case(name.as_bytes())
                && (has_value || directive.value.is_none())
        })
    }
}

impl Directive<'_> {
    /// The value in seconds; a great one stands for any that is greater.
    fn seconds(&self) -> Option<u64> {
        let digits = self.value?;
        let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
        let text = str::from_utf8(digits).ok().filter(|_| is_number)?;
        Some(text.parse().unwrap_or(u64::MAX))
    }
}

fn read<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Vec<Directive<'a>> {
    let lines = headers.get_all(name).iter().enumerate();
    lines
        .flat_map(|(index, line)| {
            directives(line).filter(|part| !part.is_empty()).map(move |part| {
                let start = part.as_ptr().addr() - line.as_bytes().as_ptr().addr();
                let place = Place::header(name.clone(), index, start..start + part.len());
                let equals = part.iter().position(|byte| *byte == b'=');
                let (directive, value) = match equals {
                    Some(at) => (&part[..at], Some(unquoted(part[at + 1..].trim_ascii()))),
                    None => (part, None),
                };
                Directive { name: directive.trim_ascii(), value, place }
            })
        })
        .collect()
}

/// Recipients ought to accept a number in quotes as well (RFC 9111 §5.2).
fn unquoted(value: &[u8]) -> &[u8] {
    value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(value)
}

fn decode<H: Header>(value: &HeaderValue) -> Option<H> {
    H::decode(&mut std::iter::once(value)).ok()
}
