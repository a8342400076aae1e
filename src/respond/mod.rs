//! How does a denial become bytes? Here and nowhere else.
//!
//! A renderer makes the body; [`FinishedResponse`] then stamps what must not be forgotten.

use std::borrow::Cow;

use bytes::Bytes;
use http::request::Parts;
use http::{Extensions, HeaderMap, Response, StatusCode};

use crate::body::RefusalBody;
use crate::denial::propagate::{PendingDenial, Stage};
use crate::denial::public_outcome::{PublicOutcome, RenderContext, is_not_found, public_outcome};
use crate::denial::{Cause, Denial};
use crate::event;

mod finished;
mod func;
mod problem;
mod static_body;

pub use func::{RespondFn, respond_fn};
pub use problem::Problem;
pub use static_body::{StaticBody, StaticBodyError};

pub(crate) use finished::{FinishedResponse, append, render};

/// Makes the answer to a denial.
///
/// [`Problem`] is the default; [`respond_fn`] wraps a closure. Whatever it returns, the status,
/// the challenges, `Cache-Control: no-store` and the right `Content-Length` are stamped on it
/// afterwards (F11), so a renderer cannot send a 401 that nobody can answer.
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
    /// What it needs to know of the request, taken before the request goes on. `()` for a
    /// renderer that answers everybody alike, and then it costs nothing.
    type Context: Send + 'static;

    /// Whether the answer depends on nothing but the refusal, so that it may be kept and sent
    /// again; `false` unless overridden. Then what stages refuse is rendered once for each cause
    /// and scheme (F11), and costs nothing afterwards.
    fn is_fixed(&self) -> bool {
        false
    }

    /// Takes what [`respond`](Self::respond) will need.
    fn context(&self, request: &Parts) -> Self::Context;

    /// Makes the body, its `Content-Type`, and any fields besides.
    fn respond(&self, refusal: &Refusal<'_>, context: Self::Context) -> Response<Bytes>;
}

/// What a renderer may know of a denial, which is what the client may know: a concealed resource
/// and a missing one are the same value.
#[derive(Clone, Copy, Debug)]
pub struct Refusal<'a> {
    face: PublicOutcome,
    own_detail: Option<&'a Cow<'static, str>>,
}

impl<'a> Refusal<'a> {
    pub(crate) fn new(face: PublicOutcome, denial: &'a Denial) -> Self {
        // A detail that was meant for the 401 is not meant for the 500 in its place (C09).
        let is_fault = face.cause == Cause::InternalError && denial.cause() != Cause::InternalError;
        let fixed = is_not_found(face.status) || is_fault;
        Self { face, own_detail: denial.own_detail().filter(|_| !fixed) }
    }

    /// The status that the answer will have.
    pub fn status(&self) -> StatusCode {
        self.face.status
    }

    /// Why, as the client may know it.
    pub fn cause(&self) -> Cause {
        self.face.cause
    }

    /// The status phrase.
    pub fn title(&self) -> &'static str {
        self.face.status.canonical_reason().unwrap_or("Refused")
    }

    /// The text for people: the denial's own, or the fixed one of its cause.
    pub fn detail(&self) -> &'a str {
        self.own_detail.map_or(self.face.cause.detail(), |detail| detail)
    }

    pub(crate) fn has_own_detail(&self) -> bool {
        self.own_detail.is_some()
    }
}

/// A bare response that carries a denial outward, to a stage that is known to be there. `spent`
/// are the extensions of the request, which ends here: their map is used again, emptied.
///
/// Its status is what it would be if no stage were outside, so a 401 has 500 on it until somebody
/// adds a challenge.
pub(crate) fn propagate<B: RefusalBody>(
    denial: Denial,
    stage: Stage,
    reused: Extensions,
) -> Response<B> {
    if denial.cause() == Cause::InternalError {
        // Perhaps the very stage is missing.
        return standalone(denial, stage, reused);
    }
    let (mut head, ()) = Response::new(()).into_parts();
    head.status = public_outcome(&denial, RenderContext::NoStage).status;
    head.extensions = carrying(denial, stage, reused);
    Response::from_parts(head, B::default())
}

/// An answer for a denial that may meet no authenticate stage: complete, so that it is truthful
/// without one, and unclaimed, so that a stage outside makes its own of it.
pub(crate) fn standalone<B: From<Bytes>>(
    denial: Denial,
    stage: Stage,
    reused: Extensions,
) -> Response<B> {
    let face = public_outcome(&denial, RenderContext::NoStage);
    let rendered = Problem::plain().respond(&Refusal::new(face, &denial), ());
    let sealed = FinishedResponse::new(rendered, face.status, HeaderMap::new());
    let mut response = sealed.into_response(false);
    *response.extensions_mut() = carrying(denial, stage, reused);
    response
}

impl Denial {
    /// The denial as the answer of a handler, for services without a framework.
    ///
    /// The authenticate stage outside makes its own answer of it, as it does of a stage's
    /// denial (C12). Where there is none this one leaves, complete; but a denial that needs a
    /// challenge leaves as 500, since nobody could answer it (C09).
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

/// The extensions of a response that carries a denial.
fn carrying(denial: Denial, stage: Stage, reused: Extensions) -> Extensions {
    let mut extensions = reused;
    extensions.clear();
    extensions.insert(PendingDenial::new(denial, stage, event::unclaimed));
    extensions
}
