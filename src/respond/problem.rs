//! Problem details for HTTP APIs (RFC 9457).

use std::fmt::Write;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use super::{Refusal, Respond};
use crate::challenge::ServerRole;
use crate::denial::public_outcome::{RenderContext, public_outcome};
use crate::denial::{Cause, Denial, Requirement};

/// Answers with `application/problem+json` (RFC 9457): `type`, `title`, `status`, `detail`.
///
/// ```text
/// {"type":"about:blank","title":"Forbidden","status":403,"detail":"You are not permitted to do this."}
/// ```
///
/// The bodies are written once, when this is made; an answer costs no formatting.
///
/// ```
/// use portcullis::Problem;
///
/// let problem = Problem::new().type_base("https://api.example/problems/");
/// // `type` of a 403: https://api.example/problems/forbidden
/// ```
#[derive(Clone, Debug)]
pub struct Problem {
    type_base: Option<Arc<str>>,
    /// One of each cause, in the order of the causes.
    pages: Arc<[RenderedProblem]>,
}

/// A body and its length, ready to be sent.
#[derive(Clone, Debug)]
struct RenderedProblem {
    status: StatusCode,
    body: Bytes,
    length: HeaderValue,
}

impl Problem {
    /// Problem details of type `about:blank`: the status says it all (RFC 9457 §4.2.1).
    pub fn new() -> Self {
        Self::plain().clone()
    }

    /// The one that nobody configured, made once in a process.
    ///
    /// So its pages may be the program's own bytes. Those are sent without counting who shares
    /// them, which on a busy machine every thread would do with the same counter.
    pub(crate) fn plain() -> &'static Self {
        fn keep(text: String) -> Bytes {
            Bytes::from_static(text.leak().as_bytes())
        }

        static PLAIN: LazyLock<Problem> = LazyLock::new(|| Problem::with(None, keep));
        &PLAIN
    }

    /// Gives each cause a type of its own: this base, then the
    /// [cause in one word](Cause::as_str).
    #[must_use]
    pub fn type_base(self, base: impl Into<String>) -> Self {
        Self::with(Some(base.into().into()), shared)
    }

    fn with(type_base: Option<Arc<str>>, keep: fn(String) -> Bytes) -> Self {
        let pages = Cause::ALL
            .into_iter()
            .map(|cause| {
                let status = usual_status(cause);
                let body = write(type_base.as_deref(), cause, status, cause.detail());
                let length = HeaderValue::from_maybe_shared(keep(body.len().to_string()));
                let length = length.unwrap_or_else(|_| HeaderValue::from(body.len()));
                RenderedProblem { status, length, body: keep(body) }
            })
            .collect();
        Self { type_base, pages }
    }

    /// The page that was written in advance for this refusal, if it is one of the usual ones.
    fn prerendered(&self, refusal: &Refusal<'_>) -> Option<&RenderedProblem> {
        let page = self.pages.get(refusal.cause() as usize)?;
        (page.status == refusal.status() && !refusal.has_own_detail()).then_some(page)
    }
}

impl Default for Problem {
    fn default() -> Self {
        Self::new()
    }
}

impl Respond for Problem {
    type Context = ();

    fn is_fixed(&self) -> bool {
        true
    }

    #[inline]
    fn context(&self, _: &Parts) {}

    fn respond(&self, refusal: &Refusal<'_>, _: ()) -> Response<Bytes> {
        let (body, length) = match self.prerendered(refusal) {
            Some(page) => (page.body.clone(), page.length.clone()),
            None => {
                let base = self.type_base.as_deref();
                let body = write(base, refusal.cause(), refusal.status(), refusal.detail());
                let length = HeaderValue::from(body.len());
                (body.into(), length)
            }
        };
        // Room for these two, `Cache-Control`, `Retry-After` and two challenges: the map is
        // allocated once.
        let mut headers = HeaderMap::with_capacity(6);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CONTENT_LENGTH, length);
        let mut response = Response::new(body);
        *response.headers_mut() = headers;
        response
    }
}

/// The status that the cause has where everything that could help is on offer.
fn usual_status(cause: Cause) -> StatusCode {
    let denial = match cause {
        Cause::InsufficientAuthentication => {
            Denial::insufficient(Requirement::max_age(Duration::ZERO))
        }
        cause => Denial::new(cause),
    };
    let edge = RenderContext::Stage {
        challenger: ServerRole::Origin,
        offers_token_scheme: true,
        authenticated_by_token: true,
        has_login_page: false,
    };
    public_outcome(&denial, edge).status
}

fn write(type_base: Option<&str>, cause: Cause, status: StatusCode, detail: &str) -> String {
    let mut json = String::with_capacity(128);
    json.push_str("{\"type\":\"");
    match type_base {
        Some(base) => {
            escape(&mut json, base);
            json.push_str(cause.as_str());
        }
        None => json.push_str("about:blank"),
    }
    let title = status.canonical_reason().unwrap_or("Refused");
    let _ = write!(json, "\",\"title\":\"{title}\",\"status\":{},\"detail\":\"", status.as_u16());
    escape(&mut json, detail);
    json.push_str("\"}");
    json
}

/// Writes the inside of a JSON string (RFC 8259 §7).
fn escape(json: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\0'..='\x1f' => {
                let _ = write!(json, "\\u{:04x}", u32::from(character));
            }
            _ => json.push(character),
        }
    }
}

/// Bytes that were cloned once are shared; their later clones do not allocate.
fn shared(text: String) -> Bytes {
    Bytes::from(text).clone()
}
