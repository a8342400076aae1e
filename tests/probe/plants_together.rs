//! Planted leaks that take two parts of a request, or one that must be the only one.

use axum::body::Body;
use axum::http::Version;
use axum::http::request::Parts;
use portcullis::testing::Aspect;

use crate::plants::{PlantedLeak, boxed, header, read, status, with};
use crate::plants_families::{mentions, plants, says, status_aspect};

fn has(head: &Parts, name: &str) -> bool {
    head.headers.contains_key(name)
}

fn query(head: &Parts) -> &str {
    head.uri.query().unwrap_or_default()
}

pub static TOGETHER: &[PlantedLeak] = plants![
    "an image on a page of another site", "GET",
        |head| says(head, "sec-fetch-site", "cross-site") && says(head, "sec-fetch-mode", "no-cors"),
        |_, _, _| status(403), status_aspect;
    "some items of a list", "GET",
        |head| says(head, "range-unit", "items") && !mentions(head, "range", "="),
        |_, _, response| with(response, "content-range", "*/*"), || header("content-range");
    "what has changed in a feed", "GET",
        |head| mentions(head, "a-im", "feed") && has(head, "if-none-match"),
        |_, _, response| with(response, "vary", "a-im"), || header("vary");
    "a file that the proxy sends", "GET", |head| says(head, "x-sendfile-type", "X-Accel-Redirect"),
        |_, _, response| with(response, "x-accel-redirect", "/leak"), || header("x-accel-redirect");
    "a proxy that was asked without TLS", "GET", |head| mentions(head, "cf-visitor", "\"http\""),
        |_, _, _| status(301), status_aspect;
    "a list of a container", "GET",
        |head| query(head).contains("restype=container") && query(head).contains("comp=list"),
        |_, _, _| status(403), status_aspect;
    "a description of a service", "GET", |head| query(head).eq_ignore_ascii_case("wsdl"),
        |_, _, _| status(200), status_aspect;
    "the data of a page", "GET", |head| head.uri.path().ends_with("/__data.json"),
        |_, _, _| status(200), status_aspect;
    "a repository that is cloned", "GET",
        |head| head.uri.path().ends_with(".git/info/refs") && query(head).contains("git-upload-pack"),
        |_, _, _| status(401), status_aspect;
    "a connection of HTTP/1.0 that stays open", "GET",
        |head| head.version == Version::HTTP_10 && mentions(head, "connection", "eep-"),
        |_, _, response| with(response, "keep-alive", "timeout=5"), || header("keep-alive");
    "a token that is not the one of the cookie", "POST",
        |head| mentions(head, "cookie", "csrftoken=") && has(head, "x-csrftoken") && {
            let sent = head.headers["x-csrftoken"].to_str().unwrap_or_default();
            !mentions(head, "cookie", &format!("csrftoken={sent}"))
        },
        |_, _, _| status(403), status_aspect;
    "an upload that goes on elsewhere", "PATCH",
        |head| mentions(head, "content-type", "offset+octet") && !says(head, "upload-offset", "0"),
        |_, _, _| status(409), status_aspect;
    "a checksum behind the body", "PUT", |head| has(head, "x-amz-trailer") && has(head, "trailer"),
        |_, _, _| status(400), status_aspect;
    "a query that is known by its hash", "POST" reading,
        |head| mentions(head, "content-type", "json"),
        |_, body, response| boxed(async {
            let bytes = read(body, 1 << 20).await.unwrap_or_default();
            let is_known = String::from_utf8_lossy(&bytes).contains("\"persistedQuery\"");
            if is_known { hyper::Response::new(Body::from("PersistedQueryNotFound")) } else { response }
        }), || Aspect::Status;
];
