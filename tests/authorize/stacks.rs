//! The stages protect a service wherever tower and axum accept a layer, and with other layers between
//! them: A10, C01, C02.

use std::convert::Infallible;
use std::error::Error;
use std::time::Duration;

use axum::Router;
use axum::error_handling::HandleErrorLayer;
use axum::extract::State;
use axum::middleware::{Next, from_fn};
use axum::routing::{MethodRouter, get};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::Full;
use hyper::body::Incoming;
use portcullis::authenticate::IdentityService;
use portcullis::authorize::PolicyService;
use portcullis::{AuthenticateLayer, AuthorizeLayer, Denial, ResponseBody, conceal, role};
use tower::util::BoxCloneService;
use tower::{Layer, Service, ServiceBuilder};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;

use crate::support::{Server, get as get_from};
use crate::{User, bearer};

/// An optional authenticate stage.
fn who() -> AuthenticateLayer<impl IdentityService<Principal = User>> {
    AuthenticateLayer::new(bearer()).optional()
}

/// An authorize stage for administrators.
fn may() -> AuthorizeLayer<User, impl PolicyService<User>> {
    AuthorizeLayer::<User>::new(role("admin"))
}

async fn inside() -> &'static str {
    "inside"
}

fn route() -> MethodRouter {
    get(inside)
}

/// A service without a framework.
async fn plain(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::from("inside")))
}

const ADMIN: &str = "authorization: Bearer admin";
const NONE: &str = "authorization: Bearer none";

/// Serves it, and asserts that anonymous callers get 401, other users 403, and administrators the
/// service's response.
#[track_caller]
fn assert_protected<S, B>(service: S, path: &str) -> Server
where
    S: Service<Request<Incoming>, Response = Response<B>, Future: Send> + Clone + Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let server = Server::start(service);
    let answer = get_from(server.address, path, &[]);
    assert_eq!((answer.status, answer.challenges()), (401, vec!["Bearer realm=test".to_owned()]));
    let answer = get_from(server.address, path, &["authorization: Bearer wrong"]);
    assert_eq!(answer.status, 401);
    assert_eq!(answer.error("Bearer").as_deref(), Some("invalid_token"));
    let answer = get_from(server.address, path, &[NONE]);
    assert_eq!((answer.status, answer.lines("www-authenticate").len()), (403, 0));
    assert_eq!(answer.json()["status"], 403);
    let answer = get_from(server.address, path, &[ADMIN]);
    assert_eq!((answer.status, answer.text()), (200, "inside"));
    server
}

#[test]
fn c02_holds_by_router_layer() {
    assert_protected(Router::new().route("/", route()).layer(may()).layer(who()), "/");
}

#[test]
fn c02_holds_by_route_layer_for_matched_paths() {
    let app = Router::new().route("/", route()).route_layer(may()).route_layer(who());
    let server = assert_protected(app, "/");
    // Unmatched paths skip the stages.
    assert_eq!(get_from(server.address, "/nothing", &[]).status, 404);
}

#[test]
fn c02_holds_by_nest() {
    let routes = || Router::new().route("/gated", route());
    assert_protected(Router::new().nest("/a", routes().layer(may())).layer(who()), "/a/gated");
    assert_protected(Router::new().nest("/a", routes().layer(may()).layer(who())), "/a/gated");
    let deep = Router::new().nest("/b", routes().layer(may()));
    assert_protected(Router::new().nest("/a", deep).layer(who()), "/a/b/gated");
    let service = Router::new().nest_service("/a", routes().layer(may()));
    assert_protected(service.layer(who()), "/a/gated");
}

#[test]
fn c02_holds_by_merge_and_leaves_the_other_half_open() {
    let gated = || Router::new().route("/gated", route()).layer(may());
    let open = || Router::new().route("/open", route());
    for app in [
        gated().merge(open()).layer(who()),
        open().merge(gated()).layer(who()),
        open().merge(gated().layer(who())),
    ] {
        let server = assert_protected(app, "/gated");
        assert_eq!(get_from(server.address, "/open", &[]).text(), "inside");
    }
}

#[test]
fn c02_holds_by_fallback() {
    assert_protected(Router::new().fallback(inside).layer(may()).layer(who()), "/anything");
    // A refusal of this layer is rendered like the others.
    let refusing = || async { Denial::forbidden() };
    let app = Router::new().route("/", route()).fallback(refusing).layer(may()).layer(who());
    let server = assert_protected(app, "/");
    assert_eq!(get_from(server.address, "/nothing", &[ADMIN]).status, 403);
    assert_eq!(get_from(server.address, "/nothing", &[]).status, 401);
}

#[test]
fn c02_holds_by_fallback_service() {
    let routes = Router::new().route("/", route());
    let app = Router::new().fallback_service(routes.clone()).layer(may()).layer(who());
    let server = assert_protected(app, "/");
    assert_eq!(get_from(server.address, "/nothing", &[]).status, 401);
    assert_protected(Router::new().fallback_service(may().layer(routes)).layer(who()), "/");
    assert_protected(Router::new().fallback_service(who().layer(may().layer(route()))), "/");
}

#[test]
fn c02_holds_by_into_service() {
    let routes = || Router::new().route("/", route());
    assert_protected(routes().layer(may()).layer(who()).into_service::<Incoming>(), "/");
    assert_protected(who().layer(may().layer(routes().into_service::<Incoming>())), "/");
    assert_protected(who().layer(may().layer(routes())), "/");
}

#[test]
fn c02_holds_by_with_state() {
    async fn stateful(State(text): State<&'static str>) -> &'static str {
        text
    }
    let routes = || Router::new().route("/", get(stateful));
    assert_protected(routes().layer(may()).layer(who()).with_state("inside"), "/");
    assert_protected(routes().with_state("inside").layer(may()).layer(who()), "/");
    assert_protected(routes().layer(may()).with_state::<()>("inside").layer(who()), "/");
    let by_method: MethodRouter<&'static str> = get(stateful).layer(may());
    let by_method = by_method.layer(who()).with_state("inside");
    assert_protected(Router::new().route("/", by_method), "/");
}

#[test]
fn c02_holds_by_method_router_layer() {
    // axum cannot infer the error type between two layers.
    let gated = || -> MethodRouter { route().layer(may()) };
    assert_protected(Router::new().route("/", gated().layer(who())), "/");
    assert_protected(Router::new().route("/", gated()).layer(who()), "/");
    assert_protected(Router::new().route("/", route().route_layer(may())).layer(who()), "/");
    assert_protected::<MethodRouter, _>(gated().layer(who()), "/");
    // One of two methods of a path can be protected.
    let half = Router::new().route("/", route().layer(may()).post(inside)).layer(who());
    let server = assert_protected(half, "/");
    assert_eq!(crate::support::send(server.address, "POST", "/", &[]).text(), "inside");
}

#[test]
fn c02_holds_by_service_builder() {
    let both = || ServiceBuilder::new().layer(who()).layer(may());
    assert_protected(both().service_fn(plain), "/");
    assert_protected(both().service(route()), "/");
    assert_protected(Router::new().route("/", route()).layer(both()), "/");
    assert_protected(Router::new().route("/", route().layer(both())), "/");
    assert_protected(who().layer(BoxCloneService::new(may().layer(tower::service_fn(plain)))), "/");
    assert_protected(BoxCloneService::new(both().service_fn(plain)), "/");
}

#[test]
fn c01_the_anonymous_marker_passes_a_buffer() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    // A buffer starts its worker task when it is built.
    let _entered = runtime.enter();
    let between = ServiceBuilder::new().layer(who()).buffer(4).layer(may()).service_fn(plain);
    assert_protected(between, "/");
    let outside = ServiceBuilder::new().buffer(4).layer(who()).layer(may()).service_fn(plain);
    assert_protected(outside, "/");
    let inside = ServiceBuilder::new().layer(who()).layer(may()).buffer(4).service_fn(plain);
    assert_protected(inside, "/");
}

#[test]
fn c02_holds_around_limits_and_boxes() {
    let limited = ServiceBuilder::new()
        .layer(who())
        .concurrency_limit(1)
        .timeout(Duration::from_secs(60))
        .layer(may())
        .service_fn(plain);
    assert_protected(limited, "/");
    let late = HandleErrorLayer::new(|_| async { StatusCode::GATEWAY_TIMEOUT });
    let stack = ServiceBuilder::new()
        .layer(who())
        .layer(late)
        .timeout(Duration::from_secs(60))
        .layer(may());
    assert_protected(Router::new().route("/", route().layer(stack)), "/");
}

#[test]
fn c02_holds_around_middleware_functions() {
    async fn pass(request: axum::extract::Request, next: Next) -> axum::response::Response {
        next.run(request).await
    }
    let app = Router::new().route("/", route()).layer(may()).layer(from_fn(pass)).layer(who());
    assert_protected(app.layer(from_fn(pass)), "/");
}

#[test]
fn c02_holds_around_tracing() {
    let app = Router::new().route("/", route()).layer(TraceLayer::new_for_http()).layer(may());
    let app = app.layer(TraceLayer::new_for_http()).layer(who()).layer(TraceLayer::new_for_http());
    assert_protected(app, "/");
    let stack = ServiceBuilder::new()
        .layer(TraceLayer::new_for_http())
        .layer(who())
        .map_response(ResponseBody::wrap)
        .layer(TraceLayer::new_for_http())
        .layer(may())
        .map_response(ResponseBody::wrap)
        .layer(TraceLayer::new_for_http());
    assert_protected(stack.service_fn(plain), "/");
}

#[test]
fn c02_holds_around_layers_that_set_headers_and_404_has_none_of_them() {
    let set = |value| {
        let name = HeaderName::from_static("x-set");
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    let hidden = route().layer(AuthorizeLayer::<User>::new(conceal(role("admin"))));
    let app = Router::new()
        .route("/", route().layer(may()))
        .route("/hidden", hidden)
        .fallback(|| async { Denial::not_found() })
        .layer(set("between"))
        .layer(who());
    let server = assert_protected(app, "/");
    for fields in [&[][..], &[NONE], &[ADMIN]] {
        assert_eq!(get_from(server.address, "/", fields).field("x-set"), Some("between"));
    }
    let missing = get_from(server.address, "/nothing", &[NONE]).undated();
    assert_eq!((missing.status, missing.field("x-set")), (404, None));
    assert_eq!(get_from(server.address, "/hidden", &[NONE]).undated(), missing);
}
