//! J02: what the layer costs every other request.

use std::convert::Infallible;
use std::future::ready;
use std::task::{Context, Waker};

use counting::allocations;
use http::{Request, Response};
use portcullis::ResponseBody;
use tower::{Layer, Service, service_fn};

use super::{WELL_KNOWN, notes};

type Body = ResponseBody<String>;

/// The service that the layer is around.
fn inner() -> impl Service<Request<()>, Response = Response<Body>, Error = Infallible> + Clone {
    service_fn(|_: Request<()>| ready(Ok(Response::new(Body::default()))))
}

/// The size of the future of a response.
fn future_size<S: Service<Request<()>>>(_: &S) -> usize {
    size_of::<S::Future>()
}

#[test]
fn j02_every_other_request_costs_no_allocation_and_no_larger_future() {
    let mut service = notes().layer().layer(inner());
    for target in ["/notes", "/", "/.well-known/oauth-protected-resource/other"] {
        let request = Request::builder().uri(target).body(()).unwrap();
        let count = allocations(|| {
            let mut future = std::pin::pin!(service.call(request));
            let mut context = Context::from_waker(Waker::noop());
            assert!(Future::poll(future.as_mut(), &mut context).is_ready());
        });
        assert_eq!(count, 0, "{target}");
    }
    let (ours, inner) = (future_size(&service), future_size(&inner()));
    assert!(ours <= inner + size_of::<usize>(), "{ours} bytes, the inner {inner}");
}

#[test]
fn j02_the_document_is_written_once() {
    let mut service = notes().layer().layer(inner());
    let request = || Request::builder().uri(format!("{WELL_KNOWN}/notes")).body(()).unwrap();
    let mut cost = || {
        let request = request();
        allocations(|| service.call(request))
    };
    cost();
    // The table of the headers (two) and the box of the response.
    assert_eq!(cost(), 3);
}
