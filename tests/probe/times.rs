//! The two-sample test, on a service.

use portcullis::testing::{LeakProbe, ProbeError, Timings, Transport};

use crate::app::{BOB, CONCEALED, MISSING, Place, honest, planted, probe, runtime};
use crate::plants::TWO_MILLISECONDS;

fn times(probe: &LeakProbe, samples: usize) -> Timings {
    runtime().block_on(probe.times(samples)).expect("times")
}

/// The error rate is 1e-4 a run, so a second run distinguishes chance from a difference.
#[track_caller]
fn assert_alike(probe: LeakProbe, samples: usize) {
    let first = times(&probe, samples);
    if !first.has_no_leaks() {
        println!("once more, since it may be chance: {first}");
        times(&probe.seed(7), samples).assert_no_leaks();
    }
}

#[test]
fn two_milliseconds_are_found_in_either_direction() {
    let leaking = || planted(&TWO_MILLISECONDS, Place::OnConcealed);
    let timings = times(&probe(leaking()), 100);
    let [test] = timings.tests() else { panic!("one pair, one caller: {timings}") };
    assert!(test.is_leak(), "{timings}");
    assert!(test.sooner() < 0.05 && test.z() < -6.0 && test.p() < test.alpha(), "{timings}");
    let [concealed, missing] = test.medians();
    assert!((concealed - missing).as_micros() > 1_000, "{timings}");
    let text = timings.to_string();
    for part in [
        "response times differ for 1 of 1 pairs and callers",
        "`GET /vault/notes` and `GET /vault/other` as bob: response times differ",
        "x 100 comparisons",
    ] {
        assert!(text.contains(part), "{text}");
    }
    let swapped = LeakProbe::of_service(leaking()).pair(MISSING, CONCEALED).anonymous();
    assert!(times(&swapped, 100).tests()[0].z() > 6.0, "missing is later");
}

#[test]
fn two_milliseconds_are_found_over_http2() {
    let leaking = probe(planted(&TWO_MILLISECONDS, Place::OnConcealed));
    let timings = times(&leaking.transports([Transport::Http2]), 100);
    let [test] = timings.tests() else { panic!("one pair, one caller: {timings}") };
    assert!(test.is_leak() && test.z() < -6.0, "{timings}");
    assert_eq!(test.transport(), Transport::Http2);
    assert!(timings.to_string().contains("as bob over HTTP/2: response times differ"), "{timings}");
}

#[test]
fn a_delay_on_all_paths_is_no_leak() {
    let delayed = || probe(planted(&TWO_MILLISECONDS, Place::Everywhere));
    assert_alike(delayed(), 300);
    assert_alike(delayed().transports([Transport::Http2]), 300);
}

#[test]
fn two_missing_paths_are_alike_in_time() {
    // The same work on both sides.
    for seed in 0..3 {
        let alike =
            || LeakProbe::of_service(honest()).pair("/vault/where", MISSING).anonymous().seed(seed);
        assert_alike(alike(), 1_000);
        assert_alike(alike().transports([Transport::Http2]), 1_000);
    }
}

#[test]
fn the_error_rate_is_shared_by_all_tests() {
    let probe = LeakProbe::of_service(honest()).anonymous().unauthorized("bob", BOB);
    let probe = probe.pair(CONCEALED, MISSING).pair("/vault/where", MISSING);
    let timings = times(&probe, 20);
    let alphas: Vec<_> = timings.tests().iter().map(|test| test.alpha()).collect();
    assert_eq!(alphas, [1e-4 / 4.0; 4]);
}

#[test]
fn too_few_measurements_are_refused() {
    let refused = runtime().block_on(probe(honest()).times(19));
    assert!(matches!(refused, Err(ProbeError::TooFew { samples: 19, .. })), "{refused:?}");
}

// ==== the figures of the documentation ====

#[test]
#[ignore = "prints how often it is wrong, in a minute or two"]
fn measure_the_error_rate_on_a_service() {
    const RUNS: u64 = 200;
    let levels = [0.05, 0.01, 1e-4];
    let mut wrong = [0; 3];
    for seed in 0..RUNS {
        let alike = LeakProbe::of_service(honest()).pair("/vault/where", MISSING).anonymous();
        let p = times(&alike.seed(seed), 1_000).tests()[0].p();
        wrong.iter_mut().zip(levels).for_each(|(wrong, level)| *wrong += u32::from(p < level));
    }
    println!("of {RUNS}: {wrong:?} at {levels:?}");
}

#[test]
#[ignore = "prints how far both tests see, in a few seconds"]
fn compare_with_the_mann_whitney_test() {
    const SAMPLES: usize = 10_000;
    for seed in 0..5 {
        let timings = times(&probe(honest()).seed(seed), SAMPLES);
        let test = &timings.tests()[0];
        let n = SAMPLES as f64;
        // Without the correction for ties: times in nanoseconds hardly tie.
        let theirs = (test.sooner() - 0.5) * n * n / (n * n * (2.0 * n + 1.0) / 12.0).sqrt();
        println!("z = {:.1}, and {theirs:.1} by the Mann–Whitney test", test.z());
    }
}
