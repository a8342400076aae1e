//! Calls to a service without a network, and what their responses say.

use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt, Empty, Full};
use portcullis::ResponseBody;
use tower::{Service, ServiceExt};

pub type Body = ResponseBody<Full<Bytes>>;

/// A response, with its trailers wherever the framing has them.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub trailers: HeaderMap,
}

impl Answer {
    pub fn code(&self) -> Option<&str> {
        self.trailer("grpc-status")
    }

    pub fn trailer(&self, name: &str) -> Option<&str> {
        self.trailers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn trailers(&self, name: &str) -> Vec<&str> {
        self.trailers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }
}

/// Calls a method with a token.
pub fn call(path: &str, content_type: &str, token: Option<&str>) -> Request<Empty<Bytes>> {
    let mut request = Request::post(path).header("content-type", content_type);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    request.body(Empty::new()).unwrap()
}

/// Sends a request to a service, and reads its response.
pub async fn answer<S, B>(service: S, request: Request<Empty<Bytes>>) -> Answer
where
    S: Service<Request<Empty<Bytes>>, Response = Response<B>, Error = Infallible>,
    B: http_body::Body<Data = Bytes>,
    B::Error: std::fmt::Debug,
{
    let (parts, body) = service.oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap();
    let at_end = body.trailers().cloned();
    let body = body.to_bytes();
    let content_type = parts.headers.get("content-type").map(HeaderValue::as_bytes);
    let trailers = match content_type {
        Some(b"application/grpc-web") => frame(&body),
        Some(b"application/grpc-web-text") => frame(&decode(&body)),
        _ => at_end.unwrap_or_else(|| parts.headers.clone()),
    };
    Answer { status: parts.status.as_u16(), headers: parts.headers, body, trailers }
}

fn decode(text: &[u8]) -> Vec<u8> {
    use base64::Engine;
    base64::prelude::BASE64_STANDARD.decode(text).expect("base64")
}

/// Reads a body that is one frame of trailers.
#[track_caller]
pub fn frame(body: &[u8]) -> HeaderMap {
    let Some((head, block)) = body.split_at_checked(5) else { return HeaderMap::new() };
    assert_eq!(head[0], 0x80, "uncompressed trailers");
    assert_eq!(u32::from_be_bytes(head[1..].try_into().unwrap()) as usize, block.len());
    let block = std::str::from_utf8(block).expect("ASCII");
    assert!(block.ends_with("\r\n") && !block.ends_with("\r\n\r\n"));
    let lines = block.trim_end().split("\r\n").map(|line| line.split_once(':').expect("a colon"));
    lines
        .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()))
        .collect()
}

/// The three framings.
pub const FRAMINGS: [&str; 3] =
    ["application/grpc+proto", "application/grpc-web+proto", "application/grpc-web-text"];

/// Every method but `POST`.
pub const OTHER_METHODS: [Method; 8] = [
    Method::GET,
    Method::HEAD,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
    Method::OPTIONS,
    Method::TRACE,
    Method::CONNECT,
];
