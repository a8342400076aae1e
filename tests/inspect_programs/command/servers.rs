//! Servers over http: what is found, the exit statuses, redirects, and servers that do not behave.

use super::ran::{Ran, run};
use super::server::{honest, response, start, url};

const SECRETS: &[(&str, &str)] =
    &[("PORTCULLIS_PASSWORD_ALICE", "wonderland"), ("PORTCULLIS_PASSWORD_BOB", "builder")];

fn inspect(url: &str, arguments: &[&str]) -> Ran {
    run(&[&["inspect", url], arguments].concat(), SECRETS, b"")
}

#[test]
fn a_server_that_refuses_right() {
    let server = start(honest);
    let ran = inspect(&url(&server), &["--as", "alice:-", "--but-not", "bob:-"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(ran.out.contains("no errors, no warnings, no advice in "), "{ran:?}");
}

#[test]
fn a_401_without_a_challenge_in_text_and_in_json() {
    let server = start(|_| response("401 Unauthorized", "", "no"));
    let ran = inspect(&url(&server), &[]);
    assert_eq!(ran.status, 1, "{ran:?}");
    assert!(ran.out.starts_with("error   challenge-missing"), "{ran:?}");
    assert!(ran.out.contains("GET /reports without credentials → 401"), "{ran:?}");
    assert!(ran.out.contains("RFC 9110 §15.5.2"), "{ran:?}");
    assert!(!ran.out.contains('\x1b'), "{ran:?}");

    let ran = inspect(&url(&server), &["--json"]);
    assert_eq!(ran.status, 1, "{ran:?}");
    let json = ran.json();
    assert_eq!((&json["format"], &json["inspected"]), (&1.into(), &url(&server).into()));
    assert!(ran.ids().contains(&"challenge-missing".to_owned()), "{ran:?}");
    let first = &json["findings"][0]["requests"][0];
    assert_eq!(
        (first["request"].as_str(), first["status"].as_u64()),
        (Some("GET /reports without credentials"), Some(401))
    );

    let ran = inspect(&url(&server), &["--json", "--allow", "I01", "--min-severity", "error"]);
    assert!(!ran.ids().contains(&"challenge-missing".to_owned()), "{ran:?}");
    assert_eq!(ran.json()["warnings"], 0);
}

#[test]
fn redirects_are_reported_and_not_followed() {
    // Without an end, if they were followed.
    let server = start(|_| response("302 Found", "Location: /reports?token=s3cret\r\n", ""));
    let ran = inspect(&url(&server), &[]);
    assert!(ran.out.contains("302 to /reports…"), "{ran:?}");
    let permitted = inspect(&url(&server), &["--as", "alice:-"]);
    assert_eq!(permitted.status, 2, "{permitted:?}");
    assert!(permitted.err.contains("302 to /reports…"), "{permitted:?}");
    assert!(!format!("{ran:?}{permitted:?}").contains("s3cret"));
}

#[test]
fn servers_that_cannot_be_inspected() {
    let server = start(|_| "SSH-2.0-OpenSSH_9.2\r\n\r\n".to_owned());
    let ran = inspect(&url(&server), &[]);
    assert_eq!((ran.status, &ran.out[..]), (2, ""), "{ran:?}");
    assert!(ran.err.contains("no HTTP/1 response"), "{ran:?}");
    let address = url(&server);
    drop(server);
    let ran = inspect(&address, &[]);
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(ran.err.contains("nothing listens at 127.0.0.1:"), "{ran:?}");
}

#[test]
fn a_method_without_a_response_can_be_allowed() {
    let server = start(|head| match head.starts_with("PROPFIND ") {
        true => String::new(),
        false => honest(head),
    });
    let ran = inspect(&url(&server), &["--json"]);
    assert_eq!((ran.status, &ran.json()["warnings"]), (1, &0.into()), "{ran:?}");
    assert_eq!(ran.json()["unanswered"][0]["request"], "PROPFIND /reports without credentials");
    let ran = inspect(&url(&server), &["--json", "--allow", "unanswered"]);
    assert_eq!((ran.status, &ran.json()["unanswered"]), (0, &serde_json::json!([])), "{ran:?}");
}

#[test]
fn a_server_that_hangs() {
    // Connections are accepted by the system, and never by a program.
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let ran = inspect(&format!("http://{}/", listener.local_addr().unwrap()), &[]);
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(ran.err.contains("nothing came within 10 seconds"), "{ran:?}");
}

#[test]
fn wrong_arguments() {
    for arguments in [
        &["inspect"][..],
        &["inspect", "api.example"],
        &["inspect", "http://127.0.0.1:1/", "--allow", "I99"],
        &["inspect", "http://127.0.0.1:1/", "--ca-file", "a.pem"],
        &["inspect", "-", "--crawler"],
        &["inspect", "http://127.0.0.1:1/", "--origin", "app.example"],
        &["explain", "I99"],
    ] {
        let ran = run(arguments, &[], b"");
        assert_eq!((ran.status, &ran.out[..]), (2, ""), "{arguments:?}: {ran:?}");
        assert!(ran.err.starts_with("portcullis: "), "{ran:?}");
    }
}

#[test]
fn a_file_is_no_url() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let ran = run(&["inspect", file], &[], b"");
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(ran.err.contains("`portcullis inspect - < FILE`"), "{ran:?}");
}

#[test]
fn checks_are_explained() {
    let list = run(&["explain"], &[], b"");
    assert!(list.status == 0 && list.out.contains("I01  challenge-missing "), "{list:?}");
    let page = run(&["explain", "I01"], &[], b"");
    assert!(page.status == 0 && page.out.starts_with("I01 challenge-missing: "), "{page:?}");
}
