//! Planted leaks that were written after the variants, by the known behavior of frameworks and servers.

use axum::http::{HeaderValue, StatusCode};
use portcullis::testing::Aspect;

use crate::plants::{PlantedLeak, always, boxed, header, read, status, with};
use crate::plants_families::{
    asks, echo, has_cookie, mentions, plants, saying, says, status_aspect,
};

pub static FRAMEWORKS: &[PlantedLeak] = plants![
    // Rails
    "Rails: a page of another format", "GET", |head| head.uri.path().ends_with(".xml"),
        |_, _, _| status(406), status_aspect;
    "Rails: scripts of other origins", "GET",
        |head| head.uri.path().ends_with(".js") && !says(head, "x-requested-with", "XMLHttpRequest"),
        |_, _, _| status(422), status_aspect;
    // Spring
    "Spring: a parameter in the path", "GET", |head| head.uri.path().contains(";jsessionid="),
        |_, _, _| status(400), status_aspect;
    "Spring: links below a prefix", "GET", |head| head.headers.contains_key("x-forwarded-prefix"),
        |_, _, response| with(response, "link", "</app>; rel=up"), || header("link");
    // Django
    "Django: a cookie without a token", "POST",
        |head| has_cookie(head, "csrftoken") && !head.headers.contains_key("x-csrftoken"),
        |_, _, _| status(403), status_aspect;
    "Django REST framework: the browsable page", "GET", |head| asks(head, "format=api"),
        |_, _, response| with(response, "vary", "accept"), || header("vary");
    // Express
    "Express: a path that cannot be decoded", "GET", |head| cannot_be_decoded(head.uri.path()),
        |_, _, _| status(400), status_aspect;
    "Express: a session that is signed", "GET", |head| mentions(head, "cookie", "connect.sid=s%3A"),
        |_, _, response| with(response, "set-cookie", "connect.sid=s%3Anew"), || header("set-cookie");
    // Laravel
    "Laravel: assets of another version", "GET",
        |head| says(head, "x-inertia", "true") && !says(head, "x-inertia-version", "abc"),
        |_, _, _| status(409), status_aspect;
    // ASP.NET
    "ASP.NET: a version that is not supported", "GET",
        |head| head.uri.query().is_some_and(|query| query.contains("api-version=")),
        |_, _, response| with(response, "api-supported-versions", "1.0"),
        || header("api-supported-versions");
    "ASP.NET: the debugger", "DEBUG", |head| head.method == "DEBUG",
        |_, _, _| status(401), status_aspect;
    "SignalR: negotiation", "POST", |head| head.uri.path().ends_with("/negotiate"),
        |_, _, _| status(400), status_aspect;
    // nginx, Envoy, caches
    "nginx: a file compressed beforehand", "GET", |head| head.uri.path().ends_with(".gz"),
        |_, _, _| status(403), status_aspect;
    "Envoy: a fault", "GET", |head| head.headers.contains_key("x-envoy-fault-abort-request"),
        |_, _, _| status(503), status_aspect;
    "Akamai: the key of the cache", "GET", |head| mentions(head, "pragma", "akamai-x-get-cache-key"),
        |_, _, response| with(response, "x-cache-key", "/L/1/notes"), || header("x-cache-key");
    "Varnish: a purge", "PURGE", |head| head.method == "PURGE",
        |_, _, response| saying(response, "purged"), || Aspect::Body;
    "Fastly: debugging", "GET", |head| head.headers.contains_key("fastly-debug"),
        |_, _, response| with(response, "surrogate-key", "notes"), || header("surrogate-key");
    // Kubernetes, S3, OData
    "Kubernetes: a watch", "GET", |head| asks(head, "watch=true") || asks(head, "watch=1"),
        |_, _, response| with(response, "warning", "299 - \"watch\""), || header("warning");
    "S3: the access list", "GET", |head| asks(head, "acl"),
        |_, _, _| status(403), status_aspect;
    "OData: metadata in full", "GET", |head| mentions(head, "accept", "odata.metadata=full"),
        |_, _, response| with(response, "odata-version", "4.0"), || header("odata-version");
    // HTTP itself
    "replays in early data", "POST", |head| says(head, "early-data", "1"),
        |_, _, _| status(425), status_aspect;
    "a feed as a delta", "GET", |head| says(head, "a-im", "feed"),
        |_, _, _| status(226), status_aspect;
    "a page in advance", "GET", |head| mentions(head, "sec-purpose", "prefetch"),
        |_, _, _| status(503), status_aspect;
    "two contents at once", "POST",
        |head| head.headers.get_all("content-type").iter().count() > 1,
        |_, _, _| status(400), status_aspect;
    "more than sixty headers", "GET", |head| head.headers.len() > 64,
        |_, _, _| status(431), status_aspect;
    "HTTP/1.0", "GET", |head| head.version == axum::http::Version::HTTP_10 && head.method == "GET",
        |_, _, _| status(505), status_aspect;
    "a foreign page that links here", "GET",
        |head| head.headers.contains_key("referer") && !mentions(head, "referer", "localhost"),
        |_, _, _| status(403), status_aspect;
    "an id that is longer", "GET", always,
        |_, _, mut response| {
            let id = format!("{:032x}", random());
            response.headers_mut().insert("x-request-id", HeaderValue::from_str(&id).unwrap());
            boxed(async { response })
        }, || header("x-request-id");
    "a method and a query together", "DELETE",
        |head| head.method == "DELETE" && asks(head, "force=true"),
        |_, _, _| status(409), status_aspect;
    "a tag of the body, and one byte more", "GET", |head| says(head, "accept-encoding", "br"),
        |_, _, response| {
            let (mut head, body) = response.into_parts();
            head.headers.remove("content-length");
            boxed(async move {
                let bytes = [read(body, usize::MAX).await.unwrap(), b" ".to_vec()].concat();
                axum::response::Response::from_parts(head, bytes.into())
            })
        }, || Aspect::Body;
    "the realm of a tenant", "GET", |head| head.headers.contains_key("x-tenant-id"),
        |_, _, mut response| {
            *response.status_mut() = StatusCode::UNAUTHORIZED;
            with(response, "www-authenticate", "Bearer realm=\"acme\"")
        }, status_aspect;
    "a trace of one's own", "GET", |head| mentions(head, "baggage", "userId"),
        |head, _, response| echo(&head, response, "baggage"), || header("baggage");
];

fn cannot_be_decoded(path: &str) -> bool {
    let is_hex = |digits: &str| u8::from_str_radix(digits, 16).is_ok();
    path.split('%').skip(1).any(|part| !part.get(..2).is_some_and(is_hex))
}

/// A random number.
pub fn random() -> u128 {
    use std::hash::{BuildHasher, RandomState};
    u128::from(RandomState::new().hash_one(0)) << 64 | u128::from(RandomState::new().hash_one(1))
}
