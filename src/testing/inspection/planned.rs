//! [`Planned`]: a request of an inspection, before it is sent.

use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, CONTENT_LENGTH, CONTENT_TYPE,
    EXPECT, HOST, ORIGIN,
};
use http::{HeaderName, HeaderValue, Method, Request, Uri};

use crate::inspect::{Caller, Question};

use super::connection::{Expected, RequestBytes};

/// Headers that are sent, with credentials among them.
pub(super) type Lines = Vec<(HeaderName, HeaderValue)>;

/// A request of an inspection.
#[derive(Clone)]
pub(super) struct Planned {
    pub(super) caller: Caller,
    pub(super) question: Question,
    pub(super) method: Method,
    pub(super) target: Uri,
    /// Without `host`.
    pub(super) headers: Lines,
    pub(super) body: Body,
}

/// The body of a planned request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// No body, and no `Content-Length`.
    None,
    /// A body of this many bytes, sent at once.
    Sent(&'static [u8]),
    /// Sent after `100 Continue` only.
    Expected(&'static [u8]),
    /// Said to be huge, and never sent.
    Huge,
}

/// More than any server takes, and less than a parser of 63 bits does not.
const HUGE: &str = "1099511627776";

impl Planned {
    pub(super) fn new(caller: Caller, question: Question, method: Method, target: &Uri) -> Self {
        let (target, headers, body) = (target.clone(), Lines::new(), Body::None);
        Self { caller, question, method, target, headers, body }
    }

    pub(super) fn with(mut self, headers: &Lines) -> Self {
        self.headers.extend(headers.iter().cloned());
        self
    }

    pub(super) fn with_header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.push((name, HeaderValue::from_static(value)));
        self
    }

    /// Makes it the preflight of a `GET` with `Authorization`, by a script of this origin.
    pub(super) fn preflight(self, origin: &HeaderValue) -> Self {
        self.of_origin(origin)
            .with_header(ACCESS_CONTROL_REQUEST_METHOD, "GET")
            .with_header(ACCESS_CONTROL_REQUEST_HEADERS, "authorization")
    }

    pub(super) fn of_origin(mut self, origin: &HeaderValue) -> Self {
        self.headers.push((ORIGIN, origin.clone()));
        self
    }

    pub(super) fn with_body(mut self, body: Body, content_type: Option<&'static str>) -> Self {
        self.body = body;
        if let Some(content_type) = content_type {
            self = self.with_header(CONTENT_TYPE, content_type);
        }
        match body {
            Body::None => self,
            Body::Sent(body) => self.with_length(HeaderValue::from(body.len())),
            Body::Expected(body) => {
                self.with_header(EXPECT, "100-continue").with_length(HeaderValue::from(body.len()))
            }
            Body::Huge => {
                self.with_header(EXPECT, "100-continue").with_length(HeaderValue::from_static(HUGE))
            }
        }
    }

    fn with_length(mut self, length: HeaderValue) -> Self {
        self.headers.push((CONTENT_LENGTH, length));
        self
    }

    /// What is written.
    pub(super) fn to_bytes(&self, host: &HeaderValue) -> RequestBytes<'_> {
        let target = self.target.path_and_query().map_or("/", |target| target.as_str());
        let mut bytes = format!("{} {target} HTTP/1.1\r\n", self.method).into_bytes();
        let host = (&HOST, host);
        for (name, value) in [host].into_iter().chain(self.headers.iter().map(|(n, v)| (n, v))) {
            bytes.extend_from_slice(name.as_str().as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value.as_bytes());
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        let expected = match self.body {
            Body::None => Expected::Nothing,
            Body::Sent(body) => {
                bytes.extend_from_slice(body);
                Expected::Nothing
            }
            Body::Expected(body) => Expected::Body(body),
            Body::Huge => Expected::Never,
        };
        RequestBytes { method: self.method.as_str(), bytes, expected }
    }

    /// As a type of `http`.
    pub(super) fn to_request(&self, host: &HeaderValue) -> Request<Bytes> {
        let body = match self.body {
            Body::Sent(body) => Bytes::from_static(body),
            _ => Bytes::new(),
        };
        let mut request = Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.target.clone();
        request.headers_mut().insert(HOST, host.clone());
        for (name, value) in &self.headers {
            request.headers_mut().append(name, value.clone());
        }
        request
    }
}
