//! Sequences with a token.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Extension, Path, Request};
use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderMap, LOCATION};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::any;
use portcullis::authenticate::IdentityService;
use portcullis::policy::all;
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Bearer, Denial, Policy, ProblemDetails, acr, max_age, scope,
    verify_fn,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tower::{Layer, ServiceExt};

use super::visitors::{Accepts, Grant, Visitor};

type OfVisitor = Extension<Arc<Visitor>>;

/// The stage of one visitor.
pub fn stage(
    visitor: Arc<Visitor>,
    accepts: Accepts,
) -> AuthenticateLayer<impl IdentityService<Principal = Grant>> {
    let tokens = verify_fn(move |token: &str| visitor.accept(token, accepts));
    let bearer = Bearer::new("lab", tokens).expect("a realm of letters");
    AuthenticateLayer::new(bearer).retry_after(Duration::from_secs(1))
}

async fn accepted() -> Json<Value> {
    Json(json!({ "detail": "The token was accepted." }))
}

async fn with_stage(visitor: Arc<Visitor>, accepts: Accepts, request: Request) -> Response {
    stage(visitor, accepts).layer(any(accepted)).oneshot(request).await.into_response()
}

async fn with_policy(
    visitor: Arc<Visitor>,
    policy: impl Policy<Grant> + 'static,
    request: Request,
) -> Response {
    let service = AuthorizeLayer::<Grant>::new(policy).layer(any(accepted));
    stage(visitor, Accepts::Issued).layer(service).oneshot(request).await.into_response()
}

/// The first token is refused as expired. A client that refreshes it once goes on.
pub async fn once(Extension(visitor): OfVisitor, request: Request) -> Response {
    with_stage(visitor, Accepts::AfterFirst, request).await
}

#[derive(Deserialize)]
pub struct Times {
    n: u32,
}

/// Each token serves `n` requests, and then has expired.
pub async fn expires_after(
    Extension(visitor): OfVisitor,
    Path(Times { n }): Path<Times>,
    request: Request,
) -> Response {
    if !(1..=1000).contains(&n) {
        let detail = "A token serves 1 to 1000 requests.";
        return ProblemDetails::new(StatusCode::BAD_REQUEST).with_detail(detail).into_response();
    }
    with_stage(visitor, Accepts::Times(n), request).await
}

/// The key that signs the tokens is replaced after two requests. All tokens of the old key are refused, also
/// those that were never used.
pub async fn rotates(Extension(visitor): OfVisitor, request: Request) -> Response {
    with_stage(visitor, Accepts::OfCurrentKey, request).await
}

/// The store of the tokens does not respond to the first two requests: 503. A client that keeps its token and
/// waits goes on.
pub async fn outage(Extension(visitor): OfVisitor, request: Request) -> Response {
    with_stage(visitor, Accepts::AfterOutage, request).await
}

/// No token helps.
pub async fn forbidden_always(Extension(visitor): OfVisitor, request: Request) -> Response {
    let refuse = any(|| async { Denial::forbidden() });
    stage(visitor, Accepts::Issued).layer(refuse).oneshot(request).await.into_response()
}

/// Needs the scope `reports:write`, which a token has only if the client asks for it.
pub async fn wider_scope(Extension(visitor): OfVisitor, request: Request) -> Response {
    with_policy(visitor, scope("reports:write").expect("a scope"), request).await
}

/// Needs a login by a second factor within the last five minutes (RFC 9470).
pub async fn step_up(Extension(visitor): OfVisitor, request: Request) -> Response {
    let recent = max_age(Duration::from_secs(300));
    with_policy(visitor, all((acr(["mfa"]).expect("a value"), recent)), request).await
}

// ==== another origin ====

/// Where [`redirect_away`] leads.
#[derive(Clone, Copy)]
pub struct OtherOrigin(pub SocketAddr);

/// Redirects to another origin, to which `Authorization` must not be sent along.
pub async fn redirect_away(
    Extension(visitor): OfVisitor,
    Extension(OtherOrigin(other)): Extension<OtherOrigin>,
    request: Request,
) -> Response {
    let redirect = any(move || async move {
        let location = format!("http://{other}/landed");
        let headers = [(LOCATION, location), (CACHE_CONTROL, "no-store".to_owned())];
        (StatusCode::TEMPORARY_REDIRECT, headers)
    });
    stage(visitor, Accepts::Issued).layer(redirect).oneshot(request).await.into_response()
}

/// What is there.
pub async fn landed(headers: HeaderMap) -> Response {
    if headers.contains_key(AUTHORIZATION) {
        let detail = "Your client has sent Authorization to another origin: \
                      treat that token as stolen, and mend the client.";
        return ProblemDetails::new(StatusCode::BAD_REQUEST).with_detail(detail).into_response();
    }
    let body = json!({ "detail": "Your client has kept its token to itself." });
    ([(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
