//! K11: what a stage tells of a refusal inside, with a conceal layer between, outside or inside.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::routing::{get, post};
use http::{HeaderMap, Request};
use portcullis::observe::{Class, RequestOutcome};
use portcullis::{AuthenticateLayer, AuthorizeLayer, ConcealLayer, Denial, conceal, role};
use tower::ServiceExt;

use crate::{Recorder, User, bearer, keys};

fn routes() -> Router {
    let hidden = Router::new().route("/hidden", get(|| async { "reports" }));
    let method = || async { Denial::not_found().into_grpc_response::<Body>() };
    Router::new()
        .merge(hidden.route_layer(AuthorizeLayer::<User>::new(conceal(role("admin")))))
        .route("/denied", get(|| async { Denial::forbidden() }))
        .route("/notes/Get", post(method))
}

fn request(path: &str) -> Request<Body> {
    let request = Request::get(path).header("authorization", "Bearer user");
    request.header("x-key", "user").body(Body::empty()).unwrap()
}

fn call(path: &str, content_type: &str) -> Request<Body> {
    let mut call = request(path);
    *call.method_mut() = http::Method::POST;
    call.headers_mut().insert("content-type", content_type.parse().unwrap());
    call
}

async fn answer(app: &Router, request: Request<Body>) -> (u16, HeaderMap, Vec<u8>) {
    let (parts, body) = app.clone().oneshot(request).await.unwrap().into_parts();
    (parts.status.as_u16(), parts.headers, to_bytes(body, 1 << 16).await.unwrap().to_vec())
}

type Seen = (RequestOutcome, u16, Option<i32>, Option<Class>);

fn seen(recorder: &Recorder) -> Seen {
    let told = recorder.only();
    (told.outcome, told.status, told.grpc_code, told.class)
}

use RequestOutcome::{Passed, Refused};

const ABSENT: Seen = (Passed, 404, None, Some(Class::Absence));
const CONCEALED: Seen = (Refused, 404, None, Some(Class::Policy));
const FORBIDDEN: Seen = (Refused, 403, None, Some(Class::Policy));

#[tokio::test]
async fn k11_a_404_of_a_conceal_layer_between_two_stages_has_no_class_outside() {
    let (inner, outer) = (Recorder::default(), Recorder::default());
    let app = routes()
        .layer(AuthenticateLayer::new(bearer()).observe(inner.clone()))
        .layer(ConcealLayer::everywhere().observe(Recorder::default()))
        .layer(AuthenticateLayer::new(keys("x-key")).observe(outer.clone()));
    let mut answers = Vec::new();
    for (path, told_inside) in [("/hidden", CONCEALED), ("/missing", ABSENT)] {
        answers.push(answer(&app, request(path)).await);
        let expected = (told_inside, (Passed, 404, None, None));
        assert_eq!((seen(&inner), seen(&outer)), expected, "{path}");
    }
    assert_eq!(answers[0], answers[1], "the outer stage adds the same to both");
    assert!(answers[0].1.contains_key("cache-control"));
    assert_eq!(answer(&app, request("/denied")).await.0, 403);
    assert_eq!((seen(&inner), seen(&outer)), (FORBIDDEN, (Passed, 403, None, None)));
}

#[tokio::test]
async fn k11_a_call_that_a_conceal_layer_between_has_replaced_has_the_code_that_was_sent() {
    let (inner, outer) = (Recorder::default(), Recorder::default());
    let app = routes()
        .layer(AuthenticateLayer::new(bearer()).observe(inner.clone()))
        .layer(ConcealLayer::everywhere().observe(Recorder::default()))
        .layer(AuthenticateLayer::new(keys("x-key")).observe(outer.clone()));
    for framing in ["application/grpc", "application/grpc-web", "application/grpc-web-text"] {
        for (path, code) in [("/notes/Get", 5), ("/notes/Missing", 12)] {
            let (status, headers, _) = answer(&app, call(path, framing)).await;
            assert_eq!(status, 200, "{framing} {path}");
            if let Some(sent) = headers.get("grpc-status") {
                assert_eq!(sent, &code.to_string(), "{framing} {path}");
            }
            assert_eq!(seen(&outer), (Passed, 200, Some(code), None), "{framing} {path}");
            inner.take();
        }
    }
}

#[tokio::test]
async fn k11_a_conceal_layer_outside_of_the_stages_changes_no_event() {
    let (inner, outer) = (Recorder::default(), Recorder::default());
    let app = routes()
        .layer(AuthenticateLayer::new(bearer()).observe(inner.clone()))
        .layer(AuthenticateLayer::new(keys("x-key")).observe(outer.clone()))
        .layer(ConcealLayer::routes_under("/").unwrap());
    for (path, told_inside, told_outside) in [
        ("/hidden", CONCEALED, (Passed, 404, None, None)),
        ("/denied", FORBIDDEN, (Passed, 403, None, None)),
        ("/missing", ABSENT, ABSENT),
    ] {
        assert_eq!(answer(&app, request(path)).await.0, 404);
        assert_eq!((seen(&inner), seen(&outer)), (told_inside, told_outside), "{path}");
    }
}

#[tokio::test]
async fn k11_a_404_of_a_conceal_layer_inside_the_stage_has_no_class() {
    let recorder = Recorder::default();
    let app = routes()
        .layer(ConcealLayer::everywhere().observe(Recorder::default()))
        .layer(AuthenticateLayer::new(bearer()).observe(recorder.clone()));
    for path in ["/hidden", "/missing"] {
        assert_eq!(answer(&app, request(path)).await.0, 404);
        assert_eq!(seen(&recorder), (Passed, 404, None, None), "{path}");
    }
}

#[tokio::test]
async fn k11_a_404_of_a_conceal_layer_without_an_observer_is_an_absence_outside() {
    let recorder = Recorder::default();
    let app = routes()
        .layer(ConcealLayer::everywhere())
        .layer(AuthenticateLayer::new(bearer()).observe(recorder.clone()));
    for path in ["/hidden", "/missing"] {
        assert_eq!(answer(&app, request(path)).await.0, 404);
        assert_eq!(seen(&recorder), ABSENT, "{path}");
    }
}
