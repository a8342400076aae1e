//! Which requests may be redirected to the login page, and the response that redirects them (F06).

use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderValue, Response};

use super::LoginPage;
use super::browser::is_navigation;
use crate::original_target::OriginalTarget;

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// The target to which a login returns.
#[derive(Debug)]
pub(crate) struct ReturnTarget {
    pub(super) path: PathAndQuery,
    /// For a login page on another host: an origin in its list.
    pub(super) origin: Option<Box<str>>,
}

impl LoginPage {
    /// Returns the original target to come back to, if the request may be redirected to this page.
    ///
    /// Only navigations may, except to the page itself, since that redirect would never end. A
    /// client that names an offered scheme in `Authorization` gets the 401 instead: it has to learn
    /// that its credentials failed, and a browser would send them again to the login page.
    pub(crate) fn return_target(
        &self,
        request: &Parts,
        names_offered_scheme: bool,
    ) -> Option<ReturnTarget> {
        if names_offered_scheme || self.is_requested_by(request) || !is_navigation(request) {
            return None;
        }
        let path = OriginalTarget::of(request).path_and_query()?.clone();
        Some(ReturnTarget { path, origin: self.return_origin(request) })
    }

    /// Builds the redirect for a request with this target. The caller of this function sets the
    /// status.
    pub(crate) fn redirect(&self, target: &ReturnTarget) -> Response<Bytes> {
        redirect_to(&self.location(target))
    }
}

/// Builds a response with a short HTML note that has a link, as a 303 should (RFC 9110 §15.4.4). The
/// location is visible ASCII.
fn redirect_to(location: &str) -> Response<Bytes> {
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
    // Visible ASCII is always a header value; `/` is never used.
    let location = HeaderValue::from_str(location).unwrap_or(HeaderValue::from_static("/"));
    response.headers_mut().insert(LOCATION, location);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f06_html_characters_are_escaped_in_the_link_and_not_in_the_location() {
        let response = redirect_to(r#"/a?b="<i>"&c='d'&&"#);
        let link = r#"<a href="/a?b=&quot;&lt;i>&quot;&amp;c='d'&amp;&amp;">Log in</a>"#;
        let body = str::from_utf8(response.body()).unwrap();
        assert!(body.starts_with("<!doctype html>") && body.contains(link), "{body}");
        assert_eq!(response.headers()[LOCATION], r#"/a?b="<i>"&c='d'&&"#);
        assert_eq!(response.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
    }
}
