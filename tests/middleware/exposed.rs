//! Headers of a refusal that a script of another origin may read: F10.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use axum::routing::get;
use http::header::{ACCESS_CONTROL_EXPOSE_HEADERS, LOCATION};
use portcullis::{AuthenticateLayer, Bearer, Denial, Identity, LoginPage, Tokens};
use tower::ServiceExt;
use tower_http::cors::{Any, CorsLayer};

use crate::Name;

fn identity() -> impl Identity<Principal = Name> {
    Bearer::new("test", Tokens::new().with("alice-token", "alice")).unwrap()
}

fn routes() -> Router {
    let exposing = |value: &'static str| {
        move || async move { ([(ACCESS_CONTROL_EXPOSE_HEADERS, value)], Denial::unavailable()) }
    };
    Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/forbidden", get(|| async { Denial::forbidden() }))
        .route("/outage", get(|| async { Denial::unavailable() }))
        .route("/relogin", get(|| async { Denial::reauthenticate() }))
        .route("/bare", get(|| async { StatusCode::UNAUTHORIZED }))
        .route("/hidden", get(|| async { Denial::forbidden().concealed() }))
        .route("/other", get(exposing("X-Other")))
        .route("/all", get(exposing("*")))
        .route("/same", get(exposing("x-other, retry-AFTER")))
}

async fn send(app: &Router, path: &str, token: Option<&str>) -> (StatusCode, HeaderMap) {
    let mut request = Request::get(path).header("origin", "https://app.example");
    request = request.header("accept", "text/html");
    if let Some(token) = token {
        let credentials = format!("Bearer {token}");
        request = request.header("authorization", &*credentials);
        request = request.header("proxy-authorization", credentials);
    }
    let response = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    (response.status(), response.headers().clone())
}

fn exposed(headers: &HeaderMap) -> Vec<&str> {
    let lines = headers.get_all(ACCESS_CONTROL_EXPOSE_HEADERS).iter();
    lines.map(|value| value.to_str().unwrap()).collect()
}

#[tokio::test]
async fn f10_a_denial_exposes_its_challenge_and_its_retry_after() {
    let app = routes().layer(AuthenticateLayer::new(identity()).expose_challenges());
    let alice = Some("alice-token");
    let cases: [(&str, Option<&str>, u16, &[&str]); 11] = [
        ("/", None, 401, &["WWW-Authenticate"]),
        // The same again, from the cache of rendered refusals.
        ("/", None, 401, &["WWW-Authenticate"]),
        ("/", Some("wrong"), 401, &["WWW-Authenticate"]),
        ("/relogin", alice, 401, &["WWW-Authenticate"]),
        ("/bare", alice, 401, &["WWW-Authenticate"]),
        ("/outage", alice, 503, &["Retry-After"]),
        // What is there stays.
        ("/other", alice, 503, &["X-Other", "Retry-After"]),
        ("/all", alice, 503, &["*", "Retry-After"]),
        ("/same", alice, 503, &["x-other, retry-AFTER"]),
        ("/forbidden", alice, 403, &[]),
        ("/", alice, 200, &[]),
    ];
    for (path, token, status, names) in cases {
        let answer = send(&app, path, token).await;
        assert_eq!(answer.0, status, "{path}");
        assert_eq!(exposed(&answer.1), names, "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn f10_a_404_and_a_redirect_expose_nothing() {
    let page = LoginPage::at("/login").unwrap();
    let stage = AuthenticateLayer::new(identity()).expose_challenges().login_page(page);
    let app = routes().layer(stage);
    let (status, headers) = send(&app, "/hidden", Some("alice-token")).await;
    assert_eq!((status.as_u16(), exposed(&headers).len()), (404, 0));
    let (status, headers) = send(&app, "/", None).await;
    assert_eq!((status.as_u16(), exposed(&headers).len()), (303, 0));
    assert!(headers.contains_key(LOCATION));
}

#[tokio::test]
async fn f10_not_unless_configured_and_not_at_a_proxy() {
    let stage = || AuthenticateLayer::new(identity());
    for stage in [stage(), stage().expose_challenges().at_proxy().unwrap()] {
        let app = routes().layer(stage);
        for (path, token) in [("/", None), ("/outage", Some("alice-token"))] {
            let (status, headers) = send(&app, path, token).await;
            assert!([401, 407, 503].contains(&status.as_u16()), "{path}: {status}");
            assert_eq!(exposed(&headers).len(), 0, "{path}");
        }
    }
}

/// As the documentation says: a `CorsLayer` replaces the header only if it has its own.
#[tokio::test]
async fn f10_a_cors_layer_outside_keeps_it() {
    let app = || routes().layer(AuthenticateLayer::new(identity()).expose_challenges());
    let cors = || CorsLayer::new().allow_origin(HeaderValue::from_static("https://app.example"));
    let kept = send(&app().layer(cors()), "/", None).await;
    assert_eq!(kept.0, 401);
    assert_eq!(exposed(&kept.1), ["WWW-Authenticate"]);
    assert_eq!(kept.1["access-control-allow-origin"], "https://app.example");
    let replaced = send(&app().layer(cors().expose_headers(Any)), "/", None).await;
    assert_eq!(exposed(&replaced.1), ["*"]);
}
