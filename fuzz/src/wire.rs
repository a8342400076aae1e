//! Requests and responses as text, so that inputs, seeds and dictionaries can be read and edited:
//! a first line, then one line for each header.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body::Body;
use http_body_util::BodyExt;
use tower::{Service, ServiceExt};

/// `GET /path` and headers; `None` for what hyper would not hand to a service.
pub fn request(text: &[u8]) -> Option<Request<()>> {
    let (first, lines) = split(text);
    let (method, target) = std::str::from_utf8(first).ok()?.split_once(' ')?;
    let mut request = Request::builder().method(method).uri(target).body(()).ok()?;
    *request.headers_mut() = headers(lines)?;
    Some(request)
}

/// The first line, and the others.
pub fn split(text: &[u8]) -> (&[u8], impl Iterator<Item = &[u8]>) {
    let mut lines = text.split(|byte| *byte == b'\n');
    (lines.next().unwrap_or_default(), lines)
}

/// Headers, a line each. Values come without white space around them, as a server reads them.
pub fn headers<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        headers.append(name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?);
    }
    Some(headers)
}

/// What a service answers that waits for nothing.
pub fn answer<S, B>(service: S, request: Request<()>) -> Response<Bytes>
where
    S: Service<Request<()>, Response = Response<B>>,
    S::Error: std::fmt::Debug,
    B: Body<Data = Bytes>,
    B::Error: std::fmt::Debug,
{
    let (parts, body) = now(service.oneshot(request)).expect("an answer").into_parts();
    let body = now(body.collect()).expect("a body").to_bytes();
    Response::from_parts(parts, body)
}

fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing here waits"),
    }
}

/// The whole answer as text, to search it.
pub fn text(response: &Response<Bytes>) -> String {
    let mut text = format!("{}\n", response.status());
    for (name, value) in response.headers() {
        text.push_str(&format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())));
    }
    text.push_str(&String::from_utf8_lossy(response.body()));
    text
}
