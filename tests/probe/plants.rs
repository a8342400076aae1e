//! Planted leaks.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use http_body_util::{BodyExt, Full};
use hyper::ext::ReasonPhrase;
use portcullis::testing::Aspect;

use crate::app::BOB;

pub type ResponseFuture = Pin<Box<dyn Future<Output = Response> + Send>>;

/// A way in which a service can leak that a path exists.
pub struct PlantedLeak {
    pub name: &'static str,
    /// A method that shows the leak.
    pub method: &'static str,
    /// Whether the leak reads the request body.
    pub reads: bool,
    /// The requests that show the leak.
    pub when: fn(&Parts) -> bool,
    /// The leaking response, from the request head, the request body and the honest response.
    pub then: fn(Parts, Body, Response) -> ResponseFuture,
    /// The aspect and the sentence that the report must name.
    pub aspect: fn() -> Aspect,
    pub text: &'static str,
}

pub fn always(_: &Parts) -> bool {
    true
}

pub fn writes(head: &Parts) -> bool {
    matches!(head.method.as_str(), "POST" | "PUT" | "PATCH")
}

pub fn boxed(response: impl Future<Output = Response> + Send + 'static) -> ResponseFuture {
    Box::pin(response)
}

pub fn with(mut response: Response, name: &'static str, value: &'static str) -> ResponseFuture {
    let (name, value) = (HeaderName::from_static(name), HeaderValue::from_static(value));
    response.headers_mut().append(name, value);
    boxed(async { response })
}

pub fn status(code: u16) -> ResponseFuture {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::from_u16(code).unwrap();
    boxed(async { response })
}

pub fn header(name: &str) -> Aspect {
    Aspect::Header(name.to_owned())
}

pub fn json(head: &Parts) -> bool {
    head.headers.get("content-type").is_some_and(|value| value == "application/json")
}

/// The body, or `None` if it is larger than `most` or cannot be read.
pub async fn read(body: Body, most: usize) -> Option<Vec<u8>> {
    to_bytes(body, most).await.ok().map(Into::into)
}

pub static PLANTS: &[PlantedLeak] = &[
    PlantedLeak {
        name: "a body of the same length, other by one byte",
        method: "QUERY",
        reads: false,
        when: always,
        then: |_, _, response| {
            let changed = |mut bytes: Vec<u8>| {
                bytes.last_mut().into_iter().for_each(|last| *last = b' ');
                bytes
            };
            let (head, body) = response.into_parts();
            boxed(async move {
                let bytes = changed(read(body, usize::MAX).await.unwrap());
                Response::from_parts(head, bytes.into())
            })
        },
        aspect: || Aspect::Body,
        text: "`QUERY /vault/notes`: body differs from byte",
    },
    PlantedLeak {
        name: "a body longer by one byte",
        method: "GET",
        reads: false,
        when: always,
        then: |_, _, response| {
            let (mut head, body) = response.into_parts();
            head.headers.remove("content-length");
            boxed(async move {
                let bytes = [read(body, usize::MAX).await.unwrap(), b"\n".to_vec()].concat();
                Response::from_parts(head, bytes.into())
            })
        },
        aspect: || Aspect::Body,
        text: "`GET /vault/notes`: body differs from byte",
    },
    PlantedLeak {
        name: "another order of headers",
        method: "QUERY",
        reads: false,
        when: always,
        then: |_, _, mut response| {
            let headers = std::mem::take(response.headers_mut());
            let headers: Vec<_> =
                headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
            *response.headers_mut() = headers.into_iter().rev().collect::<HeaderMap>();
            boxed(async { response })
        },
        aspect: || Aspect::Order,
        text: "`QUERY /vault/notes`: order of headers is `cache-control, content-length, content-type",
    },
    PlantedLeak {
        name: "`Allow`, for one method",
        method: "OPTIONS",
        reads: false,
        when: |head| head.method == "OPTIONS",
        then: |_, _, response| with(response, "allow", "GET,HEAD"),
        aspect: || header("allow"),
        text: "`OPTIONS /vault/notes`: `allow` present on concealed (`GET,HEAD`), absent on missing",
    },
    PlantedLeak {
        name: "405",
        method: "DELETE",
        reads: false,
        when: |head| head.method == "DELETE",
        then: |_, _, _| status(405),
        aspect: || Aspect::Status,
        text: "`DELETE /vault/notes`: status 405 on concealed, 404 on missing",
    },
    PlantedLeak {
        name: "405 for unknown methods",
        method: "FROB",
        reads: false,
        when: |head| head.method == "FROB",
        then: |_, _, _| status(405),
        aspect: || Aspect::Status,
        text: "`FROB /vault/notes`: status 405 on concealed, 404 on missing",
    },
    PlantedLeak {
        name: "an `ETag`",
        method: "QUERY",
        reads: false,
        when: always,
        then: |_, _, response| with(response, "etag", "\"7\""),
        aspect: || header("etag"),
        text: "`QUERY /vault/notes`: `etag` present on concealed (`\\\"7\\\"`), absent on missing",
    },
    PlantedLeak {
        name: "304",
        method: "QUERY",
        reads: false,
        when: |head| head.headers.contains_key("if-none-match"),
        then: |_, _, _| status(304),
        aspect: || Aspect::Status,
        text: "`QUERY /vault/notes` with `if-none-match: *`: status 304 on concealed, 404 on missing: \
               the resource is visible",
    },
    PlantedLeak {
        name: "`Vary`",
        method: "QUERY",
        reads: false,
        when: always,
        then: |_, _, response| with(response, "vary", "cookie"),
        aspect: || header("vary"),
        text: "`QUERY /vault/notes`: `vary` present on concealed (`cookie`), absent on missing",
    },
    PlantedLeak {
        name: "a challenge",
        method: "QUERY",
        reads: false,
        when: always,
        then: |_, _, response| with(response, "www-authenticate", "Basic realm=\"vault\""),
        aspect: || header("www-authenticate"),
        text: "`QUERY /vault/notes`: `www-authenticate` present on concealed",
    },
    PlantedLeak {
        name: "a cookie",
        method: "QUERY",
        reads: false,
        when: always,
        then: |_, _, response| with(response, "set-cookie", "seen=1"),
        aspect: || header("set-cookie"),
        text: "`QUERY /vault/notes`: `set-cookie` present on concealed (`seen=1`)",
    },
    PlantedLeak {
        name: "another `Cache-Control`",
        method: "QUERY",
        reads: false,
        when: always,
        then: |_, _, response| with(response, "cache-control", "private"),
        aspect: || header("cache-control"),
        text: "`QUERY /vault/notes`: `cache-control` is `no-store | private` on concealed, \
               `no-store` on missing",
    },
    PlantedLeak {
        name: "a redirection to the path without its slash",
        method: "QUERY",
        reads: false,
        when: |head| head.uri.path().ends_with('/'),
        then: |head, _, mut response| {
            *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
            let path = head.uri.path().trim_end_matches('/');
            let location = HeaderValue::from_str(path).unwrap_or(HeaderValue::from_static("/"));
            response.headers_mut().insert("location", location);
            boxed(async { response })
        },
        aspect: || Aspect::Status,
        text: "`QUERY /vault/notes/`: status 308 on concealed, 404 on missing: the resource is visible",
    },
    PlantedLeak {
        name: "200 on OPTIONS",
        method: "OPTIONS",
        reads: false,
        when: |head| head.method == "OPTIONS",
        then: |_, _, _| status(200),
        aspect: || Aspect::Status,
        text: "`OPTIONS /vault/notes`: status 200 on concealed, 404 on missing: the resource is visible",
    },
    PlantedLeak {
        name: "200 on a preflight",
        method: "QUERY",
        reads: false,
        when: |head| head.headers.contains_key("access-control-request-method"),
        then: |_, _, _| status(200),
        aspect: || Aspect::Status,
        text: "with `origin: https://probe.example`, `access-control-request-method: PUT`: status \
               200 on concealed",
    },
    PlantedLeak {
        name: "206",
        method: "QUERY",
        reads: false,
        when: |head| head.headers.get("range").is_some_and(|value| value == "bytes=0-1"),
        then: |_, _, _| status(206),
        aspect: || Aspect::Status,
        text: "`QUERY /vault/notes` with `range: bytes=0-1`: status 206 on concealed, 404 on missing",
    },
    PlantedLeak {
        name: "416",
        method: "QUERY",
        reads: false,
        when: |head| head.headers.get("range").is_some_and(|value| value == "bytes=999999999-"),
        then: |_, _, _| status(416),
        aspect: || Aspect::Status,
        text: "`QUERY /vault/notes` with `range: bytes=999999999-`: status 416 on concealed",
    },
    PlantedLeak {
        name: "406",
        method: "QUERY",
        reads: false,
        when: |head| {
            head.headers.get("accept").is_some_and(|value| value == "application/x-nothing")
        },
        then: |_, _, _| status(406),
        aspect: || Aspect::Status,
        text: "`QUERY /vault/notes` with `accept: application/x-nothing`: status 406 on concealed",
    },
    PlantedLeak {
        name: "415",
        method: "POST",
        reads: false,
        when: |head| writes(head) && !json(head),
        then: |_, _, _| status(415),
        aspect: || Aspect::Status,
        text: "`POST /vault/notes`: status 415 on concealed, 404 on missing",
    },
    PlantedLeak {
        name: "415 on an encoding",
        method: "QUERY",
        reads: false,
        when: |head| head.headers.contains_key("content-encoding"),
        then: |_, _, _| status(415),
        aspect: || Aspect::Status,
        text: "with `content-type: application/json`, `content-encoding: gzip`",
    },
    PlantedLeak {
        name: "400 on malformed JSON",
        method: "PUT",
        reads: true,
        when: |head| head.method == "PUT" && json(head),
        then: |_, body, response| {
            boxed(async {
                let bytes = read(body, 1024 * 1024).await.unwrap_or_default();
                let is_json = serde_json::from_slice::<serde_json::Value>(&bytes).is_ok();
                if is_json { response } else { status(400).await }
            })
        },
        aspect: || Aspect::Status,
        text: "`PUT /vault/notes` with `content-type: application/json`",
    },
    PlantedLeak {
        name: "413 on a huge body",
        method: "POST",
        reads: true,
        when: always,
        then: |_, body, response| {
            boxed(async {
                let read = read(body, usize::MAX).await;
                let is_huge = read.is_some_and(|bytes| bytes.len() > 2 * 1024 * 1024);
                if is_huge { status(413).await } else { response }
            })
        },
        aspect: || Aspect::Status,
        text: "3072 KiB: status 413 on concealed, 404 on missing",
    },
    PlantedLeak {
        name: "413 on an announced length",
        method: "POST",
        reads: false,
        when: |head| {
            let length = head.headers.get("content-length").and_then(|value| value.to_str().ok());
            length.and_then(|value| value.parse().ok()).unwrap_or(0_u64) > 1 << 30
        },
        then: |_, _, _| status(413),
        aspect: || Aspect::Status,
        text: "bytes announced, none sent: status 413 on concealed, 404 on missing",
    },
    PlantedLeak {
        name: "a body that is asked for",
        method: "POST",
        reads: true,
        when: |head| head.method == "POST" && head.headers.contains_key("expect"),
        then: |_, body, response| {
            boxed(async {
                let _ = read(body, 4 * 1024 * 1024).await;
                response
            })
        },
        aspect: || Aspect::Interim,
        text: "interim responses present on concealed (`100`), absent on missing",
    },
    PlantedLeak {
        name: "a body that is waited for",
        method: "PATCH",
        reads: true,
        when: |head| head.method == "PATCH" && !head.headers.contains_key("expect"),
        then: |_, body, response| {
            boxed(async {
                let _ = read(body, 4 * 1024 * 1024).await;
                response
            })
        },
        aspect: || Aspect::Early,
        text: "is `not before the body` on concealed, `at once` on missing",
    },
    PlantedLeak {
        name: "chunks instead of a length",
        method: "QUERY",
        reads: false,
        when: always,
        then: |_, _, response| {
            let (mut head, body) = response.into_parts();
            head.headers.remove("content-length");
            boxed(async move {
                let bytes = read(body, usize::MAX).await.unwrap();
                // A mapped body does not know its length.
                let body = Full::new(bytes::Bytes::from(bytes)).map_frame(|frame| frame);
                Response::from_parts(head, Body::new(body))
            })
        },
        aspect: || Aspect::Framing,
        text: "`QUERY /vault/notes`: framing is `chunked` on concealed, `content-length` on missing",
    },
    PlantedLeak {
        name: "a reason phrase",
        method: "QUERY",
        reads: false,
        when: always,
        then: |_, _, mut response| {
            response.extensions_mut().insert(ReasonPhrase::from_static(b"Not For You"));
            boxed(async { response })
        },
        aspect: || Aspect::Reason,
        text: "`QUERY /vault/notes`: reason phrase is `Not For You` on concealed, `Not Found` on \
               missing",
    },
    PlantedLeak {
        name: "a connection that is closed",
        method: "GET",
        reads: false,
        // Where the request says nothing else, so that there is one difference.
        when: |head| !head.headers.contains_key("connection"),
        then: |_, _, response| with(response, "connection", "close"),
        aspect: || header("connection"),
        text: "`GET /vault/notes`: `connection` present on concealed (`close`), absent on missing",
    },
    PlantedLeak {
        name: "no response",
        method: "TRACE",
        reads: false,
        when: |head| head.method == "TRACE",
        then: |_, _, _| boxed(async { std::panic::resume_unwind(Box::new(())) }),
        aspect: || Aspect::Outcome,
        text: "`TRACE /vault/notes`: outcome is `closed without a response` on concealed, `response received` \
               on missing",
    },
    PlantedLeak {
        name: "a leak for one caller",
        method: "PROPFIND",
        reads: false,
        when: |head| {
            let sent = head.headers.get("authorization");
            sent.is_some_and(|value| value == BOB[0].1) && head.method == "PROPFIND"
        },
        then: |_, _, response| with(response, "x-tenant", "1"),
        aspect: || header("x-tenant"),
        text: "`PROPFIND /vault/notes`: `x-tenant` present on concealed (`1`), absent on missing",
    },
    PlantedLeak {
        name: "a leak for percent-encoded paths",
        method: "QUERY",
        reads: false,
        when: |head| head.uri.path().contains("%7"),
        then: |_, _, response| with(response, "x-canonical", "1"),
        aspect: || header("x-canonical"),
        text: "`QUERY /vault/note%73`: `x-canonical` present on concealed (`1`), absent on missing",
    },
    PlantedLeak {
        name: "a leak for a query",
        method: "GET",
        reads: false,
        when: |head| head.uri.query() == Some("id=1&format=json"),
        then: |_, _, _| status(403),
        aspect: || Aspect::Status,
        text: "`GET /vault/notes?id=1&format=json`: status 403 on concealed, 404 on missing",
    },
    PlantedLeak {
        name: "a leak for two things together",
        method: "GET",
        reads: false,
        when: |head| head.headers.contains_key("range") && head.headers.contains_key("if-match"),
        then: |_, _, _| status(412),
        aspect: || Aspect::Status,
        text: "`GET /vault/notes` with `if-match: *`, `range: bytes=0-1`: status 412 on concealed",
    },
    PlantedLeak {
        name: "426",
        method: "QUERY",
        reads: false,
        when: |head| head.headers.get("upgrade").is_some_and(|value| value == "websocket"),
        then: |_, _, _| status(426),
        aspect: || Aspect::Status,
        text: "`upgrade: websocket`",
    },
];

/// A delay, which shows in no response.
pub static TWO_MILLISECONDS: PlantedLeak = PlantedLeak {
    name: "two milliseconds",
    method: "GET",
    reads: false,
    when: always,
    then: |_, _, response| {
        boxed(async {
            tokio::time::sleep(Duration::from_millis(2)).await;
            response
        })
    },
    aspect: || Aspect::Outcome,
    text: "",
};
