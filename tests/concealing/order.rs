//! The order of two responses measures time better than a clock does: two requests in one segment of
//! an HTTP/2 connection arrive at the same time. D07.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use http::{Request, Response};
use portcullis::ConcealLayer;
use tokio::task::JoinSet;
use tower::{Layer, Service, ServiceExt, service_fn};

/// The hidden path takes a millisecond; the missing one takes no time.
async fn serve<B>(request: Request<B>) -> Result<Response<Body>, Infallible> {
    if request.uri().path() == "/hidden" {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(Response::builder().status(404).body(Body::default()).expect("a response"))
}

#[tokio::test]
async fn d07_of_two_simultaneous_requests_the_slower_one_gets_its_response_first_as_often() {
    let floor = Duration::from_millis(60);
    let service = ConcealLayer::everywhere().time_floor(floor).unwrap().layer(service_fn(serve));
    let mut hidden_first = 0;
    for round in 0..20 {
        let mut pairs = JoinSet::new();
        for pair in 0..20 {
            let mut paths = ["/hidden", "/missing"];
            paths.rotate_left((round + pair) % 2);
            pairs.spawn(answered(service.clone(), paths));
        }
        for answered in pairs.join_all().await {
            hidden_first += usize::from(answered[0] == "/hidden");
        }
    }
    // It was sent first 200 times. A busy machine may reorder them, either way; but if the work
    // counted, it would be first always or never.
    assert!((100..=300).contains(&hidden_first), "{hidden_first} times of 400");
}

/// Requests these, one right after the other, and returns the order of the responses.
async fn answered<S>(service: S, paths: [&'static str; 2]) -> Vec<&'static str>
where
    S: Service<Request<()>, Error = Infallible, Future: Send> + Clone + Send + 'static,
{
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut pair = JoinSet::new();
    for path in paths {
        let (service, order) = (service.clone(), order.clone());
        pair.spawn(async move {
            let request = Request::get(path).body(()).expect("a request");
            let _ = service.oneshot(request).await;
            order.lock().unwrap().push(path);
        });
    }
    pair.join_all().await;
    Arc::into_inner(order).expect("all have finished").into_inner().unwrap()
}
