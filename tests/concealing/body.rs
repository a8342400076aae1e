//! A client sees when a request body is dropped: over HTTP/1.1 by whether the connection is closed,
//! over HTTP/2 by when the server asks for more. D07, D14.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use portcullis::ConcealLayer;
use tower::{Layer, ServiceExt, service_fn};

/// A body that records when it is dropped.
struct Noticed(Arc<Mutex<Option<Instant>>>);

impl Drop for Noticed {
    fn drop(&mut self) {
        *self.0.lock().unwrap() = Some(Instant::now());
    }
}

async fn serve<B>(request: Request<B>) -> Result<Response<Body>, Infallible> {
    let mut response = Response::new(Body::default());
    match request.uri().path() {
        "/seen" => return Ok(response),
        "/hidden" => tokio::time::sleep(Duration::from_millis(5)).await,
        _ => {}
    }
    *response.status_mut() = http::StatusCode::NOT_FOUND;
    Ok(response)
}

#[tokio::test]
async fn d07_d14_a_body_is_dropped_when_the_response_is_released_and_not_when_it_is_ready() {
    let floor = Duration::from_millis(30);
    let layer = ConcealLayer::everywhere().time_floor(floor).unwrap();
    for path in ["/hidden", "/missing"] {
        let gone = Arc::default();
        let request = Request::get(path).body(Noticed(Arc::clone(&gone))).unwrap();
        let asked = Instant::now();
        let response = layer.layer(service_fn(serve)).oneshot(request).await.unwrap();
        let gone = gone.lock().unwrap().expect("it is not kept any longer");
        assert!(gone - asked >= floor, "{path}: after {:?}", gone - asked);
        drop(response);
    }
}

#[tokio::test]
async fn d14_a_body_is_dropped_with_the_response_or_the_future() {
    let floor = Duration::from_secs(3600);
    let layer = ConcealLayer::under("/area").unwrap().time_floor(floor).unwrap();
    // The service keeps it beyond its response, as a spawned task does.
    let kept = Arc::new(Mutex::new(None));
    let keeping = kept.clone();
    let service = layer.layer(service_fn(move |request: Request<_>| {
        *keeping.lock().unwrap() = Some(request.into_body());
        std::future::ready(Ok::<_, Infallible>(Response::new(Body::default())))
    }));
    for path in ["/area/x", "/else"] {
        let gone = Arc::default();
        let request = Request::get(path).body(Noticed(Arc::clone(&gone))).unwrap();
        drop(service.clone().oneshot(request).await.unwrap());
        assert!(gone.lock().unwrap().is_none(), "the service still has it");
        kept.lock().unwrap().take();
        assert!(gone.lock().unwrap().is_some(), "{path}");
    }
    // A client that is to wait for an hour, and cancels.
    let gone = Arc::default();
    let request = Request::get("/area/hidden").body(Noticed(Arc::clone(&gone))).unwrap();
    let waiting = layer.layer(service_fn(serve)).oneshot(request);
    assert!(tokio::time::timeout(Duration::from_millis(20), waiting).await.is_err());
    assert!(gone.lock().unwrap().is_some());
}

#[tokio::test]
async fn d14_a_held_body_is_read_unchanged() {
    let floor = Duration::from_millis(1);
    let layer = ConcealLayer::everywhere().time_floor(floor).unwrap();
    let echo =
        service_fn(|request: Request<portcullis::conceal::DeferredDropBody<Full<Bytes>>>| async {
            let body = request.into_body();
            let hint = http_body::Body::size_hint(&body).exact();
            let is_over = http_body::Body::is_end_stream(&body);
            let read = body.collect().await.unwrap().to_bytes();
            Ok::<_, Infallible>(Response::new(Body::from(format!("{hint:?} {is_over} {read:?}"))))
        });
    for (sent, expected) in [("some", "Some(4) false b\"some\""), ("", "Some(0) true b\"\"")] {
        let request = Request::post("/").body(Full::from(sent)).unwrap();
        let response = layer.layer(echo).oneshot(request).await.unwrap();
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), expected);
    }
}
