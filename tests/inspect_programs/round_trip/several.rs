//! Applications with a fault between their responses, and inspections of them.

use portcullis::inspect::Check;
use portcullis::testing::{Inspection, InspectionReport, basic, bearer};

use super::simulator::several::{self, EXPIRED, PERMITTED, REFUSED};
use super::simulator::{Fault, Shows};
use crate::support::Example;

/// As the callers of the applications, who log in by password and by token.
fn as_callers(inspection: Inspection, target: &str) -> Inspection {
    inspection
        .target(target)
        .permitted("alice", basic(PERMITTED.0, PERMITTED.1))
        .permitted("alice-token", bearer("alice-token"))
        .refused("bob", basic(REFUSED.0, REFUSED.1))
        .expired(bearer(EXPIRED))
        .crawler()
}

fn ids(report: &InspectionReport) -> Vec<&'static str> {
    assert!(report.requests() > 10, "{report}");
    report.findings().iter().map(|finding| finding.finding().id()).collect()
}

/// What an inspection of the application with this fault finds, at the root of a server.
async fn found(fault: Option<&Fault>) -> Vec<&'static str> {
    let app = several::app(fault).expect("an application");
    let inspection = as_callers(Inspection::of_service(app), "/reports");
    ids(&inspection.run().await.expect("an inspection"))
}

#[tokio::test]
async fn each_fault_between_exchanges_is_found_and_no_other() {
    let mut wrong = Vec::new();
    for check in Check::all().filter(|check| !check.needs_one_exchange()) {
        let fault = Fault::find(check.number()).expect("a fault for each check");
        assert!(matches!(fault.shows, Shows::BetweenSeveral), "{}", fault.name());
        let found = found(Some(fault)).await;
        if found != [check.id()] {
            wrong.push(format!("{}: {found:?}", fault.name()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn nothing_is_found_between_right_exchanges() {
    assert_eq!(found(None).await, [""; 0]);
}

/// All but that of `/robots.txt`, which is the lab's own.
#[tokio::test]
async fn the_lab_has_an_address_for_each() {
    let lab = Example::start("lab");
    let checks = Check::all().filter(|check| !check.needs_one_exchange());
    for id in checks.map(Check::id).filter(|id| *id != "crawler-robots-refused").chain(["nothing"])
    {
        let target = format!("/wrong/{id}/reports");
        let inspection = as_callers(Inspection::of_address(lab.address), &target);
        let report = inspection.run().await.expect("an inspection");
        let expected = Some(id).filter(|id| *id != "nothing");
        assert_eq!(ids(&report), expected.into_iter().collect::<Vec<_>>(), "{report}");
    }
}
