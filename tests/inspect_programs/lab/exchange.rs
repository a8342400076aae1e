//! `POST /exchange` sends requests to the lab itself, for the page of the lab alone.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::support::{Answer, Connection, Example};

/// Posts a text with these headers instead of the usual ones.
fn post_with(lab: &Example, headers: &[String], text: &[u8]) -> Answer {
    let head = format!("POST /exchange HTTP/1.1\r\n{}\r\n", headers.join("\r\n"));
    let length = format!("content-length: {}\r\n\r\n", text.len());
    Connection::open(lab.address).send(&[head.as_bytes(), length.as_bytes(), text].concat())
}

fn headers(lab: &Example) -> Vec<String> {
    vec![format!("host: {}", lab.address), "content-type: message/http".to_owned()]
}

fn post(lab: &Example, text: impl AsRef<[u8]>) -> Answer {
    post_with(lab, &headers(lab), text.as_ref())
}

fn told(lab: &Example, text: &str) -> Value {
    let answer = post(lab, text);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.field("cache-control"), Some("no-store"));
    answer.json()
}

#[test]
fn both_messages_are_told_as_they_were_sent() {
    let lab = Example::start("lab");
    let told = told(&lab, "GET /app/reports\r\nAuthorization: Basic YWxpY2U6d29uZGVybGFuZA==");
    let sent = json!([
        "GET /app/reports HTTP/1.1",
        format!("Host: {}", lab.address),
        "Authorization: Basic YWxpY2U6d29uZGVybGFuZA==",
        "Connection: close",
    ]);
    assert_eq!(told["request"]["head"], sent);
    assert_eq!(told["response"]["head"][0], "HTTP/1.1 200 OK");
    assert_eq!(told["response"]["body"], r#"{"reports":["spring","summer"]}"#);
    assert_eq!(told["findings"], json!([]));
    assert_eq!(told["advice"], "Go on with the response.");
}

#[test]
fn a_body_is_sent_without_the_line_end_of_the_editor() {
    let lab = Example::start("lab");
    let text = "POST /visitors/me/token\nAuthorization: Basic bGFiOnNlY3JldA==\n\
        Content-Type: application/x-www-form-urlencoded\n\ngrant_type=client_credentials\n";
    let told = told(&lab, text);
    assert_eq!(told["response"]["status"], 200, "{told}");
    assert_eq!(told["request"]["body"], "grant_type=client_credentials");
}

#[test]
fn findings_are_at_their_lines() {
    let lab = Example::start("lab");
    let missing = told(&lab, "GET /status/401?wrong=I01");
    assert_eq!(missing["findings"][0]["id"], "challenge-missing");
    assert_eq!(
        missing["findings"][0]["at"],
        json!({ "part": "absent", "name": "www-authenticate" })
    );
    let unquoted = told(&lab, "GET /status/401?wrong=I06");
    let at = &unquoted["findings"][0]["at"];
    let number = |name: &str| usize::try_from(at[name].as_u64().expect("a number")).unwrap();
    let line = unquoted["response"]["head"][number("line")].as_str().expect("a line");
    assert!(line.starts_with("www-authenticate: Bearer realm=lab"), "{line}");
    assert!(line[number("from")..number("to")].contains("lab"), "{at}");
}

/// Whatever is typed, nothing but the lab is connected to.
#[test]
fn no_other_host_is_asked() {
    let lab = Example::start("lab");
    let other = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    other.set_nonblocking(true).expect("a listener");
    let host = other.local_addr().expect("an address");
    for text in [
        format!("GET http://{host}/status/401"),
        format!("GET //{host}/status/401"),
        format!("GET {host}/status/401"),
        format!("GET /status/401@{host} HTTP/1.1\nHost: {host}"),
        format!("CONNECT {host}"),
        format!("GET \\\\{host}\\status\\401"),
        format!("GET /status/401 HTTP/1.1\r\nHost: {host}"),
        format!("GET /status/401\nhost : {host}"),
        format!("GET /status/401\n Host: {host}"),
        format!("GET /status/401\rHost: {host}"),
        format!("GET /status/401\nA: b\rHost: {host}"),
        format!("GET /status/401 HTTP/1.1 \r\nHost: {host}"),
        format!("GET /exchange\n\nGET http://{host}/"),
    ] {
        let answer = post(&lab, &text);
        assert_eq!(answer.status, 422, "{text:?}: {answer:?}");
    }
    // Redirects are shown, and not followed.
    let token = "grant_type=client_credentials";
    let token = told(
        &lab,
        &format!(
            "POST /visitors/me/token\nAuthorization: Basic bGFiOnNlY3JldA==\nContent-Type: application/x-www-form-urlencoded\n\n{token}"
        ),
    );
    let token: Value = serde_json::from_str(token["response"]["body"].as_str().unwrap()).unwrap();
    let token = token["access_token"].as_str().expect("a token");
    let away =
        told(&lab, &format!("GET /visitors/me/redirect-away\nAuthorization: Bearer {token}"));
    assert_eq!(away["response"]["status"], 307);
    // In the absolute form inside of a path it stays a path.
    assert_eq!(told(&lab, &format!("GET /status/http://{host}/"))["response"]["status"], 404);
    assert_eq!(told(&lab, "GET /status/../exchange")["response"]["status"], 404);
    assert!(other.accept().is_err(), "a connection to another server");
}

#[test]
fn no_text_is_two_requests() {
    let lab = Example::start("lab");
    for header in [
        "Content-Length: 0",
        "Transfer-Encoding: chunked",
        "Connection: keep-alive",
        "Expect: 100-continue",
        "Upgrade: h2c",
        "TE: trailers",
        "Content-Length : 0",
        " folded",
        "no colon",
        ": no name",
        "a\u{0}b: c",
        "a: \u{0}",
        "a: \u{7f}",
    ] {
        let answer = post(&lab, format!("POST /status/200\n{header}\n\nGET /status/204"));
        assert_eq!(answer.status, 422, "{header:?}: {answer:?}");
        assert!(answer.json()["detail"].as_str().expect("a detail").starts_with("Line 2 "));
    }
    // What is behind an empty line is a body.
    let told = told(&lab, "POST /status/200\n\nGET /status/204 HTTP/1.1\r\nHost: lab\r\n\r\n");
    assert_eq!(told["request"]["head"][2], "Content-Length: 35");
    let head = told["response"]["head"].as_array().expect("lines");
    assert_eq!(head.iter().filter(|it| it.as_str().unwrap().starts_with("HTTP/")).count(), 1);
    assert!(!told["response"]["body"].as_str().unwrap().contains("HTTP/1.1 204"));
}

#[test]
fn texts_that_are_no_requests_are_refused() {
    let lab = Example::start("lab");
    let lines = "a: b\n".repeat(33);
    for text in [
        "",
        "\n\n",
        "GET",
        "get /status/200",
        "TRACE /status/200",
        "GET  /status/200",
        "GET /",
        "\u{1f}",
    ] {
        assert_eq!(post(&lab, text).status, 422, "{text:?}");
    }
    assert_eq!(post(&lab, format!("GET /status/200\n{lines}")).status, 422);
    assert_eq!(post(&lab, b"GET /status/200\nA: \xff").status, 422);
    assert_eq!(post(&lab, format!("GET /status/200\nA: {}", "x".repeat(9000))).status, 413);
}

/// Not with an image, a form, a script or a frame, at any path; a link is no such request.
#[test]
fn pages_of_other_sites_reach_no_part_of_the_lab() {
    let lab = Example::start("lab");
    let send = |method: &str, path: &str, site: &str, dest: &str| {
        let host = format!("host: {}\r\ncontent-length: 0\r\n", lab.address);
        let fetch = format!("sec-fetch-site: {site}\r\nsec-fetch-dest: {dest}\r\n");
        let request = format!("{method} {path} HTTP/1.1\r\n{host}{fetch}\r\n");
        Connection::open(lab.address).send(request.as_bytes()).status
    };
    for path in
        ["/", "/page/icon.svg", "/app/reports", "/status/200", "/wrong", "/sequences/report"]
    {
        for dest in ["empty", "image", "iframe", "script"] {
            assert_eq!(send("GET", path, "cross-site", dest), 403, "{path} {dest}");
        }
        assert_ne!(send("GET", path, "cross-site", "document"), 403, "a link to {path}");
        assert_ne!(send("GET", path, "same-site", "empty"), 403, "{path}");
        assert_ne!(send("GET", path, "none", "document"), 403, "{path}");
    }
    assert_eq!(send("POST", "/visitors/me/token", "cross-site", "document"), 403);
    assert_eq!(send("DELETE", "/visitors/me/report", "cross-site", "empty"), 403);
}

/// DNS rebinding: the page of another site, whose name resolves to 127.0.0.1, is of the same origin.
#[test]
fn no_part_of_the_lab_is_reached_by_the_name_of_another_site() {
    let lab = Example::start("lab");
    let port = lab.address.port();
    let send = |method: &str, target: &str, host: &str| {
        let length = "content-length: 0\r\nsec-fetch-site: same-origin\r\n";
        let request = format!("{method} {target} HTTP/1.1\r\nhost: {host}\r\n{length}\r\n");
        Connection::open(lab.address).send(request.as_bytes()).status
    };
    let parts = [
        ("GET", "/"),
        ("GET", "/page/icon.svg"),
        ("GET", "/app/reports"),
        ("GET", "/status/200"),
        ("GET", "/wrong"),
        ("GET", "/wrong/I37/reports"),
        ("GET", "/sequences/report"),
        ("GET", "/visitors/me/report"),
        ("DELETE", "/visitors/me/report"),
        ("POST", "/visitors/me/token"),
        ("GET", "/no/such/path"),
    ];
    let foreign =
        ["site.test", "127.0.0.1.site.test", "localhost.site.test", "site.test:80@localhost"];
    for (method, path) in parts {
        for host in foreign {
            for host in [host.to_owned(), format!("{host}:{port}")] {
                assert_eq!(send(method, path, &host), 421, "{method} {path} of {host}");
            }
        }
        assert_eq!(send(method, path, ""), 421, "{method} {path}");
        for host in [lab.address.to_string(), format!("LOCALHOST:{port}")] {
            assert_ne!(send(method, path, &host), 421, "{method} {path} of {host}");
        }
    }
    // Through a forwarded port, and as the list of faults says.
    for host in ["localhost", "localhost:8080", "lab.example"] {
        assert_eq!(send("GET", "/visitors/me/report", host), 200, "{host}");
    }
    // As a proxy, the lab has requests for other hosts. Its page is of no other one.
    let proxied =
        |path: &str| send("GET", &format!("http://origin.example{path}"), "origin.example");
    assert_eq!(proxied("/visitors/me/proxy"), 407);
    assert_eq!(proxied("/"), 421);
}

/// Each page in a browser of this machine can reach the lab.
#[test]
fn pages_of_other_sites_cannot_use_it() {
    let lab = Example::start("lab");
    let address = lab.address;
    let port = address.port();
    let kind = "content-type: message/http".to_owned();
    let with = |host: &str, more: &[String]| {
        let headers = [&[format!("host: {host}"), kind.clone()], more].concat();
        post_with(&lab, &headers, b"GET /status/200").status
    };
    let here = address.to_string();
    let origin = |origin: &str| format!("origin: {origin}");
    let site = |site: &str| format!("sec-fetch-site: {site}");
    assert_eq!(with(&here, &[]), 200);
    assert_eq!(with(&here, &[origin(&format!("http://{here}")), site("same-origin")]), 200);
    assert_eq!(
        with(&format!("localhost:{port}"), &[origin(&format!("http://localhost:{port}"))]),
        200
    );
    for header in [
        origin("https://evil.example"),
        origin("null"),
        origin(""),
        origin(&format!("https://{here}")),
        origin(&format!("http://{here}.evil.example")),
        origin(&format!("http://127.0.0.1:{}", port ^ 1)),
        origin("http://127.0.0.1"),
        site("cross-site"),
        site("same-site"),
        site("none"),
    ] {
        assert_eq!(with(&here, std::slice::from_ref(&header)), 403, "{header}");
    }
    // A name that resolves to 127.0.0.1 (DNS rebinding), with the origin to match.
    for host in ["evil.example", "127.0.0.1", "127.0.0.1:1", "", "localhost.evil.example"] {
        assert_eq!(with(host, &[]), 421, "{host}");
        assert_eq!(with(host, &[origin(&format!("http://{host}")), site("same-origin")]), 421);
    }
    // What a form, or a script without asking first, can send.
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let headers = [format!("host: {here}"), format!("content-type: {kind}")];
        assert_eq!(post_with(&lab, &headers, b"GET /status/200").status, 415, "{kind}");
    }
    // Asking first is no use: no response permits another origin.
    let preflight = format!(
        "OPTIONS /exchange HTTP/1.1\r\nhost: {here}\r\norigin: https://evil.example\r\n\
         access-control-request-method: POST\r\naccess-control-request-headers: content-type\r\n\r\n"
    );
    let answer = Connection::open(address).send(preflight.as_bytes());
    assert!(answer.status >= 400, "{answer:?}");
    assert_eq!(answer.field("access-control-allow-origin"), None);
}
