//! Word that an answer may leave an area whose routes are hidden.

use http::{Extensions, Method, Response};

use crate::grpc;

/// Word that an answer may leave an area whose routes are hidden
/// ([`ConcealLayer::hide_routes_under`](crate::ConcealLayer::hide_routes_under)), though it is no
/// success.
///
/// A handler that judges by itself sets it once the caller may know that the resource exists. In
/// axum it is a part of an answer, `(Disclosed, StatusCode::CONFLICT)`; a
/// [`Denial`](crate::Denial) has [`disclosed`](crate::Denial::disclosed). An authorize stage that
/// [discloses routes](crate::AuthorizeLayer::discloses_routes) sets it on the answers of the
/// service inside, denials excepted.
///
/// ```
/// use http::{Response, StatusCode};
/// use portcullis::Disclosed;
///
/// let mut response = Response::new("somebody else was faster");
/// *response.status_mut() = StatusCode::CONFLICT;
/// let response = Disclosed::mark(response);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Disclosed;

impl Disclosed {
    /// Puts the word on an answer.
    #[must_use]
    pub fn mark<B>(mut response: Response<B>) -> Response<B> {
        response.extensions_mut().insert(Self);
        response
    }

    pub(crate) fn is_on(extensions: &Extensions) -> bool {
        extensions.get::<Self>().is_some()
    }
}

/// On a request to an area: word to the stages inside that what they answer by themselves, to
/// whatever path, has to say so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InConcealedArea;

/// On an answer that a stage gives by itself, to whatever path: it may leave an area with hidden
/// routes, and when it leaves tells the path no more than a 404 does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PathIndependent;

impl PathIndependent {
    pub(crate) fn is_on(extensions: &Extensions) -> bool {
        extensions.get::<Self>().is_some()
    }
}

/// Which answers to a request may leave a hidden area on somebody's word alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DisclosureRule {
    /// None: nothing is hidden, or nobody's word is asked.
    Nothing,
    /// Those that are no success; a success is a handler's own word.
    Failures,
    /// All of them: a success tells what there is, too.
    Everything,
}

impl DisclosureRule {
    /// Which answers to this method need word, if any do.
    #[inline]
    pub(crate) fn needed(hides_routes: bool, method: &Method) -> Self {
        match *method {
            _ if !hides_routes => Self::Nothing,
            Method::OPTIONS | Method::TRACE => Self::Everything,
            _ => Self::Failures,
        }
    }

    /// Whether an answer needs word.
    #[inline]
    pub(crate) fn is_needed(self, is_success: impl FnOnce() -> bool) -> bool {
        match self {
            Self::Nothing => false,
            Self::Failures => !is_success(),
            Self::Everything => true,
        }
    }

    /// Gives word where the answer needs it.
    #[inline]
    pub(crate) fn mark<B>(self, response: &mut Response<B>) {
        if self.is_needed(|| is_success(response)) {
            response.extensions_mut().insert(Disclosed);
        }
    }
}

/// Whether the answer says of itself that it is a success; gRPC's failures have the status 200.
fn is_success<B>(response: &Response<B>) -> bool {
    response.status().is_success()
        && grpc::status(response.headers()).is_none_or(|status| status == "0")
}
