//! The answer that sends a browser elsewhere.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderValue, Response};

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// A short note with a link, as a 303 ought to have (RFC 9110 §15.4.4). The location is visible
/// ASCII.
pub(crate) fn redirect(location: &str) -> Response<Bytes> {
    let mut link = String::with_capacity(location.len());
    for character in location.chars() {
        match character {
            '&' => link.push_str("&amp;"),
            '<' => link.push_str("&lt;"),
            '"' => link.push_str("&quot;"),
            _ => link.push(character),
        }
    }
    let note = format!("<!doctype html><title>Log in</title><p><a href=\"{link}\">Log in</a>\n");
    let mut response = Response::new(note.into());
    response.headers_mut().insert(CONTENT_TYPE, HTML);
    // It does not fail, and nowhere else is a better place to go.
    let location = HeaderValue::from_str(location).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(LOCATION, location);
    response
}
