//! An honest service, in memory and behind a socket.

use axum::Router;
use axum::http::StatusCode;
use portcullis::testing::LeakProbe;

use crate::app::{BOB, CONCEALED, MISSING, Where, honest, planted, probe, run};
use crate::plants::PLANTS;
use crate::support::Server;

/// How often a loaded machine may stand still for longer than a body is held back.
pub const STALLS: usize = 3;

#[test]
fn an_honest_service_is_silent() {
    let report = run(&probe(honest()).anonymous());
    println!("{report}");
    report.assert_no_leaks();
    // Hardly anything had to be repeated: what the machine stalled on for too long.
    assert!(report.unsettled() <= STALLS, "{report}");
    let repeated = report.requests() - 4 * report.variants();
    assert!(repeated <= STALLS * 22, "{report}");
}

/// Reads every body, and so asks for those that wait to be asked for; on two threads, client and
/// server race.
#[test]
fn an_honest_service_that_reads_bodies_on_two_threads_is_silent() {
    let reading = |body: axum::body::Bytes| async move {
        (StatusCode::NOT_FOUND, format!("{} bytes of nothing", body.len()))
    };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let app = Router::new().fallback(reading);
    let probe = LeakProbe::of_service(app).pair(CONCEALED, MISSING).anonymous();
    let probe = probe.methods(["GET", "POST"]);
    let runtime = runtime.expect("a runtime");
    let running = runtime.spawn(async move { probe.run().await });
    let report = runtime.block_on(running).expect("no panic").expect("a report");
    println!("{report}");
    report.assert_no_leaks();
}

/// Behind a socket there are races in memory there are not: what the server has read of a body, and
/// whether a reset overtakes an answer.
#[test]
fn an_honest_service_is_silent_behind_a_socket() {
    let server = Server::start(honest());
    let probe = LeakProbe::of_address(server.address).pair(CONCEALED, MISSING);
    let report = run(&probe.unauthorized("bob", BOB));
    println!("{report}");
    report.assert_no_leaks();
}

#[test]
fn a_leak_is_found_behind_a_socket() {
    let plant = PLANTS.iter().find(|plant| plant.name == "an `ETag`").expect("such a plant");
    let server = Server::start(planted(plant, Where::OnConcealed));
    let probe = LeakProbe::of_address(server.address).pair(CONCEALED, MISSING);
    let report = run(&probe.anonymous().methods(["PATCH"]));
    let text = "`PATCH /vault/notes`: `etag` present on concealed";
    assert!(report.leaks()[0].sentence().starts_with(text), "{report}");
}
