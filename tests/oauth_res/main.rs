//! Section J, J01 to J09: the resource, its metadata, and the challenges that lead to it.

#[path = "../support/mod.rs"]
mod support;

mod challenges;
mod costs;
mod layer;
mod over_sockets;
mod several;

use std::convert::Infallible;

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use http_body_util::BodyExt;
use portcullis::oauth::{AccessTokens, Resource, Token};
use portcullis::{Unauthenticated, Verify, verify_fn};
use serde_json::Value;
use tower::{Service, ServiceExt};

#[global_allocator]
static COUNTING: counting::Counting = counting::Counting;

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

fn notes() -> Resource {
    let resource = Resource::new("https://api.example.com/notes").unwrap();
    let resource = resource.authorization_server("https://login.example.com").unwrap();
    resource.scopes(["notes:read", "notes:write"]).unwrap()
}

/// An identity that knows no token.
fn tokens() -> AccessTokens<impl Verify<str, Principal = Token> + Clone> {
    AccessTokens::new("notes", no_token()).unwrap()
}

fn no_token() -> impl Verify<str, Principal = Token> + Clone {
    std::sync::Arc::new(verify_fn(|_: &str| Err::<Token, _>(Unauthenticated::invalid())))
}

/// Says which target it was asked for.
fn inside() -> Router {
    Router::new().fallback(|request: Request<Body>| async move { request.uri().to_string() })
}

async fn send<S, B>(service: &S, request: Request<Body>) -> Response<Vec<u8>>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone,
    B: http_body::Body<Error: std::fmt::Debug>,
{
    let response = service.clone().oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    Response::from_parts(head, body.collect().await.unwrap().to_bytes().to_vec())
}

fn request(method: &str, target: &str) -> Request<Body> {
    Request::builder().method(method).uri(target).body(Body::empty()).unwrap()
}

fn json(response: &Response<Vec<u8>>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}
