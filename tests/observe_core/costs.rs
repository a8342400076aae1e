//! K12: a stage without observer costs nothing.

use axum::body::Body;
use http::request::Parts;
use http::{Request, Response};
use portcullis::AuthenticateLayer;
use portcullis::observe::{Event, Observe};
use tower::{Layer, Service, service_fn};

use crate::bearer;

struct Nothing;

impl Observe for Nothing {
    type Context = ();

    fn begin(&self, _: &Parts) {}

    fn decided(&self, (): (), _: &Event<'_>) {}
}

struct Words;

impl Observe for Words {
    type Context = [u64; 4];

    fn begin(&self, _: &Parts) -> [u64; 4] {
        [0; 4]
    }

    fn decided(&self, _: [u64; 4], _: &Event<'_>) {}
}

fn future_size<S: Service<Request<Body>>>(_: &S) -> usize {
    size_of::<S::Future>()
}

#[test]
fn k12_the_future_holds_the_context_and_no_more() {
    let inner = || {
        service_fn(|_: Request<Body>| std::future::ready(Ok::<_, ()>(Response::new(Body::empty()))))
    };
    let layer = AuthenticateLayer::new(bearer());
    let without = future_size(&layer.layer(inner()));
    let empty = future_size(&layer.clone().observe(Nothing).layer(inner()));
    let words = future_size(&layer.observe(Words).layer(inner()));
    assert_eq!(empty, without);
    // With the mark that says whether it is there.
    assert!(words <= without + 5 * size_of::<u64>(), "{words} and {without}");
}
