//! The form of a refusal: a page for people, problem details for scripts and programs.

use axum::http::header::{ACCEPT, CONTENT_TYPE, VARY};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, http};
use bytes::Bytes;
use portcullis::{Problem, Refusal, Respond, ReturnPath};
use serde_json::json;

use crate::pages::{escape, shell};

/// Renders a refusal as a page if the client accepts HTML, otherwise as problem details.
#[derive(Clone)]
pub struct Refusals {
    problem: Problem,
}

/// What the page depends on.
pub struct Page {
    /// Where a login returns to.
    return_path: Option<ReturnPath>,
}

impl Refusals {
    pub fn new() -> Self {
        Self { problem: Problem::new() }
    }
}

impl Respond for Refusals {
    /// `None` for clients that do not accept HTML.
    type Context = Option<Page>;

    fn context(&self, request: &Parts) -> Option<Page> {
        let is_page = request.method == Method::GET;
        let return_path = is_page.then(|| ReturnPath::of(&request.uri).ok()).flatten();
        accepts_html(&request.headers).then_some(Page { return_path })
    }

    fn respond(&self, refusal: &Refusal<'_>, page: Option<Page>) -> http::Response<Bytes> {
        let mut response = match page {
            None => self.problem.respond(refusal, ()),
            Some(page) => {
                let mut response = http::Response::new(render(refusal, page).into());
                let html = HeaderValue::from_static("text/html; charset=utf-8");
                response.headers_mut().insert(CONTENT_TYPE, html);
                response
            }
        };
        response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
        response
    }
}

/// `fetch`, curl and most libraries send `*/*`, which does not count.
fn accepts_html(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(ACCEPT).iter();
    values.any(|value| value.to_str().is_ok_and(|value| value.contains("text/html")))
}

fn render(refusal: &Refusal<'_>, page: Page) -> String {
    let home = r#"<a class="button" href="/">Back to the overview</a>"#.to_owned();
    let (title, text, action) = match refusal.status() {
        StatusCode::UNAUTHORIZED => {
            let next = page.return_path.map(|path| encode(path.as_str()));
            let next = next.map_or(String::new(), |path| format!("?next={path}"));
            let log_in = format!(r#"<a class="button primary" href="/login{next}">Log in</a>"#);
            ("Please log in", "You have not logged in, or your session has ended.", log_in)
        }
        StatusCode::FORBIDDEN => ("No permission", refusal.detail(), home),
        StatusCode::NOT_FOUND => {
            ("There is no such page", "The address may be mistyped, or the page was removed.", home)
        }
        StatusCode::TOO_MANY_REQUESTS => ("Too many attempts", refusal.detail(), home),
        StatusCode::SERVICE_UNAVAILABLE => {
            let text =
                "Your login cannot be checked. You have not been logged out: try again later.";
            ("Temporarily unavailable", text, home)
        }
        _ => (refusal.title(), refusal.detail(), home),
    };
    let main = format!(
        r#"<section class="refusal card">
          <p class="status" aria-hidden="true">{status}</p>
          <h1>{title}</h1>
          <p>{text}</p>
          <p class="actions">{action}</p>
        </section>"#,
        status = refusal.status().as_u16(),
        title = escape(title),
        text = escape(text),
    );
    shell(title, None, &main)
}

/// Percent-encodes a query value.
fn encode(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let encode = |byte: u8| match byte {
        byte if is_plain(byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// Problem details for the application's own errors, so that the API has one format for all.
pub fn problem(status: StatusCode, detail: &str) -> Response {
    let title = status.canonical_reason().unwrap_or_default();
    let status_code = status.as_u16();
    let body = json!({
        "type": "about:blank", "title": title, "status": status_code, "detail": detail,
    });
    (status, [(CONTENT_TYPE, "application/problem+json")], Json(body)).into_response()
}
