//! Servers that do not behave: a clear result, no panic, and no waiting without an end.

use portcullis::testing::{InspectionError, InspectionReport};

use super::raw::RawServer;

/// Why the first request has no response.
async fn failure(server: RawServer) -> String {
    match server.inspect().await {
        Err(InspectionError::NoResponse { request, why }) => {
            assert_eq!(request, "GET /reports without credentials");
            why
        }
        other => panic!("{other:?}"),
    }
}

async fn report(server: RawServer) -> InspectionReport {
    server.inspect().await.expect("a report")
}

fn finds(report: &InspectionReport, id: &str) -> bool {
    report.findings().iter().any(|found| found.finding().id() == id)
}

#[tokio::test]
async fn what_is_no_http_is_malformed() {
    let malformed = "malformed: the bytes that came are no HTTP/1 response";
    assert_eq!(failure(RawServer::sending("SSH-2.0-OpenSSH_9.6\r\n").await).await, malformed);
    // It need not close the connection.
    let ssh = RawServer::sending_and_waiting("SSH-2.0-OpenSSH_9.6\r\n").await;
    assert_eq!(failure(ssh).await, malformed);
    let tls = RawServer::sending(b"\x15\x03\x01\x00\x02\x02\x46".to_vec()).await;
    assert_eq!(failure(tls).await, malformed);
    let no_status = RawServer::sending("HTTP/1.1 4x1 What\r\n\r\n").await;
    assert_eq!(failure(no_status).await, malformed);
}

#[tokio::test]
async fn a_server_that_says_nothing_is_no_server() {
    assert_eq!(failure(RawServer::sending("").await).await, "the server closed the connection");
    let within = RawServer::sending("HTTP/1.1 401 Unauthor").await;
    let why = failure(within).await;
    assert_eq!(why, "the server closed the connection within the head of the response");
}

#[tokio::test]
async fn what_http_cannot_represent_is_malformed() {
    let status = RawServer::sending("HTTP/1.1 099 What\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(failure(status).await, "malformed: 099 is no status");
    let name = "x".repeat(70_000);
    let head = format!("HTTP/1.1 401 Unauthorized\r\n{name}: 1\r\ncontent-length: 0\r\n\r\n");
    let why = failure(RawServer::sending(head).await).await;
    assert_eq!(why, format!("malformed: {:?} is no name of a header", "x".repeat(40)));
}

#[tokio::test]
async fn a_large_head_is_judged() {
    let large = "x".repeat(1_000_000);
    let head =
        format!("HTTP/1.1 401 Unauthorized\r\nx-large: {large}\r\ncontent-length: 0\r\n\r\n");
    let report = report(RawServer::sending(head).await).await;
    assert!(finds(&report, "challenge-missing"), "{report}");
    assert!(report.unanswered().is_empty(), "{report}");
}

#[tokio::test]
async fn many_headers_are_judged() {
    let lines: String = (0..10_000).map(|number| format!("x-{number}: {number}\r\n")).collect();
    let head = format!("HTTP/1.1 401 Unauthorized\r\n{lines}content-length: 0\r\n\r\n");
    let report = report(RawServer::sending(head).await).await;
    assert!(finds(&report, "challenge-missing"), "{report}");
    assert!(report.unanswered().is_empty(), "{report}");
}

#[tokio::test]
async fn a_head_has_an_end() {
    let head = "HTTP/1.1 401 Unauthorized\r\n";
    let too_large = "the head of the response has more than 2097152 bytes or 16384 headers";
    let headers = RawServer::sending_without_end(head, "x: 1\r\n").await;
    assert_eq!(failure(headers).await, too_large);
    let header = RawServer::sending_without_end(&format!("{head}x: "), "1").await;
    assert_eq!(failure(header).await, too_large);
    let interim = RawServer::sending_without_end("", "HTTP/1.1 103 Early Hints\r\n\r\n").await;
    assert_eq!(failure(interim).await, "only 1xx responses came, and no final one");
}

#[tokio::test]
async fn a_body_has_an_end_or_is_judged_as_far_as_it_was_read() {
    for framing in ["", "content-length: 99999999999\r\n"] {
        let head = format!("HTTP/1.1 401 Unauthorized\r\n{framing}\r\n");
        let report = report(RawServer::sending_without_end(&head, "and so on ").await).await;
        assert!(finds(&report, "challenge-missing"), "{report}");
        assert!(report.unanswered().is_empty(), "{report}");
    }
    let head = "HTTP/1.1 401 Unauthorized\r\ntransfer-encoding: chunked\r\n\r\n";
    for part in ["5\r\nand s\r\n", "5;extension", "0\r\nx: 1\r\n"] {
        let report = report(RawServer::sending_without_end(head, part).await).await;
        assert!(finds(&report, "challenge-missing"), "{report}");
        assert!(report.unanswered().is_empty(), "{report}");
    }
}

#[tokio::test]
async fn a_body_may_end_early_or_be_no_text() {
    for response in [
        &b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 100\r\n\r\n{\"sta"[..],
        b"HTTP/1.1 401 Unauthorized\r\ntransfer-encoding: chunked\r\n\r\nff\r\n{\"sta",
        b"HTTP/1.1 401 Unauthorized\r\ntransfer-encoding: chunked\r\n\r\nno chunk\r\n",
        b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 4\r\n\r\n\xff\xfe\x00\x80",
        b"HTTP/1.1 401 Unauthorized\r\ncontent-encoding: gzip\r\n\r\n\x1f\x8b\x08\x00",
        b"HTTP/1.0 401 Unauthorized\r\n\r\nno",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n",
    ] {
        let report = report(RawServer::sending(response).await).await;
        assert!(finds(&report, "challenge-missing"), "{report}");
        assert!(report.unanswered().is_empty(), "{report}");
    }
}

#[tokio::test]
async fn half_a_document_is_not_judged_as_a_document() {
    for body in
        ["content-length: 100\r\n\r\n{\"status\":40", "content-encoding: gzip\r\n\r\n\u{1f}no text"]
    {
        let head = "HTTP/1.1 403 Forbidden\r\ncontent-type: application/problem+json\r\n";
        let report = report(RawServer::sending(format!("{head}{body}")).await).await;
        assert!(!finds(&report, "problem-mismatch"), "{report}");
    }
}

#[tokio::test]
async fn an_upgrade_has_no_body() {
    let head = "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n";
    let report = report(RawServer::sending_and_waiting(head).await).await;
    assert!(report.unanswered().is_empty(), "{report}");
}

/// Such as a stream of events. The clock of the test goes on by itself while all tasks wait.
#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_judged_as_far_as_it_came() {
    let head = "HTTP/1.1 401 Unauthorized\r\ncontent-type: text/event-stream\r\n\r\ndata: 1\n\n";
    let begun = tokio::time::Instant::now();
    let report = report(RawServer::sending_and_waiting(head).await).await;
    assert!(finds(&report, "challenge-missing"), "{report}");
    assert!(report.unanswered().is_empty(), "{report}");
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}

/// The clock of the test goes on by itself while all tasks wait.
#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_is_not_waited_for_without_an_end() {
    let why = failure(RawServer::sending_and_waiting("").await).await;
    assert_eq!(why, "nothing came within 10 seconds");
    let why = failure(RawServer::sending_and_waiting("HTTP/1.1 401 Un").await).await;
    assert_eq!(why, "nothing came within 10 seconds");
}
