//! A floor in time: D07. Nothing here is timed by a clock that runs: Tokio's is paused.

use std::convert::Infallible;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use portcullis::{ConcealLayer, InvalidConcealment};
use tokio::time::{Instant, sleep};
use tower::limit::ConcurrencyLimitLayer;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::support::Events;

const FLOOR: Duration = Duration::from_millis(10);

fn floor() -> ConcealLayer {
    ConcealLayer::under("/area").unwrap().time_floor(FLOOR).unwrap()
}

/// Works as many milliseconds as the path says, and then has nothing, or something.
async fn work(request: Request<()>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut segments = request.uri().path().rsplit('/');
    let millis = segments.next().and_then(|text| text.parse().ok()).unwrap_or(0);
    sleep(Duration::from_millis(millis)).await;
    let mut response = Response::new(Full::from("something"));
    if segments.next() != Some("found") {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    Ok(response)
}

fn request(path: &str) -> Request<()> {
    Request::get(path).body(()).unwrap()
}

/// How long the answer took, and what it was.
async fn timed(layer: &ConcealLayer, path: &str) -> (Duration, StatusCode) {
    let before = Instant::now();
    let response = layer.layer(service_fn(work)).oneshot(request(path)).await.unwrap();
    (before.elapsed(), response.status())
}

#[tokio::test(start_paused = true)]
async fn d07_a_404_leaves_at_a_whole_number_of_floors_after_its_request_arrived() {
    let layer = floor();
    for (work, expected) in [(0, 10), (1, 10), (9, 10), (10, 10), (11, 20), (27, 30)] {
        let (took, status) = timed(&layer, &format!("/area/none/{work}")).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert_eq!(took, Duration::from_millis(expected), "{work} ms of work");
    }
}

#[tokio::test(start_paused = true)]
async fn d07_nothing_else_waits() {
    let layer = floor();
    assert_eq!(timed(&layer, "/area/found/3").await, (Duration::from_millis(3), StatusCode::OK));
    let outside = timed(&layer, "/else/none/3").await;
    assert_eq!(outside, (Duration::from_millis(3), StatusCode::NOT_FOUND));
}

#[tokio::test(start_paused = true)]
async fn d07_whoever_waits_holds_nothing_of_the_service() {
    // Room for one: whoever waits inside it keeps everybody else out.
    let service = ConcurrencyLimitLayer::new(1).layer(service_fn(work));
    let service = floor().layer(service);
    let waiting = tokio::spawn(service.clone().oneshot(request("/area/none/1")));
    sleep(Duration::from_millis(2)).await;
    assert!(!waiting.is_finished(), "it waits for the floor");
    let before = Instant::now();
    let other = service.oneshot(request("/area/found/1")).await.unwrap();
    assert_eq!((other.status(), before.elapsed()), (StatusCode::OK, Duration::from_millis(1)));
    assert_eq!(waiting.await.unwrap().unwrap().status(), StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn d07_a_full_room_tells_nothing_since_it_is_full_for_everybody() {
    let layer = floor().room_for(2).unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let counting = {
        let asked = asked.clone();
        service_fn(move |request| {
            asked.fetch_add(1, Ordering::Relaxed);
            work(request)
        })
    };
    let service = layer.layer(counting);
    let two = [1, 2]
        .map(|work| tokio::spawn(service.clone().oneshot(request(&format!("/area/none/{work}")))));
    tokio::task::yield_now().await;
    let mut answers = Vec::new();
    for path in ["/area/none/0", "/area/found/0", "/area/none/7"] {
        let before = Instant::now();
        let response = service.clone().oneshot(request(path)).await.unwrap();
        assert_eq!(before.elapsed(), Duration::ZERO, "{path}: at once");
        let (parts, body) = response.into_parts();
        answers.push((parts.status, parts.headers, body.collect().await.unwrap().to_bytes()));
    }
    assert_eq!(answers[0].0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answers[0].1["retry-after"], "1");
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(asked.load(Ordering::Relaxed), 2, "nobody was asked about them");
    // Outside the area there is room.
    assert_eq!(
        service.clone().oneshot(request("/else/found/0")).await.unwrap().status(),
        StatusCode::OK
    );
    for waiting in two {
        assert_eq!(waiting.await.unwrap().unwrap().status(), StatusCode::NOT_FOUND);
    }
    let found = service.oneshot(request("/area/found/0")).await.unwrap();
    assert_eq!(found.status(), StatusCode::OK, "the room is empty again");
}

#[tokio::test(start_paused = true)]
async fn a21_who_goes_away_while_waiting_leaves_room() {
    let service = floor().room_for(1).unwrap().layer(service_fn(work));
    let mut waiting = Box::pin(service.clone().oneshot(request("/area/none/0")));
    poll_fn(|cx| {
        assert!(waiting.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
    let full = service.clone().oneshot(request("/area/none/0")).await.unwrap();
    assert_eq!(full.status(), StatusCode::SERVICE_UNAVAILABLE);
    drop(waiting);
    let next = service.oneshot(request("/area/none/0")).await.unwrap();
    assert_eq!(next.status(), StatusCode::NOT_FOUND);
}

#[test]
fn d07_where_nothing_can_wait_the_floor_is_not_passed_over() {
    let events = Events::capture();
    let at_once = |found: bool| {
        service_fn(move |_: Request<()>| {
            let mut response = Response::new(Full::<Bytes>::default());
            if !found {
                *response.status_mut() = StatusCode::NOT_FOUND;
            }
            std::future::ready(Ok::<_, Infallible>(response))
        })
    };
    let mut cx = Context::from_waker(std::task::Waker::noop());
    for (found, expected) in [(true, StatusCode::OK), (false, StatusCode::INTERNAL_SERVER_ERROR)] {
        let mut answer = Box::pin(floor().layer(at_once(found)).call(request("/area/x")));
        let Poll::Ready(Ok(response)) = answer.as_mut().poll(&mut cx) else { panic!("at once") };
        assert_eq!(response.status(), expected);
    }
    let event = events.only();
    assert_eq!(event.level, tracing::Level::ERROR);
    assert!(event.fields["message"].contains("enable_time()"));
}

#[test]
fn a_floor_that_cannot_hold_is_refused_when_it_is_built() {
    let short = ConcealLayer::everywhere().time_floor(Duration::from_micros(999)).unwrap_err();
    assert!(matches!(short, InvalidConcealment::Floor(_)), "{short}");
    let none = ConcealLayer::everywhere().room_for(1).unwrap_err();
    assert!(none.to_string().contains("`time_floor` before"), "{none}");
}
