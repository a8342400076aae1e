//! K12: what a stage without observer costs, and what one with an observer adds to it.
//!
//! How large the future of a stage without observer may be at most, and how many allocations its refusals
//! make, is in `tests/costs`. That no clock is read shows in the allocations alone: a stopwatch is boxed.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use counting::allocations;
use http::header::CACHE_CONTROL;
use http::request::Parts;
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use portcullis::AuthenticateLayer;
use portcullis::observe::{Event, Observe};
use tower::{Layer, Service, service_fn};

use crate::{User, bearer};

/// An own observer that needs nothing of the request.
struct Nothing;

impl Observe for Nothing {
    type Context = ();

    fn begin(&self, _: &Parts) {}

    fn decided(&self, (): (), _: &Event<'_>) {}
}

/// Has a context, and asks for times if it is told to.
struct Words {
    measures: bool,
}

impl Observe for Words {
    type Context = [u64; 4];

    fn measures_time(&self) -> bool {
        self.measures
    }

    fn begin(&self, _: &Parts) -> [u64; 4] {
        [0; 4]
    }

    fn decided(&self, _: [u64; 4], _: &Event<'_>) {}
}

type Answer = Result<Response<Full<Bytes>>, Infallible>;

/// Responds with the status that the request names, and with no headers.
fn inner() -> impl Service<
    Request<()>,
    Response = Response<Full<Bytes>>,
    Error = Infallible,
    Future = Ready<Answer>,
> + Clone {
    service_fn(|request: Request<()>| {
        let mut response = Response::new(Full::default());
        if request.headers().contains_key("x-missing") {
            *response.status_mut() = http::StatusCode::NOT_FOUND;
        }
        ready(Ok(response))
    })
}

fn request(headers: &[(&str, &str)]) -> Request<()> {
    let with = |builder: http::request::Builder, (name, value): &(&str, &str)| {
        builder.header(*name, *value)
    };
    headers.iter().fold(Request::get("/"), with).body(()).unwrap()
}

/// The allocations of a request, once those that are made once in a process have been made.
fn cost<S>(mut service: S, headers: &[(&str, &str)]) -> u64
where
    S: Service<Request<()>, Response = Response<Full<Bytes>>, Error = Infallible>,
{
    let mut send = |request| {
        let mut cx = Context::from_waker(Waker::noop());
        assert!(service.poll_ready(&mut cx).is_ready());
        let polled = pin!(service.call(request)).poll(&mut cx);
        assert!(matches!(polled, Poll::Ready(Ok(_))), "a response at once");
    };
    send(request(headers));
    let request = request(headers);
    allocations(|| send(request))
}

/// What any middleware does that hands the principal on and marks the response as private.
fn by_hand() -> impl Service<Request<()>, Response = Response<Full<Bytes>>, Error = Infallible> {
    let inner = inner();
    service_fn(move |mut request: Request<()>| {
        request.extensions_mut().insert(User { role: "user" });
        let mut response = inner.clone().call(request).into_inner().unwrap();
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private"));
        ready(Ok::<_, Infallible>(response))
    })
}

#[test]
fn k12_a_stage_without_observer_allocates_no_more_than_a_middleware_written_by_hand() {
    let permitted = [("authorization", "Bearer user")];
    let stage = AuthenticateLayer::new(bearer()).layer(inner());
    assert_eq!(cost(stage, &permitted), cost(by_hand(), &permitted));
}

#[test]
fn k12_an_observer_adds_no_allocation_unless_it_asks_for_times() {
    for headers in [
        &[("authorization", "Bearer user")][..],
        &[("authorization", "Bearer user"), ("x-missing", "")],
        &[("authorization", "Bearer wrong")],
        &[("authorization", "Unknown x")],
        &[],
    ] {
        let stage = || AuthenticateLayer::new(bearer()).optional();
        let without = cost(stage().layer(inner()), headers);
        assert_eq!(cost(stage().observe(Nothing).layer(inner()), headers), without, "{headers:?}");
        let words = |measures| stage().observe(Words { measures }).layer(inner());
        assert_eq!(cost(words(false), headers), without, "{headers:?}");
        // The count would notice a stopwatch.
        assert!(cost(words(true), headers) > without, "{headers:?}");
    }
}

fn future_size<S: Service<Request<()>>>(_: &S) -> usize {
    size_of::<S::Future>()
}

#[test]
fn k12_the_future_holds_the_context_and_no_more() {
    let layer = AuthenticateLayer::new(bearer());
    let without = future_size(&layer.layer(inner()));
    let empty = future_size(&layer.clone().observe(Nothing).layer(inner()));
    let words = future_size(&layer.observe(Words { measures: false }).layer(inner()));
    assert_eq!(empty, without);
    // With the mark that says whether it is there.
    let added = words - without;
    assert!((4 * size_of::<u64>()..=5 * size_of::<u64>()).contains(&added), "{added}");
}
