//! The leak probe against the example `vault`: D01–D05, D07, D14.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::any;
use portcullis::testing::{LeakProbe, Timings, Transport, bearer};
use portcullis::{ConcealLayer, Denial};
use tokio::task::JoinSet;

use crate::support::Example;

/// Hidden paths of the example, each with a missing one: in the same place, or elsewhere.
const PAIRS: [(&str, &str); 4] = [
    ("/vault/notes/1", "/vault/other/1"),
    ("/vault/logo.svg", "/nowhere/atall"),
    ("/repos/alice/wonder", "/repos/alice/nobody"),
    ("/repos/alice/wonder/issues/1", "/nowhere/at/all/that/I/know"),
];

fn probe(address: SocketAddr, (concealed, missing): (&str, &str)) -> LeakProbe {
    LeakProbe::of_address(address)
        .pair(concealed, missing)
        .authorized("alice", bearer("alice-token"))
}

#[test]
fn d01_to_d05_and_d14_the_probe_finds_no_leak_in_the_vault() {
    let example = Example::start("vault");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        // Every 404 waits for the floor, so the requests are concurrent.
        let mut probes = JoinSet::new();
        for (index, pair) in PAIRS.into_iter().enumerate() {
            // The methods for each pair; together they are all.
            let methods =
                [["GET", "OPTIONS"], ["HEAD", "POST"], ["DELETE", "PUT"], ["PATCH", "FROB"]];
            let methods = methods[index];
            let anonymous = probe(example.address, pair).anonymous().methods(methods);
            let bob = probe(example.address, pair)
                .unauthorized("bob", bearer("bob-token"))
                .methods(methods);
            for probe in [anonymous, bob] {
                let probe = probe.transports([Transport::Http1, Transport::Http2]);
                probes.spawn(async move { probe.run().await });
            }
        }
        while let Some(report) = probes.join_next().await {
            let report = report.unwrap().unwrap();
            report.assert_no_leaks();
            for transport in [Transport::Http1, Transport::Http2] {
                assert!(report.variants_over(transport) > 100, "{report}");
            }
        }
    });
}

#[test]
fn d07_the_probe_finds_no_difference_in_time() {
    let timings = in_a_runtime(times_of_the_vault(500));
    timings.assert_no_leaks();
}

#[test]
fn d07_a_planted_delay_is_found_without_the_floor_and_not_with_it() {
    let (without, with) = in_a_runtime(times_of_a_planted_delay(200));
    assert!(!without.has_no_leaks(), "{without}");
    with.assert_no_leaks();
}

#[test]
#[ignore = "four minutes: by the letter of the bar, before a release"]
fn d07_at_ten_thousand_samples_on_each_side() {
    let vault = in_a_runtime(times_of_the_vault(10_000));
    let (without, with) = in_a_runtime(times_of_a_planted_delay(10_000));
    println!("the vault: {vault}\nwithout a floor: {without}\nwith one: {with}");
    vault.assert_no_leaks();
    assert!(!without.has_no_leaks(), "{without}");
    with.assert_no_leaks();
}

fn in_a_runtime<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(future)
}

async fn times_of_the_vault(samples: usize) -> Timings {
    let example = Example::start("vault");
    alike(probe(example.address, PAIRS[2]).unauthorized("bob", bearer("bob-token")), samples).await
}

/// Compares times that should be alike. The error rate is 1e-4 a run: where they differ, they are
/// measured once more, because two false alarms in a row are very unlikely.
async fn alike(probe: LeakProbe, samples: usize) -> Timings {
    let first = probe.times(samples).await.unwrap();
    if first.has_no_leaks() {
        return first;
    }
    println!("once more, since it may be chance: {first}");
    probe.seed(7).times(samples).await.unwrap()
}

/// The times of a service that works half a millisecond for the hidden path: without a floor, and
/// with one.
async fn times_of_a_planted_delay(samples: usize) -> (Timings, Timings) {
    let application = || {
        let hidden = || async {
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_micros(500) {
                std::hint::spin_loop();
            }
            Denial::forbidden().concealed()
        };
        Router::new().route("/hidden", any(hidden)).fallback(|| async { Denial::not_found() })
    };
    let bare = application().layer(ConcealLayer::everywhere());
    let floor = ConcealLayer::everywhere().time_floor(Duration::from_millis(3)).unwrap();
    let floored = application().layer(floor);
    let probe =
        |service: Router| LeakProbe::of_service(service).pair("/hidden", "/absent").anonymous();
    let without = probe(bare).times(samples).await.unwrap();
    (without, alike(probe(floored), samples).await)
}
