//! Two listeners: one for clients, one for operators.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::observed::{Observed, program};
use crate::support::{get, run, send};

/// The counters, once they have counted so much under these words.
#[track_caller]
fn counters(example: &Observed, of: &str) -> String {
    let began = Instant::now();
    loop {
        let text = get(example.metrics, "/metrics", &[]).text().to_owned();
        let counted = |line: &str| line.contains(of) && !line.ends_with(" 0");
        if text.lines().any(counted) {
            return text;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "no {of}: {text}");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn nothing_that_a_client_sends_is_on_the_listener_for_metrics() {
    let example = Observed::start("none");
    let marks = ["Marker1", "/marker2", "marker3.example", "marker4"];
    send(
        example.address,
        "MARKER5",
        "/marker2?marker4=marker4",
        &["authorization: Marker1 marker4"],
    );
    send(
        example.address,
        "GET",
        "/documents",
        &["authorization: Bearer marker4.key1", "x-tenant: marker4", "user-agent: marker4"],
    );
    let connection = b"GET /documents HTTP/1.1\r\nhost: marker3.example\r\n\r\n";
    crate::support::Connection::open(example.address).send(connection);
    let text = counters(&example, "cause=\"invalid\"");
    for mark in marks {
        assert!(!text.to_lowercase().contains(&mark.to_lowercase()), "{mark}: {text}");
    }
    assert!(!text.to_lowercase().contains("marker"), "{text}");
    // Nor what the example's own clients send.
    for sent in ["alice", "nightly", "key1", "acme", "favicon", "127.0.0.1"] {
        assert!(!text.contains(sent), "{sent}: {text}");
    }
}

#[test]
fn the_listener_for_metrics_serves_nothing_else() {
    let example = Observed::start("none");
    for path in ["/", "/documents", "/search", "/reports", "/metrics/", "/metrics/x", "//metrics"] {
        let login = "authorization: Bearer alice.key1";
        assert_eq!(get(example.metrics, path, &[login]).status, 404, "{path}");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        assert_eq!(send(example.metrics, method, "/metrics", &[]).status, 405, "{method}");
    }
    assert!(example.metrics.ip().is_loopback());
}

#[test]
fn the_listener_for_routes_has_no_metrics() {
    let example = Observed::start("none");
    let login = "authorization: Bearer alice.key1";
    for path in ["/metrics", "/metrics/", "/documents/metrics"] {
        let anonymous = get(example.address, path, &[]);
        assert_eq!(anonymous.status, 401, "{path}: {anonymous:#?}");
        let known = get(example.address, path, &[login]);
        assert!([400, 404].contains(&known.status), "{path}: {known:#?}");
        assert!(!known.everything().contains("portcullis_"), "{known:#?}");
    }
}

#[test]
fn an_unknown_incident_is_answered_with_those_that_there_are() {
    let ran = run(Command::new(program()).arg("flood").stdin(Stdio::null()));
    assert_ne!(ran.code, 0);
    for incident in ["rotation", "stripped-header", "none"] {
        assert!(ran.err.contains(incident), "{ran:#?}");
    }
}

#[test]
fn it_ends_with_its_input() {
    let ran =
        run(Command::new(program()).env("PORT", "0").env("METRICS_PORT", "0").stdin(Stdio::null()));
    assert_eq!(ran.code, 0, "{ran:#?}");
}
