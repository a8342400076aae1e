//! [`InspectLayer`]: findings fail the test that caused them.

use std::panic::AssertUnwindSafe;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use futures_util::FutureExt;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::BodyExt;
use portcullis::testing::InspectLayer;
use tokio::net::TcpListener;
use tower::{Layer, Service, ServiceExt, service_fn};

/// A 401 without a challenge at `/wrong`, one with a challenge at `/right`.
fn app() -> Router {
    let refusal = |challenge: Option<&'static str>| {
        let mut response = Response::new(Body::from("{}"));
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        let headers = response.headers_mut();
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        headers.insert("cache-control", HeaderValue::from_static("no-store"));
        if let Some(challenge) = challenge {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    };
    Router::new()
        .route("/wrong", get(move || async move { refusal(None) }))
        .route("/right", get(move || async move { refusal(Some(r#"Bearer realm="api""#)) }))
}

fn request(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

fn text(panic: Box<dyn std::any::Any + Send>) -> String {
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic!("no text: {:?}", panic.downcast_ref::<&str>()),
    }
}

#[tokio::test]
async fn a_finding_fails_the_test_in_the_call() {
    let inspect = InspectLayer::new();
    let app = app().layer(inspect.clone());
    let right = app.clone().oneshot(request("/right")).await.unwrap();
    assert_eq!(right.status(), StatusCode::UNAUTHORIZED);
    drop(right);
    inspect.assert_clean();
    assert!(inspect.findings().is_empty());

    let call = AssertUnwindSafe(app.oneshot(request("/wrong"))).catch_unwind();
    let text = text(call.await.expect_err("a panic"));
    assert!(text.starts_with("the inspector has found:\n\nerror   challenge-missing: "), "{text}");
    assert!(text.contains("GET /wrong without `Authorization` (401)"), "{text}");
}

#[tokio::test]
async fn what_is_allowed_does_not_fail() {
    for id in ["challenge-missing", "I01", "i01"] {
        let inspect = InspectLayer::new().allow(id);
        let response = app().layer(inspect.clone()).oneshot(request("/wrong")).await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        inspect.assert_clean();
        assert!(inspect.findings().is_empty());
    }
}

#[test]
fn an_unknown_check_fails_where_it_is_allowed() {
    let panic = std::panic::catch_unwind(|| InspectLayer::new().allow("challenge-mising"));
    let text = text(panic.expect_err("a panic"));
    assert!(text.starts_with("no check is named \"challenge-mising\": allow one of "), "{text}");
    assert!(text.contains("challenge-missing, "), "{text}");
}

#[tokio::test]
async fn a_clone_has_what_was_found_in_another_task() {
    let inspect = InspectLayer::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(axum::serve(listener, app().layer(inspect.clone())).into_future());
    // The panic ends the connection.
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = "GET /wrong HTTP/1.1\r\nhost: a\r\n\r\n";
    tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut received).await;
    assert!(received.is_empty());
    serving.abort();
    let panic = std::panic::catch_unwind(AssertUnwindSafe(|| inspect.assert_clean()));
    let text = text(panic.expect_err("a panic"));
    assert!(text.contains("error   challenge-missing: "), "{text}");
    assert_eq!(inspect.findings()[0].request(), "GET /wrong without `Authorization`");
}

#[tokio::test]
async fn a_layer_that_only_records_disturbs_nothing() {
    let inspect = InspectLayer::new().record_only();
    let app = app().layer(inspect.clone());
    for _ in 0..3 {
        let response = app.clone().oneshot(request("/wrong")).await.unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, "{}");
    }
    let findings = inspect.findings();
    let found: Vec<_> =
        findings.iter().filter(|found| found.finding().id() == "challenge-missing").collect();
    let [found] = &found[..] else { panic!("{findings:?}") };
    assert_eq!(found.shown_by().count(), 3);
    let panic = std::panic::catch_unwind(AssertUnwindSafe(|| inspect.assert_clean()));
    assert!(panic.is_err());
}

#[tokio::test]
async fn no_request_turns_the_text_around_it() {
    let inspect = InspectLayer::new().record_only();
    let mut request = request("/wrong");
    *request.uri_mut() = Uri::try_from("/wrong\u{202E}\u{9b}".as_bytes()).unwrap();
    drop(app().layer(inspect.clone()).oneshot(request).await.unwrap());
    for found in inspect.findings() {
        let text = format!("{found} {}", found.to_json());
        assert!(!text.contains(['\u{202E}', '\u{9b}']), "{text}");
    }
    assert!(!inspect.findings().is_empty());
}

#[tokio::test]
async fn the_head_of_the_request_is_kept_and_no_credential_is_shown() {
    let inspect = InspectLayer::new().record_only();
    let mut request = request("/wrong?token=secret-query");
    let secret = HeaderValue::from_static("Bearer secret-token");
    request.headers_mut().insert("authorization", secret);
    drop(app().layer(inspect.clone()).oneshot(request).await.unwrap());
    let findings = inspect.findings();
    assert_eq!(findings[0].request(), "GET /wrong?… with `Authorization`");
    let text = format!("{inspect:?} {findings:?} {}", findings[0]);
    assert!(!text.contains("secret"), "{text}");
}

#[tokio::test]
async fn errors_of_the_service_and_its_readiness_pass() {
    let inner = service_fn(|request: Request<Body>| async move {
        match request.uri().path() {
            "/no" => Err::<Response<Body>, _>("no"),
            _ => Err("broken"),
        }
    });
    let mut service = InspectLayer::new().layer(inner);
    let ready =
        std::future::poll_fn(|context| Service::<Request<Body>>::poll_ready(&mut service, context));
    ready.await.unwrap();
    assert_eq!(service.call(request("/")).await.unwrap_err(), "broken");
    assert_eq!(service.call(request("/no")).await.unwrap_err(), "no");
}

#[tokio::test]
async fn i30_a_panic_shows_no_credential_of_the_path() {
    let app = Router::new().fallback(async || StatusCode::UNAUTHORIZED).layer(InspectLayer::new());
    let mut request = request("/reset/hunter2secret99;jsessionid=0A1B2C3D");
    let token = HeaderValue::from_static("Bearer hunter2secret99");
    request.headers_mut().insert("authorization", token);
    let call = AssertUnwindSafe(app.oneshot(request)).catch_unwind();
    let text = text(call.await.expect_err("a panic"));
    assert!(text.contains("GET /reset/[credential];… with `Authorization`"), "{text}");
    assert!(!text.contains("2secret") && !text.contains("0A1B2C3D"), "{text}");
}
