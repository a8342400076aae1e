//! The units that an exporter is told. That of Prometheus serves none, so this recorder keeps them.

use std::collections::BTreeMap;
use std::sync::Mutex;

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use portcullis::AuthenticateLayer;
use portcullis::observe::Metrics;

use crate::world::{identity, with};

#[derive(Default)]
struct Units(Mutex<BTreeMap<String, Option<Unit>>>);

impl Units {
    fn keep(&self, name: &KeyName, unit: Option<Unit>) {
        self.0.lock().unwrap().insert(name.as_str().to_owned(), unit);
    }
}

impl Recorder for Units {
    fn describe_counter(&self, name: KeyName, unit: Option<Unit>, _: SharedString) {
        self.keep(&name, unit);
    }

    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        panic!("the gauge {}", name.as_str());
    }

    fn describe_histogram(&self, name: KeyName, unit: Option<Unit>, _: SharedString) {
        self.keep(&name, unit);
    }

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[test]
fn k35_the_histogram_is_in_seconds_and_the_counters_count() {
    let units = Units::default();
    with(&units, || drop(AuthenticateLayer::new(identity()).observe(Metrics::new("api"))));
    let units = units.0.into_inner().unwrap();
    for (name, unit) in &units {
        let expected = match name.as_str() {
            "portcullis_decision_seconds" => Unit::Seconds,
            _ => Unit::Count,
        };
        assert_eq!(*unit, Some(expected), "{name}");
    }
    assert_eq!(units.len(), 8, "{units:?}");
}
