//! K09, K10: observers that panic, block or call the service again.

use std::convert::Infallible;
use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::Poll;
use std::time::Duration;

use axum::body::Body;
use http::request::Parts;
use http::{Request, Response};
use portcullis::AuthenticateLayer;
use portcullis::observe::{Event, Observe, ObservedLayer};
use tower::util::BoxCloneSyncService;
use tower::{Layer, ServiceExt, service_fn};

use crate::{Recorder, bearer};

type Service = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

fn service<O: Observe>(observer: O) -> Service {
    let inner = service_fn(|_: Request<Body>| async { Ok(Response::new(Body::from("hello"))) });
    BoxCloneSyncService::new(AuthenticateLayer::new(bearer()).observe(observer).layer(inner))
}

fn request(token: &str) -> Request<Body> {
    let request = Request::get("/").header("authorization", format!("Bearer {token}"));
    request.body(Body::empty()).unwrap()
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum When {
    Attached,
    Asked,
    Begin,
    Decided,
    Dropped,
}

/// Panics.
struct Panics(When);

/// Panics when it is dropped.
struct Bomb(bool);

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(!self.0, "a bug in a context");
    }
}

impl Observe for Panics {
    type Context = Bomb;

    fn attach(&mut self, _: &ObservedLayer<'_>) {
        assert_ne!(self.0, When::Attached, "a bug");
    }

    fn measures_time(&self) -> bool {
        assert_ne!(self.0, When::Asked, "a bug");
        false
    }

    fn begin(&self, _: &Parts) -> Bomb {
        assert_ne!(self.0, When::Begin, "a bug");
        Bomb(self.0 == When::Dropped)
    }

    fn decided(&self, _context: Bomb, _: &Event<'_>) {
        assert_ne!(self.0, When::Decided, "a bug");
    }
}

async fn seen(service: Service, token: &str) -> String {
    let response = service.oneshot(request(token)).await.unwrap();
    let (parts, body) = response.into_parts();
    format!("{parts:?} {:?}", axum::body::to_bytes(body, 1000).await.unwrap())
}

#[tokio::test]
async fn k09_an_observer_that_panics_changes_no_response_and_takes_no_event_from_others() {
    for when in [When::Begin, When::Decided, When::Dropped] {
        let (first, last) = (Recorder::default(), Recorder::default());
        for token in ["user", "wrong"] {
            let expected = seen(service(()), token).await;
            assert_eq!(seen(service(Panics(when)), token).await, expected, "{when:?}");
            let tuple = service((first.clone(), Panics(when), last.clone()));
            assert_eq!(seen(tuple, token).await, expected, "{when:?}");
            let told = first.only();
            assert_eq!(told, last.only(), "{when:?}");
            assert_eq!(told.status, if token == "user" { 200 } else { 401 });
        }
        assert_eq!((first.alive(), last.alive()), (0, 0));
    }
}

/// Polls a request to the service until it waits, drops it, and says whether that panicked.
async fn cancel<S>(service: S) -> bool
where
    S: tower::Service<Request<Body>, Response = Response<Body>>,
{
    let mut response = Box::pin(service.oneshot(request("user")));
    let polled = poll_fn(|cx| Poll::Ready(response.as_mut().poll(cx).is_pending())).await;
    assert!(polled, "the service waits");
    catch_unwind(AssertUnwindSafe(|| drop(response))).is_err()
}

#[tokio::test]
async fn k09_a_context_that_panics_when_its_request_is_cancelled_disturbs_no_one() {
    let never = || service_fn(|_: Request<Body>| pending::<Result<Response<Body>, Infallible>>());
    let layer = || AuthenticateLayer::new(bearer());
    let bomb = || Panics(When::Dropped);
    assert!(!cancel(layer().observe(bomb()).layer(never())).await);
    let recorder = Recorder::default();
    // Two panics at a time would end the process.
    let several = (bomb(), recorder.clone(), bomb());
    assert!(!cancel(layer().observe(several).layer(never())).await);
    assert_eq!((recorder.begun(), recorder.alive()), (1, 0));
}

#[tokio::test]
async fn k09_a_context_that_panics_when_the_service_fails_or_panics_changes_nothing() {
    let layer =
        AuthenticateLayer::new(bearer()).observe((Panics(When::Dropped), Panics(When::Dropped)));
    let fails = service_fn(|_: Request<Body>| async { Err::<Response<Body>, _>("broken") });
    assert_eq!(layer.layer(fails).oneshot(request("user")).await.unwrap_err(), "broken");
    let panics = service_fn(|_: Request<Body>| async {
        resume_unwind(Box::new("a service"));
        #[expect(unreachable_code, reason = "it has a type")]
        Ok::<Response<Body>, Infallible>(Response::new(Body::empty()))
    });
    let panicked = tokio::spawn(layer.layer(panics).oneshot(request("user"))).await.unwrap_err();
    assert_eq!(panicked.into_panic().downcast_ref(), Some(&"a service"));
}

#[test]
fn k09_one_that_panics_when_it_is_attached_fails_the_construction() {
    for when in [When::Attached, When::Asked] {
        let built = catch_unwind(AssertUnwindSafe(|| service(Panics(when))));
        assert!(built.is_err(), "{when:?}");
    }
}

/// Blocks on a request with the token `user`, until it is told to go on.
struct Blocks {
    began: SyncSender<()>,
    go_on: Mutex<Receiver<()>>,
}

impl Observe for Blocks {
    type Context = bool;

    fn begin(&self, request: &Parts) -> bool {
        request.headers["authorization"] == "Bearer user"
    }

    fn decided(&self, blocks: bool, _: &Event<'_>) {
        if blocks {
            self.began.send(()).unwrap();
            let receiver = self.go_on.lock().unwrap();
            receiver.recv_timeout(Duration::from_secs(20)).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn k10_one_that_blocks_delays_its_own_request_alone() {
    let (began, has_begun) = sync_channel(1);
    let (go_on, receiver) = sync_channel(1);
    let service = service(Blocks { began, go_on: Mutex::new(receiver) });
    let blocked = tokio::spawn(service.clone().oneshot(request("user")));
    tokio::task::spawn_blocking(move || has_begun.recv_timeout(Duration::from_secs(20)))
        .await
        .unwrap()
        .unwrap();
    for token in ["admin", "wrong", "admin"] {
        let others = tokio::spawn(service.clone().oneshot(request(token)));
        let status = others.await.unwrap().unwrap().status();
        assert_eq!(status == 200, token == "admin");
    }
    assert!(!blocked.is_finished());
    go_on.send(()).unwrap();
    assert_eq!(blocked.await.unwrap().unwrap().status(), 200);
}

/// Sends a request to the service itself, unless the event is that of such a request.
#[derive(Clone, Default)]
struct CallsAgain(Arc<OnceLock<Service>>, Recorder);

impl Observe for CallsAgain {
    type Context = bool;

    fn begin(&self, request: &Parts) -> bool {
        request.headers.contains_key("x-again")
    }

    fn decided(&self, is_again: bool, event: &Event<'_>) {
        let context = self.1.begin(&Request::new(()).into_parts().0);
        self.1.decided(context, event);
        if !is_again {
            let mut again = request("wrong");
            again.headers_mut().insert("x-again", "1".parse().unwrap());
            let called = self.0.get().unwrap().clone().oneshot(again);
            let response = futures_util::FutureExt::now_or_never(called);
            assert_eq!(response.expect("a response at once").unwrap().status(), 401);
        }
    }
}

#[tokio::test]
async fn k10_one_that_calls_the_service_works() {
    let observer = CallsAgain::default();
    let service = service(observer.clone());
    observer.0.set(service.clone()).ok().unwrap();
    for (token, status) in [("user", 200), ("wrong", 401)] {
        assert_eq!(service.clone().oneshot(request(token)).await.unwrap().status(), status);
        let statuses: Vec<_> = observer.1.take().iter().map(|told| told.status).collect();
        assert_eq!(statuses, [status, 401]);
    }
}
