//! The leak probe against the example that hides most: D01–D05, D07, D14.

use std::net::SocketAddr;

use portcullis::testing::LeakProbe;
use tokio::task::JoinSet;

use crate::support::Example;

const BOB: [(&str, &str); 1] = [("authorization", "Bearer bob-token")];
const ALICE: [(&str, &str); 1] = [("authorization", "Bearer alice-token")];

/// What is hidden in the example, and what is missing: in the same place, and nowhere near.
const PAIRS: [(&str, &str); 4] = [
    ("/vault/notes/1", "/vault/other/1"),
    ("/vault/logo.svg", "/nowhere/atall"),
    ("/repos/alice/wonder", "/repos/alice/nobody"),
    ("/repos/alice/wonder/issues/1", "/nowhere/at/all/that/I/know"),
];

fn probe(address: SocketAddr, (concealed, missing): (&str, &str)) -> LeakProbe {
    LeakProbe::of_address(address).pair(concealed, missing).seen_by("alice", ALICE)
}

#[test]
fn d01_to_d05_and_d14_the_probe_finds_no_leak_in_the_vault() {
    let example = Example::start("vault");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        // Every 404 waits for the floor, so they wait side by side.
        let mut probes = JoinSet::new();
        for (index, pair) in PAIRS.into_iter().enumerate() {
            // What each pair is asked with; together, every method.
            let methods =
                [["GET", "OPTIONS"], ["HEAD", "POST"], ["DELETE", "PUT"], ["PATCH", "FROB"]];
            let methods = methods[index];
            let nobody = probe(example.address, pair).anonymous().methods(methods);
            let bob = probe(example.address, pair).stranger("bob", BOB).methods(methods);
            for probe in [nobody, bob] {
                probes.spawn(async move { probe.run().await });
            }
        }
        while let Some(report) = probes.join_next().await {
            let report = report.unwrap().unwrap();
            report.assert_silent();
            assert!(report.requests() > 500, "{report}");
        }
    });
}

#[test]
fn d07_nor_can_it_tell_them_apart_by_time() {
    let example = Example::start("vault");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let timings = probe(example.address, PAIRS[2]).stranger("bob", BOB).times(500).await;
        let timings = timings.unwrap();
        timings.assert_silent();
        println!("{timings}");
    });
}
