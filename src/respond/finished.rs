//! What every refusal carries, whoever rendered it (F02, F03, F04, F11).

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
use crate::denial::public_outcome::is_not_found;

/// Has a denial rendered. Where the renderer cannot, or could not even look at the request, the
/// plain problem stands in.
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

/// A rendered refusal with everything on it that must not be forgotten; but challenges, which are
/// the edge's to add.
#[derive(Clone, Debug)]
pub(crate) struct FinishedResponse {
    /// Without extensions, and of the version that responses have unless it is set.
    head: Parts,
    body: Bytes,
}

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

impl FinishedResponse {
    /// Stamps what was rendered. `inherited` are the fields that middlewares between the denial
    /// and the edge have put on the answer.
    pub(crate) fn new(rendered: Response<Bytes>, status: StatusCode, inherited: HeaderMap) -> Self {
        let (parts, body) = rendered.into_parts();
        let mut fields = parts.headers;
        if !is_not_found(status) {
            inherit(&mut fields, inherited);
        }
        for name in [WWW_AUTHENTICATE, PROXY_AUTHENTICATE, TRANSFER_ENCODING] {
            fields.remove(name);
        }
        fields.insert(CACHE_CONTROL, NO_STORE);
        // Nobody should have to guess (F02).
        fields.entry(CONTENT_TYPE).or_insert(TEXT);
        if !has_content_length(&fields, body.len()) {
            fields.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        }
        Self::of(status, fields, body)
    }

    fn of(status: StatusCode, fields: HeaderMap, body: Bytes) -> Self {
        let (mut head, ()) = Response::new(()).into_parts();
        head.status = status;
        head.headers = fields;
        Self { head, body }
    }

    /// An answer that is no denial to HTTP, and has its own way to say so: gRPC's.
    pub(crate) fn unchanged(rendered: Response<Bytes>) -> Self {
        let (parts, body) = rendered.into_parts();
        Self::of(parts.status, parts.headers, body)
    }

    /// Keeps these fields of the answer that it replaces, in this order.
    pub(crate) fn copy_headers(&mut self, names: &[HeaderName], replaced: &HeaderMap) {
        for name in names {
            for value in replaced.get_all(name) {
                self.head.headers.append(name, value.clone());
            }
        }
    }

    /// Asks the client to wait.
    pub(crate) fn retry_after(&mut self, seconds: HeaderValue) {
        self.head.headers.insert(RETRY_AFTER, seconds);
    }

    /// Adds challenges, one line of the field each (A15).
    pub(crate) fn challenge(
        &mut self,
        field: &HeaderName,
        lines: impl Iterator<Item = HeaderValue>,
    ) {
        append(&mut self.head.headers, field, lines);
    }

    /// The answer; to a `HEAD` with the same fields and no body (F04).
    pub(crate) fn into_response<B: From<Bytes>>(self, head: bool) -> Response<B> {
        let body = if head { Bytes::new() } else { self.body };
        Response::from_parts(self.head, body.into())
    }

    /// The same, without moving what is kept for the next one.
    #[inline]
    pub(crate) fn to_response<B: From<Bytes>>(&self, head: bool) -> Response<B> {
        let body = if head { Bytes::new() } else { self.body.clone() };
        Response::from_parts(self.head.clone(), body.into())
    }
}

/// Challenges on an answer, one line of the field each (A15).
pub(crate) fn append(
    fields: &mut HeaderMap,
    field: &HeaderName,
    lines: impl Iterator<Item = HeaderValue>,
) {
    for line in lines {
        fields.append(field, line);
    }
}

/// Keeps the fields of the replaced answer that do not describe its body (F03). Where both have a
/// field the renderer's counts, except `Vary`, which adds up.
fn inherit(fields: &mut HeaderMap, inherited: HeaderMap) {
    if inherited.is_empty() {
        return;
    }
    let rendered: Vec<HeaderName> = fields.keys().cloned().collect();
    let mut current = None;
    for (name, value) in inherited {
        // A name comes once, with its first value; further values come without.
        current = name.or(current);
        let Some(name) = &current else { continue };
        let replaced = rendered.contains(name) && *name != VARY;
        if !replaced && !describes_body(name) {
            fields.append(name, value);
        }
    }
}

fn describes_body(name: &HeaderName) -> bool {
    const DESCRIBING: [HeaderName; 14] = [
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
    DESCRIBING.contains(name)
}

/// Whether the answer states this length, once.
fn has_content_length(fields: &HeaderMap, length: usize) -> bool {
    let mut stated = fields.get_all(CONTENT_LENGTH).iter();
    let right = |value: &HeaderValue| {
        // `parse` takes a sign, and the field does not.
        let digits = value.as_bytes().iter().all(u8::is_ascii_digit);
        digits && value.to_str().is_ok_and(|text| text.parse() == Ok(length))
    };
    stated.next().is_some_and(right) && stated.next().is_none()
}
