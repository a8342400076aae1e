//! K20: without an observer, neither the layer, the service nor the future of a request is larger.

use std::convert::Infallible;
use std::future::Ready;
use std::time::Duration;

use axum::body::Body;
use http::request::Parts;
use http::{Request, Response};
use portcullis::observe::{Event, Observe};
use portcullis::respond::Respond;
use portcullis::{ConcealLayer, Negotiate};
use tower::{Layer, Service, service_fn};

/// An observer that needs nothing of the request.
struct Counts;

impl Observe for Counts {
    type Context = ();

    fn begin(&self, _: &Parts) {}

    fn decided(&self, (): (), _: &Event<'_>) {}
}

fn inner<B>(_: Request<B>) -> Ready<Result<Response<Body>, Infallible>> {
    std::future::ready(Ok(Response::new(Body::empty())))
}

fn sizes<S: Service<Request<Body>>>(service: &S) -> [usize; 2] {
    [size_of_val(service), size_of::<S::Future>()]
}

#[test]
fn k20_an_observer_without_a_context_does_not_enlarge_the_future() {
    fn compare(layer: ConcealLayer<impl Respond>) {
        let plain = sizes(&layer.clone().layer(service_fn(inner)));
        assert_eq!(sizes(&layer.clone().observe(Counts).layer(service_fn(inner))), plain);
        let floor = layer.time_floor(Duration::from_millis(1)).unwrap();
        let floored = sizes(&floor.clone().layer(service_fn(inner)));
        assert_eq!(sizes(&floor.observe(Counts).layer(service_fn(inner))), floored);
    }
    compare(ConcealLayer::everywhere());
    compare(ConcealLayer::everywhere().respond_with(Negotiate::new()));
}
