//! The histogram, which has to be asked for. What it records: `src/observe/metrics/tests.rs`.

use portcullis::AuthenticateLayer;
use portcullis::observe::Metrics;
use tower::Layer;

use crate::scrape::{Scrape, scrape};
use crate::world::{identity, prometheus, request, send, service, with};

const SECONDS: &str = "portcullis_decision_seconds";

/// What three requests leave: permitted, refused by the identity, refused by the policy.
fn three_requests(metrics: Metrics) -> Scrape {
    let (recorder, handle) = prometheus();
    with(&recorder, || {
        let mut service = AuthenticateLayer::new(identity()).observe(metrics).layer(service());
        send(&mut service, request(&[("authorization", "Bearer alice")]));
        send(&mut service, request(&[("authorization", "Bearer mallory")]));
        send(&mut service, request(&[("authorization", "Bearer alice"), ("x-policy", "0")]));
    });
    scrape(&handle)
}

#[test]
fn k41_times_are_recorded_only_if_they_are_asked_for() {
    let scrape = three_requests(Metrics::new("api"));
    assert!(!scrape.types.contains_key(SECONDS));
    let with_times = three_requests(Metrics::new("api").with_times());
    let made = with_times.series("portcullis_decision_seconds_count", &[]).count();
    assert!(made <= Metrics::times_limit(2), "{made}");
}
