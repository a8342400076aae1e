//! I28: problem details that contradict the response.

use http::{Request, Response};
use portcullis::inspect::Exchange;

use super::wire::{bytes_seen, seen};

const ID: &str = "problem-mismatch";

fn problem(head: &str, body: &str) -> String {
    format!("403\ncontent-type: Application/Problem+JSON; charset=utf-8{head}\n\n{body}")
}

#[test]
fn i28_what_is_no_object_is_found() {
    for (body, place) in [
        ("Forbidden", "F"),
        ("<html>", "<"),
        ("[]", "[]"),
        ("\"Forbidden\"", "\"Forbidden\""),
        ("null", "null"),
        ("{\"status\":403,}", "}"),
        ("{'status':403}", "'"),
        ("{\"status\":403} x", "x"),
        ("{\"detail\":\"a\u{1}é\"}", "\u{1}"),
        ("{\"a\":é}", "é"),
    ] {
        assert_eq!(
            seen(ID, "GET /", &problem("", body)),
            format!("error body `{place}`"),
            "{body}"
        );
    }
    assert_eq!(seen(ID, "GET /", &problem("\ncontent-length: 0", "")), "error body ``");
    // All of it is here, and it is not complete.
    assert_eq!(
        seen(ID, "GET /", &problem("\ncontent-length: 13", "{\"status\":403")),
        "error body ``"
    );
}

#[test]
fn i28_another_status_is_found() {
    for status in ["401", "500", "403.5", "\"403\"", "true", "[403]"] {
        let body = format!("{{\"title\":\"x\", \"status\": {status}}}");
        let expected = format!("error body `\"status\": {status}`");
        assert_eq!(seen(ID, "GET /", &problem("", &body)), expected);
    }
    assert_eq!(
        seen(ID, "GET /", &problem("", r#"{"detail":["a"],"title":4,"type":"x"}"#)),
        "warning body `\"detail\":[\"a\"]`; warning body `\"title\":4`"
    );
}

#[test]
fn i28_right_problems_are_right() {
    for body in [
        "{}",
        r#"{"type":"about:blank","title":"Forbidden","status":403,"detail":"no"}"#,
        r#"{"status":403.0}"#,
        r#"{"status":4.03e2}"#,
        r#"{"title":"no status","balance":{"status":500},"a":[{"status":1}]}"#,
        // Absent, for a client.
        r#"{"status":null,"detail":null,"instance":null}"#,
        " \n{ \"\\u0073tatus\" : 403 }\n",
        "{\"detail\":\"\\ud83d\"}",
    ] {
        assert_eq!(seen(ID, "GET /", &problem("", body)), "", "{body}");
    }
}

#[test]
fn i28_nothing_is_found_where_the_body_is_not_known() {
    // The rest was not read, or the body was not read at all.
    assert_eq!(seen(ID, "GET /", &problem("\ncontent-length: 99", "{\"status\":500")), "");
    assert_eq!(seen(ID, "GET /", &problem("", "{\"detail\":\"abc")), "");
    assert_eq!(seen(ID, "GET /", &problem("", "")), "");
    assert_eq!(seen(ID, "HEAD /", &problem("\ncontent-length: 0", "")), "");
    let head = "403\ncontent-type: application/problem+json";
    assert_eq!(bytes_seen(ID, "GET /", head, b"{\"detail\":\"\xe9\"}"), "");
    let coded = format!("{head}\ncontent-encoding: br");
    assert_eq!(bytes_seen(ID, "GET /", &coded, b"\x0b\x02\x80{}\x03"), "");
    assert_eq!(bytes_seen(ID, "GET /", &coded, b"{\"status\":500}"), "error body `\"status\":500`");
    // Another media type.
    assert_eq!(seen(ID, "GET /", "403\ncontent-type: application/json\n\n{\"status\":500}"), "");
    assert_eq!(seen(ID, "GET /", "403\ncontent-type: application/problem+xml\n\n<x>"), "");
}

#[test]
fn i28_half_of_a_document_is_none() {
    let request = Request::get("/").body(()).unwrap();
    let response =
        Response::builder().status(403).header("content-type", "application/problem+json");
    let response = response.body(()).unwrap();
    let is_found = |is_partial: bool| {
        let exchange =
            Exchange::new(&request, &response, b"{\"status\":500} {").partial(is_partial);
        exchange.findings().iter().any(|finding| finding.id() == ID)
    };
    assert!(is_found(false));
    assert!(!is_found(true));
}
