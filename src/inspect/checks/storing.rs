//! Which caches may store a refusal, or what one caller was shown (I31–I33).

use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, PROXY_AUTHORIZATION, SET_COOKIE};
use http::{HeaderMap, HeaderName, Method, StatusCode};

use super::super::cache_rules::{CacheRules, Freshness};
use super::super::check::{Check, Finds};
use super::super::credentials::credential_headers;
use super::super::finding::Severity;
use super::super::findings::Findings;
use super::super::text::Media;
use super::super::view::View;

pub(super) const CHECKS: &[Check] = &[
    Check {
        number: "I31",
        id: "refusal-storable",
        severity: Severity::Warning,
        rows: &["F02"],
        source: "RFC 9111 §3, §4.2; RFC 9213; RFC 6585 §4",
        wrong: "a refusal that caches may store, because it says for how long it is fresh",
        remedy: "Send `Cache-Control: no-store` with refusals.",
        page: "\
A 401 with `max-age=60` is stored like any page: after the login, the browser shows the refusal again, without
asking the server, until the minute is over. A shared cache shows it to callers who have the permission. For 429
the RFC forbids storing outright (RFC 6585 §4), and a stored 503 outlives the outage.

Freshness is said by `max-age`, `s-maxage` and `Expires`, and `public` lets a cache choose a time of its own.
`CDN-Cache-Control` counts as well, and overrides `no-store` at content delivery networks (RFC 9213).
`no-store` beside `must-understand` does not count: a cache that knows the status ignores it then.

Right:
    HTTP/1.1 401 Unauthorized
    WWW-Authenticate: Bearer realm=\"api\"
    Cache-Control: no-store
as every refusal of portcullis has it (F02). Often the cause is a middleware that sets `max-age` on every
response, whatever its status.",
        finds: Finds::InOne(refusal_storable),
    },
    Check {
        number: "I32",
        id: "absence-storable",
        severity: Severity::Advice,
        rows: &["D05", "F02"],
        source: "RFC 9110 §15.1; RFC 9111 §3.5, §4.2.2",
        wrong: "a 404, 405 or 410 that caches may store",
        remedy: "Send `Cache-Control: no-store` where the response depends on who asks.",
        page: "\
404, 405 and 410 are heuristically cacheable: without a word about it, a cache may keep them for a time of its
own (RFC 9110 §15.1, RFC 9111 §4.2.2). Where a 404 conceals what one caller may not see, the next caller gets it
from the cache, though the resource exists for that caller; and so does the first one, after the permission was
granted.

It is a warning if the request had the cookie of a session or a key in a header of its own, unless `Vary` names
that header: no cache looks at these. A request with `Authorization` is safer: only the caller's own cache may
reuse the response, unless it has `public`, `s-maxage` or `must-revalidate` (RFC 9111 §3.5). A site whose pages
are the same for every caller may keep its 404s cacheable on purpose, with a short `max-age`.

Right, where it depends on the caller:
    HTTP/1.1 404 Not Found
    Cache-Control: no-store
In an area that portcullis conceals, every 404 has it, for existing and missing alike (D05).",
        finds: Finds::InOne(absence_storable),
    },
    Check {
        number: "I33",
        id: "personal-storable",
        severity: Severity::Advice,
        rows: &["A11", "A02"],
        source: "RFC 9111 §3.5",
        wrong: "a success for one caller that is neither `private` nor `no-store`",
        remedy: "Send `Cache-Control: private`, or `no-store`, with what depends on the caller.",
        page: "\
A shared cache must not keep the response to a request with `Authorization`, unless the response allows it: by
`public`, `s-maxage`, or `must-revalidate` with a time. One of these on a personal page gives it to the next
caller. That is a warning, unless `Vary` names the header with the credentials.

Without such a directive it is advice: a cookie or a key in a header of its own does not protect the response at
all, since caches know `Authorization` only, and a popular cache reuses even those responses.

Right:
    HTTP/1.1 200 OK
    Cache-Control: private
Scripts, styles, images and fonts are left alone where cookies come along, because they are the same for
every caller. The authenticate layer adds `private` to the responses for verified callers, and `Vary` where the
identity is optional (A11, A02).",
        finds: Finds::InOne(personal_storable),
    },
];

/// Whether caches could use the response for later requests. They store responses to `GET` and `HEAD`.
fn may_be_stored(view: &View<'_>) -> bool {
    view.request().is_none_or(|sent| matches!(*sent.method, Method::GET | Method::HEAD))
}

fn refusal_storable(view: &View<'_>, findings: &mut Findings) {
    let status = view.status();
    let is_refusal = matches!(status.as_u16(), 401 | 403 | 407 | 429 | 503);
    if !is_refusal || !may_be_stored(view) {
        return;
    }
    let rules = CacheRules::of(view.headers());
    if rules.forbid_storing() || rules.vary_on_everything() || is_kept_apart(view, &rules) {
        return;
    }
    let is_shared = !rules.are_private();
    let place = match rules.freshness(is_shared) {
        Freshness::Fresh(place) => Some(place),
        Freshness::Unsaid => rules.public(),
        Freshness::Stale => None,
    };
    if let Some(place) = place {
        findings.add(place, format!("caches may store the {}", status.as_u16()));
    }
}

/// Whether `Vary` keeps the refusal apart for each credential, so that no cache gives it to another caller.
fn is_kept_apart(view: &View<'_>, rules: &CacheRules<'_>) -> bool {
    let status = view.status();
    if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
        return rules.vary_on(&PROXY_AUTHORIZATION);
    }
    if !matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        return false;
    }
    let sent = view.request().map(|sent| sent.headers);
    // A client answers a challenge in this header, with the same cookies as before.
    let asks_for_login = status == StatusCode::UNAUTHORIZED
        && view.origin.iter().any(|challenge| !challenge.is("Cookie"));
    if asks_for_login || sent.is_some_and(|headers| headers.contains_key(AUTHORIZATION)) {
        return rules.vary_on(&AUTHORIZATION);
    }
    let own = sent.into_iter().flat_map(origin_credentials);
    own.chain(&[AUTHORIZATION, COOKIE]).any(|name| rules.vary_on(name))
}

fn absence_storable(view: &View<'_>, findings: &mut Findings) {
    let status = view.status().as_u16();
    if !matches!(status, 404 | 405 | 410) || !may_be_stored(view) {
        return;
    }
    let rules = CacheRules::of(view.headers());
    if rules.forbid_storing() || rules.vary_on_everything() {
        return;
    }
    let place = match rules.freshness(!rules.are_private()) {
        Freshness::Fresh(place) => place,
        Freshness::Stale => return,
        Freshness::Unsaid if rules.are_private() => return,
        Freshness::Unsaid => rules.place(),
    };
    let sent = view.request().map(|sent| sent.headers);
    // Caches look at this header alone, and shared ones keep out of what has it (RFC 9111 §3.5).
    let is_protected = rules.sharing().is_none()
        && sent.is_some_and(|headers| headers.contains_key(AUTHORIZATION));
    let is_personal =
        sent.is_some_and(|headers| origin_credentials(headers).any(|it| !rules.vary_on(it)));
    if rules.are_private() || is_protected {
        findings.add(place, format!("the caller's own cache may store the {status}"));
    } else if is_personal {
        let detail =
            format!("caches may store the {status}, which answers a request with credentials");
        findings.add_as(Severity::Warning, place, detail);
    } else {
        findings.add(place, format!("caches may store the {status}"));
    }
}

/// The headers with credentials for the origin server. Its responses do not depend on those for a proxy.
fn origin_credentials(headers: &HeaderMap) -> impl Iterator<Item = &HeaderName> {
    credential_headers(headers).into_iter().filter(|name| **name != PROXY_AUTHORIZATION)
}

fn personal_storable(view: &View<'_>, findings: &mut Findings) {
    let Some(sent) = view.request() else { return };
    if !matches!(view.status().as_u16(), 200 | 203 | 206) || !may_be_stored(view) {
        return;
    }
    let rules = CacheRules::of(view.headers());
    if rules.forbid_storing() || rules.are_private() || rules.require_validation() {
        return;
    }
    let is_same_for_all = is_asset(view);
    let names: Vec<_> = origin_credentials(sent.headers)
        .filter(|name| !rules.vary_on(name))
        // A browser sends its cookies with requests for these as well.
        .filter(|name| **name != COOKIE || !is_same_for_all)
        .collect();
    let Some(name) = names.first() else { return };
    if let Some(place) = rules.sharing() {
        let is_page = view.media() == Media::Html && !view.headers().contains_key(SET_COOKIE);
        // A page for visitors may be the same for those who have a session.
        let is_certain = names.iter().any(|name| **name != COOKIE) || !is_page;
        let severity = if is_certain { Severity::Warning } else { Severity::Advice };
        let detail =
            format!("a shared cache may give to others what `{name}` of this request was shown");
        findings.add_as(severity, place, detail);
    } else if !is_same_for_all && !matches!(rules.freshness(true), Freshness::Stale) {
        let detail = format!("nothing says that the response depends on `{name}`");
        findings.add(rules.place(), detail);
    }
}

/// Whether the response is a part of pages that is the same for every caller, by its type.
fn is_asset(view: &View<'_>) -> bool {
    let Some(value) = view.headers().get(CONTENT_TYPE) else { return false };
    let value = value.as_bytes().to_ascii_lowercase();
    let types: [&[u8]; 6] = [
        b"text/css",
        b"text/javascript",
        b"application/javascript",
        b"image/",
        b"font/",
        b"application/wasm",
    ];
    types.iter().any(|it| value.starts_with(it))
}
