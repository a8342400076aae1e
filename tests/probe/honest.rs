//! An honest service, in memory and behind a socket.

use crate::app::{honest, probe, run};

#[test]
fn an_honest_service_is_silent() {
    let report = run(&probe(honest()));
    println!("{report}");
    report.assert_silent();
    assert_eq!(report.unsettled(), 0);
    assert_eq!(report.requests(), 4 * report.shapes(), "nothing had to be repeated");
}
