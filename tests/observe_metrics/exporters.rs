//! When the exporter comes, and which.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use metrics::{Counter, CounterFn, Gauge, Histogram, Key, KeyName, Metadata, Recorder};
use metrics::{SharedString, Unit};
use metrics_exporter_prometheus::PrometheusRecorder;
use portcullis::AuthenticateLayer;
use portcullis::observe::Metrics;
use tower::Layer;

use crate::scrape::scrape;
use crate::world::{
    DECISIONS, UNCLAIMED, handler, identity, prometheus, request, send, service, with,
};

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

/// The names that were registered with [`Sizeless`].
static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());

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
        NAMES.lock().unwrap().push(key.name().to_owned());
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
    assert_eq!(*NAMES.lock().unwrap(), [DECISIONS; 3]);
}

/// Registers no decision until it is told to, and says that it waits.
struct Waiting<'a> {
    exporter: &'a PrometheusRecorder,
    waits: Sender<()>,
    goes_on: Mutex<Receiver<()>>,
}

impl Recorder for Waiting<'_> {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        if key.name() == DECISIONS {
            let _ = self.waits.send(());
            // An error as soon as the other end is dropped.
            let _ = self.goes_on.lock().unwrap().recv();
        }
        self.exporter.register_counter(key, metadata)
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

/// Sends a request for which the exporter waits, and beside it another of the same kind.
#[test]
fn k51_no_request_waits_while_the_exporter_looks_up_a_counter_for_another() {
    for is_exporter_late in [false, true] {
        let (exporter, handle) = prometheus();
        let build = || AuthenticateLayer::new(identity()).optional().observe(Metrics::new("api"));
        let layer = if is_exporter_late { build() } else { with(&exporter, build) };
        // A 410 of the handler: no new layer has its counter.
        let one_request =
            || drop(send(&mut layer.layer(service()), request(&[("x-handler", "16")])));
        let ((waits, is_waiting), (go_on, goes_on)) = (channel(), channel());
        let (answers, is_answered) = channel();
        let waiting = Waiting { exporter: &exporter, waits, goes_on: Mutex::new(goes_on) };
        let is_answered = thread::scope(|scope| {
            scope.spawn(|| with(&waiting, one_request));
            is_waiting.recv().unwrap();
            scope.spawn(|| {
                with(&exporter, one_request);
                let _ = answers.send(());
            });
            // The time matters only if the second request waits for the first.
            let is_answered = is_answered.recv_timeout(Duration::from_secs(60)).is_ok();
            drop(go_on);
            is_answered
        });
        assert!(is_answered, "late: {is_exporter_late}");
        let scrape = scrape(&handle);
        assert_eq!(scrape.only(DECISIONS, &[("cause", "gone"), ("scheme", "none")]), 2.0);
    }
}

#[test]
fn k35_a_denial_without_a_stage_has_a_help_text_also_if_no_layer_is_counted() {
    let (recorder, handle) = prometheus();
    // The handler is not inside of an authenticate stage.
    with(&recorder, || drop(send(&mut handler(), request(&[("x-handler", "15")]))));
    let scrape = scrape(&handle);
    assert_eq!(scrape.only(UNCLAIMED, &[("stage", "handler")]), 1.0);
    assert!(scrape.help[UNCLAIMED].ends_with('.'));
}
