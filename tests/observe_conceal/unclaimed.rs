//! K27: denials that no stage renders are counted.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::routing::options;
use http::{Method, Response, StatusCode};
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use metrics_exporter_prometheus::PrometheusBuilder;
use portcullis::authenticate::IdentityService;
use portcullis::authorize::PolicyService;
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Bearer, ConcealLayer, Denial, HasRoles, Tokens, role,
};
use tower::{Layer, ServiceExt, service_fn};

use crate::watch::{Watch, answer, covered, request};

#[derive(Clone)]
pub struct User;

impl HasRoles for User {
    fn has_role(&self, _: &str) -> bool {
        false
    }
}

pub fn stage() -> AuthenticateLayer<impl IdentityService<Principal = User>> {
    AuthenticateLayer::new(Bearer::new("test", Tokens::new().with("bob", User)).unwrap()).optional()
}

pub fn authorize() -> AuthorizeLayer<User, impl PolicyService<User>> {
    AuthorizeLayer::new(role("admin"))
}

pub fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(future)
}

/// The count by stage of what is unclaimed while `f` runs: of authorize stages, and of handlers.
pub fn unclaimed(f: impl FnOnce()) -> [u64; 2] {
    let recorder = PrometheusBuilder::new().build_recorder();
    metrics::with_local_recorder(&recorder, f);
    let page = recorder.handle().render();
    let lines: Vec<_> = page.lines().filter(|line| line.contains("unclaimed")).collect();
    ["authorize", "handler"].map(|stage| {
        let name = format!("portcullis_unclaimed_total{{stage=\"{stage}\"}} ");
        lines.iter().find_map(|line| line.strip_prefix(&name)?.parse().ok()).unwrap_or(0)
    })
}

/// The status of a response to `GET /`, which is then dropped.
fn status(app: Router) -> StatusCode {
    run(answer(&app, request(Method::GET, "/"))).0
}

#[test]
fn k27_a_denial_without_a_stage_outside_is_counted() {
    let handler = || Router::new().fallback(|| async { Denial::forbidden() });
    assert_eq!(unclaimed(|| assert_eq!(status(handler()), 403)), [0, 1]);
    let concealed = || Router::new().fallback(|| async { Denial::not_found() });
    assert_eq!(unclaimed(|| assert_eq!(status(concealed()), 404)), [0, 1]);
    let denies = Router::new().fallback(|| async { "" }).layer(authorize());
    assert_eq!(unclaimed(|| assert_eq!(status(denies), 500)), [1, 0]);
    let method = || Denial::not_found().into_grpc_response::<Body>();
    assert_eq!(unclaimed(|| drop(method())), [0, 1]);
}

#[test]
fn k27_a_denial_that_a_stage_renders_is_not_counted() {
    let handler = Router::new().fallback(|| async { Denial::forbidden() });
    assert_eq!(unclaimed(|| assert_eq!(status(handler.layer(stage())), 403)), [0, 0]);
    let denies = Router::new().fallback(|| async { "" }).layer(authorize());
    assert_eq!(unclaimed(|| assert_eq!(status(denies.layer(stage())), 401)), [0, 0]);
    // A middleware that keeps the extensions, and one that copies the response.
    let copies = from_fn(|request: Request, next: Next| async {
        let (parts, body) = next.run(request).await.into_parts();
        Response::from_parts(parts.clone(), body)
    });
    let handler = Router::new().fallback(|| async { Denial::forbidden() });
    assert_eq!(unclaimed(|| assert_eq!(status(handler.layer(copies).layer(stage())), 403)), [0, 0]);
}

#[test]
fn k27_a_denial_in_the_response_to_an_exempt_preflight_is_not_counted() {
    let stage = AuthenticateLayer::new(Bearer::new("test", Tokens::<User>::new()).unwrap());
    let denies = Router::new().fallback(options(|| async { Denial::forbidden() }));
    let app = denies.layer(authorize()).layer(stage.exempt_preflights());
    let preflight = Request::options("/")
        .header("origin", "https://app.example")
        .header("access-control-request-method", "GET")
        .body(Body::empty())
        .unwrap();
    let count = unclaimed(|| assert_eq!(run(answer(&app, preflight)).0, 401));
    assert_eq!(count, [0, 0], "the stage has replaced it by its 401, which it reports");
}

#[test]
fn k27_a_denial_that_a_conceal_layer_replaces_inside_the_stage_is_counted() {
    for (denial, expected) in
        [(Denial::forbidden(), Some((403, None))), (Denial::forbidden().concealed(), None)]
    {
        let watch = Watch::default();
        let inner = Router::new().fallback(move || {
            let denial = denial.clone();
            async move { denial }
        });
        let layer = ConcealLayer::routes_under("/").unwrap().observe(watch.clone());
        let app = inner.layer(layer).layer(stage());
        assert_eq!(unclaimed(|| assert_eq!(status(app), 404)), [0, 1]);
        assert_eq!(watch.events().iter().map(covered).collect::<Vec<_>>(), [expected]);
    }
}

#[test]
fn k27_a_denial_that_a_middleware_drops_is_counted() {
    let replaces = from_fn(|request: Request, next: Next| async {
        drop(next.run(request).await);
        "an error page"
    });
    let handler = Router::new().fallback(|| async { Denial::forbidden() });
    assert_eq!(
        unclaimed(|| assert_eq!(status(handler.layer(replaces).layer(stage())), 200)),
        [0, 1]
    );
}

/// Panics while it holds the response of the handler.
fn panicking() -> Router {
    let panics = from_fn(async |request: Request, next: Next| -> Response<Body> {
        let _response = next.run(request).await;
        resume_unwind(Box::new("a middleware"))
    });
    Router::new().fallback(|| async { Denial::forbidden() }).layer(panics)
}

#[test]
fn k27_a_denial_that_is_lost_in_a_panic_is_counted() {
    let count = unclaimed(|| {
        let status = || status(panicking().layer(stage()));
        assert!(catch_unwind(AssertUnwindSafe(status)).is_err());
    });
    assert_eq!(count, [0, 1]);
}

/// A recorder that panics, like one whose lock is poisoned.
struct Panics;

impl Recorder for Panics {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        resume_unwind(Box::new("a recorder"))
    }
    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }
    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[test]
fn k27_a_recorder_that_panics_changes_no_response_and_ends_no_process() {
    metrics::with_local_recorder(&Panics, || {
        let inner = service_fn(|_: axum::extract::Request| async {
            Ok::<_, Infallible>(Denial::forbidden().into_http_response::<Body>())
        });
        let service = ConcealLayer::routes_under("/").unwrap().layer(inner);
        assert_eq!(run(service.oneshot(request(Method::GET, "/"))).unwrap().status(), 404);
        // Two panics at a time, one of them in a destructor.
        let status = || status(panicking().layer(stage()));
        let panicked = catch_unwind(AssertUnwindSafe(status)).unwrap_err();
        assert_eq!(panicked.downcast_ref(), Some(&"a middleware"));
    });
}
