//! `httplint` judges one refusal of each kind that this crate sends. What it says and what is wrong about it is in
//! a table; anything else fails.

use serde_json::{Value, json};

use super::programs;
use super::refusals::{REFUSALS, service};
use crate::support::{Connection, Scratch, Server, Tool, request, run};

/// Notes of httplint, and why they ask for no change. All are of the level `INFO`; `GOOD` is praise.
const REFUTED: [(&str, &str); 6] = [
    ("STORE_NO_STORE", "meant: no refusal is to be used for another caller (RFC 9111 §5.2.2.5)"),
    ("STATUS_FORBIDDEN", "says what a 403 is (RFC 9110 §15.5.4)"),
    ("STATUS_NOT_FOUND", "says what a 404 is (RFC 9110 §15.5.5)"),
    ("STATUS_TOO_MANY_REQUESTS", "says what a 429 is (RFC 6585 §4)"),
    ("STATUS_SERVICE_UNAVAILABLE", "says what a 503 is (RFC 9110 §15.6.4)"),
    ("LOCATION_NOT_ABSOLUTE", "a relative reference is allowed (RFC 9110 §10.2.2)"),
];

#[test]
fn httplint_finds_nothing_in_refusals_that_is_not_refuted() {
    let Some(python) = Tool::find("python/bin/python") else { return };
    let server = Server::start(service());
    let exchanges: Vec<Value> = REFUSALS
        .iter()
        .map(|&(name, target, line, status)| {
            let sent = request("GET", target, &[line.as_bytes()]);
            let answer = Connection::open(server.address).send(&sent);
            assert_eq!(answer.status, status, "{name}: {answer:#?}");
            let (field, value) = line.split_once(": ").expect("a header");
            json!({
                "name": name,
                "method": "GET",
                "target": target,
                "sent": [["host", "localhost"], [field, value]],
                "status": status,
                "received": answer.fields,
                "body": answer.text(),
            })
        })
        .collect();
    let files = Scratch::new();
    let file = files.write("exchanges.json", Value::from(exchanges).to_string());
    let ran = run(python.command(&files).arg(programs::path("judge.py")).arg(file));
    assert_eq!(ran.code, 0, "{ran:#?}");
    let notes: Vec<[String; 4]> = serde_json::from_str(&ran.out).expect("an array of notes");
    // It has read them: it praises each for its length or its syntax.
    for (name, ..) in REFUSALS {
        assert!(notes.iter().any(|[of, level, ..]| of == name && level == "GOOD"), "{name}");
    }
    let judged = notes.iter().filter(|[_, level, ..]| level != "GOOD");
    let (refuted, open): (Vec<_>, Vec<_>) =
        judged.partition(|[.., note, _]| REFUTED.iter().any(|(refuted, _)| refuted == note));
    assert!(open.is_empty(), "{open:#?}");
    for (note, _) in REFUTED {
        let is_said = refuted.iter().any(|[.., said, _]| said == note);
        assert!(is_said, "httplint does not say {note} any more: remove it from the table");
    }
}
