//! K20–K22: which requests have an event, and which event.

use std::future::pending;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse;
use axum::routing::{any, get, post};
use futures_util::FutureExt;
use futures_util::future::join;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::StreamBody;
use hyper::body::Frame;
use portcullis::observe::ConcealEvent;
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Bearer, ConcealLayer, Denial, HasRoles, Problem, Tokens,
    role,
};
use tower::{Layer, ServiceExt, service_fn};

use crate::watch::{Call, Watch, answer, covered, grpc, request};

#[derive(Clone)]
struct User;

impl HasRoles for User {
    fn has_role(&self, _: &str) -> bool {
        false
    }
}

/// An application whose routes under `/vault` are hidden, and its responses by themselves.
fn app(watch: &Watch) -> Router {
    let trailers = || async {
        let trailers =
            HeaderMap::from_iter([("grpc-status".parse().unwrap(), "5".parse().unwrap())]);
        let frames = [
            Ok::<_, std::convert::Infallible>(Frame::data(bytes::Bytes::from_static(b"a"))),
            Ok(Frame::trailers(trailers)),
        ];
        let body = Body::new(StreamBody::new(tokio_stream::iter(frames)));
        ([("content-type", "application/grpc")], body).into_response()
    };
    let call = |code: &'static str| {
        post(move || async move { [("content-type", "application/grpc"), ("grpc-status", code)] })
    };
    let forbidding = AuthorizeLayer::<User>::new(role("none"));
    let app = Router::new()
        .route("/vault/seen", get(|| async { "seen" }))
        .route("/vault/broken", any(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
        .route("/vault/absent", any(|| async { StatusCode::NOT_FOUND }))
        .route("/vault/forbidden", any(|| async { "" }).layer(forbidding))
        .route("/vault/concealed", any(|| async { Denial::forbidden().concealed() }))
        .route("/vault/disclosed", any(|| async { Denial::forbidden().disclosed() }))
        .route("/vault/call/0", call("0"))
        .route("/vault/call/5", call("5"))
        .route("/vault/call/9", call("9"))
        .route("/vault/call/12", call("12"))
        .route("/vault/trailers", post(trailers))
        .route("/open/broken", any(|| async { StatusCode::INTERNAL_SERVER_ERROR }));
    let tokens = Tokens::new().with("bob", User);
    let stage = AuthenticateLayer::new(Bearer::new("test", tokens).unwrap()).optional();
    let layer = ConcealLayer::routes_under("/vault").unwrap().and_under("/open").unwrap();
    let service = layer.observe(watch.clone()).layer(stage.layer(app.with_state(())));
    Router::new().fallback_service(service)
}

fn bob(mut request: Request<Body>) -> Request<Body> {
    request.headers_mut().insert("authorization", "Bearer bob".parse().unwrap());
    request
}

#[tokio::test]
async fn k20_a_request_to_the_area_has_one_event_unless_its_response_is_released() {
    let watch = Watch::default();
    let app = app(&watch);
    watch.take();
    let cases = [
        // Released: by the handler, as disclosed, of the authenticate stage before it calls the service.
        ("/vault/seen", 200, None),
        ("/vault/disclosed", 403, None),
        // Covered, with what the client would have got.
        ("/vault/broken", 404, Some("covered")),
        ("/vault/forbidden", 404, Some("covered")),
        // Absences: of a handler, of a stage, of the router.
        ("/vault/absent", 404, Some("absent")),
        ("/vault/concealed", 404, Some("absent")),
        ("/vault/nothing", 404, Some("absent")),
        // Where no routes are hidden, 404 alone is replaced.
        ("/open/broken", 500, None),
        ("/open/nothing", 404, Some("absent")),
    ];
    for (path, status, expected) in cases {
        for method in [Method::GET, Method::HEAD, Method::DELETE] {
            if path == "/vault/seen" && method == Method::DELETE {
                continue;
            }
            let answer = answer(&app, request(method.clone(), path)).await;
            assert_eq!(answer.0, status, "{method} {path}");
            let begun = format!("{method} {path}");
            let calls = watch.take();
            assert_eq!(calls[0], Call::Begun(begun.clone()));
            let words: Vec<_> = calls[1..]
                .iter()
                .map(|call| match call {
                    Call::Concealed(request, event) if *request == begun => event.as_str(),
                    call => panic!("{call:?}"),
                })
                .collect();
            assert_eq!(words, Vec::from_iter(expected), "{method} {path}");
        }
    }
    let wrong =
        Request::get("/vault/seen").header("authorization", "Bearer no").body(Body::empty());
    assert_eq!(answer(&app, wrong.unwrap()).await.0, 401);
    assert_eq!(watch.take(), [Call::Begun("GET /vault/seen".to_owned())]);
    // Outside the area nothing is observed.
    assert_eq!(answer(&app, request(Method::GET, "/elsewhere")).await.0, 404);
    assert_eq!(watch.take(), []);
}

#[tokio::test]
async fn k20_without_a_response_there_is_no_event() {
    async fn fails<B>(request: Request<B>) -> Result<Response<Body>, &'static str> {
        if request.uri().path() == "/vault/stuck" {
            pending::<()>().await;
        }
        Err("broken")
    }
    let watch = Watch::default();
    let layer = ConcealLayer::routes_under("/vault").unwrap().observe(watch.clone());
    let floor = layer.clone().time_floor(Duration::from_millis(1)).unwrap();
    watch.take();
    let responses = |path: &'static str| {
        let at_once = layer.layer(service_fn(fails)).oneshot(request(Method::GET, path));
        let at_a_tick = floor.layer(service_fn(fails)).oneshot(request(Method::GET, path));
        join(at_once, at_a_tick)
    };
    let failed = responses("/vault/broken").await;
    assert!(matches!(failed, (Err("broken"), Err("broken"))));
    // Cancelled before there is a response.
    assert!(responses("/vault/stuck").now_or_never().is_none());
    let calls = watch.take();
    assert!(calls.iter().all(|call| matches!(call, Call::Begun(_))), "{calls:?}");
    assert_eq!(calls.len(), 4);
}

#[tokio::test]
async fn k21_a_covered_response_is_told_with_its_status() {
    let watch = Watch::default();
    let app = app(&watch);
    watch.take();
    let cases = [
        (request(Method::GET, "/vault/broken"), 500),
        (request(Method::DELETE, "/vault/seen"), 405),
        (request(Method::HEAD, "/vault/broken"), 500),
        // The authenticate stage has rendered these.
        (request(Method::GET, "/vault/forbidden"), 401),
        (bob(request(Method::GET, "/vault/forbidden")), 403),
    ];
    for (request, status) in cases {
        let shown = format!("{} {}", request.method(), request.uri());
        let answer = answer(&app, request).await;
        assert_eq!(answer.0, StatusCode::NOT_FOUND);
        let events = watch.events();
        assert_eq!(
            events.iter().map(covered).collect::<Vec<_>>(),
            [Some((status, None))],
            "{shown}"
        );
    }
}

#[tokio::test]
async fn k21_a_covered_call_is_told_with_its_grpc_status() {
    let watch = Watch::default();
    let app = app(&watch);
    watch.take();
    let plain = "application/grpc";
    let cases = [
        (grpc("/vault/call/0", plain), vec![]),
        (grpc("/vault/call/5", plain), vec![None]),
        (grpc("/vault/call/12", plain), vec![None]),
        (grpc("/vault/nothing", plain), vec![None]),
        (grpc("/vault/call/9", plain), vec![Some((200, Some(9)))]),
        // Rendered by the stage. In gRPC-Web the code is in the body.
        (grpc("/vault/forbidden", plain), vec![Some((200, Some(16)))]),
        (bob(grpc("/vault/forbidden", plain)), vec![Some((200, Some(7)))]),
        (bob(grpc("/vault/forbidden", "application/grpc-web")), vec![Some((200, Some(7)))]),
        (bob(grpc("/vault/forbidden", "application/grpc-web-text")), vec![Some((200, Some(7)))]),
    ];
    for (call, expected) in cases {
        let shown = format!("{} {:?}", call.uri(), call.headers());
        assert_eq!(answer(&app, call).await.0, 200);
        let events = watch.events();
        assert_eq!(events.iter().map(covered).collect::<Vec<_>>(), expected, "{shown}");
        assert!(events.iter().all(|it| covered(it).is_some() || *it == ConcealEvent::Absent));
    }
}

#[tokio::test]
async fn k21_trailers_that_say_so_are_no_event() {
    let watch = Watch::default();
    let app = app(&watch);
    watch.take();
    assert_eq!(answer(&app, grpc("/vault/trailers", "application/grpc")).await.2, b"a");
    assert_eq!(watch.events(), []);
}

#[tokio::test]
async fn k20_the_builders_of_the_layer_work_before_and_after_observe() {
    let builders = |watch: &Watch| {
        let before = ConcealLayer::everywhere()
            .respond_with(Problem::new())
            .hide_routes_under("/vault")
            .unwrap()
            .keep_header("x-kept".parse().unwrap())
            .unwrap()
            .time_floor(Duration::from_millis(1))
            .unwrap()
            .requests_per_period(9)
            .unwrap()
            .observe(watch.clone());
        let after = ConcealLayer::everywhere()
            .observe(watch.clone())
            .respond_with(Problem::new())
            .hide_routes_under("/vault")
            .unwrap()
            .keep_header("x-kept".parse().unwrap())
            .unwrap()
            .time_floor(Duration::from_millis(1))
            .unwrap()
            .requests_per_period(9)
            .unwrap();
        [before, after]
    };
    let watch = Watch::default();
    for layer in builders(&watch) {
        let inner = any(|| async { ([("x-kept", "1")], StatusCode::CONFLICT) });
        let app = layer.layer(Router::<()>::new().route("/vault/x", inner).with_state(()));
        watch.take();
        let answer = answer(&app, request(Method::GET, "/vault/x")).await;
        assert_eq!((answer.0, &answer.1["x-kept"]), (StatusCode::NOT_FOUND, &"1".parse().unwrap()));
        assert_eq!(watch.events().iter().map(covered).collect::<Vec<_>>(), [Some((409, None))]);
    }
}

#[test]
fn k20_an_observer_is_attached_once_when_the_layer_is_built() {
    let (one, other) = (Watch::default(), Watch::default());
    let layer = ConcealLayer::everywhere().observe((one.clone(), other.clone()));
    let layer = layer.and_under("/more").unwrap().respond_with(Problem::new());
    let _ = layer.clone().layer(Router::<()>::new());
    for watch in [one, other] {
        assert_eq!(watch.take(), [Call::Attached { conceals: true, schemes: 0 }]);
    }
}
