//! The same decisions for OpenTelemetry, which portcullis does not depend on.

use axum::http::request::Parts;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Meter};
use portcullis::observe::attributes::Value;
use portcullis::observe::{Event, Observe};

/// Counts decisions with their attributes. A server's duration is measured by others, as
/// `http.server.request.duration`.
pub struct Decisions(Counter<u64>);

impl Decisions {
    pub fn new(meter: &Meter) -> Self {
        Self(meter.u64_counter("portcullis.decisions").build())
    }
}

impl Observe for Decisions {
    type Context = ();

    fn begin(&self, _: &Parts) {}

    fn decided(&self, (): (), event: &Event<'_>) {
        let attributes = event.attributes().map(|(name, value)| match value {
            Value::Text(text) => KeyValue::new(name, text.into_owned()),
            Value::Number(number) => KeyValue::new(name, number),
            Value::Flag(flag) => KeyValue::new(name, flag),
        });
        self.0.add(1, &attributes.collect::<Vec<_>>());
    }
}
