//! Problem details for HTTP APIs (RFC 9457).

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use super::details::phrase;
use super::{PROBLEM_JSON, ProblemDetails, Refusal, Respond, json};
use crate::challenge::ServerRole;
use crate::denial::public_outcome::{RenderContext, public_outcome};
use crate::denial::{Cause, Denial, MemberList, MemberName, MemberValue, Requirement};

/// Renders refusals as `application/problem+json` (RFC 9457): `type`, `title`, `status`, `detail`.
///
/// ```text
/// {"type":"about:blank","title":"Forbidden","status":403,"detail":"You are not permitted to do this."}
/// ```
///
/// The bodies are written when this is made, so that a response costs no formatting.
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
    members: MemberList,
    /// One for each cause, in the order of the causes.
    rendered: Arc<[RenderedProblem]>,
}

/// A problem that was written in advance.
#[derive(Clone, Debug)]
struct RenderedProblem {
    status: StatusCode,
    body: Bytes,
    length: HeaderValue,
}

impl Problem {
    /// Problem details of type `about:blank`: they mean no more than the status (RFC 9457 §4.2.1).
    pub fn new() -> Self {
        Self::plain().clone()
    }

    /// The default one, made once in a process.
    ///
    /// Its bodies are leaked, so they are static. Static bytes have no reference count, which all
    /// threads of a busy server would contend for.
    pub(crate) fn plain() -> &'static Self {
        fn leak(text: String) -> Bytes {
            Bytes::from_static(text.leak().as_bytes())
        }

        static PLAIN: LazyLock<Problem> =
            LazyLock::new(|| Problem::with(None, MemberList::EMPTY, leak));
        &PLAIN
    }

    /// Gives each cause a `type` of its own: this base, followed by the
    /// [name of the cause](Cause::as_str).
    #[must_use]
    pub fn type_base(self, base: impl Into<String>) -> Self {
        Self::with(Some(base.into().into()), self.members, shared)
    }

    /// Adds an extension member to every problem (RFC 9457 §3.2), or replaces the one with this name.
    /// [`Denial::with_member`] adds one to a single denial.
    ///
    /// ```
    /// use portcullis::{Problem, respond::MemberName};
    ///
    /// const SUPPORT: MemberName = MemberName::from_static("support");
    /// let problem = Problem::new().member(SUPPORT, "https://api.example/support");
    /// ```
    #[must_use]
    pub fn member(mut self, name: MemberName, value: impl Into<MemberValue>) -> Self {
        self.members.set(name, value.into());
        Self::with(self.type_base, self.members, shared)
    }

    /// The problem that a refusal is.
    pub(super) fn details(&self, refusal: &Refusal<'_>) -> ProblemDetails {
        ProblemDetails::of(refusal, self.type_base.as_deref(), &self.members)
    }

    fn with(
        type_base: Option<Arc<str>>,
        members: MemberList,
        into_bytes: fn(String) -> Bytes,
    ) -> Self {
        let rendered = Cause::ALL
            .into_iter()
            .map(|cause| {
                let status = usual_status(cause);
                let body = write(type_base.as_deref(), cause, status, cause.detail(), &members);
                let length = HeaderValue::from_maybe_shared(into_bytes(body.len().to_string()));
                let length = length.unwrap_or_else(|_| HeaderValue::from(body.len()));
                RenderedProblem { status, length, body: into_bytes(body) }
            })
            .collect();
        Self { type_base, members, rendered }
    }

    /// The problem that was written in advance for this refusal, if its status and text are the usual
    /// ones.
    fn prerendered(&self, refusal: &Refusal<'_>) -> Option<&RenderedProblem> {
        let problem = self.rendered.get(refusal.cause() as usize)?;
        (problem.status == refusal.status() && !refusal.has_own_parts()).then_some(problem)
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
            Some(problem) => (problem.body.clone(), problem.length.clone()),
            None => {
                let base = self.type_base.as_deref();
                let (cause, status) = (refusal.cause(), refusal.status());
                let members = match refusal.own_members {
                    own if own.is_empty() => Cow::Borrowed(&self.members),
                    own => Cow::Owned(self.members.with_all(own)),
                };
                let body = write(base, cause, status, refusal.detail(), &members);
                let length = HeaderValue::from(body.len());
                (body.into(), length)
            }
        };
        // Room for these two, `Cache-Control`, `Retry-After` and two challenges, so that the map is
        // allocated once.
        let mut headers = HeaderMap::with_capacity(6);
        headers.insert(CONTENT_TYPE, PROBLEM_JSON);
        headers.insert(CONTENT_LENGTH, length);
        let mut response = Response::new(body);
        *response.headers_mut() = headers;
        response
    }
}

/// The status of the cause where the stage offers every scheme that could help.
fn usual_status(cause: Cause) -> StatusCode {
    let denial = match cause {
        Cause::InsufficientAuthentication => {
            Denial::insufficient(Requirement::max_age(Duration::ZERO))
        }
        cause => Denial::new(cause),
    };
    let context = RenderContext::Stage {
        challenger: ServerRole::Origin,
        offers_token_scheme: true,
        authenticated_by_token: true,
        has_login_page: false,
    };
    public_outcome(&denial, context).status
}

fn write(
    type_base: Option<&str>,
    cause: Cause,
    status: StatusCode,
    detail: &str,
    extensions: &MemberList,
) -> String {
    json::write(&json::Members {
        type_uri: type_base.map_or(["about:blank", ""], |base| [base, cause.as_str()]),
        title: phrase(status),
        status,
        detail: Some(detail),
        instance: None,
        extensions,
    })
}

/// Clones the bytes once, because the first clone allocates their reference count.
fn shared(text: String) -> Bytes {
    Bytes::from(text).clone()
}
