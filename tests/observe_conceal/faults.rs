//! K23: an observer that panics or blocks changes no response.

use std::convert::Infallible;
use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::{any, get};
use http::request::Parts;
use http::{Method, StatusCode};
use portcullis::observe::{ConcealEvent, Event, Observe};
use portcullis::{AuthenticateLayer, Bearer, ConcealLayer, Tokens};
use tower::util::BoxCloneSyncService;
use tower::{Layer, ServiceExt, service_fn};

use crate::watch::{Answer, Watch, answer, covered, grpc, request};

/// What the observer does instead of observing.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    PanicsInBegin,
    PanicsInConcealed,
    PanicsWhenItsContextIsDropped,
    Blocks,
}

const FAULTS: [Fault; 4] = [
    Fault::PanicsInBegin,
    Fault::PanicsInConcealed,
    Fault::PanicsWhenItsContextIsDropped,
    Fault::Blocks,
];

/// Panics, without the message that the hook would print.
fn panics() {
    resume_unwind(Box::new("an observer"));
}

struct Dropped(Fault);

impl Drop for Dropped {
    fn drop(&mut self) {
        if self.0 == Fault::PanicsWhenItsContextIsDropped && !std::thread::panicking() {
            panics();
        }
    }
}

impl Observe for Fault {
    type Context = Dropped;

    fn begin(&self, _: &Parts) -> Dropped {
        match self {
            Self::PanicsInBegin => panics(),
            Self::Blocks => std::thread::sleep(Duration::from_millis(2)),
            _ => {}
        }
        Dropped(*self)
    }

    fn decided(&self, _: Dropped, _: &Event<'_>) {}

    fn concealed(&self, _: Dropped, _: &ConcealEvent) {
        match self {
            Self::PanicsInConcealed => panics(),
            Self::Blocks => std::thread::sleep(Duration::from_millis(2)),
            _ => {}
        }
    }
}

fn app<O: Observe>(observer: O, has_floor: bool) -> Router {
    let inner = Router::new()
        .route("/vault/seen", get(|| async { "seen" }))
        .route("/vault/broken", any(|| async { StatusCode::INTERNAL_SERVER_ERROR }));
    let stage = AuthenticateLayer::new(Bearer::new("test", Tokens::<()>::new()).unwrap());
    let inner = Router::new().fallback_service(inner).layer(stage.optional());
    let layer = ConcealLayer::routes_under("/vault").unwrap().observe(observer);
    match has_floor {
        true => inner.layer(layer.time_floor(Duration::from_millis(1)).unwrap()),
        false => inner.layer(layer),
    }
}

async fn answers(app: &Router) -> Vec<Answer> {
    let mut refused = request(Method::GET, "/vault/seen");
    refused.headers_mut().insert("authorization", "Bearer wrong".parse().unwrap());
    let mut answers = vec![answer(app, refused).await];
    for path in ["/vault/seen", "/vault/broken", "/vault/nothing", "/else"] {
        for method in [Method::GET, Method::HEAD, Method::POST] {
            answers.push(answer(app, request(method, path)).await);
        }
        answers.push(answer(app, grpc(path, "application/grpc")).await);
    }
    answers
}

#[tokio::test]
async fn k23_an_observer_that_panics_or_blocks_changes_no_response() {
    for has_floor in [false, true] {
        let expected = answers(&app((), has_floor)).await;
        let statuses: Vec<_> = expected.iter().map(|answer| answer.0.as_u16()).collect();
        assert!(statuses.starts_with(&[401, 200, 200, 404, 200, 404, 404]), "{statuses:?}");
        assert_eq!(answers(&app(Watch::default(), has_floor)).await, expected);
        for fault in FAULTS {
            assert_eq!(answers(&app(fault, has_floor)).await, expected, "{fault:?}");
        }
    }
}

#[tokio::test]
async fn k20_an_observer_that_panics_in_begin_gets_no_event_for_that_request() {
    /// Panics in `begin` for one path.
    struct PanicsFor(&'static str, Watch);

    impl Observe for PanicsFor {
        type Context = <Watch as Observe>::Context;

        fn begin(&self, request: &Parts) -> Self::Context {
            if request.uri.path() == self.0 {
                panics();
            }
            self.1.begin(request)
        }

        fn decided(&self, _: Self::Context, _: &Event<'_>) {}

        fn concealed(&self, context: Self::Context, event: &ConcealEvent) {
            self.1.concealed(context, event);
        }
    }

    for has_floor in [false, true] {
        let watch = Watch::default();
        let app = app(PanicsFor("/vault/first", watch.clone()), has_floor);
        for path in ["/vault/first", "/vault/second"] {
            assert_eq!(answer(&app, request(Method::GET, path)).await.0, 404);
        }
        assert_eq!(watch.events(), [ConcealEvent::Absent]);
    }
}

#[tokio::test]
async fn k23_a_context_that_panics_when_its_request_is_cancelled_disturbs_no_one() {
    let dropped = Fault::PanicsWhenItsContextIsDropped;
    let never = || service_fn(|_: Request| pending::<Result<Response, Infallible>>());
    let layer = ConcealLayer::routes_under("/vault").unwrap().observe((dropped, dropped));
    let floor = layer.clone().time_floor(Duration::from_millis(1)).unwrap();
    let services = [
        BoxCloneSyncService::new(layer.layer(never())),
        BoxCloneSyncService::new(floor.layer(service_fn(|_| pending()))),
    ];
    for service in services {
        let mut response = Box::pin(service.oneshot(request(Method::GET, "/vault/seen")));
        assert!(poll_fn(|cx| Poll::Ready(response.as_mut().poll(cx).is_pending())).await);
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(response)));
        assert!(dropped.is_ok());
    }
}

#[tokio::test]
async fn k23_of_several_observers_one_that_panics_does_not_disturb_the_others() {
    for fault in FAULTS {
        let (first, last) = (Watch::default(), Watch::default());
        let app = app((first.clone(), fault, last.clone()), false);
        answer(&app, request(Method::GET, "/vault/broken")).await;
        for watch in [first, last] {
            let events: Vec<_> = watch.events().iter().map(covered).collect();
            assert_eq!(events, [Some((500, None))], "{fault:?}");
        }
    }
}
