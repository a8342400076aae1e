//! Findings as JSON.

use portcullis::inspect::{Check, Finding};
use serde_json::json;

use super::wire::findings;

fn one(id: &str, request: &str, response: &str) -> serde_json::Value {
    let found = findings(request, response);
    found.iter().find(|finding| finding.id() == id).map(Finding::to_json).unwrap()
}

#[test]
fn i25_a_finding_has_these_members_in_json() {
    let found = one("wait-syntax", "GET /", "503\nretry-after: 5\nretry-after: 6");
    let check = Check::by_id("I25").unwrap();
    assert_eq!(
        found,
        json!({
            "id": "wait-syntax",
            "number": "I25",
            "severity": "error",
            "source": "RFC 9110 §10.2.3, §5.6.7",
            "rows": ["A18"],
            "place": { "kind": "header", "header": "retry-after", "line": 1, "start": 0, "end": 1 },
            "excerpt": "6",
            "detail": "there is more than one `Retry-After`",
            "remedy": check.remedy(),
        })
    );
}

#[test]
fn i22_each_kind_of_place_has_its_members() {
    let absent = one("wait-missing", "", "503");
    assert_eq!(absent["place"], json!({ "kind": "absent", "header": "retry-after" }));
    assert_eq!(absent["excerpt"], "");
    assert_eq!(absent["severity"], "advice");
    let status = one("fault-for-credentials", "GET /\nauthorization: Basic !", "500");
    assert_eq!(status["place"], json!({ "kind": "status" }));
    let body = one("soft-refusal", "", "200\ncontent-type: text/plain\n\n Forbidden\n");
    assert_eq!(body["place"], json!({ "kind": "body", "start": 1, "end": 10 }));
    assert_eq!(body["excerpt"], "Forbidden");
    assert_eq!(body["severity"], "warning");
}

#[test]
fn i34_every_check_of_the_table_is_written_in_full() {
    for check in Check::all() {
        assert!(!check.wrong().is_empty() && !check.wrong().ends_with('.'), "{check:?}");
        assert!(check.remedy().ends_with('.'), "{check:?}");
        assert!(!check.source().is_empty(), "{check:?}");
    }
    let numbers: Vec<_> = Check::all().map(Check::number).collect();
    assert!(numbers.is_sorted(), "{numbers:?}");
    for number in 20..=34 {
        let check = Check::by_id(&format!("I{number}")).unwrap();
        let lines = check.page().lines().count();
        assert!((5..=18).contains(&lines), "{check:?}: {lines} lines");
        assert!(check.page().lines().all(|line| line.len() <= 120), "{check:?}");
    }
}
