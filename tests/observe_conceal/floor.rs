//! K22, K24: a period that is full, and the observer's time behind a floor. With a floor of an hour, a response
//! that is not ready is waiting; clocks are only used to show that a response is not early.

use std::convert::Infallible;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use axum::body::Body;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use portcullis::ConcealLayer;
use portcullis::observe::{ConcealEvent, Event, Observe};
use tower::{Layer, ServiceExt, service_fn};

use crate::watch::{Call, Watch, answer, covered, request};

const AN_HOUR: Duration = Duration::from_secs(3600);

/// 409 to a path with a route, and 404 to any other.
async fn conflict<B>(request: Request<B>) -> Result<Response<Body>, Infallible> {
    let mut response = Response::new(Body::from("something"));
    *response.status_mut() = match request.uri().path() {
        "/vault/hidden" => StatusCode::CONFLICT,
        "/vault/seen" => StatusCode::OK,
        _ => StatusCode::NOT_FOUND,
    };
    Ok(response)
}

#[tokio::test]
async fn k24_the_event_is_given_before_the_response_waits_for_its_tick() {
    let watch = Watch::default();
    let layer = ConcealLayer::routes_under("/vault").unwrap().observe(watch.clone());
    let service = layer.time_floor(AN_HOUR).unwrap().layer(service_fn(conflict));
    for (path, expected) in [("/vault/hidden", Some((409, None))), ("/vault/nothing", None)] {
        let mut response = Box::pin(service.clone().oneshot(request(Method::GET, path)));
        let waits = poll_fn(|cx| Poll::Ready(response.as_mut().poll(cx).is_pending())).await;
        assert!(waits, "{path}");
        let events: Vec<_> = watch.events().iter().map(covered).collect();
        assert_eq!(events, [expected]);
        drop(response);
        assert_eq!(watch.take(), [], "cancelled while it waits: no other event");
    }
}

/// Takes this long for each event.
struct Slow(Duration);

impl Observe for Slow {
    type Context = ();

    fn begin(&self, _: &Parts) {}

    fn decided(&self, (): (), _: &Event<'_>) {}

    fn concealed(&self, (): (), _: &ConcealEvent) {
        std::thread::sleep(self.0);
    }
}

#[tokio::test]
async fn k24_the_tick_is_chosen_once_the_observer_has_run() {
    let floor = Duration::from_millis(40);
    let slow = Slow(Duration::from_millis(45));
    let layer = ConcealLayer::routes_under("/vault").unwrap().observe(slow);
    let service = layer.time_floor(floor).unwrap().layer(service_fn(conflict));
    for path in ["/vault/hidden", "/vault/nothing"] {
        let begun = Instant::now();
        assert_eq!(answer(&service, request(Method::GET, path)).await.0, StatusCode::NOT_FOUND);
        // Not when the observer was done, but at the next tick.
        assert!(begun.elapsed() >= floor * 2, "after {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn k22_a_request_beyond_the_limit_is_told_and_does_not_enter() {
    let watch = Watch::default();
    let entered = Arc::new(AtomicUsize::new(0));
    // A period may end between two requests, and then the next one is admitted.
    for _ in 0..100 {
        let counting = entered.clone();
        let inner = service_fn(move |request| {
            counting.fetch_add(1, Ordering::Relaxed);
            conflict(request)
        });
        let layer = ConcealLayer::routes_under("/vault").unwrap().time_floor(AN_HOUR).unwrap();
        let service = layer.requests_per_period(1).unwrap().observe(watch.clone()).layer(inner);
        entered.store(0, Ordering::Relaxed);
        watch.take();
        let seen = answer(&service, request(Method::GET, "/vault/seen")).await;
        let mut beyond = Box::pin(service.oneshot(request(Method::HEAD, "/vault/hidden")));
        let beyond = poll_fn(|cx| Poll::Ready(beyond.as_mut().poll(cx))).await;
        let Poll::Ready(Ok(beyond)) = beyond else { continue };
        assert_eq!((seen.0, beyond.status().as_u16()), (StatusCode::OK, 503));
        assert_eq!(entered.load(Ordering::Relaxed), 1);
        let expected = [
            Call::Begun("GET /vault/seen".to_owned()),
            Call::Begun("HEAD /vault/hidden".to_owned()),
            Call::Concealed("HEAD /vault/hidden".to_owned(), ConcealEvent::TurnedAway),
        ];
        assert_eq!(watch.take(), expected);
        return;
    }
    panic!("no period was long enough for two requests");
}
