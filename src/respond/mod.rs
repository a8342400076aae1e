//! Turns a denial into a response. No other module does.
//!
//! A renderer makes the body and some headers; `FinishedResponse` then sets the mandatory headers.

use std::borrow::Cow;

use bytes::Bytes;
use http::request::Parts;
use http::{Extensions, HeaderMap, HeaderValue, Response, StatusCode};

pub use crate::body::RefusalBody;
use crate::denial::propagate::{PendingDenial, Stage};
use crate::denial::public_outcome::{
    PublicOutcome, RenderContext, fixed_detail, is_not_found, public_outcome,
};
use crate::denial::{Cause, Denial, MemberList};
pub use crate::denial::{InvalidMemberName, MemberName, MemberValue};
use crate::observe::unclaimed;

mod details;
mod finished;
mod format;
mod func;
mod grpc;
mod html;
mod json;
mod language;
mod negotiate;
mod problem;
mod static_body;

pub use details::ProblemDetails;
pub use format::Format;
pub use func::{RespondFn, respond_fn};
pub use html::Html;
pub use language::{InvalidLanguages, Translation};
pub use negotiate::{Negotiate, Negotiated};
pub use problem::Problem;
pub use static_body::{StaticBody, StaticBodyError};

pub(crate) use details::{is_problem_json, replace_body_headers};
pub(crate) use finished::{FinishedResponse, append, render};
pub(crate) use grpc::CallOutcome;

const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// A renderer: makes the response to a denial.
///
/// [`Problem`] is the default; [`respond_fn`] wraps a closure. The stage sets the status, the
/// challenges, `Cache-Control: no-store` and the right `Content-Length` on whatever the renderer
/// returns ([F11](crate::semantics#f11)), so a renderer cannot send a 401 without a challenge.
///
/// ```
/// use bytes::Bytes;
/// use http::{Response, header::CONTENT_TYPE, request::Parts};
/// use portcullis::{Refusal, Respond};
///
/// struct Plain;
///
/// impl Respond for Plain {
///     type Context = ();
///
///     fn context(&self, _: &Parts) {}
///
///     fn respond(&self, refusal: &Refusal<'_>, _: ()) -> Response<Bytes> {
///         let mut response = Response::new(Bytes::from(refusal.detail().to_owned()));
///         response.headers_mut().insert(CONTENT_TYPE, "text/plain".parse().unwrap());
///         response
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not render refusals",
    note = "give `Problem::new()`, wrap a closure in `respond_fn(|refusal| …)`, or implement `Respond`"
)]
pub trait Respond: Send + Sync + 'static {
    /// What the renderer needs of the request, taken before the request goes on. It is `()` for a
    /// renderer that does not depend on the request, and then it costs nothing.
    type Context: Send + 'static;

    /// Whether the response depends on nothing but the refusal; `false` unless overridden. If so, a
    /// stage renders the refusals of each cause and scheme once, and sends them again
    /// ([F11](crate::semantics#f11)).
    fn is_fixed(&self) -> bool {
        false
    }

    /// Takes what [`respond`](Self::respond) will need of the request.
    fn context(&self, request: &Parts) -> Self::Context;

    /// Makes the body, its `Content-Type`, and any other headers.
    fn respond(&self, refusal: &Refusal<'_>, context: Self::Context) -> Response<Bytes>;

    /// Makes the body of an error of the application, which a handler inside an authenticate stage has
    /// returned as [`ProblemDetails`] ([F14](crate::semantics#f14)), and the headers that describe the
    /// body. `None`, unless overridden: the response stays as the handler returned it.
    fn respond_to_problem(
        &self,
        problem: &ProblemDetails,
        context: Self::Context,
    ) -> Option<Response<Bytes>> {
        let _ = (problem, context);
        None
    }
}

/// What a renderer may know of a denial, and so the client: a concealed resource and a missing one
/// are the same value.
#[derive(Clone, Copy, Debug)]
pub struct Refusal<'a> {
    outcome: PublicOutcome,
    own_detail: Option<&'a Cow<'static, str>>,
    own_members: &'a MemberList,
}

static NO_MEMBERS: MemberList = MemberList::EMPTY;

impl<'a> Refusal<'a> {
    pub(crate) fn new(outcome: PublicOutcome, denial: &'a Denial) -> Self {
        // The detail of a 401 does not fit the 500 in its place (C09).
        let is_internal_error =
            outcome.cause == Cause::InternalError && denial.cause() != Cause::InternalError;
        let must_be_fixed = is_not_found(outcome.status) || is_internal_error;
        let (own_detail, own_members) = match must_be_fixed {
            true => (None, None),
            false => (denial.own_detail(), denial.own_members()),
        };
        Self { outcome, own_detail, own_members: own_members.unwrap_or(&NO_MEMBERS) }
    }

    /// The status that the response will have.
    pub fn status(&self) -> StatusCode {
        self.outcome.status
    }

    /// The cause, as the client may know it.
    pub fn cause(&self) -> Cause {
        self.outcome.cause
    }

    /// The status phrase.
    pub fn title(&self) -> &'static str {
        details::phrase(self.outcome.status)
    }

    /// The text for people: the denial's own, or the fixed text of its cause. It is not escaped: in
    /// HTML or XML, escape it if the application puts text of a client into it.
    pub fn detail(&self) -> &'a str {
        self.own_detail.map_or(self.fixed_detail(), |detail| detail)
    }

    fn fixed_detail(&self) -> &'static str {
        fixed_detail(self.outcome.cause, self.outcome.status)
    }

    /// Whether the denial has a text or members of its own.
    fn has_own_parts(&self) -> bool {
        self.own_detail.is_some() || !self.own_members.is_empty()
    }
}

/// An empty response that carries a denial outward, to a stage that is known to be there. `reused`
/// are the extensions of the request, which ends here: their allocation is used again.
///
/// Its status is what it would be if no stage were outside, so a 401 is a 500 until a stage adds a
/// challenge.
pub(crate) fn propagate<B: RefusalBody>(
    denial: Denial,
    stage: Stage,
    reused: Extensions,
) -> Response<B> {
    if denial.cause() == Cause::InternalError {
        // The cause may be that the stage is missing.
        return standalone(denial, stage, reused);
    }
    let (mut head, ()) = Response::new(()).into_parts();
    head.status = public_outcome(&denial, RenderContext::NoStage).status;
    head.extensions = with_denial(denial, stage, reused);
    Response::from_parts(head, B::default())
}

/// A response for a denial that may meet no authenticate stage: complete, so that it is right
/// without one, and with the denial attached, so that a stage outside replaces it with its own.
pub(crate) fn standalone<B: From<Bytes>>(
    denial: Denial,
    stage: Stage,
    reused: Extensions,
) -> Response<B> {
    let outcome = public_outcome(&denial, RenderContext::NoStage);
    let rendered = Problem::plain().respond(&Refusal::new(outcome, &denial), ());
    let finished = FinishedResponse::new(rendered, outcome.status, HeaderMap::new());
    let mut response = finished.into_response(false);
    *response.extensions_mut() = with_denial(denial, stage, reused);
    response
}

impl Denial {
    /// The response of a handler that denies, for services without a framework.
    ///
    /// An authenticate stage outside replaces it with its own response, as for a denial of a stage
    /// ([C12](crate::semantics#c12)). Without a stage this response is sent as it is; but a denial
    /// that needs a challenge becomes 500 ([C09](crate::semantics#c09)).
    ///
    /// ```
    /// use bytes::Bytes;
    /// use http::{Request, Response};
    /// use http_body_util::Full;
    /// use portcullis::{Denial, Policy, Principal, authenticated, conceal};
    ///
    /// # #[derive(Clone)] struct User;
    /// async fn show<B>(request: Request<B>) -> Result<Response<Full<Bytes>>, Denial> {
    ///     let caller = Principal::<User>::of(request.extensions());
    ///     conceal(authenticated()).check(caller, &()).await?;
    ///     Ok(Response::new(Full::from("seen")))
    /// }
    ///
    /// async fn handle<B>(request: Request<B>) -> Response<Full<Bytes>> {
    ///     show(request).await.unwrap_or_else(Denial::into_http_response)
    /// }
    /// ```
    #[must_use]
    pub fn into_http_response<B: From<Bytes>>(self) -> Response<B> {
        standalone(self, Stage::Handler, Extensions::new())
    }
}

/// The extensions of a response, with the denial attached.
fn with_denial(denial: Denial, stage: Stage, reused: Extensions) -> Extensions {
    let mut extensions = reused;
    extensions.clear();
    extensions.insert(PendingDenial::new(denial, stage, unclaimed::report));
    extensions
}
