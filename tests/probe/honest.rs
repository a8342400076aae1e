//! A service without leaks, in memory and behind a socket.

use axum::Router;
use axum::http::StatusCode;
use portcullis::testing::LeakProbe;

use crate::app::{BOB, CONCEALED, MISSING, Place, honest, planted, probe, run};
use crate::plants::PLANTS;
use crate::support::Server;

/// How often a loaded machine may pause for longer than a body is held back.
pub const STALLS: usize = 3;

#[test]
fn a_service_without_leaks_passes() {
    let report = run(&probe(honest()).anonymous());
    println!("{report}");
    report.assert_no_leaks();
    // Few variants were repeated: only those during which the machine paused for too long.
    assert!(report.unsettled() <= STALLS, "{report}");
    let repeated = report.requests() - 4 * report.variants();
    assert!(repeated <= STALLS * 22, "{report}");
}

/// The service reads every body, and so sends `100 Continue` where the client waits for it; on two
/// threads, client and server race.
#[test]
fn a_service_without_leaks_that_reads_bodies_on_two_threads_passes() {
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

/// A socket has races that memory does not have: how much of a body the server has read, and whether a
/// reset overtakes a response.
#[test]
fn a_service_without_leaks_passes_behind_a_socket() {
    let server = Server::start(honest());
    let probe = LeakProbe::of_address(server.address).pair(CONCEALED, MISSING);
    let report = run(&probe.unauthorized("bob", BOB));
    println!("{report}");
    report.assert_no_leaks();
}

#[test]
fn a_leak_is_found_behind_a_socket() {
    let plant = PLANTS.iter().find(|plant| plant.name == "an `ETag`").expect("such a plant");
    let server = Server::start(planted(plant, Place::OnConcealed));
    let probe = LeakProbe::of_address(server.address).pair(CONCEALED, MISSING);
    let report = run(&probe.anonymous().methods(["PATCH"]));
    let text = "`PATCH /vault/notes`: `etag` present on concealed";
    assert!(report.leaks()[0].sentence().starts_with(text), "{report}");
}
