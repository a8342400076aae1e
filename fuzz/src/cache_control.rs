//! What caches are told: A02, A11, D13.
//!
//! The input is a response of the service: `200`, then its headers.

use std::convert::Infallible;
use std::future::ready;
use std::time::SystemTime;

use bytes::Bytes;
use headers::HeaderMapExt;
use http::header::{AUTHORIZATION, CACHE_CONTROL, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use http_cache_semantics::{BeforeRequest, CacheOptions, CachePolicy};
use portcullis::{
    ApiKey, AuthenticateLayer, Bearer, ConcealLayer, ResponseBody, Unauthenticated, any_of,
    verify_fn,
};
use tower::{Layer, service_fn};

use crate::wire;

const KEY_FIELD: HeaderName = HeaderName::from_static("x-api-key");

pub fn check(data: &[u8]) -> Option<()> {
    let (status, lines) = wire::split(data);
    let status = StatusCode::from_bytes(status).ok().filter(|status| status.as_u16() >= 200)?;
    let said = wire::headers(lines)?;
    // The stage adds its challenges to such an answer: A12.
    if status == StatusCode::UNAUTHORIZED {
        return None;
    }
    assert_area(status, &said);
    assert_by_authorization(status, &said);
    assert_by_key(status, &said);
    assert_anonymous(status, &said);
    Some(())
}

/// D13: no shared cache may keep an answer in the area, whoever reads it.
fn assert_area(status: StatusCode, said: &HeaderMap) {
    let service = ConcealLayer::everywhere().layer(service_fn(move |_: Request<()>| {
        ready(Ok::<_, Infallible>(ResponseBody::wrap(response(status, said))))
    }));
    let request = || Request::new(());
    let answer = wire::answer(service, request());
    assert!(!is_kept(&request(), &answer), "{}", wire::text(&answer));
    for members in readings(answer.headers()) {
        assert!(is_personal(&members), "{members:?} of\n{}", wire::text(&answer));
    }
    if let Some(typed) = simplified(&answer).headers().typed_get::<headers::CacheControl>() {
        assert!(typed.private() || typed.no_store(), "{}", wire::text(&answer));
    }
    for name in ["cdn-cache-control", "surrogate-control", "x-accel-expires", "edge-control"] {
        assert!(!answer.headers().contains_key(name));
    }
}

/// A11: by `Authorization`, `private` where the service says nothing; else what it says.
fn assert_by_authorization(status: StatusCode, said: &HeaderMap) {
    let request = || with(AUTHORIZATION, "Bearer alice");
    let answer = through_stage(status, said, request());
    if said.contains_key(CACHE_CONTROL) {
        assert_eq!(lines(answer.headers(), CACHE_CONTROL), lines(said, CACHE_CONTROL));
    } else {
        assert_eq!(lines(answer.headers(), CACHE_CONTROL), ["private"]);
        assert!(!is_kept(&request(), &answer));
    }
    assert_eq!(lines(answer.headers(), VARY), lines(said, VARY));
}

/// A11: by another header, nobody else gets the answer from a cache, and no shared cache keeps it
/// unless the service said that it may.
fn assert_by_key(status: StatusCode, said: &HeaderMap) {
    let request = || with(KEY_FIELD, "alice");
    let answer = through_stage(status, said, request());
    assert_adds_only_private(said, answer.headers());
    for other in [with(KEY_FIELD, "bob"), Request::new(()), with(AUTHORIZATION, "Bearer bob")] {
        assert!(!is_reused(&request(), &answer, &other), "{}", wire::text(&answer));
    }
    let may_be_shared =
        readings(said).concat().iter().any(|it| is(it, "public") || is(it, "s-maxage"));
    if !may_be_shared {
        assert!(!is_kept(&request(), &answer), "{}", wire::text(&answer));
        for members in readings(answer.headers()) {
            assert!(is_personal(&members), "{members:?} of\n{}", wire::text(&answer));
        }
    }
}

/// A02: an anonymous answer reaches nobody who says who they are.
fn assert_anonymous(status: StatusCode, said: &HeaderMap) {
    let request = || Request::new(());
    let answer = through_stage(status, said, request());
    assert_eq!(lines(answer.headers(), CACHE_CONTROL), lines(said, CACHE_CONTROL));
    for other in [with(KEY_FIELD, "bob"), with(AUTHORIZATION, "Bearer bob")] {
        assert!(!is_reused(&request(), &answer, &other), "{}", wire::text(&answer));
    }
}

fn through_stage(status: StatusCode, said: &HeaderMap, request: Request<()>) -> Response<Bytes> {
    let anyone = || verify_fn(|_: &str| Ok::<(), Unauthenticated>(()));
    let bearer = Bearer::new("notes", anyone()).expect("a realm");
    let key = ApiKey::new("notes", KEY_FIELD, anyone()).expect("a realm");
    let service = AuthenticateLayer::new(any_of((bearer, key))).optional().layer(service_fn(
        move |_: Request<()>| ready(Ok::<_, Infallible>(response(status, said))),
    ));
    wire::answer(service, request)
}

fn response(status: StatusCode, said: &HeaderMap) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from("said"));
    *response.status_mut() = status;
    *response.headers_mut() = said.clone();
    response
}

fn with(name: HeaderName, value: &'static str) -> Request<()> {
    let mut request = Request::new(());
    request.headers_mut().insert(name, HeaderValue::from_static(value));
    request
}

/// What a shared cache makes of the answer.
fn policy(request: &Request<()>, answer: &Response<Bytes>) -> CachePolicy {
    let options = CacheOptions { shared: true, ..CacheOptions::default() };
    CachePolicy::new_options(request, &simplified(answer), SystemTime::UNIX_EPOCH, options)
}

/// The answer for crates that know lower case only, skip lines with more than ASCII, and do not know
/// that `must-understand` may outrank `no-store`.
fn simplified(answer: &Response<Bytes>) -> Response<Bytes> {
    let mut simplified = answer.clone();
    simplified.headers_mut().remove(CACHE_CONTROL);
    let may_outrank = readings(answer.headers()).concat().iter().any(|it| it == "must-understand");
    for line in lines(answer.headers(), CACHE_CONTROL) {
        let line = String::from_utf8_lossy(line.as_bytes()).to_ascii_lowercase();
        let line = line.replace(|char: char| !char.is_ascii(), "?");
        let line = if may_outrank { line.replace("no-store", "outranked") } else { line };
        simplified.headers_mut().append(CACHE_CONTROL, line.parse().expect("a line"));
    }
    simplified
}

fn is_kept(request: &Request<()>, answer: &Response<Bytes>) -> bool {
    policy(request, answer).is_storable()
}

/// Whether a shared cache gives the answer to this other request, too.
fn is_reused(request: &Request<()>, answer: &Response<Bytes>, other: &Request<()>) -> bool {
    let policy = policy(request, answer);
    let reused = || policy.before_request(other, SystemTime::UNIX_EPOCH);
    policy.is_storable() && matches!(reused(), BeforeRequest::Fresh(_))
}

/// The service's own lines stay, and `private` may come before them.
fn assert_adds_only_private(said: &HeaderMap, answered: &HeaderMap) {
    let (said, answered) = (lines(said, CACHE_CONTROL), lines(answered, CACHE_CONTROL));
    let (added, rest) = answered.split_at(answered.len() - said.len());
    assert_eq!(rest, said);
    assert!(added.is_empty() || added == ["private"], "{added:?}");
}

fn lines(headers: &HeaderMap, name: HeaderName) -> Vec<&HeaderValue> {
    headers.get_all(name).iter().collect()
}

/// The members of `Cache-Control` in lower case, as readers find them that join its lines: one
/// knows commas alone, and one knows quoted-strings, where one that does not end takes all.
fn readings(headers: &HeaderMap) -> [Vec<String>; 2] {
    let lines = lines(headers, CACHE_CONTROL);
    let lines = lines.iter().map(|line| String::from_utf8_lossy(line.as_bytes()));
    let field = lines.collect::<Vec<_>>().join(", ").to_ascii_lowercase();
    let (mut quoted, mut escaped) = (false, false);
    let knows_quotes = field.split(|char| {
        (quoted, escaped) = match char {
            _ if escaped => (quoted, false),
            '\\' => (quoted, quoted),
            '"' => (!quoted, false),
            _ => (quoted, false),
        };
        char == ',' && !quoted
    });
    let trimmed = |member: &str| member.trim().to_owned();
    [field.split(',').map(trimmed).collect(), knows_quotes.map(trimmed).collect()]
}

/// Whether a shared cache may not keep what says this. A cache that understands the status ignores
/// `no-store` beside `must-understand` (RFC 9111 §5.2.2.3).
fn is_personal(members: &[String]) -> bool {
    let has = |name| members.iter().any(|member| member == name);
    has("private") || has("no-store") && !has("must-understand")
}

fn is(member: &str, name: &str) -> bool {
    member.split('=').next().is_some_and(|found| found.trim() == name)
}
