//! How many requests are on their way at a time.

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

/// Who has nothing to give, after a while.
fn behind_a_floor() -> Router {
    let curtain = ConcealLayer::everywhere().time_floor(FLOOR).unwrap();
    Router::new().fallback(|| async { Denial::not_found() }).layer(curtain)
}

/// Nothing for anybody, after five milliseconds; and nothing at all for whoever comes when this
/// many are waiting.
#[derive(Clone)]
struct Crowded {
    room: usize,
    inside: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl Crowded {
    fn with_room_for(room: usize) -> Self {
        Self { room, inside: Arc::default(), most: Arc::default() }
    }

    fn probe(&self) -> LeakProbe {
        let this = self.clone();
        let app = Router::new().fallback(move || {
            let this = this.clone();
            async move {
                let inside = this.inside.fetch_add(1, Ordering::Relaxed) + 1;
                this.most.fetch_max(inside, Ordering::Relaxed);
                let left = Left(this.inside);
                if inside > this.room {
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

/// Counts who leaves, be it that nobody waits for the answer any more.
struct Left(Arc<AtomicUsize>);

impl Drop for Left {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[test]
fn a_service_with_a_floor_in_time_is_asked_side_by_side() {
    let probe = LeakProbe::of_service(behind_a_floor()).pair(CONCEALED, MISSING).anonymous();
    let report = run(&probe.methods(["TRACE"]));
    println!("{report}");
    report.assert_no_leaks();
    // A request and the one behind it wait for the floor each.
    let one_by_one = 2 * FLOOR * u32::try_from(report.requests()).unwrap();
    assert!(report.elapsed() < one_by_one / 4, "{one_by_one:?}: {report}");
}

#[test]
fn one_at_a_time_is_one_at_a_time() {
    let crowded = Crowded::with_room_for(usize::MAX);
    run(&crowded.probe().concurrency(1)).assert_no_leaks();
    assert_eq!(crowded.most.load(Ordering::Relaxed), 1);
    run(&crowded.probe().concurrency(8)).assert_no_leaks();
    assert_eq!(crowded.most.load(Ordering::Relaxed), 8);
}

#[test]
fn no_more_are_asked_at_a_time_than_there_is_room_for() {
    let crowded = Crowded::with_room_for(6);
    let report = run(&crowded.probe());
    report.assert_no_leaks();
    assert_eq!(report.unsettled(), 0, "nobody was turned away in the run");
    assert_eq!(report.requests(), 2 * report.variants());
    assert!(crowded.most.load(Ordering::Relaxed) > 6, "it was tried before");
}

/// Leaks in several ways; and of four requests, the last is answered first.
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
fn the_report_does_not_depend_on_which_answer_comes_first() {
    let text = |concurrency| {
        let report = run(&LeakProbe::of_service(leaking())
            .pair(CONCEALED, MISSING)
            .anonymous()
            .methods(["QUERY"])
            .budget(500)
            .concurrency(concurrency));
        report.leaks().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let one_by_one = text(1);
    assert_eq!(one_by_one.len(), 5, "{one_by_one:#?}");
    assert_eq!(text(32), one_by_one);
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
