//! Leaks in some of the responses, and services whose responses vary for every path.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, Version};
use axum::response::{IntoResponse, Response};
use portcullis::testing::{Aspect, LeakProbe, Report, Transport};

use crate::app::{CONCEALED, MISSING, run};

/// Pseudo-random numbers that are the same in each run (SplitMix64).
fn pseudo_random(number: u64) -> u64 {
    let z = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 16
}

/// The response to a request, by its head and the number of requests before.
type Responder = fn(&Parts, u64) -> Response;

/// A service without paths whose responses depend on the number of requests before.
fn service(response: Responder, seed: u64) -> Router {
    let before = Arc::new(AtomicU64::new(seed << 32));
    Router::new().fallback(move |request: Request| {
        let before = before.fetch_add(1, Ordering::Relaxed);
        async move { response(&request.into_parts().0, before) }
    })
}

fn probe(service: Router, seed: u64) -> LeakProbe {
    let probe = LeakProbe::of_service(service).pair(CONCEALED, MISSING).anonymous();
    probe.methods(["QUERY"]).seed(seed).concurrency(1).budget(200)
}

fn missing() -> Response {
    (StatusCode::NOT_FOUND, "nothing here").into_response()
}

fn with(mut response: Response, name: &'static str, value: &str) -> Response {
    response.headers_mut().append(name, HeaderValue::from_str(value).unwrap());
    response
}

/// Whether this is one of ten responses for the concealed path.
fn one_in_ten(request: &Parts, before: u64) -> bool {
    request.uri.path() == CONCEALED && pseudo_random(before).is_multiple_of(10)
}

/// Asserts that the samples have found a leak in one of ten responses.
#[track_caller]
fn assert_found(report: &Report, aspect: &Aspect, text: [&str; 2]) {
    let leak =
        report.leaks().iter().find(|leak| leak.aspect() == aspect && leak.shares().is_some());
    let leak = leak.unwrap_or_else(|| panic!("{aspect}: {report}"));
    let [concealed, missing] = leak.shares().unwrap();
    assert!((0.05..0.2).contains(&concealed) && missing == 0.0, "{report}");
    for text in text {
        assert!(leak.sentence().contains(text), "{text}: {report}");
    }
}

#[test]
fn a_header_in_one_of_ten_responses_is_found() {
    let response = |request: &Parts, before| match one_in_ten(request, before) {
        true => with(missing(), "server-timing", "cache;desc=hit"),
        false => missing(),
    };
    for seed in 0..2 {
        let report = run(&probe(service(response, seed), seed));
        let text =
            ["`server-timing` is present (`cache;desc=hit`) in ", "responses on concealed, in 0"];
        assert_found(&report, &Aspect::Header("server-timing".to_owned()), text);
        assert_eq!(report.leaks().len(), 1, "one cause is one paragraph: {report}");
    }
}

#[test]
fn a_status_in_one_of_ten_responses_is_found() {
    // One of ten backends does not conceal.
    let response = |request: &Parts, before| match one_in_ten(request, before) {
        true => StatusCode::METHOD_NOT_ALLOWED.into_response(),
        false => missing(),
    };
    let report = run(&probe(service(response, 7), 7).transports([Transport::Http1]));
    assert_found(
        &report,
        &Aspect::Status,
        ["`QUERY /vault/notes`: status is `405` in ", " of 800"],
    );
}

#[test]
fn a_word_in_one_of_ten_bodies_is_found_where_each_has_an_id() {
    let response = |request: &Parts, before| {
        let from = if one_in_ten(request, before) { "disk" } else { "none" };
        let id = pseudo_random(before + 1);
        (StatusCode::NOT_FOUND, format!("request {id:012x}: nothing from {from}")).into_response()
    };
    let report = run(&probe(service(response, 7), 7).transports([Transport::Http2]));
    assert_found(
        &report,
        &Aspect::Body,
        ["body contains `disk` in ", "concealed, in 0 on missing"],
    );
}

#[test]
fn a_header_in_one_of_ten_responses_over_http_2_is_found() {
    let response = |request: &Parts, before| match request.version == Version::HTTP_2
        && one_in_ten(request, before)
    {
        true => with(missing(), "age", "3"),
        false => missing(),
    };
    let report = run(&probe(service(response, 7), 7));
    let text = ["`QUERY /vault/notes` over HTTP/2: `age` is present (`3`) in ", "in 0 on missing"];
    assert_found(&report, &Aspect::Header("age".to_owned()), text);
    let [leak] = report.leaks() else { panic!("{report}") };
    assert_eq!(leak.transports().collect::<Vec<_>>(), [Transport::Http2]);
}

#[test]
fn more_repetitions_find_rarer_leaks() {
    // One in forty: a hundred repetitions find it in nine of ten runs.
    let response = |request: &Parts, before: u64| match request.uri.path() == CONCEALED
        && pseudo_random(before).is_multiple_of(40)
    {
        true => with(missing(), "x-cache", "hit"),
        false => missing(),
    };
    let probe = |repetitions| {
        probe(service(response, 7), 7).transports([Transport::Http1]).repetitions(repetitions)
    };
    let report = run(&probe(0));
    assert_eq!((report.samples(), report.has_no_leaks()), (0, true), "{report}");
    assert!(!run(&probe(100)).has_no_leaks());
}

/// Services that vary alike for every path.
const VARYING: &[(&str, Responder)] = &[
    ("backends that take turns", |_, before| {
        with(missing(), "x-backend", ["a", "b", "c", "d"][(before % 4) as usize])
    }),
    ("backends at random, one with another page", |_, before| match pseudo_random(before) % 3 {
        0 => with((StatusCode::NOT_FOUND, "no such page").into_response(), "server", "old"),
        _ => missing(),
    }),
    ("a header in some responses", |_, before| match pseudo_random(before) % 10 {
        0 => with(missing(), "server-timing", "db;dur=3"),
        _ => missing(),
    }),
    ("a rate limit and its remaining requests", |_, before| match before % 7 {
        6 => with(StatusCode::TOO_MANY_REQUESTS.into_response(), "retry-after", "1"),
        used => with(missing(), "x-ratelimit-remaining", &(6 - used).to_string()),
    }),
    ("a nonce of random length", |_, before| {
        let nonce = format!("{:x}", pseudo_random(before) >> (pseudo_random(before + 1) % 40));
        with(missing(), "x-nonce", &nonce)
    }),
    ("padding of random length", |_, before| {
        let padding = "x".repeat((pseudo_random(before) % 8) as usize);
        (StatusCode::NOT_FOUND, format!("nothing{padding}")).into_response()
    }),
];

#[test]
fn the_length_of_a_page_with_the_path_and_an_id_is_no_leak() {
    // Neither the lengths nor the pages are the same for two paths of different lengths, and ids of
    // several lengths leave no length that one side always has.
    let response = |request: &Parts, before| {
        let id = "x".repeat((pseudo_random(before) % 8) as usize);
        (StatusCode::NOT_FOUND, format!("{id}: nothing at {}", request.uri.path())).into_response()
    };
    for transport in [Transport::Http1, Transport::Http2] {
        let probe =
            LeakProbe::of_service(service(response, 7)).pair("/vault/notes", "/vault/nothing");
        let probe = probe.anonymous().methods(["GET", "QUERY"]).concurrency(1).budget(200);
        run(&probe.transports([transport])).assert_no_leaks();
    }
}

#[test]
fn values_that_vary_alike_are_no_leak() {
    each_varying(1, 25);
}

#[test]
#[ignore = "the same with many seeds, in some minutes"]
fn values_that_vary_alike_are_no_leak_with_any_seed() {
    each_varying(20, 50);
}

fn each_varying(seeds: u64, repetitions: usize) {
    for (name, response) in VARYING {
        for (seed, transport) in
            (0..seeds).flat_map(|seed| [(seed, Transport::Http1), (seed + 100, Transport::Http2)])
        {
            let probe = probe(service(*response, seed), seed).transports([transport]);
            let report = run(&probe.repetitions(repetitions));
            assert!(report.has_no_leaks(), "{name}, {seed}, {transport}: {report}");
            // Samples show which aspects vary, but not the state of connections.
            assert!(report.unsettled() * 20 < report.variants(), "{name}, {seed}: {report}");
        }
    }
}
