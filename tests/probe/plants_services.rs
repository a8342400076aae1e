//! Planted leaks of a later round, by the known behavior of services and middleware.

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use http_body_util::{BodyExt, Full};
use portcullis::testing::Aspect;

use crate::plants::{PlantedLeak, ResponseFuture, always, boxed, header, read, status, with};
use crate::plants_families::{asks, has_cookie, mentions, plants, says, status_aspect};

/// Responds with this status if the body matches.
async fn if_body(body: Body, response: Response, is: impl Fn(&str) -> bool, code: u16) -> Response {
    let bytes = read(body, 1 << 20).await.unwrap_or_default();
    if is(&String::from_utf8_lossy(&bytes)) { status(code).await } else { response }
}

fn query(head: &Parts) -> &str {
    head.uri.query().unwrap_or_default()
}

fn writes_small(head: &Parts) -> bool {
    let length = head.headers.get("content-length").and_then(|value| value.to_str().ok());
    head.method == "POST" && length.and_then(|value| value.parse().ok()).unwrap_or(0_u64) < 1 << 20
}

fn lists(mut response: Response, name: &'static str, values: [&'static str; 2]) -> ResponseFuture {
    let values = values.map(HeaderValue::from_static);
    values.into_iter().for_each(|value| {
        response.headers_mut().append(name, value);
    });
    boxed(async { response })
}

pub static SERVICES: &[PlantedLeak] = plants![
    "a form of too many fields", "POST" reading, |head| says(head, "content-type", "application/x-www-form-urlencoded") && writes_small(head),
        |_, body, response| boxed(if_body(body, response, |body| body.matches('&').count() > 1_000, 400)),
        status_aspect;
    "JSON that is too deep", "POST" reading, |head| says(head, "content-type", "application/json") && writes_small(head),
        |_, body, response| boxed(if_body(body, response, |body| body.starts_with(&"[".repeat(128)), 400)),
        status_aspect;
    "GraphQL: a look at the schema", "POST" reading, |head| mentions(head, "content-type", "json") && writes_small(head),
        |_, body, response| boxed(if_body(body, response, |body| body.contains("__typename"), 200)),
        status_aspect;
    "tus: the versions", "OPTIONS", |head| head.headers.contains_key("tus-resumable"),
        |_, _, response| with(response, "tus-version", "1.0.0,0.2.2"), || header("tus-version");
    "LDP: a member that is named", "POST",
        |head| head.headers.contains_key("slug") && mentions(head, "content-type", "turtle"),
        |_, _, response| with(response, "accept-post", "text/turtle"), || header("accept-post");
    "SCIM: some attributes", "GET", |head| query(head).contains("attributes="),
        |_, _, _| status(400), status_aspect;
    "FHIR: a summary", "GET", |head| query(head).contains("_summary="),
        |_, _, _| status(400), status_aspect;
    "JSON:API: some fields", "GET", |head| query(head).contains("fields["),
        |_, _, _| status(400), status_aspect;
    "gRPC: a compression that is not known", "POST",
        |head| mentions(head, "content-type", "application/grpc") && head.headers.contains_key("grpc-encoding"),
        |_, _, response| with(response, "grpc-accept-encoding", "identity"),
        || header("grpc-accept-encoding");
    "GraphQL over a web socket", "GET",
        |head| says(head, "upgrade", "websocket") && mentions(head, "sec-websocket-protocol", "graphql"),
        |_, _, response| with(response, "sec-websocket-protocol", "graphql-ws"),
        || header("sec-websocket-protocol");
    "the length of what `HEAD` leaves out", "HEAD", |head| head.method == "HEAD",
        |_, _, mut response| {
            response.headers_mut().remove("content-length");
            boxed(async {
                let (head, _) = response.into_parts();
                let body = Full::new(bytes::Bytes::from_static(b"another")).map_frame(|frame| frame);
                Response::from_parts(head, Body::new(body))
            })
        }, || Aspect::Length;
    "trailers for those who take them", "GET", |head| mentions(head, "te", "trailers"),
        |_, _, response| {
            let (mut head, body) = response.into_parts();
            head.headers.remove("content-length");
            head.headers.insert("trailer", HeaderValue::from_static("x-sum"));
            boxed(async {
                let bytes = read(body, usize::MAX).await.unwrap();
                let sum = async {
                    let sum = (axum::http::HeaderName::from_static("x-sum"), HeaderValue::from_static("7"));
                    Some(Ok(HeaderMap::from_iter([sum])))
                };
                let body = Full::new(bytes::Bytes::from(bytes)).with_trailers(sum);
                Response::from_parts(head, Body::new(body))
            })
        }, || header("trailer");
    "a value beyond ASCII", "GET", |head| head.headers.values().any(|value| value.to_str().is_err()),
        |_, _, _| status(400), status_aspect;
    "a form of another site", "POST",
        |head| head.headers.contains_key("origin") && !mentions(head, "origin", "localhost"),
        |_, _, _| status(403), status_aspect;
    "an injection", "GET", |head| query(head).to_ascii_lowercase().contains("%20or%201=1"),
        |_, _, _| status(403), status_aspect;
    "a way out of the directory", "GET", |head| query(head).contains("../"),
        |_, _, _| status(403), status_aspect;
    "WordPress: a reader who is logged in", "GET", |head| mentions(head, "cookie", "wordpress_logged_in"),
        |_, _, response| with(response, "cache-control", "no-cache"), || header("cache-control");
    "a body that has no length", "DELETE", |head| mentions(head, "transfer-encoding", "chunked"),
        |_, _, _| status(411), status_aspect;
    "a part of an upload", "PUT", |head| head.headers.contains_key("content-range"),
        |_, _, _| status(400), status_aspect;
    "scripts that are called back", "GET", |head| query(head).contains("callback="),
        |_, _, mut response| {
            let script = HeaderValue::from_static("text/javascript");
            response.headers_mut().insert("content-type", script);
            boxed(async { response })
        }, || header("content-type");
    "two policies of caching", "GET", |head| has_cookie(head, "consent"),
        |_, _, response| lists(response, "vary", ["cookie", "accept"]), || header("vary");
    "a question about a lock", "UNLOCK", |head| head.headers.contains_key("lock-token"),
        |_, _, _| status(409), status_aspect;
    "a dry run for administrators", "PATCH",
        |head| asks(head, "dryRun=All") && head.method == "PATCH",
        |_, _, _| status(422), status_aspect;
    "a charset that is not there", "GET", |head| mentions(head, "accept-charset", "koi8"),
        |_, _, _| status(406), status_aspect;
    "an id of two requests", "POST",
        |head| head.headers.contains_key("idempotency-key") && head.headers.contains_key("content-type"),
        |_, _, response| with(response, "idempotency-status", "new"), || header("idempotency-status");
    "a date that is not there", "GET", always,
        |_, _, response| with(response, "last-modified", "Sat, 29 Oct 1994 19:43:31 GMT"),
        || header("last-modified");
];
