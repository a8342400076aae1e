//! gRPC, whose refusals have the HTTP status 200, where routes are hidden: D09, D12.

use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse;
use axum::routing::post;
use http::{HeaderMap, Request, StatusCode};
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Bearer, ConcealLayer, HasRoles, Tokens, conceal, role,
};
use tower::ServiceExt;

#[derive(Clone)]
struct Admin;

impl HasRoles for Admin {
    fn has_role(&self, _: &str) -> bool {
        true
    }
}

/// A method that responds with this status, as a server or its interceptor does.
fn method(status: &'static str) -> Router {
    let answer = [("content-type", "application/grpc"), ("grpc-status", status)];
    Router::new().route("/vault.Vault/Get", post(move || async move { answer.into_response() }))
}

async fn call(app: Router, path: &str, token: &str) -> (StatusCode, HeaderMap) {
    let request = Request::post(path)
        .header("content-type", "application/grpc")
        .header("authorization", format!("Bearer {token}"))
        .body(Body::empty());
    let response = app.oneshot(request.expect("a request")).await.expect("an answer");
    (response.status(), response.headers().clone())
}

#[tokio::test]
async fn d09_d12_a_refusal_of_a_hidden_method_becomes_that_of_an_unknown_method() {
    for status in ["3", "5", "7", "12", "13", "16"] {
        let conceal_layer = ConcealLayer::routes_under("/vault.Vault").expect("a prefix");
        let app = method(status).layer(conceal_layer);
        let missing = call(app.clone(), "/vault.Vault/Nothing", "x").await;
        assert_eq!(call(app, "/vault.Vault/Get", "x").await, missing, "{status}");
        assert_eq!(missing.1["grpc-status"], "12");
    }
}

#[tokio::test]
async fn d09_d12_a_permitted_caller_gets_the_refusal() {
    for status in ["0", "3", "5", "7"] {
        let identity = Bearer::new("test", Tokens::new().with("admin", Admin)).expect("a realm");
        let app = method(status)
            .layer(AuthorizeLayer::<Admin>::new(conceal(role("admin"))).discloses_routes())
            .layer(AuthenticateLayer::new(identity).optional())
            .layer(ConcealLayer::routes_under("/vault.Vault").expect("a prefix"));
        let (_, fields) = call(app, "/vault.Vault/Get", "admin").await;
        assert_eq!(fields["grpc-status"], status);
    }
}
