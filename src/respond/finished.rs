//! Sets what every refusal must carry, whichever renderer made it (F02, F03, F04, F11).

use bytes::Bytes;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE,
    CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_RANGE, CONTENT_TYPE, ETAG, LAST_MODIFIED,
    PROXY_AUTHENTICATE, RETRY_AFTER, TRAILER, TRANSFER_ENCODING, VARY, WWW_AUTHENTICATE,
};
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

use super::{Problem, Refusal, Respond};
use crate::catch_panic::catch_panic;
use crate::denial::LogOut;
use crate::denial::public_outcome::is_not_found;

/// Renders a refusal. If the renderer panics, or did when it took the context, [`Problem`] renders it.
pub(crate) fn render<R: Respond>(
    respond: &R,
    context: Option<R::Context>,
    refusal: &Refusal<'_>,
    inherited: HeaderMap,
) -> FinishedResponse {
    let rendered = context
        .and_then(|context| catch_panic(|| respond.respond(refusal, context)).ok())
        .unwrap_or_else(|| Problem::plain().respond(refusal, ()));
    FinishedResponse::new(rendered, refusal.status(), inherited)
}

/// A rendered refusal with all mandatory headers except the challenges, which the authenticate stage
/// adds.
#[derive(Clone, Debug)]
pub(crate) struct FinishedResponse {
    /// Without extensions and with the default HTTP version.
    head: Parts,
    body: Bytes,
}

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
pub(super) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

impl FinishedResponse {
    /// Sets the status and the mandatory headers on what was rendered. `inherited` are the headers that
    /// middlewares between the denial and the authenticate stage have set on the response.
    pub(crate) fn new(rendered: Response<Bytes>, status: StatusCode, inherited: HeaderMap) -> Self {
        let (parts, body) = rendered.into_parts();
        let mut headers = parts.headers;
        if !is_not_found(status) {
            inherit(&mut headers, inherited);
        }
        for name in [WWW_AUTHENTICATE, PROXY_AUTHENTICATE, TRANSFER_ENCODING] {
            headers.remove(name);
        }
        headers.insert(CACHE_CONTROL, NO_STORE);
        // Without it clients would guess the type (F02).
        headers.entry(CONTENT_TYPE).or_insert(TEXT);
        if !has_content_length(&headers, body.len()) {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        }
        Self::of(status, headers, body)
    }

    fn of(status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        let (mut head, ()) = Response::new(()).into_parts();
        head.status = status;
        head.headers = headers;
        Self { head, body }
    }

    /// A response whose status and headers stay as they are: a gRPC error is 200 in HTTP.
    pub(crate) fn unchanged(rendered: Response<Bytes>) -> Self {
        let (parts, body) = rendered.into_parts();
        Self::of(parts.status, parts.headers, body)
    }

    /// Copies these headers of the response that it replaces, in this order.
    pub(crate) fn copy_headers(&mut self, names: &[HeaderName], replaced: &HeaderMap) {
        for name in names {
            for value in replaced.get_all(name) {
                self.head.headers.append(name, value.clone());
            }
        }
    }

    /// Sets a header.
    pub(crate) fn insert(&mut self, name: HeaderName, value: HeaderValue) {
        self.head.headers.insert(name, value);
    }

    /// Sets a header, unless the renderer or a middleware has set it.
    pub(crate) fn insert_if_absent(&mut self, name: HeaderName, value: HeaderValue) {
        self.head.headers.entry(name).or_insert(value);
    }

    /// Adds the headers of a log-out.
    pub(crate) fn log_out(&mut self, log_out: LogOut) {
        log_out.add_to(&mut self.head.headers);
    }

    /// Sets `Retry-After`.
    pub(crate) fn retry_after(&mut self, seconds: HeaderValue) {
        self.head.headers.insert(RETRY_AFTER, seconds);
    }

    pub(crate) fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.head.headers
    }

    /// Adds challenges, one header line each (A15).
    pub(crate) fn challenge(
        &mut self,
        name: &HeaderName,
        lines: impl Iterator<Item = HeaderValue>,
    ) {
        append(&mut self.head.headers, name, lines);
    }

    /// The response; to a `HEAD` request it has the same headers and no body (F04).
    pub(crate) fn into_response<B: From<Bytes>>(self, to_head: bool) -> Response<B> {
        let body = if to_head { Bytes::new() } else { self.body };
        Response::from_parts(self.head, body.into())
    }

    /// As [`into_response`](Self::into_response), from a kept response.
    #[inline]
    pub(crate) fn to_response<B: From<Bytes>>(&self, to_head: bool) -> Response<B> {
        let body = if to_head { Bytes::new() } else { self.body.clone() };
        Response::from_parts(self.head.clone(), body.into())
    }
}

/// Appends header lines, as challenges need one each (A15).
pub(crate) fn append(
    headers: &mut HeaderMap,
    name: &HeaderName,
    lines: impl Iterator<Item = HeaderValue>,
) {
    for line in lines {
        headers.append(name, line);
    }
}

/// Keeps the headers of the replaced response that do not describe its body (F03). Where both have a
/// header, the renderer's is kept, except that the lines of `Vary` add up.
pub(super) fn inherit(headers: &mut HeaderMap, inherited: HeaderMap) {
    if inherited.is_empty() {
        return;
    }
    let rendered: Vec<HeaderName> = headers.keys().cloned().collect();
    let mut current = None;
    for (name, value) in inherited {
        // The iterator yields a name with its first value only.
        current = name.or(current);
        let Some(name) = &current else { continue };
        let replaced = rendered.contains(name) && *name != VARY;
        if !replaced && !describes_body(name) {
            headers.append(name, value);
        }
    }
}

pub(crate) fn describes_body(name: &HeaderName) -> bool {
    const NAMES: [HeaderName; 14] = [
        CONTENT_TYPE,
        CONTENT_LENGTH,
        CONTENT_ENCODING,
        CONTENT_LANGUAGE,
        CONTENT_LOCATION,
        CONTENT_RANGE,
        CONTENT_DISPOSITION,
        HeaderName::from_static("content-digest"),
        HeaderName::from_static("repr-digest"),
        ACCEPT_RANGES,
        ETAG,
        LAST_MODIFIED,
        TRAILER,
        TRANSFER_ENCODING,
    ];
    // A gRPC server says there how its call ended and how its messages are encoded.
    NAMES.contains(name) || name.as_str().starts_with("grpc-")
}

/// Whether `Content-Length` is there once and is this length.
fn has_content_length(headers: &HeaderMap, length: usize) -> bool {
    let mut lines = headers.get_all(CONTENT_LENGTH).iter();
    let is_right = |value: &HeaderValue| {
        // `parse` accepts a sign, and the header does not.
        let digits = value.as_bytes().iter().all(u8::is_ascii_digit);
        digits && value.to_str().is_ok_and(|text| text.parse() == Ok(length))
    };
    lines.next().is_some_and(is_right) && lines.next().is_none()
}
