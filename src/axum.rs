//! Extractors and answers for axum.

use std::convert::Infallible;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use http::request::Parts;

use crate::denial::Denial;
use crate::disclosed::Disclosed;
use crate::principal::{Principal, caller};

/// The principal. An anonymous caller is asked to log in (C01).
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
            Err(unseen) => Err(unseen.into_denial::<P>()),
        }
    }
}

/// The principal, or `None` for a caller whom an optional stage found anonymous.
impl<P, S> OptionalFromRequestParts<S> for Principal<P>
where
    P: Clone + Send + Sync + 'static,
    S: Send + Sync,
{
    type Rejection = Denial;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Denial> {
        match caller::<P>(&parts.extensions) {
            Ok(principal) => Ok(principal.cloned().map(Self)),
            Err(unseen) => Err(unseen.into_denial::<P>()),
        }
    }
}

/// Travels to the authenticate stage outside, which renders it as it renders its own (C12).
impl IntoResponse for Denial {
    fn into_response(self) -> Response {
        self.into_http_response()
    }
}

/// Part of a handler's answer, as in `(Disclosed, StatusCode::CONFLICT)`.
impl IntoResponseParts for Disclosed {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        parts.extensions_mut().insert(self);
        Ok(parts)
    }
}
