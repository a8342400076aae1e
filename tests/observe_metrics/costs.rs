//! Counting allocates nothing: with `Metrics` a request makes as many allocations as without.

use std::convert::Infallible;

use counting::allocations;
use portcullis::AuthenticateLayer;
use portcullis::observe::Metrics;
use tower::{Layer, Service};

use crate::world::{Request, Response, identity, prometheus, request, send, service, with};

/// The allocations of a request, once those that are made once have been made.
fn cost<S>(mut service: S, request: impl Fn() -> Request) -> u64
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    send(&mut service, request());
    let request = request();
    allocations(|| send(&mut service, request))
}

#[test]
fn k45_counting_allocates_nothing_for_permitted_and_refused_requests() {
    let (recorder, _handle) = prometheus();
    with(&recorder, || {
        let bare = AuthenticateLayer::new(identity()).optional();
        let counted = bare.clone().observe(Metrics::new("api"));
        let twice = bare.clone().observe((Metrics::new("api"), Metrics::new("also")));
        for headers in [
            &[("authorization", "Bearer alice")][..],
            &[("authorization", "Bearer mallory")],
            &[("authorization", "Unknown x")],
            &[("x-session", "alice"), ("x-policy", "0")],
            &[("x-session", "alice"), ("x-policy", "0"), ("x-concealed", "")],
            &[("x-handler", "15")],
            &[("x-status", "404")],
            &[("x-status", "401")],
            &[],
        ] {
            let request = || request(headers);
            let expected = cost(bare.layer(service()), request);
            assert_eq!(cost(counted.layer(service()), request), expected, "{headers:?}");
            assert_eq!(cost(twice.layer(service()), request), expected, "{headers:?}");
        }
    });
}
