//! The example as a process: what is on the wire is what the functions return.

use http::{Request, Response};
use portcullis::inspect::inspect;

use crate::pure::request_for;
use crate::simulator::{FAULTS, STATUSES, Shows, Status, simulate};
use crate::support::{Answer, Connection, Example, get, send};

/// The exchange as the inspector takes it.
fn found(request: &Request<()>, answer: &Answer) -> Vec<&'static str> {
    let response = Response::builder().status(answer.status);
    let add = |response: http::response::Builder, (name, value): &(String, String)| {
        response.header(name, value)
    };
    let response = answer.fields.iter().fold(response, add).body(()).expect("a response");
    inspect(request, &response, &answer.body).iter().map(|finding| finding.id()).collect()
}

/// The bytes of a request. The host stands in its headers already, if another one is meant.
fn bytes(request: &Request<()>) -> Vec<u8> {
    let target = request.uri().path_and_query().expect("a path");
    let mut head = format!("{} {target} HTTP/1.1\r\n", request.method());
    if !request.headers().contains_key("host") {
        head += "host: 127.0.0.1:3000\r\n";
    }
    for (name, value) in request.headers() {
        head += &format!("{name}: {}\r\n", value.to_str().expect("text"));
    }
    (head + "\r\n").into_bytes()
}

#[test]
fn each_fault_arrives_as_the_function_makes_it() {
    let lab = Example::start("lab");
    for fault in FAULTS {
        let Shows::InOne { code, .. } = fault.shows else { continue };
        let status = Status::find(code).expect("a status");
        for method in ["GET", "HEAD"] {
            let request = request_for(fault, method);
            let answer = Connection::open(lab.address).send(&bytes(&request));
            let response = simulate(&request, status, Some(fault));
            let expected: Vec<_> = inspect(&request, &response, response.body())
                .iter()
                .map(|finding| finding.id())
                .collect();
            assert_eq!(found(&request, &answer), expected, "{method} {}", fault.name());
        }
    }
}

#[test]
fn each_right_response_arrives_without_a_finding() {
    let lab = Example::start("lab");
    for status in STATUSES {
        let path = format!("/status/{}", status.code);
        let [get, head] = ["GET", "HEAD"].map(|method| {
            let answer = send(lab.address, method, &path, &[]);
            let request = Request::builder().method(method).uri(format!("http://127.0.0.1{path}"));
            assert_eq!(found(&request.body(()).unwrap(), &answer), [""; 0], "{method} {path}");
            assert_eq!(answer.status, status.code);
            answer.undated()
        });
        assert_eq!(head.fields, get.fields, "{path}");
        assert!(head.body.is_empty());
    }
}

#[test]
fn a_body_says_how_the_request_was_received_and_what_follows() {
    let lab = Example::start("lab");
    let sent = [
        "authorization: Bearer a-secret-token",
        "cookie: sid=a-secret-session",
        "x-api-key: a-secret-key",
        "user-agent: a-secret-session/1",
        "accept: application/json",
    ];
    let path = "/status/403?access_token=a-secret-token&page=2&a-secret";
    let answer = get(lab.address, path, &sent);
    assert!(!answer.everything().contains("secret"), "{answer:#?}");
    let body = answer.json();
    assert_eq!(body["advice"], "Do not send the request again.");
    assert_eq!(body["source"], "RFC 9110 §15.5.4");
    let lines = body["request"].as_array().expect("the lines of the request");
    let lines: Vec<_> = lines.iter().map(|line| line.as_str().expect("a text")).collect();
    assert_eq!(
        lines,
        [
            "GET /status/403?access_token=[not shown]&page=[not shown]&[not shown] HTTP/1.1",
            "host: localhost",
            "authorization: Bearer [not shown]",
            "cookie: [not shown]",
            "x-api-key: [not shown]",
            "user-agent: [not shown]",
            "accept: application/json",
        ]
    );
    // Nor of a scheme that is none, nor a password that is also elsewhere.
    let bare = get(lab.address, "/status/403", &["authorization: a-secret-token"]);
    assert!(!bare.everything().contains("secret"), "{bare:#?}");
    let basic = ["authorization: Basic Ym9iOmEtc2VjcmV0", "accept: text/a-secret"]; // bob:a-secret
    let basic = get(lab.address, "/status/403", &basic);
    assert!(!basic.everything().contains("secret"), "{basic:#?}");
}

#[test]
fn each_status_has_the_headers_of_its_section() {
    let lab = Example::start("lab");
    let header = |code: u16, name: &str| {
        get(lab.address, &format!("/status/{code}"), &[]).lines(name).join(" | ")
    };
    let basic_and_bearer =
        |realm| format!("Bearer realm=\"{realm}\" | Basic realm=\"{realm}\", charset=\"UTF-8\"");
    assert_eq!(header(401, "www-authenticate"), basic_and_bearer("lab"));
    assert_eq!(header(407, "proxy-authenticate"), basic_and_bearer("proxy"));
    assert_eq!(header(405, "allow"), "PUT, DELETE");
    assert_eq!(header(416, "content-range"), "bytes */1024");
    assert_eq!(header(426, "upgrade"), "websocket");
    assert_eq!(header(426, "connection"), "upgrade");
    assert_eq!(header(408, "connection"), "close");
    for code in [429, 503] {
        assert_eq!(header(code, "retry-after"), "5");
    }
    for code in [300, 301, 302, 303, 307, 308] {
        assert_eq!(header(code, "location"), "/status/200");
    }
    let post = send(lab.address, "POST", "/status/405", &["content-length: 0"]);
    assert_eq!(post.field("allow"), Some("GET, HEAD"));
}

#[test]
fn what_the_lab_does_not_send_is_listed() {
    let lab = Example::start("lab");
    for wrong in ["I99", "", "%00", "%ff", "i01%20"] {
        let answer = get(lab.address, &format!("/status/401?wrong={wrong}"), &[]);
        assert_eq!(answer.status, 400, "{wrong}");
    }
    let answer = get(lab.address, "/status/401?wrong=nothing", &[]);
    assert_eq!(answer.json()["faults"].as_array().map(Vec::len), Some(FAULTS.len()));
    // A fault of another status, and one between several exchanges, are elsewhere.
    for (wrong, place) in [("i31", "/status/403?wrong=I31"), ("I38", "/wrong/I38/reports")] {
        let answer = get(lab.address, &format!("/status/401?wrong={wrong}"), &[]);
        assert_eq!(answer.json()["detail"], format!("This fault is at {place}."));
    }
    for path in ["/status/999", "/status/", "/status/40x", "/status/-1", "/status/65937", "/no"] {
        let answer = get(lab.address, path, &[]);
        assert_eq!(
            (answer.status, answer.field("cache-control")),
            (404, Some("no-store")),
            "{path}"
        );
    }
    let listed = get(lab.address, "/wrong", &[]).json();
    assert_eq!(listed.as_array().map(Vec::len), Some(FAULTS.len()));
    // Each is found by its id as well.
    let by_id = get(lab.address, "/status/401?wrong=CHALLENGE-missing", &[]);
    assert_eq!((by_id.status, by_id.field("www-authenticate")), (401, None));
}
