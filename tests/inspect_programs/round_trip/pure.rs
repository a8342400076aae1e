//! `simulate` and `inspect`, as functions.

use http::Request;
use portcullis::inspect::{Check, inspect};

use super::simulator::{FAULTS, Fault, STATUSES, Shows, Status, simulate};

/// Requests that a right response must suit: by a program, by navigation, by a script; without credentials,
/// with wrong ones, with malformed ones, with several.
const KINDS: &[&[(&str, &str)]] = &[
    &[],
    &[("user-agent", "curl/8.5.0"), ("accept", "*/*")],
    &[
        ("user-agent", "Mozilla/5.0"),
        ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        ("accept-language", "en"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
        ("upgrade-insecure-requests", "1"),
    ],
    &[
        ("user-agent", "Mozilla/5.0"),
        ("accept", "*/*"),
        ("accept-language", "en"),
        ("sec-fetch-mode", "cors"),
        ("sec-fetch-dest", "empty"),
        ("origin", "https://app.example"),
    ],
    &[("x-requested-with", "XMLHttpRequest"), ("accept", "application/json")],
];
const CREDENTIALS: &[&[(&str, &str)]] = &[
    &[],
    &[("authorization", "Bearer mF_9.B5f-4.1JqM")],
    &[("authorization", "Basic YWxpY2U6d29uZGVybGFuZA==")],
    &[("authorization", "Basic !!!!")],
    &[("authorization", "Bearer")],
    &[("authorization", "Digest username=\"alice\"")],
    &[("authorization", "Bearer one"), ("authorization", "Bearer two")],
    &[("proxy-authorization", "Basic YWxpY2U6d29uZGVybGFuZA==")],
    &[("proxy-authorization", "Bearer token"), ("authorization", "Bearer token")],
    &[("cookie", "session=0123456789abcdef")],
];

/// Whether no server can read these credentials. Several lines get a 400 of the stage, whatever the status that
/// is asked for.
fn is_unreadable(credentials: &[(&str, &str)]) -> bool {
    ["Basic !!!!", "Bearer"].iter().any(|it| credentials == [("authorization", *it)])
}

/// The ids of what is found in the exchange with a status.
fn found(request: &Request<()>, status: &Status, fault: Option<&Fault>) -> Vec<&'static str> {
    let response = simulate(request, status, fault);
    let body = response.body().clone();
    inspect(request, &response, &body).iter().map(|finding| finding.id()).collect()
}

fn request(method: &str, uri: &str, headers: &[(&str, &str)]) -> Request<()> {
    let request = Request::builder().method(method).uri(uri);
    let add = |request: http::request::Builder, (name, value): &(&str, &str)| {
        request.header(*name, *value)
    };
    headers.iter().fold(request, add).body(()).expect("a request")
}

/// The request to which the response is wrong.
pub fn request_for(fault: &Fault, method: &str) -> Request<()> {
    let host = fault.send().iter().find(|(name, _)| *name == "host");
    let host = host.map_or("127.0.0.1:3000", |(_, host)| host);
    request(method, &format!("http://{host}{}", fault.path()), fault.send())
}

#[test]
fn each_fault_is_found_and_no_other() {
    let mut wrong = Vec::new();
    for check in Check::all().filter(|check| check.needs_one_exchange()) {
        let fault = Fault::find(check.number()).expect("a fault for each check");
        let Shows::InOne { code, .. } = fault.shows else { panic!("{} needs one", check.id()) };
        let status = Status::find(code).expect("a status of the lab");
        let found = found(&request_for(fault, "GET"), status, Some(fault));
        if found != [check.id()] {
            wrong.push(format!("{}: {found:?}", fault.name()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn nothing_is_found_without_a_fault() {
    let mut wrong = Vec::new();
    for status in STATUSES {
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "FROB"] {
            for headers in KINDS {
                for credentials in CREDENTIALS {
                    let uri = format!("http://127.0.0.1:3000/status/{}", status.code);
                    let headers = [*headers, credentials].concat();
                    let request = request(method, &uri, &headers);
                    let found = found(&request, status, None);
                    // Whatever the cause of such a 500 is, it is what I22 finds.
                    let expected: &[&str] = match status.code == 500 && is_unreadable(credentials) {
                        true => &["fault-for-credentials"],
                        false => &[],
                    };
                    if found != expected {
                        wrong.push(format!("{method} {} {headers:?}: {found:?}", status.code));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of them: {:#?}", wrong.len(), &wrong[..wrong.len().min(20)]);
}

/// What is hidden in one place of the diagnosis is hidden in all of them.
#[test]
fn a_secret_of_the_request_is_in_no_part_of_the_diagnosis() {
    let key = "abcdef123456";
    let sent: &[(&str, &[(&str, &str)])] = &[
        ("", &[("x-api-key", key), ("user-agent", key)]),
        ("", &[("x-session-token", key), ("accept", "text/abcdef123456")]),
        ("", &[("x-auth-key", key), ("user-agent", "program/1 (%61bcdef123456)")]),
        ("", &[("x-auth-key", key), ("user-agent", "program/1 (&#97;bcdef123456)")]),
        ("", &[("private-token", "abc def 123456"), ("user-agent", "abc def 123456")]),
        ("", &[("cookie", "sid=abc%3Ddef123456"), ("if-none-match", "\"abc=def123456\"")]),
        ("", &[("cookie", "connect.sid=s%3Aabcdef123456.c2ln"), ("user-agent", key)]),
        // alice:pass1word2, without padding.
        ("", &[("authorization", "Basic YWxpY2U6cGFzczF3b3JkMg"), ("user-agent", "pass1word2")]),
        ("?access_token=abcdef123456", &[("user-agent", key)]),
        ("?access_token=abc%3Ddef123456", &[("user-agent", "abc=def123456")]),
    ];
    for (query, headers) in sent {
        for status in STATUSES {
            let uri = format!("http://127.0.0.1:3000/status/{}{query}", status.code);
            let request = request("GET", &uri, headers);
            let body = simulate(&request, status, None).into_body();
            let body = String::from_utf8_lossy(&body);
            let is_shown =
                ["def123456", "def 123456", "pass1word2"].iter().any(|it| body.contains(it));
            assert!(!is_shown, "{headers:?}: {body}");
            assert_eq!(found(&request, status, None), [""; 0], "{} {headers:?}", status.code);
        }
    }
}

#[test]
fn the_table_of_faults_is_that_of_the_checks() {
    for check in Check::all() {
        let fault = Fault::find(check.id()).unwrap_or_else(|| panic!("no fault for {check:?}"));
        assert_eq!(fault.number, check.number());
        let in_one = matches!(fault.shows, Shows::InOne { .. });
        assert_eq!(in_one, check.needs_one_exchange(), "{check:?}");
    }
    let numbers: Vec<_> = FAULTS.iter().map(|fault| fault.number).collect();
    assert_eq!(numbers, (1..=FAULTS.len()).map(|n| format!("I{n:02}")).collect::<Vec<_>>());
}
