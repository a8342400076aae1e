//! The attributes of OpenTelemetry, with its SDK.

use std::collections::BTreeMap;

use http::request::Parts;
use opentelemetry::metrics::{Counter, MeterProvider};
use opentelemetry::{KeyValue, Value as AnyValue};
use opentelemetry_sdk::metrics::data::{AggregatedMetrics, MetricData};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use portcullis::AuthenticateLayer;
use portcullis::observe::attributes::{CAUSE, ERROR_TYPE, STATUS_CODE, Value};
use portcullis::observe::{Event, Observe};
use tower::Layer;

use crate::world::{identity, request, send, service};

struct Decisions(Counter<u64>);

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

type Point = (BTreeMap<String, AnyValue>, u64);

/// What the SDK has counted of these requests.
fn counted(requests: &[&[(&str, &str)]]) -> Vec<Point> {
    let exporter = InMemoryMetricExporter::default();
    let reader = PeriodicReader::builder(exporter.clone()).build();
    let provider = SdkMeterProvider::builder().with_reader(reader).build();
    let counter = provider.meter("portcullis").u64_counter("portcullis.decisions").build();
    let layer = AuthenticateLayer::new(identity()).optional().observe(Decisions(counter));
    let mut service = layer.layer(service());
    for headers in requests {
        send(&mut service, request(headers));
    }
    provider.force_flush().unwrap();
    let exported = exporter.get_finished_metrics().unwrap();
    let scope = exported[0].scope_metrics().next().unwrap();
    let AggregatedMetrics::U64(MetricData::Sum(sum)) = scope.metrics().next().unwrap().data()
    else {
        panic!("a counter");
    };
    sum.data_points()
        .map(|point| {
            let attributes = point.attributes();
            let named = attributes.map(|it| (it.key.to_string(), it.value.clone())).collect();
            (named, point.value())
        })
        .collect()
}

/// Of one request.
fn attributes_of(headers: &[(&str, &str)]) -> BTreeMap<String, AnyValue> {
    let points = counted(&[headers]);
    assert_eq!(points.len(), 1);
    points.into_iter().next().unwrap().0
}

fn named(attributes: &[(&str, AnyValue)]) -> BTreeMap<String, AnyValue> {
    attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

#[test]
fn k43_a_counter_of_opentelemetry_has_the_attributes_of_each_event() {
    let refused = attributes_of(&[("authorization", "Bearer mallory")]);
    let expected = named(&[
        ("http.response.status_code", 401.into()),
        ("portcullis.caller", "anonymous".into()),
        ("portcullis.cause", "invalid".into()),
        ("portcullis.class", "identity".into()),
        ("portcullis.concealed", false.into()),
        ("portcullis.outcome", "refused".into()),
        ("portcullis.scheme", "bearer".into()),
        ("portcullis.stage", "authenticate".into()),
    ]);
    assert_eq!(refused, expected);
    let permitted = attributes_of(&[("authorization", "Bearer alice"), ("x-status", "204")]);
    let expected = named(&[
        ("http.response.status_code", 204.into()),
        ("portcullis.caller", "known".into()),
        ("portcullis.outcome", "permitted".into()),
        ("portcullis.scheme", "bearer".into()),
    ]);
    assert_eq!(permitted, expected);
    // Without credentials there is no scheme.
    let anonymous = attributes_of(&[]);
    let expected = named(&[
        ("http.response.status_code", 200.into()),
        ("portcullis.caller", "anonymous".into()),
        ("portcullis.outcome", "permitted".into()),
    ]);
    assert_eq!(anonymous, expected);
    let two = counted(&[&[("x-policy", "0")], &[("x-policy", "0")]]);
    assert_eq!(two.len(), 1);
    assert_eq!(two[0].1, 2);
}

#[test]
fn k44_only_what_is_ours_is_an_error_of_the_server() {
    for (headers, error) in [
        (&[("authorization", "Bearer failure-9")][..], Some("unavailable")),
        (&[("x-handler", "17"), ("x-concealed", "")], Some("internal_error")),
        (&[("x-handler", "2")], None),
        (&[("x-policy", "0")], None),
        (&[("x-status", "404")], None),
        // An error of the server, and none of the check.
        (&[("x-status", "500")], None),
        (&[], None),
    ] {
        let attributes = attributes_of(headers);
        assert_eq!(attributes.get(ERROR_TYPE), error.map(AnyValue::from).as_ref(), "{headers:?}");
        if let Some(error) = error {
            assert_eq!(attributes[CAUSE], error.into());
        }
        assert!(matches!(attributes[STATUS_CODE], AnyValue::I64(100..=599)));
    }
}
