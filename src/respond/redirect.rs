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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f06_what_html_gives_a_meaning_to_is_escaped_in_the_link_and_not_in_the_location() {
        let answer = redirect(r#"/a?b="<i>"&c='d'&&"#);
        let link = r#"<a href="/a?b=&quot;&lt;i>&quot;&amp;c='d'&amp;&amp;">Log in</a>"#;
        let body = str::from_utf8(answer.body()).unwrap();
        assert!(body.starts_with("<!doctype html>") && body.contains(link), "{body}");
        assert_eq!(answer.headers()[LOCATION], r#"/a?b="<i>"&c='d'&&"#);
        assert_eq!(answer.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
    }
}
