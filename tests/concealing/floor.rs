//! The time floor: D07. With a floor of an hour, a response that is not ready is waiting; clocks are
//! only used to show that a response is not early.

use std::convert::Infallible;
use std::future::{pending, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use portcullis::conceal::InvalidConcealment;
use portcullis::conceal::TimeFloor;
use portcullis::{AuthenticateLayer, Bearer, ConcealLayer, Problem, Refusal, Respond, Tokens};
use tokio::time::sleep;
use tower::limit::ConcurrencyLimitLayer;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::support::Events;

const AN_HOUR: Duration = Duration::from_secs(3600);

fn floor(floor: Duration) -> ConcealLayer<Problem, TimeFloor> {
    ConcealLayer::under("/area").unwrap().time_floor(floor).unwrap()
}

/// Works as many milliseconds as the path says, then responds with 404 or 200.
async fn work<B>(request: Request<B>) -> Result<Response<Body>, Infallible> {
    let mut segments = request.uri().path().rsplit('/');
    let millis = segments.next().and_then(|text| text.parse().ok()).unwrap_or(0);
    sleep(Duration::from_millis(millis)).await;
    let mut response = Response::new(Body::from("something"));
    if segments.next() != Some("found") {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    Ok(response)
}

fn request(path: &str) -> Request<()> {
    Request::get(path).body(()).unwrap()
}

/// The status of a response that does not wait.
async fn status<S, B>(service: &S, path: &str) -> StatusCode
where
    S: Service<Request<()>, Response = Response<B>, Error = Infallible> + Clone,
{
    service.clone().oneshot(request(path)).await.unwrap().status()
}

/// A request whose response waits.
async fn waiting<S>(service: &S, path: &str) -> std::pin::Pin<Box<impl Future + use<S>>>
where
    S: Service<Request<()>> + Clone + 'static,
{
    let mut answer = Box::pin(service.clone().oneshot(request(path)));
    poll_fn(|cx| {
        assert!(answer.as_mut().poll(cx).is_pending(), "it waits for the floor");
        Poll::Ready(())
    })
    .await;
    answer
}

/// Responds at once, so that only the floor delays the response.
async fn at_once<B>(request: Request<B>) -> Result<Response<Body>, Infallible> {
    let mut response = Response::new(Body::from("something"));
    if !request.uri().path().ends_with("found") {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    Ok(response)
}

#[tokio::test]
async fn d07_a_404_is_released_no_earlier_than_a_whole_number_of_floors_after_its_request() {
    let service = floor(Duration::from_millis(40)).layer(service_fn(work));
    for (work, floors) in [(0, 1), (10, 1), (45, 2)] {
        let before = Instant::now();
        let status = status(&service, &format!("/area/none/{work}")).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
        assert!(before.elapsed() >= Duration::from_millis(40) * floors, "{work} ms of work");
    }
}

/// A renderer that takes this long for the context, as reading a long path does.
struct LooksClosely(Duration);

impl Respond for LooksClosely {
    type Context = ();

    fn context(&self, _: &http::request::Parts) {
        std::thread::sleep(self.0);
    }

    fn respond(&self, _: &Refusal<'_>, (): ()) -> Response<Bytes> {
        Response::new(Bytes::new())
    }
}

#[tokio::test]
async fn d07_the_time_to_inspect_a_request_counts_as_well() {
    // Neither the inspection nor the work takes a floor. Both together do.
    let page = LooksClosely(Duration::from_millis(10));
    let layer = ConcealLayer::everywhere().respond_with(page);
    let service = layer.time_floor(Duration::from_millis(40)).unwrap().layer(service_fn(work));
    let before = Instant::now();
    assert_eq!(status(&service, "/none/32").await, StatusCode::NOT_FOUND);
    assert!(before.elapsed() >= Duration::from_millis(80), "after {:?}", before.elapsed());
}

#[tokio::test]
async fn d07_d11_a_401_waits_as_well() {
    let stage = || AuthenticateLayer::new(Bearer::new("area", Tokens::<()>::new()).unwrap());
    for layer in [floor(AN_HOUR), floor(AN_HOUR).hide_routes_under("/area").unwrap()] {
        let service = layer.clone().layer(stage().layer(service_fn(at_once)));
        drop(waiting(&service, "/area/found").await);
        drop(waiting(&service, "/area/none").await);
        assert_eq!(status(&service, "/else").await, StatusCode::UNAUTHORIZED);
    }
    let short = Duration::from_millis(20);
    let service = floor(short).layer(stage().layer(service_fn(at_once)));
    let before = Instant::now();
    let response = service.oneshot(request("/area/found")).await.unwrap();
    assert!(before.elapsed() >= short);
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert!(response.headers().contains_key("www-authenticate"));
    assert!(!response.into_body().collect().await.unwrap().to_bytes().is_empty());
}

#[tokio::test]
async fn d07_other_responses_do_not_wait() {
    let service = floor(AN_HOUR).layer(service_fn(at_once));
    assert_eq!(status(&service, "/area/found").await, StatusCode::OK);
    assert_eq!(status(&service, "/else").await, StatusCode::NOT_FOUND);
    drop(waiting(&service, "/area/none").await);
}

#[test]
fn d07_any_runtime_will_do() {
    let service = floor(Duration::from_millis(1)).layer(service_fn(at_once));
    // An executor of our own: it parks the thread until it is woken.
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut cx = std::task::Context::from_waker(&waker);
    let mut answer = Box::pin(service.oneshot(request("/area/none")));
    let response = loop {
        match answer.as_mut().poll(&mut cx) {
            Poll::Ready(response) => break response.unwrap(),
            Poll::Pending => std::thread::park_timeout(Duration::from_secs(20)),
        }
    };
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn d07_a_waiting_response_holds_nothing_of_the_service() {
    // A limit of one: a response that waited inside it would block all other requests.
    let service = ConcurrencyLimitLayer::new(1).layer(service_fn(at_once));
    let service = floor(AN_HOUR).layer(service);
    let _waiting = waiting(&service, "/area/none").await;
    assert_eq!(status(&service, "/area/found").await, StatusCode::OK);
}

#[tokio::test]
async fn d16_past_the_limit_every_request_to_the_area_gets_the_same_503() {
    let events = Events::capture();
    let asked = Arc::new(AtomicUsize::new(0));
    // A period may end between two requests, and then the next one is admitted.
    for _ in 0..100 {
        let counting = {
            let asked = asked.clone();
            service_fn(move |request| {
                asked.fetch_add(1, Ordering::Relaxed);
                at_once(request)
            })
        };
        let service = floor(AN_HOUR).requests_per_period(3).unwrap().layer(counting);
        asked.store(0, Ordering::Relaxed);
        events.take();
        // Every request counts when it arrives: one that waits, one that is cancelled, one that gets a
        // response at once.
        let waits = waiting(&service, "/area/none").await;
        drop(waiting(&service, "/area/other").await);
        let mut answers = vec![service.clone().oneshot(request("/area/found")).await.unwrap()];
        let head = Request::head("/area/none").body(()).unwrap();
        answers.push(service.clone().oneshot(head).await.unwrap());
        for path in ["/area/found", "/area/other", "/else/found"] {
            answers.push(service.clone().oneshot(request(path)).await.unwrap());
        }
        drop(waits);
        let statuses: Vec<_> = answers.iter().map(|it| it.status().as_u16()).collect();
        if statuses != [200, 503, 503, 503, 200] {
            assert!(statuses.iter().all(|status| [200, 404, 503].contains(status)));
            continue;
        }
        assert_eq!(asked.load(Ordering::Relaxed), 4, "the service saw no other request");
        let logged = events.take();
        assert_eq!(logged.len(), 3);
        assert!(logged.iter().all(|event| event.level == tracing::Level::WARN), "{logged:?}");
        assert_eq!(logged[0].fields["limit"], "3");
        assert!(logged[0].fields["message"].contains("requests_per_period"));

        let mut same = Vec::new();
        for answer in answers.drain(1..4) {
            let (parts, body) = answer.into_parts();
            same.push((parts.headers, body.collect().await.unwrap().to_bytes()));
        }
        assert_eq!(same[0].0["retry-after"], "1");
        assert_eq!(same[0].0["cache-control"], "no-store");
        assert!(same[0].1.is_empty(), "a HEAD has no body");
        assert_eq!(same[1], same[2]);
        assert_eq!(same[0].0, same[1].0);
        return;
    }
    panic!("no period was long enough for six requests");
}

#[tokio::test]
async fn d16_requests_that_stay_open_do_not_use_up_the_limit() {
    const FLOOR: Duration = Duration::from_millis(5);
    // Like a handler that waits for a body which its client never finishes.
    let never = service_fn(async |request: Request<_>| match request.uri().path() {
        "/area/open" => pending().await,
        _ => at_once(request).await,
    });
    let service = floor(FLOOR).requests_per_period(2).unwrap().layer(never);
    let mut open = Vec::new();
    while open.len() < 50 {
        let mut answer = Box::pin(service.clone().oneshot(request("/area/open")));
        poll_fn(|cx| Poll::Ready(answer.as_mut().poll(cx).is_pending())).await.then(|| {
            open.push(answer);
        });
        sleep(FLOOR).await;
    }
    assert_eq!(status(&service, "/area/none").await, StatusCode::NOT_FOUND);
    sleep(FLOOR).await;
    assert_eq!(status(&service, "/area/found").await, StatusCode::OK);
}

#[test]
fn a_limit_that_admits_nothing_or_is_beyond_counting_is_refused_when_it_is_built() {
    for limit in [0, 1 << 24, u32::MAX] {
        let error = floor(AN_HOUR).requests_per_period(limit).unwrap_err();
        assert_eq!(error, InvalidConcealment::Limit(limit));
        assert!(error.to_string().contains("take from 1 to 16,777,215"), "{error}");
    }
    assert!(floor(AN_HOUR).requests_per_period((1 << 24) - 1).is_ok());
}

#[test]
fn a_floor_that_levels_nothing_or_has_no_end_is_refused_when_it_is_built() {
    for floor in
        [Duration::ZERO, Duration::from_micros(999), Duration::from_secs(3601), Duration::MAX]
    {
        let error = ConcealLayer::everywhere().time_floor(floor).unwrap_err();
        assert!(matches!(error, InvalidConcealment::Floor(_)), "{error}");
        assert!(error.to_string().contains("from a millisecond to an hour"), "{error}");
    }
}
