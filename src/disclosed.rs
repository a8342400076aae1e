//! The markers that let a response out of an area whose routes are hidden.

use http::{Extensions, Method, Response};

use crate::grpc;

/// Response marker: the response may leave an area whose routes are hidden
/// ([`ConcealLayer::hide_routes_under`](crate::ConcealLayer::hide_routes_under)), although it is not a
/// success.
///
/// A handler that makes its own decision sets it if the caller may know that the resource exists. In
/// axum it is a part of a response, `(Disclosed, StatusCode::CONFLICT)`; a
/// [`Denial`](crate::Denial) has [`disclosed`](crate::Denial::disclosed). An authorize stage that
/// [discloses routes](crate::AuthorizeLayer::discloses_routes) sets it on the responses of the
/// service inside, except on denials.
///
/// ```
/// use http::{Response, StatusCode};
/// use portcullis::Disclosed;
///
/// let mut response = Response::new("this version is outdated");
/// *response.status_mut() = StatusCode::CONFLICT;
/// let response = Disclosed::mark(response);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Disclosed;

impl Disclosed {
    /// Marks a response.
    #[must_use]
    pub fn mark<B>(mut response: Response<B>) -> Response<B> {
        response.extensions_mut().insert(Self);
        response
    }

    pub(crate) fn is_on(extensions: &Extensions) -> bool {
        extensions.get::<Self>().is_some()
    }
}

/// Request marker: the request is inside a concealed area. Stages must mark responses that they
/// create before routing with [`PathIndependent`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct InConcealedArea;

/// Response marker: a stage created the response before routing, so it does not depend on the path.
/// It may leave an area with hidden routes, delayed like a 404.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PathIndependent;

impl PathIndependent {
    pub(crate) fn is_on(extensions: &Extensions) -> bool {
        extensions.get::<Self>().is_some()
    }
}

/// Which responses to a request may leave an area with hidden routes only if they are marked as
/// [`Disclosed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DisclosureRule {
    /// None: no routes are hidden, or the stage discloses none.
    Nothing,
    /// All but successes: by a success, the handler itself discloses the route.
    Failures,
    /// All: to `OPTIONS` and `TRACE`, a success discloses the route as well.
    Everything,
}

impl DisclosureRule {
    /// Returns the rule for responses to this method.
    #[inline]
    pub(crate) fn needed(hides_routes: bool, method: &Method) -> Self {
        match *method {
            _ if !hides_routes => Self::Nothing,
            Method::OPTIONS | Method::TRACE => Self::Everything,
            _ => Self::Failures,
        }
    }

    /// Whether a response needs the marker.
    #[inline]
    pub(crate) fn is_needed(self, is_success: impl FnOnce() -> bool) -> bool {
        match self {
            Self::Nothing => false,
            Self::Failures => !is_success(),
            Self::Everything => true,
        }
    }

    /// Marks a response that needs the marker.
    #[inline]
    pub(crate) fn mark<B>(self, response: &mut Response<B>) {
        if self.is_needed(|| is_success(response)) {
            response.extensions_mut().insert(Disclosed);
        }
    }
}

/// Whether the response is a success. For gRPC, whose failures have status 200, `grpc-status` decides.
fn is_success<B>(response: &Response<B>) -> bool {
    response.status().is_success()
        && grpc::status(response.headers()).is_none_or(|status| status == "0")
}
