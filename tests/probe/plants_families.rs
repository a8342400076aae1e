//! Planted leaks of every family of variants, a few each, by what frameworks and middleware read.

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use portcullis::testing::Aspect;

use crate::plants::{PlantedLeak, ResponseFuture, always, boxed, header, read, status, with};

pub fn says(head: &Parts, name: &str, value: &str) -> bool {
    head.headers.get_all(name).iter().any(|own| own == value)
}

pub fn mentions(head: &Parts, name: &str, part: &str) -> bool {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).contains(part);
    head.headers.get_all(name).iter().any(text)
}

pub fn asks(head: &Parts, parameter: &str) -> bool {
    head.uri.query().is_some_and(|query| query.split('&').any(|own| own == parameter))
}

pub fn has_cookie(head: &Parts, name: &str) -> bool {
    let holds = |value: &HeaderValue| {
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        text.split(';').any(|pair| pair.trim().split('=').next() == Some(name))
    };
    head.headers.get_all("cookie").iter().any(holds)
}

/// Sends a request header back.
pub fn echo(head: &Parts, mut response: Response, name: &'static str) -> ResponseFuture {
    if let Some(value) = head.headers.get(name) {
        response.headers_mut().insert(name, value.clone());
    }
    boxed(async { response })
}

/// Replaces the body.
pub fn saying(mut response: Response, words: &'static str) -> ResponseFuture {
    response.headers_mut().remove("content-length");
    *response.body_mut() = Body::from(words);
    boxed(async { response })
}

pub fn status_aspect() -> Aspect {
    Aspect::Status
}

macro_rules! plants {
    ($($name:literal, $method:literal $($reads:ident)?, $when:expr, $then:expr, $aspect:expr;)*) => {
        &[$(PlantedLeak {
            name: $name,
            method: $method,
            reads: plants!(@ $($reads)?),
            when: $when,
            then: $then,
            aspect: $aspect,
            text: "",
        }),*]
    };
    (@ reading) => { true };
    (@) => { false };
}
pub(crate) use plants;

pub static FAMILIES: &[PlantedLeak] = plants![
    "a method override", "POST", |head| says(head, "x-http-method-override", "DELETE"),
        |_, _, _| status(405), status_aspect;
    "a method override of another name", "POST", |head| says(head, "x-method-override", "PUT"),
        |_, _, _| status(405), status_aspect;
    "a method override in the query", "POST", |head| asks(head, "_method=PATCH"),
        |_, _, _| status(405), status_aspect;
    "a forwarded host", "GET", |head| says(head, "x-forwarded-host", "other.example"),
        |_, _, response| with(response, "location", "https://other.example/"), || header("location");
    "a forwarded URL", "GET", |head| head.headers.contains_key("x-original-url"),
        |_, _, _| status(403), status_aspect;
    "a preference", "PUT", |head| mentions(head, "prefer", "respond-async"),
        |_, _, response| with(response, "preference-applied", "respond-async"),
        || header("preference-applied");
    "a trace that is taken up", "GET", |head| head.headers.contains_key("traceparent"),
        |head, _, response| echo(&head, response, "traceparent"), || header("traceparent");
    "a request id that is sent back", "GET", |head| head.headers.contains_key("x-request-id"),
        |head, _, response| echo(&head, response, "x-request-id"), || header("x-request-id");
    "HTTP/2 on request", "GET",
        |head| says(head, "upgrade", "h2c") && head.headers.contains_key("http2-settings"),
        |_, _, response| with(response, "upgrade", "h2c"), || header("upgrade");
    "a list of tags", "GET", |head| mentions(head, "if-match", ", "),
        |_, _, _| status(412), status_aspect;
    "a weak tag", "GET", |head| mentions(head, "if-none-match", "W/"),
        |_, _, _| status(304), status_aspect;
    "a vendor's media type", "GET", |head| mentions(head, "accept", "application/vnd."),
        |_, _, _| status(406), status_aspect;
    "a digest that is wanted", "GET", |head| head.headers.contains_key("want-repr-digest"),
        |_, _, response| with(response, "repr-digest", "sha-256=:AAAA:"), || header("repr-digest");
    "a hint", "GET", |head| says(head, "save-data", "on"),
        |_, _, response| with(response, "vary", "save-data"), || header("vary");
    "a depth", "PROPFIND", |head| says(head, "depth", "infinity"),
        |_, _, _| status(403), status_aspect;
    "a collection that is there", "MKCOL", |head| head.method == "MKCOL",
        |_, _, _| status(405), status_aspect;
    "a session", "GET", |head| has_cookie(head, "PHPSESSID"),
        |_, _, response| with(response, "cache-control", "private"), || header("cache-control");
    "dots that are encoded", "GET", |head| head.uri.path().contains("%2e%2e"),
        |_, _, _| status(400), status_aspect;
    "dots that are encoded twice", "GET", |head| head.uri.path().contains("%252e"),
        |_, _, _| status(400), status_aspect;
    "a target that is too long", "GET", |head| head.uri.to_string().len() > 8_000,
        |_, _, _| status(414), status_aspect;
    "headers that are too large", "GET", |head| head.headers.iter().any(|(_, value)| value.len() > 8_000),
        |_, _, _| status(431), status_aspect;
    "a chunk too many", "GET", always,
        |_, _, mut response| {
            response.headers_mut().remove("content-length");
            boxed(async {
                let (head, body) = response.into_parts();
                let bytes = bytes::Bytes::from(read(body, usize::MAX).await.unwrap());
                let parts = [bytes.slice(..10), bytes.slice(10..)].map(Ok::<_, std::io::Error>);
                Response::from_parts(head, Body::from_stream(tokio_stream::iter(parts)))
            })
        }, || Aspect::Framing;
    "a date of long ago", "GET", always,
        |_, _, mut response| {
            let date = HeaderValue::from_static("Sat, 29 Oct 1994 19:43:31 GMT");
            response.headers_mut().insert("date", date);
            boxed(async { response })
        }, || header("date");
    "an echo of the path", "GET", always,
        |head, _, mut response| {
            let path = HeaderValue::from_str(head.uri.path()).unwrap();
            response.headers_mut().insert("content-location", path);
            boxed(async { response })
        }, || header("content-location");
    "a redirection by scheme", "GET", |head| says(head, "x-forwarded-proto", "http"),
        |head, _, mut response| {
            *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
            let to = format!("https://localhost{}", head.uri.path());
            response.headers_mut().insert("location", HeaderValue::from_str(&to).unwrap());
            boxed(async { response })
        }, status_aspect;
];
