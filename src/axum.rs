//! Extractors and responses for axum.

use std::convert::Infallible;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use http::request::Parts;

use crate::denial::Denial;
use crate::disclosed::Disclosed;
use crate::login::{LogOut, NoDialog};
use crate::principal::{Principal, caller};
use crate::respond::ProblemDetails;

/// Extracts the principal. An anonymous caller gets a 401 (C01).
impl<P, S> FromRequestParts<S> for Principal<P>
where
    P: Clone + Send + Sync + 'static,
    S: Send + Sync,
{
    type Rejection = Denial;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Denial> {
        match caller::<P>(&parts.extensions) {
            Ok(Some(principal)) => Ok(Self(principal.clone())),
            Ok(None) => Err(Denial::identity_needed()),
            Err(no_stage) => Err(no_stage.into_denial::<P>()),
        }
    }
}

/// Extracts the principal, or `None` for an anonymous caller behind an optional stage.
impl<P, S> OptionalFromRequestParts<S> for Principal<P>
where
    P: Clone + Send + Sync + 'static,
    S: Send + Sync,
{
    type Rejection = Denial;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Denial> {
        match caller::<P>(&parts.extensions) {
            Ok(principal) => Ok(principal.cloned().map(Self)),
            Err(no_stage) => Err(no_stage.into_denial::<P>()),
        }
    }
}

/// The response carries the denial to the authenticate stage outside, which renders it like its own
/// (C12).
impl IntoResponse for Denial {
    fn into_response(self) -> Response {
        self.into_http_response()
    }
}

/// The response of a handler, in the format of the refusals (F14).
impl IntoResponse for ProblemDetails {
    fn into_response(self) -> Response {
        self.into_http_response()
    }
}

/// A part of a handler's response, as in `(Disclosed, StatusCode::CONFLICT)`.
impl IntoResponseParts for Disclosed {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        parts.extensions_mut().insert(self);
        Ok(parts)
    }
}

/// A part of a handler's response, as in `(NoDialog, StatusCode::UNAUTHORIZED)`.
impl IntoResponseParts for NoDialog {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        parts.extensions_mut().insert(self);
        Ok(parts)
    }
}

/// A part of a handler's response, as in `(LogOut::new(), Redirect::to("/"))`.
impl IntoResponseParts for LogOut {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        self.add_to(parts.headers_mut());
        Ok(parts)
    }
}
