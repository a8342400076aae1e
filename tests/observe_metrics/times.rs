//! The histogram, which has to be asked for. What it records: `src/observe/metrics/tests.rs`.

use std::ops::Range;
use std::sync::Mutex;

use counting::held;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use portcullis::AuthenticateLayer;
use portcullis::observe::Metrics;
use tower::Layer;

use crate::floods::invented;
use crate::reach::drive;
use crate::scrape::{Scrape, scrape};
use crate::world::{identity, prometheus, send, service, silence_panics, with};

/// The exporter frees drained times later, on any thread that records others, but bytes are counted for each
/// thread. So one test at a time records.
static RECORDING: Mutex<()> = Mutex::new(());

const COUNT: &str = "portcullis_decision_seconds_count";

/// What every kind of request leaves.
fn every_request(metrics: Metrics) -> Scrape {
    silence_panics();
    let (recorder, handle) = prometheus();
    with(&recorder, || {
        let layer = AuthenticateLayer::new(identity()).ignore_invalid_credentials();
        drive(layer.observe(metrics).layer(service()), false);
    });
    scrape(&handle)
}

#[test]
fn k41_times_are_recorded_only_if_they_are_asked_for() {
    let _alone = RECORDING.lock();
    let without = every_request(Metrics::new("api"));
    assert!(!without.types.keys().any(|name| name.contains("seconds")), "{:?}", without.types);
    let with_times = every_request(Metrics::new("api").with_times());
    assert_eq!(with_times.series(COUNT, &[]).count(), Metrics::times_limit(2));
}

/// The bytes that these invented requests leave with an exporter that is not scraped, if `upkeep` runs now
/// and then.
fn held_after_flood(upkeep: fn(&PrometheusHandle)) -> i64 {
    let builder = PrometheusBuilder::new().set_buckets(&[0.001, 0.01, 0.1]).unwrap();
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    with(&recorder, || {
        let metrics = Metrics::new("api").with_times();
        let layer = AuthenticateLayer::new(identity()).optional().observe(metrics);
        let mut service = layer.layer(service());
        let mut flood = |numbers: Range<u64>| {
            for number in numbers {
                drop(send(&mut service, invented(number)));
                if number % 100 == 99 {
                    upkeep(&handle);
                }
            }
            held()
        };
        // All that is made once is made by the first.
        let before = flood(0..20_000);
        flood(20_000..100_000) - before
    })
}

#[test]
fn k50_times_stay_in_memory_until_the_exporter_is_scraped_or_its_upkeep_runs() {
    let _alone = RECORDING.lock();
    let with_upkeep = held_after_flood(PrometheusHandle::run_upkeep);
    let without = held_after_flood(|_| {});
    // Two times a request, of eight bytes at least.
    assert!(without > 80_000 * 8, "{without} bytes");
    assert!(with_upkeep < without / 10, "{with_upkeep} bytes, and {without} without");
}
