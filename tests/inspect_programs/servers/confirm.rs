//! Inspects a server, and compares what is found with its table.

use std::fmt::Write;
use std::net::SocketAddr;

use portcullis::testing::InspectionReport;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::case::{Ask, Case, Found, found};
use crate::support::{Connection, Server};

/// Fails unless each inspection has the findings of its case, and no other, and the bytes of each of them show
/// that it is true.
#[track_caller]
pub fn all(server: &str, address: SocketAddr, cases: &[Case]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let mut wrong = String::new();
    for case in cases {
        let report = runtime.block_on(case.inspection(address).run());
        let report = report.unwrap_or_else(|error| panic!("{server}, {}: {error}", case.how));
        compare(address, case, &report, &mut wrong);
        for found in &case.findings {
            confirm(address, case, found, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{server}{wrong}");
}

fn compare(address: SocketAddr, case: &Case, report: &InspectionReport, wrong: &mut String) {
    let findings = report.findings().iter();
    let mut are: Vec<_> = findings
        .map(|found| format!("{} {}", found.finding().severity(), found.finding().id()))
        .collect();
    let mut expected: Vec<_> = case.findings.iter().map(|found| found.finding.to_owned()).collect();
    are.sort_unstable();
    expected.sort_unstable();
    if are == expected && report.unanswered().is_empty() {
        return;
    }
    let _ = write!(wrong, "\n\n==== {} ({}) ====\nexpected {expected:#?}", case.how, case.target);
    let _ = write!(wrong, "\nfound {are:#?}\n\n{report}");
    let request = case.request(Ask::Anonymous);
    let anonymous = Connection::open(address).send(request.as_bytes());
    let _ = write!(wrong, "\nwithout credentials:\n{}", anonymous.everything());
}

fn confirm(address: SocketAddr, case: &Case, found: &Found, wrong: &mut String) {
    let Found { finding, ask, status, has, lacks, because } = found;
    assert!(because.len() > 20, "{}: say why {finding} is true", case.how);
    let request = case.request(*ask);
    let answer = Connection::open(address).send(request.as_bytes());
    let text = format!("\n{}", answer.everything().to_lowercase());
    let is_so = answer.status == *status
        && has.iter().all(|bytes| text.contains(bytes))
        && !lacks.iter().any(|bytes| text.contains(bytes));
    if !is_so {
        let _ = write!(
            wrong,
            "\n\n==== {} ({}) ====\n{finding} is not confirmed: {because}\n{ask:?} must get {status} with {has:?} \
             and without {lacks:?}:\n{request}{}",
            case.how,
            case.target,
            answer.everything(),
        );
    }
}

#[test]
fn what_the_bytes_do_not_show_is_not_confirmed() {
    let server = Server::running(|listener: TcpListener| async move {
        loop {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let _ = stream.read(&mut [0; 1024]).await;
            let refusal =
                b"HTTP/1.1 401 No\r\nServer: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno";
            let _ = stream.write_all(refusal).await;
        }
    });
    let case = Case::new("a 401 without a challenge", "/reports");
    let found = |status| found("error challenge-missing", Ask::Anonymous, status);
    let is_confirmed = |found: Found| {
        let mut wrong = String::new();
        confirm(server.address, &case, &found.because("true, as the bytes show"), &mut wrong);
        assert_eq!(wrong.is_empty(), !wrong.contains("is not confirmed: true, as"), "{wrong}");
        wrong.is_empty()
    };
    assert!(is_confirmed(found(401).has("\nserver: a\n").has("\nno").lacks("\nwww-authenticate:")));
    assert!(!is_confirmed(found(403)));
    assert!(!is_confirmed(found(401).has("\nserver: a\n").has("\nwww-authenticate:")));
    assert!(!is_confirmed(found(401).lacks("\nwww-authenticate:").lacks("\nserver:")));
}
