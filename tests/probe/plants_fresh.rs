//! Planted leaks of a third round, by combinations of headers and parameters.

use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::request::Parts;
use axum::response::Response;
use portcullis::testing::Aspect;

use crate::plants::{PlantedLeak, always, boxed, header, read, status, with};
use crate::plants_families::{has_cookie, mentions, plants, saying, says, status_aspect};
use crate::plants_frameworks::random;

fn parameter<'a>(head: &'a Parts, name: &str) -> Option<&'a str> {
    let pairs = head.uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(own, _)| *own == name).map(|(_, value)| value).next()
}

fn number(head: &Parts, name: &str) -> Option<u64> {
    head.headers.get(name)?.to_str().ok()?.parse().ok()
}

fn has(head: &Parts, name: &str) -> bool {
    head.headers.contains_key(name)
}

/// Sends a request header back as the value of another header.
fn as_header(head: &Parts, mut response: Response, from: &str, to: &'static str) -> Response {
    let first = |value: &HeaderValue| value.to_str().ok()?.split([',', ';']).next()?.parse().ok();
    if let Some(value) = head.headers.get(from).and_then(first) {
        let value: HeaderValue = value;
        response.headers_mut().insert(to, value);
    }
    response
}

pub static FRESH: &[PlantedLeak] = plants![
    "a patch that is applied", "PATCH" reading, |head| mentions(head, "content-type", "json-patch"),
        |_, body, response| boxed(async {
            let bytes = read(body, 1 << 20).await.unwrap_or_default();
            let is_patch = String::from_utf8_lossy(&bytes).contains("\"op\"");
            if is_patch { status(422).await } else { response }
        }), status_aspect;
    "bytes in place of a document", "PUT", |head| says(head, "content-type", "application/octet-stream"),
        |_, _, _| status(415), status_aspect;
    "an origin that asks for options", "OPTIONS",
        |head| has(head, "origin") && !has(head, "access-control-request-method"),
        |_, _, response| with(response, "allow", "GET"), || header("allow");
    "a token that was not sent back", "POST",
        |head| has_cookie(head, "XSRF-TOKEN") && !has(head, "x-xsrf-token"),
        |_, _, _| status(419), status_aspect;
    "a range of a head", "HEAD", |head| head.method == "HEAD" && mentions(head, "range", "bytes=0-"),
        |_, _, _| status(206), status_aspect;
    "a page for browsers", "GET",
        |head| mentions(head, "user-agent", "Mozilla") && mentions(head, "accept", "text/html"),
        |_, _, response| saying(response, "<h1>404</h1>"), || Aspect::Body;
    "a document of no bytes", "POST",
        |head| says(head, "content-type", "application/json") && says(head, "content-length", "0"),
        |_, _, _| status(400), status_aspect;
    "a page that is no number", "GET", |head| parameter(head, "page").is_some_and(|value| value.parse::<u32>().is_err()),
        |_, _, _| status(400), status_aspect;
    "more than there may be on a page", "GET",
        |head| parameter(head, "per_page").and_then(|value| value.parse().ok()).unwrap_or(0_u64) > 100,
        |_, _, _| status(422), status_aspect;
    "a deadline that is over", "GET", |head| number(head, "x-request-timeout").is_some_and(|value| value < 2),
        |_, _, _| status(408), status_aspect;
    "a language that is agreed on", "GET", |head| has(head, "accept-language"),
        |head, _, response| boxed(async move { as_header(&head, response, "accept-language", "content-language") }),
        || header("content-language");
    "an id in the body", "GET", |head| has(head, "x-correlation-id"),
        |head, _, mut response| {
            response.headers_mut().remove("content-length");
            *response.body_mut() = Body::from(format!("{:?}", head.headers.get("x-correlation-id")));
            boxed(async { response })
        }, || Aspect::Body;
    "properties that are set", "PROPPATCH",
        |head| head.method == "PROPPATCH" && mentions(head, "content-type", "xml"),
        |_, _, _| status(207), status_aspect;
    "versions of a document", "CHECKOUT",
        |head| ["CHECKOUT", "CHECKIN", "UNCHECKOUT", "VERSION-CONTROL"].contains(&head.method.as_str()),
        |_, _, _| status(409), status_aspect;
    "a path of a hundred segments", "GET", |head| head.uri.path().split('/').count() > 100,
        |_, _, _| status(414), status_aspect;
    "more than fifty cookies", "GET",
        |head| head.headers.get_all("cookie").iter().map(|value| value.as_bytes().iter().filter(|value| **value == b'=').count()).sum::<usize>() > 50,
        |_, _, _| status(400), status_aspect;
    "Zstandard", "GET", |head| mentions(head, "accept-encoding", "zstd"),
        |_, _, response| with(response, "vary", "accept-encoding"), || header("vary");
    "a cache that is passed by", "GET",
        |head| mentions(head, "cache-control", "no-store") || mentions(head, "pragma", "no-cache"),
        |_, _, response| with(response, "x-cache", "BYPASS"), || header("x-cache");
    "a range if it is as old as that", "GET",
        |head| has(head, "range") && mentions(head, "if-range", "GMT"),
        |_, _, _| status(206), status_aspect;
    "a removal of what has changed", "DELETE",
        |head| head.method == "DELETE" && has(head, "if-unmodified-since"),
        |_, _, _| status(412), status_aspect;
    "a form that is sent elsewhere", "POST",
        |head| head.method == "POST" && head.uri.path().ends_with('/') && head.uri.path().len() > 1,
        |_, _, _| status(307), status_aspect;
    "a signature of Amazon's", "PUT", |head| has(head, "x-amz-date") || has(head, "x-amz-content-sha256"),
        |_, _, response| with(response, "x-amz-request-id", "656c76696e6727732072657175657374"),
        || header("x-amz-request-id");
    "a lock that is held", "LOCK", |head| head.method == "LOCK" && has(head, "timeout"),
        |_, _, _| status(423), status_aspect;
    "a type without a body", "GET", |head| has(head, "content-type") && !has(head, "content-length"),
        |_, _, _| status(400), status_aspect;
    "a frame", "GET", |head| says(head, "sec-fetch-dest", "iframe"),
        |_, _, response| with(response, "x-frame-options", "DENY"), || header("x-frame-options");
    "a token in the page", "GET", always,
        |_, _, mut response| {
            response.headers_mut().remove("content-length");
            *response.body_mut() = Body::from(format!("not found: {:032x}", random()));
            boxed(async { response })
        }, || Aspect::Body;
    "the path of a cookie", "GET", always,
        |_, _, response| with(response, "set-cookie", "seen=1; Path=/vault"), || header("set-cookie");
];
