//! J02: what the layer costs every other request.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::task::{Context, Poll, Waker};

use counting::allocations;
use http::{Request, Response};
use portcullis::ResponseBody;
use tower::{Layer, Service};

use super::{WELL_KNOWN, notes};

type Body = ResponseBody<String>;

#[derive(Clone)]
struct Inner;

impl Service<Request<()>> for Inner {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(Response::new(Body::default())))
    }
}

#[test]
fn j02_every_other_request_costs_no_allocation_and_no_larger_future() {
    let mut service = notes().layer().layer(Inner);
    for target in ["/notes", "/", "/.well-known/oauth-protected-resource/other"] {
        let request = Request::builder().uri(target).body(()).unwrap();
        let count = allocations(|| {
            let mut future = std::pin::pin!(service.call(request));
            let mut context = Context::from_waker(Waker::noop());
            assert!(Future::poll(future.as_mut(), &mut context).is_ready());
        });
        assert_eq!(count, 0, "{target}");
    }
    let ours =
        size_of::<<portcullis::oauth::MetadataService<Inner> as Service<Request<()>>>::Future>();
    let inner = size_of::<<Inner as Service<Request<()>>>::Future>();
    assert!(ours <= inner + size_of::<usize>(), "{ours} bytes, the inner {inner}");
}

#[test]
fn j02_the_document_is_written_once() {
    let mut service = notes().layer().layer(Inner);
    let request = || Request::builder().uri(format!("{WELL_KNOWN}/notes")).body(()).unwrap();
    let mut cost = || {
        let request = request();
        allocations(|| service.call(request))
    };
    cost();
    // The table of the headers (two) and the box of the response.
    assert_eq!(cost(), 3);
}
