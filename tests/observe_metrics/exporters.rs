//! When the exporter comes, and which.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use metrics::{Counter, CounterFn, Gauge, Histogram, Key, KeyName, Metadata, Recorder};
use metrics::{SharedString, Unit};
use portcullis::AuthenticateLayer;
use portcullis::observe::Metrics;
use tower::Layer;

use crate::scrape::scrape;
use crate::world::{DECISIONS, identity, prometheus, request, send, service, with};

#[test]
fn k38_an_exporter_that_comes_after_the_layer_counts_from_then_on() {
    let mut service =
        AuthenticateLayer::new(identity()).observe(Metrics::new("api")).layer(service());
    send(&mut service, request(&[]));
    let (recorder, handle) = prometheus();
    with(&recorder, || {
        assert_eq!(scrape(&handle).len(), 0);
        send(&mut service, request(&[]));
    });
    let scrape = scrape(&handle);
    assert_eq!(scrape.sum(DECISIONS, &[]), 1.0);
    // And the others begin with 0.
    assert!(scrape.series(DECISIONS, &[("class", "ours")]).count() > 0);
}

static COUNTED: AtomicU64 = AtomicU64::new(0);

/// A recorder without a size, which is not told apart from that of a program without an exporter.
struct Sizeless;

struct Increments;

impl CounterFn for Increments {
    fn increment(&self, value: u64) {
        COUNTED.fetch_add(value, Ordering::Relaxed);
    }

    fn absolute(&self, _: u64) {}
}

impl Recorder for Sizeless {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        assert_eq!(key.name(), DECISIONS);
        Counter::from_arc(Arc::new(Increments))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[test]
fn k38_a_recorder_without_a_size_counts_every_request() {
    with(&Sizeless, || {
        let layer = AuthenticateLayer::new(identity()).observe(Metrics::new("api"));
        let mut service = layer.layer(service());
        for _ in 0..3 {
            send(&mut service, request(&[]));
        }
    });
    assert_eq!(COUNTED.load(Ordering::Relaxed), 3);
}
