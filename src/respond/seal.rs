//! What every refusal carries, whoever rendered it (F02, F03, F04, F11).

use bytes::Bytes;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE,
    CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_RANGE, CONTENT_TYPE, ETAG, Entry, LAST_MODIFIED,
    PROXY_AUTHENTICATE, RETRY_AFTER, TRAILER, TRANSFER_ENCODING, VARY, WWW_AUTHENTICATE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};

use crate::body::ResponseBody;

/// What is put on a rendered refusal.
#[derive(Debug, Default)]
pub(crate) struct Stamps {
    /// The fields that middlewares between the denial and the edge have put on the answer.
    pub(crate) inherited: HeaderMap,
    /// Where the answer asks to wait.
    pub(crate) retry_after: Option<HeaderValue>,
    /// Whether the request was a `HEAD`.
    pub(crate) head: bool,
}

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Stamps a rendered refusal. Challenges are not its business, but that none is left of anybody
/// else's: the edge adds its own afterwards.
pub(crate) fn seal<B>(
    rendered: Response<Bytes>,
    status: StatusCode,
    stamps: Stamps,
) -> Response<ResponseBody<B>> {
    let (mut parts, body) = rendered.into_parts();
    let fields = &mut parts.headers;
    // What a 404 carries must not depend on how far the request got (D01).
    if status != StatusCode::NOT_FOUND {
        inherit(fields, stamps.inherited);
    }
    fields.remove(WWW_AUTHENTICATE);
    fields.remove(PROXY_AUTHENTICATE);
    fields.insert(CACHE_CONTROL, NO_STORE);
    if let Some(seconds) = stamps.retry_after {
        fields.insert(RETRY_AFTER, seconds);
    }
    if !tells_length(fields, body.len()) {
        fields.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    fields.remove(TRANSFER_ENCODING);
    if let Entry::Vacant(untyped) = fields.entry(CONTENT_TYPE) {
        // Nobody should have to guess (F02).
        untyped.insert(TEXT);
    }
    parts.status = status;
    let body = if stamps.head { ResponseBody::empty() } else { ResponseBody::refusal(body) };
    Response::from_parts(parts, body)
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
fn tells_length(fields: &HeaderMap, length: usize) -> bool {
    let mut stated = fields.get_all(CONTENT_LENGTH).iter();
    let right = |value: &HeaderValue| value.to_str().is_ok_and(|text| text.parse() == Ok(length));
    stated.next().is_some_and(right) && stated.next().is_none()
}
