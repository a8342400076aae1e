//! What a permitted caller gets: D01, D12.

use super::{ALICE, alice};
use crate::support::{Example, send};

#[test]
fn d12_a_permitted_caller_gets_what_there_is() {
    let example = Example::start("vault");
    let note = r#"{"text":"Nor of this."}"#;
    let cases = [
        ("GET", "/vault/notes", "", 200),
        ("HEAD", "/vault/notes", "", 200),
        ("POST", "/vault/notes", note, 201),
        ("GET", "/vault/notes/2", "", 200),
        ("PUT", "/vault/notes/2", note, 204),
        ("DELETE", "/vault/notes/2", "", 204),
        ("GET", "/vault/notes/2", "", 404),
        ("PUT", "/vault/notes/2", note, 404),
        ("GET", "/vault/nothing", "", 404),
        ("GET", "/vault", "", 404),
        ("POST", "/vault/notes", "{]}", 400),
        ("POST", "/vault/notes", "{}", 422),
        ("GET", "/vault/notes/x", "", 400),
        ("PATCH", "/vault/notes", "", 405),
        ("OPTIONS", "/vault/notes/1", "", 405),
        ("GET", "/vault/archive/2020", "", 200),
        ("GET", "/vault/archive/year", "", 400),
        ("GET", "/vault/logo.svg", "", 200),
        ("GET", "/repos/alice/wonder", "", 200),
        ("GET", "/repos/alice/wonder/issues/1", "", 200),
        ("GET", "/repos/alice/wonder/issues/9", "", 404),
        ("DELETE", "/repos/alice/wonder", "", 405),
        ("GET", "/repos/alice/nothing", "", 404),
        // She may not see these.
        ("GET", "/repos/bob/castle", "", 404),
        ("DELETE", "/repos/bob/castle", "", 404),
    ];
    for (method, path, body, status) in cases {
        let answer = alice(&example, method, path, body);
        assert_eq!(answer.status, status, "{method} {path} {body}: {answer:#?}");
    }
    let allowed = alice(&example, "PATCH", "/vault/notes", "").members("allow");
    assert_eq!(allowed, ["get", "head", "post"]);
    let created = alice(&example, "POST", "/vault/notes", note);
    assert_eq!(created.field("location"), Some("/vault/notes/2"));
    assert_eq!(alice(&example, "GET", "/vault/notes/2", "").json()["text"], "Nor of this.");
}

#[test]
fn d01_a_missing_resource_is_the_same_404_for_a_permitted_caller() {
    let example = Example::start("vault");
    let refused = send(example.address, "GET", "/vault/notes", &[]).undated();
    for path in ["/vault/notes/99", "/vault/nothing", "/nothing", "/repos/alice/nothing"] {
        assert_eq!(send(example.address, "GET", path, &[ALICE]).undated(), refused, "{path}");
    }
}

#[test]
fn d12_conditional_and_partial_responses_pass_for_a_permitted_caller() {
    let example = Example::start("vault");
    let logo = send(example.address, "GET", "/vault/logo.svg", &[ALICE]);
    let since = format!("if-modified-since: {}", logo.field("last-modified").expect("a date"));
    let cases = [(&*since, 304), ("range: bytes=0-3", 206), ("range: bytes=99999-", 416)];
    for (header, status) in cases {
        let answer = send(example.address, "GET", "/vault/logo.svg", &[ALICE, header]);
        assert_eq!(answer.status, status, "{header}");
        assert_eq!(send(example.address, "GET", "/vault/logo.svg", &[header]).status, 404);
    }
}
