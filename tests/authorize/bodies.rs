//! The service's response body passes the stages unchanged, and a refusal has the same type.

use std::convert::Infallible;
use std::future::ready;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use axum::body::Body;
use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, ConcealLayer, Decision, ResponseBody, async_policy_fn, role,
};
use tokio::task::yield_now;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_http::cors::CorsLayer;

use crate::support::{Server, get, send};
use crate::{User, bearer};

const ADMIN: &str = "authorization: Bearer admin";

fn request(token: Option<&str>) -> Request<()> {
    let mut request = Request::builder();
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    request.body(()).unwrap()
}

/// Both stages around a service that responds with an empty body of this type.
macro_rules! answers {
    ($body:ty, $service:expr) => {{
        let both = ServiceBuilder::new()
            .layer(AuthenticateLayer::new(bearer()))
            .layer(AuthorizeLayer::<User>::new(role("admin")));
        let service = both.service($service);
        for (token, status) in [(None, 401), (Some("none"), 403), (Some("admin"), 200)] {
            let response: Response<$body> = service.clone().oneshot(request(token)).await.unwrap();
            assert_eq!(response.status(), status);
            let body = response.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(body.is_empty(), status == 200);
        }
    }};
}

#[tokio::test]
async fn c02_a_refusal_has_the_type_of_the_services_own_body() {
    async fn own<B: Default>(_: Request<()>) -> Result<Response<B>, Infallible> {
        Ok(Response::default())
    }
    answers!(Body, service_fn(own::<Body>));
    answers!(Full<Bytes>, service_fn(own::<Full<Bytes>>));
    // A body that is not `From<Bytes>` needs an adapter.
    let empty = service_fn(own::<Empty<Bytes>>).map_response(ResponseBody::wrap);
    answers!(ResponseBody<Empty<Bytes>>, empty);
    let boxed = service_fn(|_: Request<()>| async {
        Ok::<_, Infallible>(Response::new(Empty::new().boxed()))
    });
    answers!(ResponseBody<BoxBody<Bytes, Infallible>>, boxed.map_response(ResponseBody::wrap));
}

#[test]
fn c02_layers_that_want_a_default_body_stand_outside_without_a_framework() {
    async fn plain(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        Ok(Response::new(Full::from("inside")))
    }
    async fn proxied(request: Request<Incoming>) -> Result<Response<Incoming>, Infallible> {
        Ok(Response::new(request.into_body()))
    }
    let stages = || {
        ServiceBuilder::new()
            .layer(CorsLayer::permissive())
            .layer(AuthenticateLayer::new(bearer()))
            .layer(AuthorizeLayer::<User>::new(role("admin")))
    };
    let own = Server::start(stages().service_fn(plain));
    let adapted = Server::start(stages().map_response(ResponseBody::wrap).service_fn(proxied));
    let concealed = Server::start(
        ServiceBuilder::new()
            .layer(CorsLayer::permissive())
            .layer(ConcealLayer::everywhere())
            .layer(AuthenticateLayer::new(bearer()))
            .map_response(ResponseBody::wrap)
            .service_fn(plain),
    );
    for server in [&own, &adapted, &concealed] {
        let preflight = ["origin: http://a", "access-control-request-method: GET"];
        let answer = send(server.address, "OPTIONS", "/", &preflight);
        assert_eq!((answer.status, answer.field("access-control-allow-origin")), (200, Some("*")));
        let answer = get(server.address, "/", &["origin: http://a"]);
        assert_eq!((answer.status, answer.field("access-control-allow-origin")), (401, Some("*")));
        assert_eq!(get(server.address, "/", &[ADMIN]).status, 200);
    }
    assert_eq!(get(own.address, "/", &[ADMIN]).text(), "inside");
}

/// Polls a future until it is ready, and once more.
fn polled_once_more<F: Future>(future: F) -> String {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    while future.as_mut().poll(&mut cx).is_pending() {}
    let again = || drop(future.as_mut().poll(&mut cx));
    let panic = catch_unwind(AssertUnwindSafe(again)).expect_err("it panics");
    let said = panic.downcast_ref::<String>().cloned();
    said.or_else(|| panic.downcast_ref::<&str>().map(|said| (*said).to_owned())).unwrap()
}

#[test]
fn a_future_that_is_polled_after_completion_panics_and_says_so() {
    let inner =
        service_fn(|_: Request<()>| ready(Ok::<_, Infallible>(Response::<Body>::default())));
    let missing = service_fn(|_: Request<()>| {
        let mut response = Response::<Body>::default();
        *response.status_mut() = StatusCode::NOT_FOUND;
        ready(Ok::<_, Infallible>(response))
    });
    let waits = Arc::new(async_policy_fn(|user: &User, _: &Parts| {
        let decision = Decision::permit_if(user.role == "admin");
        async {
            yield_now().await;
            decision
        }
    }));
    let authenticate = || AuthenticateLayer::new(bearer());
    for token in [None, Some("none"), Some("admin")] {
        let said = [
            polled_once_more(authenticate().layer(inner).call(request(token))),
            polled_once_more(
                AuthorizeLayer::<User>::new(role("admin")).layer(inner).call(request(token)),
            ),
            polled_once_more(
                authenticate()
                    .layer(AuthorizeLayer::<User>::new(waits.clone()).layer(inner))
                    .call(request(token)),
            ),
            polled_once_more(ConcealLayer::everywhere().layer(inner).call(request(token))),
            polled_once_more(ConcealLayer::everywhere().layer(missing).call(request(token))),
        ];
        for said in said {
            assert!(said.contains("polled after completion"), "{said}");
        }
    }
}
