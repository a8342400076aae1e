//! K03: calls of gRPC, whose HTTP status is 200 in any case.

use std::convert::Infallible;

use axum::body::Body;
use http::{Request, Response};
use portcullis::observe::{Class, RequestOutcome};
use portcullis::{AuthenticateLayer, AuthorizeLayer, Denial, role};
use tower::{Layer, ServiceExt, service_fn};

use crate::{Recorder, User, bearer, keys};

fn call(path: &str, content_type: &str, token: Option<&str>) -> Request<Body> {
    let mut call = Request::post(path).header("content-type", content_type);
    if let Some(token) = token {
        call = call.header("authorization", format!("Bearer {token}"));
    }
    call.body(Body::empty()).unwrap()
}

const FRAMINGS: [&str; 3] =
    ["application/grpc", "application/grpc-web+proto", "application/grpc-web-text"];

#[tokio::test]
async fn k03_a_refused_call_has_the_status_and_the_code_that_were_sent_at_every_stage() {
    let (inner, outer) = (Recorder::default(), Recorder::default());
    let methods = service_fn(|request: Request<Body>| async move {
        Ok::<_, Infallible>(match request.uri().path() {
            "/notes/Missing" => Denial::not_found().into_grpc_response(),
            "/notes/Gone" => Denial::gone().into_grpc_response(),
            "/notes/Down" => Denial::unavailable().into_grpc_response(),
            _ => Response::new(Body::empty()),
        })
    });
    let methods = AuthorizeLayer::<User>::new(role("admin")).layer(methods);
    let methods = AuthenticateLayer::new(bearer()).observe(inner.clone()).layer(methods);
    let layer = AuthenticateLayer::new(keys("x-key")).optional().observe(outer.clone());
    let methods = layer.layer(methods);
    let refused = [
        ("/notes/Read", None, 16, Class::Identity),
        ("/notes/Read", Some("user"), 7, Class::Policy),
        ("/notes/Missing", Some("admin"), 5, Class::Absence),
        ("/notes/Gone", Some("admin"), 5, Class::Absence),
        ("/notes/Down", Some("admin"), 14, Class::Ours),
    ];
    for framing in FRAMINGS {
        for (path, token, code, class) in refused {
            let context = format!("{framing} {path}");
            let response = methods.clone().oneshot(call(path, framing, token)).await.unwrap();
            assert_eq!(response.status(), 200, "{context}");
            let told = inner.only();
            let seen = (told.outcome, told.status, told.grpc_code, told.class);
            let expected = (RequestOutcome::Refused, 200, Some(code), Some(class));
            assert_eq!(seen, expected, "{context}");
            let told = outer.only();
            let seen = (told.outcome, told.status, told.grpc_code, told.class);
            assert_eq!(seen, (RequestOutcome::Passed, 200, Some(code), None), "{context}");
        }
        let permitted = call("/notes/Read", framing, Some("admin"));
        methods.clone().oneshot(permitted).await.unwrap();
        for told in [inner.only(), outer.only()] {
            let seen = (told.outcome, told.status, told.grpc_code);
            assert_eq!(seen, (RequestOutcome::Permitted, 200, None), "{framing}");
        }
    }
}

#[tokio::test]
async fn k03_a_call_that_the_service_refuses_has_the_class_of_its_code() {
    let recorder = Recorder::default();
    let methods = service_fn(|request: Request<Body>| async move {
        let code = request.uri().path().trim_start_matches("/notes/").to_owned();
        let response = Response::builder().header("grpc-status", code);
        Ok::<_, Infallible>(response.body(Body::empty()).unwrap())
    });
    let methods = AuthenticateLayer::new(bearer()).observe(recorder.clone()).layer(methods);
    use RequestOutcome::{Passed, Permitted};
    for (code, class, outcome) in [
        ("0", None, Permitted),
        ("3", None, Permitted),
        ("4", None, Permitted),
        ("5", Some(Class::Absence), Passed),
        ("7", Some(Class::Policy), Passed),
        ("8", Some(Class::Load), Passed),
        ("12", Some(Class::Absence), Passed),
        ("13", None, Permitted),
        ("14", None, Permitted),
        ("16", Some(Class::Identity), Passed),
        ("2147483648", None, Permitted),
        ("junk", None, Permitted),
    ] {
        let sent = call(&format!("/notes/{code}"), FRAMINGS[0], Some("user"));
        methods.clone().oneshot(sent).await.unwrap();
        let told = recorder.only();
        let seen = (told.outcome, told.status, told.grpc_code, told.class);
        assert_eq!(seen, (outcome, 200, code.parse().ok(), class), "{code}");
    }
    // Another request has the status that it has.
    let mut other = call("/notes/16", "application/json", Some("user"));
    *other.method_mut() = http::Method::GET;
    methods.clone().oneshot(other).await.unwrap();
    let told = recorder.only();
    assert_eq!((told.outcome, told.status, told.grpc_code), (Permitted, 200, None));
}
