//! K27: which denials are unclaimed if the request is cancelled, or a layer drops what is inside.

use std::convert::Infallible;
use std::error::Error;
use std::future::{pending, poll_fn};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use http::{HeaderName, Method, StatusCode};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use portcullis::{ApiKey, AuthenticateLayer, ConcealLayer, Denial, Tokens};
use tokio::sync::Notify;
use tower::{Layer, Service, ServiceExt};

use crate::unclaimed::{User, authorize, run, stage, unclaimed};
use crate::watch::{Watch, request};

/// Holds each response for ever, and says when it has one and when it is dropped.
#[derive(Clone, Default)]
struct Holder {
    has_one: Arc<Notify>,
    is_dropped: Arc<Notify>,
}

struct Dropped(Arc<Notify>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl Holder {
    fn around(&self, inner: Router) -> Router {
        let Self { has_one, is_dropped } = self.clone();
        inner.layer(from_fn(move |request: Request, next: Next| {
            let (has_one, dropped) = (has_one.clone(), Dropped(is_dropped.clone()));
            async move {
                let _dropped_last = dropped;
                let _response = next.run(request).await;
                has_one.notify_one();
                pending::<Response>().await
            }
        }))
    }
}

fn handler() -> Router {
    Router::new().fallback(|| async { Denial::forbidden() })
}

fn method() -> Router {
    Router::new().fallback(|| async { Denial::forbidden().into_grpc_response::<Body>() })
}

fn policy() -> Router {
    Router::new().fallback(|| async { "" }).layer(authorize())
}

/// Polls a request to the service until it waits, and drops it.
async fn cancel<S>(service: S)
where
    S: Service<Request, Response = Response, Error: Into<Box<dyn Error + Send + Sync>>>,
{
    let mut response = Box::pin(service.oneshot(request(Method::GET, "/")));
    let waits = poll_fn(|cx| Poll::Ready(response.as_mut().poll(cx).is_pending())).await;
    assert!(waits, "a layer holds the response");
}

#[test]
fn k27_a_denial_of_a_cancelled_request_is_not_counted_in_any_arrangement() {
    let outer = || {
        let keys = ApiKey::new("keys", HeaderName::from_static("x-key"), Tokens::<User>::new());
        AuthenticateLayer::new(keys.unwrap()).optional()
    };
    let conceal = || ConcealLayer::routes_under("/").unwrap();
    let floor = || conceal().time_floor(Duration::from_millis(1)).unwrap();
    let never =
        |inner: Router| tower::timeout::TimeoutLayer::new(Duration::from_secs(3600)).layer(inner);
    for inner in [handler, method, policy] {
        let held = || Holder::default().around(inner());
        let none = |cancelled: &dyn Fn()| assert_eq!(unclaimed(cancelled), [0, 0]);
        none(&|| run(cancel(stage().layer(held()))));
        // As a future of axum, which is boxed.
        none(&|| run(cancel(held().layer(stage()))));
        // A layer that holds the response further out, or further in.
        none(&|| run(cancel(held().layer(outer()).layer(stage()))));
        none(&|| run(cancel(held().layer(stage()).layer(outer()))));
        none(&|| run(cancel(held().layer(conceal().observe(Watch::default())).layer(stage()))));
        none(&|| run(cancel(held().layer(stage()).layer(conceal().observe(Watch::default())))));
        none(&|| run(cancel(held().layer(stage()).layer(floor().observe(Watch::default())))));
        none(&|| run(cancel(never(held().layer(stage())))));
        none(&|| run(cancel(stage().layer(never(held())))));
    }
}

#[test]
fn k27_a_limit_of_time_outside_the_stage_cancels_and_one_inside_replaces() {
    let limited = || {
        from_fn(|request: Request, next: Next| async {
            // Polls what is inside once, and gives it up.
            let mut response = Box::pin(next.run(request));
            let waits = poll_fn(|cx| Poll::Ready(response.as_mut().poll(cx).is_pending())).await;
            assert!(waits);
            drop(response);
            StatusCode::GATEWAY_TIMEOUT
        })
    };
    let status = |app: Router| run(app.oneshot(request(Method::GET, "/"))).unwrap().status();
    for (inner, count) in [(handler as fn() -> Router, [0, 1]), (policy, [1, 0])] {
        let outside = Holder::default().around(inner()).layer(stage()).layer(limited());
        assert_eq!(unclaimed(|| assert_eq!(status(outside), 504)), [0, 0]);
        let inside = Holder::default().around(inner()).layer(limited()).layer(stage());
        assert_eq!(unclaimed(|| assert_eq!(status(inside), 504)), count);
    }
}

#[test]
fn k27_after_a_cancelled_request_denials_are_counted_as_before() {
    let replaces = || {
        from_fn(|request: Request, next: Next| async {
            drop(next.run(request).await);
            StatusCode::OK
        })
    };
    let count = unclaimed(|| {
        run(async {
            cancel(stage().layer(Holder::default().around(handler()))).await;
            let replaced = handler().layer(replaces()).layer(stage());
            let response = replaced.oneshot(request(Method::GET, "/")).await.unwrap();
            assert_eq!(response.status(), StatusCode::OK);
        });
    });
    assert_eq!(count, [0, 1]);
}

#[test]
fn k27_a_task_of_its_own_outlives_the_cancelled_request_and_is_counted() {
    let spawns = from_fn(|request: Request, next: Next| async {
        tokio::spawn(next.run(request)).await.unwrap()
    });
    let app = handler().layer(spawns).layer(stage());
    let count = unclaimed(|| {
        run(async {
            cancel(app).await;
            // The task has a single step.
            tokio::task::yield_now().await;
        });
    });
    assert_eq!(count, [0, 1]);
}

/// Sends a request, and closes the connection or resets the stream while a layer holds the denial.
async fn disconnect(app: Router, holder: &Holder, version: http::Version) {
    let (client, server) = tokio::io::duplex(1 << 16);
    let served = tokio::spawn(async move {
        let service = TowerToHyperService::new(app);
        let builder = auto::Builder::new(TokioExecutor::new());
        let _ = builder.serve_connection(TokioIo::new(server), service).await;
    });
    let request = http::Request::get("http://localhost/").header("host", "localhost");
    let request = request.body(Body::empty()).unwrap();
    if version == http::Version::HTTP_2 {
        let io = TokioIo::new(client);
        let (mut sender, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
        let connection = tokio::spawn(connection);
        let asked = tokio::spawn(async move { sender.send_request(request).await.map(drop) });
        holder.has_one.notified().await;
        // Resets the stream; the connection stays open.
        asked.abort();
        holder.is_dropped.notified().await;
        connection.abort();
    } else {
        let (mut sender, connection) = http1::handshake(TokioIo::new(client)).await.unwrap();
        let connection = tokio::spawn(connection);
        let asked = tokio::spawn(async move { sender.send_request(request).await.map(drop) });
        holder.has_one.notified().await;
        asked.abort();
        connection.abort();
        holder.is_dropped.notified().await;
    }
    served.abort();
}

#[test]
fn k27_a_denial_of_another_request_that_is_dropped_with_a_cancelled_one_is_not_counted() {
    let takes_along = tower::service_fn(|_: Request| async {
        let _other = handler().oneshot(request(Method::GET, "/other")).await;
        pending::<Result<Response, Infallible>>().await
    });
    assert_eq!(unclaimed(|| run(cancel(stage().layer(takes_along)))), [0, 0]);
    assert_eq!(unclaimed(|| run(cancel(takes_along))), [0, 1], "no stage is outside");
}

#[test]
fn k27_a_client_that_disconnects_while_a_layer_holds_a_denial_is_not_counted() {
    for version in [http::Version::HTTP_11, http::Version::HTTP_2] {
        for inner in [handler, policy] {
            let holder = Holder::default();
            let app = holder.around(inner()).layer(stage());
            let count = unclaimed(|| run(disconnect(app, &holder, version)));
            assert_eq!(count, [0, 0], "{version:?}");
        }
    }
}

#[test]
fn k27_a_service_that_fails_while_it_holds_a_denial_is_counted() {
    let fails = tower::service_fn(|request: Request| async {
        let _response = handler().oneshot(request).await;
        Err::<Response, _>("broken")
    });
    let response = || run(stage().layer(fails).oneshot(request(Method::GET, "/")));
    assert_eq!(unclaimed(|| assert!(response().is_err())), [0, 1]);
}

#[test]
fn k27_a_denial_in_a_future_that_a_failing_layer_keeps_is_counted() {
    // The layer gives up, and its future still has the one inside.
    let limit = tower::timeout::TimeoutLayer::new(Duration::from_millis(1));
    let limited = stage().layer(limit.layer(Holder::default().around(handler())));
    let response = || run(limited.oneshot(request(Method::GET, "/")));
    assert_eq!(unclaimed(|| assert!(response().is_err())), [0, 1]);
}
