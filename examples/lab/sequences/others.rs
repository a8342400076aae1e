//! Sequences with passwords: a nonce that is too old, two parties, and something that is hidden.

use std::error::Error;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, OriginalUri, Path, Request};
use axum::http::StatusCode;
use axum::http::header::{ALLOW, CACHE_CONTROL};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::any;
use portcullis::identity::{NonceCountStatus, NonceUse, ReplayStore};
use portcullis::{
    AuthenticateLayer, Basic, ConcealLayer, Denial, Digest, DigestUsers, OriginalTarget, Principal,
    ProblemDetails, Unauthenticated, Users,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tower::{Layer, ServiceExt};

use super::visitors::Visitor;

type OfVisitor = Extension<Arc<Visitor>>;
type User = &'static str;

async fn welcome() -> Json<Value> {
    Json(json!({ "detail": "The password was right." }))
}

// ==== Digest ====

/// The nonce of the first right response is outdated: a client takes the new one, and does not ask its user.
pub async fn stale_nonce(Extension(visitor): OfVisitor, request: Request) -> Response {
    let users = DigestUsers::new("lab").with("alice", "wonderland", "alice");
    let digest = Digest::from_users(users).expect("a realm of letters").key(visitor.nonce_key);
    let digest = digest.replay_store(FirstIsOutdated(visitor));
    let target = OriginalTarget::in_extension(|OriginalUri(target): &OriginalUri| target);
    let stage = AuthenticateLayer::new(digest).original_target(target);
    stage.layer(any(welcome)).oneshot(request).await.into_response()
}

struct FirstIsOutdated(Arc<Visitor>);

impl ReplayStore for FirstIsOutdated {
    fn record_now(&self, count: &NonceUse) -> Option<Result<NonceCountStatus, Unauthenticated>> {
        if self.0.is_nonce_outdated() {
            return Some(Ok(NonceCountStatus::Forgotten));
        }
        self.0.nonces.record_now(count)
    }
}

// ==== two parties ====

/// A proxy and an origin server, with a password each: 407, then 401.
pub fn proxy() -> Result<Router, Box<dyn Error>> {
    let of_proxy = Basic::new("proxy", Users::new().with("gate", "keeper", "gate"))?;
    let of_origin = Basic::new("lab", Users::new().with("alice", "wonderland", "alice"))?;
    Ok(Router::new()
        .route("/proxy", any(welcome))
        .route_layer(AuthenticateLayer::new(of_origin))
        .route_layer(AuthenticateLayer::new(of_proxy).at_proxy()?))
}

// ==== what is hidden ====

/// A report, `/hidden/merger`, which only alice can detect; and `/hidden-leaking/merger`, which answers bob
/// and strangers in another way than a report that does not exist.
pub fn hidden() -> Result<Router, Box<dyn Error>> {
    let users = Users::new().with("alice", "wonderland", "alice").with("bob", "builder", "bob");
    let stage = AuthenticateLayer::new(Basic::new("lab", users)?).optional();
    let hidden = Router::new()
        .route("/hidden/{name}", any(hidden_report))
        .layer(stage.clone())
        .layer(ConcealLayer::everywhere());
    Ok(Router::new()
        .route("/hidden-leaking/{name}", any(leaking_report))
        .layer(stage)
        .merge(hidden))
}

#[derive(Deserialize)]
struct Report {
    name: String,
}

type Caller = Option<Principal<User>>;

impl Report {
    fn exists(&self) -> bool {
        self.name == "merger"
    }

    fn for_alice(&self, caller: Caller) -> Option<Json<Value>> {
        let may_read = caller.is_some_and(|Principal(user)| user == "alice");
        (self.exists() && may_read).then(|| Json(json!({ "detail": "The merger is in May." })))
    }
}

async fn hidden_report(Path(report): Path<Report>, caller: Caller) -> Result<Json<Value>, Denial> {
    report.for_alice(caller).ok_or_else(|| match report.exists() {
        true => Denial::forbidden().concealed(),
        false => Denial::not_found(),
    })
}

async fn leaking_report(Path(report): Path<Report>, caller: Caller) -> Response {
    if let Some(content) = report.for_alice(caller) {
        return content.into_response();
    }
    let not_found = ProblemDetails::new(StatusCode::NOT_FOUND);
    if report.exists() {
        // The application wrote this one: it is longer, lists the methods of a route, and is not stored.
        let detail = "There is no report of this name, or it is not for you.";
        let response = not_found.with_detail(detail).into_response();
        return ([(ALLOW, "GET, HEAD")], response).into_response();
    }
    // And the framework this one.
    let mut response = not_found.into_response();
    response.headers_mut().remove(CACHE_CONTROL);
    response
}
