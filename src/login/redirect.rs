//! The responses that lead to the login page (F06): a redirect, and a page with a link.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderValue, Response};

use super::LoginPage;
use super::lead::{LeadWay, LoginLead};
use crate::respond::Html;

const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

impl LoginPage {
    /// Builds the redirect. The caller of this function sets the status.
    pub(crate) fn redirect(&self, lead: &LoginLead) -> Response<Bytes> {
        redirect_to(&self.location(lead.return_target.as_ref()))
    }

    /// Builds the page that links to the login, below this text. The caller of this function sets the
    /// status and adds the challenges.
    pub(crate) fn link(&self, lead: &LoginLead, text: &str) -> Response<Bytes> {
        let is_for_frame = lead.way == LeadWay::LinkOutOfFrame;
        link_to(&self.location(lead.return_target.as_ref()), text, is_for_frame)
    }

    /// Returns the login's address as a header value.
    pub(crate) fn address(&self, lead: &LoginLead) -> HeaderValue {
        header_value(&self.location(lead.return_target.as_ref()))
    }
}

/// Builds a response with a short HTML note that has a link, as a 303 should (RFC 9110 §15.4.4).
fn redirect_to(location: &str) -> Response<Bytes> {
    let note = Html::new()
        .markup("<!doctype html><title>Log in</title><p><a href=\"")
        .text(location)
        .markup("\">Log in</a>\n");
    let mut response = html(note);
    response.headers_mut().insert(LOCATION, header_value(location));
    response
}

/// Builds a page with a link, below a text. In a frame of Turbo it has to say that it is for the window.
fn link_to(location: &str, text: &str, is_for_frame: bool) -> Response<Bytes> {
    let out_of_frame = match is_for_frame {
        true => "<meta name=\"turbo-visit-control\" content=\"reload\">",
        false => "",
    };
    html(
        Html::new()
            .markup(
                "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
                 <meta name=\"viewport\" content=\"width=device-width\">\
                 <meta name=\"color-scheme\" content=\"light dark\">",
            )
            .markup(out_of_frame)
            .markup("<title>Log in</title><p>")
            .text(text)
            .markup("<p><a href=\"")
            .text(location)
            .markup("\">Log in</a>\n"),
    )
}

fn html(page: Html) -> Response<Bytes> {
    let mut response = Response::new(String::from(page).into());
    response.headers_mut().insert(CONTENT_TYPE, HTML);
    response
}

/// A location is visible ASCII, which is always a header value; `/` is never used.
fn header_value(location: &str) -> HeaderValue {
    HeaderValue::from_str(location).unwrap_or(HeaderValue::from_static("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f06_html_characters_are_escaped_in_the_link_and_not_in_the_location() {
        let response = redirect_to(r#"/a?b="<i>"&c='d'&&"#);
        let link = r#"<a href="/a?b=&quot;&lt;i&gt;&quot;&amp;c=&#39;d&#39;&amp;&amp;">Log in</a>"#;
        let body = str::from_utf8(response.body()).unwrap();
        assert!(body.starts_with("<!doctype html>") && body.contains(link), "{body}");
        assert_eq!(response.headers()[LOCATION], r#"/a?b="<i>"&c='d'&&"#);
        assert_eq!(response.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
    }
}
