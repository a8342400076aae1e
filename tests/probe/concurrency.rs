//! The number of concurrent requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use portcullis::testing::LeakProbe;
use portcullis::{ConcealLayer, Denial};

use crate::app::{BOB, CONCEALED, MISSING, honest, probe, run};

const FLOOR: Duration = Duration::from_millis(20);

/// A service that responds with 404 after a time floor.
fn behind_a_floor() -> Router {
    let conceal = ConcealLayer::everywhere().time_floor(FLOOR).unwrap();
    Router::new().fallback(|| async { Denial::not_found() }).layer(conceal)
}

/// A service that responds with 404 after five milliseconds, and with 503 above a limit of concurrent
/// requests.
#[derive(Clone)]
struct LimitedService {
    limit: usize,
    inside: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl LimitedService {
    fn with_limit(limit: usize) -> Self {
        Self { limit, inside: Arc::default(), most: Arc::default() }
    }

    fn probe(&self) -> LeakProbe {
        let this = self.clone();
        let app = Router::new().fallback(move || {
            let this = this.clone();
            async move {
                let inside = this.inside.fetch_add(1, Ordering::Relaxed) + 1;
                this.most.fetch_max(inside, Ordering::Relaxed);
                let left = DecrementOnDrop(this.inside);
                if inside > this.limit {
                    return StatusCode::SERVICE_UNAVAILABLE;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
                drop(left);
                StatusCode::NOT_FOUND
            }
        });
        LeakProbe::of_service(app)
            .pair(CONCEALED, MISSING)
            .anonymous()
            .methods(["TRACE"])
            .budget(200)
    }
}

/// Counts a request as finished, even if its future is dropped.
struct DecrementOnDrop(Arc<AtomicUsize>);

impl Drop for DecrementOnDrop {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[test]
fn a_service_with_a_time_floor_gets_concurrent_requests() {
    let probe = LeakProbe::of_service(behind_a_floor()).pair(CONCEALED, MISSING).anonymous();
    let report = run(&probe.methods(["TRACE"]));
    println!("{report}");
    report.assert_no_leaks();
    // A request and the one after it wait for the floor each.
    let one_by_one = 2 * FLOOR * u32::try_from(report.requests()).unwrap();
    assert!(report.elapsed() < one_by_one / 4, "{one_by_one:?}: {report}");
}

#[test]
fn one_at_a_time_is_one_at_a_time() {
    let limited = LimitedService::with_limit(usize::MAX);
    run(&limited.probe().concurrency(1)).assert_no_leaks();
    assert_eq!(limited.most.load(Ordering::Relaxed), 1);
    run(&limited.probe().concurrency(8)).assert_no_leaks();
    assert_eq!(limited.most.load(Ordering::Relaxed), 8);
}

#[test]
fn the_concurrency_stays_within_the_limit_of_the_service() {
    let limited = LimitedService::with_limit(6);
    let report = run(&limited.probe());
    report.assert_no_leaks();
    assert_eq!(report.unsettled(), 0, "no request was refused in the run");
    assert_eq!(report.requests(), 2 * report.variants());
    assert!(limited.most.load(Ordering::Relaxed) > 6, "a higher concurrency was tried before");
}

/// A service with several leaks, which responds to the last of four requests first.
fn leaking() -> Router {
    let arrived = Arc::new(AtomicUsize::new(0));
    Router::new().fallback(move |request: Request| {
        let late = 4 - arrived.fetch_add(1, Ordering::Relaxed) as u64 % 4;
        async move {
            tokio::time::sleep(Duration::from_millis(late)).await;
            let has = |name: &str| request.headers().contains_key(name);
            let response = Response::builder().status(match request.uri().path() {
                CONCEALED if has("range") => 416,
                CONCEALED if has("content-encoding") => 415,
                _ => 404,
            });
            let response = match request.uri().path() {
                CONCEALED if has("origin") => response.header("vary", "origin"),
                CONCEALED if has("cookie") => response.header("set-cookie", "a=c"),
                CONCEALED if has("accept") => response.header("etag", "\"7\""),
                _ => response,
            };
            response.body(Body::empty()).unwrap()
        }
    })
}

#[test]
fn the_report_does_not_depend_on_the_order_of_responses() {
    let report = |concurrency| {
        let report = run(&LeakProbe::of_service(leaking())
            .pair(CONCEALED, MISSING)
            .anonymous()
            .methods(["QUERY"])
            .budget(500)
            .concurrency(concurrency));
        report.leaks().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let one_by_one = report(1);
    assert_eq!(one_by_one.len(), 5, "{one_by_one:#?}");
    assert_eq!(report(32), one_by_one);
}

#[test]
#[ignore = "prints how long a run takes, in a few minutes"]
fn how_long_a_run_takes() {
    println!("in memory: {}", run(&probe(honest()).repetitions(50)));
    let slow = |concurrency: Option<usize>| {
        let probe = LeakProbe::of_service(behind_a_floor())
            .pair(CONCEALED, MISSING)
            .pair("/vault/where", MISSING)
            .anonymous()
            .unauthorized("bob", BOB);
        let probe = concurrency.into_iter().fold(probe, LeakProbe::concurrency);
        println!("behind {FLOOR:?}, {concurrency:?} at a time: {}", run(&probe));
    };
    slow(None);
    slow(Some(8));
}
