//! The examples as processes.

use http::{Request, Response};
use portcullis::inspect::{Severity, inspect};
use portcullis::testing::{Inspection, basic, bearer};

use super::observed::Observed;
use crate::support::{Example, send, send_http2};

fn run(inspection: Inspection) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let report = runtime.block_on(inspection.crawler().run()).expect("a report");
    report.assert_clean();
}

fn of(example: &Example, target: &str) -> Inspection {
    Inspection::of_address(example.address).target(target)
}

#[test]
fn decision_table() {
    let example = Example::start("decision_table");
    let reports = of(&example, "/admin/reports")
        .permitted("alice", basic("alice", "wonderland"))
        .refused("bob", basic("bob", "builder"))
        .expired(bearer("bob-expired"));
    run(reports.with_methods(["POST"]));
    run(of(&example, "/reports")
        .permitted("alice", bearer("alice-token"))
        .refused("bob", bearer("bob-token"))
        .expired(bearer("bob-expired")));
    run(of(&example, "/repos/wonder")
        .permitted("alice", bearer("alice-token"))
        .refused("bob", bearer("bob-token"))
        .with_methods(["PUT"]));
    // Whose stores are down.
    run(of(&example, "/outage").refused("alice", basic("alice", "wonderland")));
    run(of(&example, "/undecided").refused("alice", basic("alice", "wonderland")));
}

#[test]
fn object_level() {
    let example = Example::start("object_level");
    run(of(&example, "/documents/2")
        .permitted("alice", bearer("alice-token"))
        .refused("bob", bearer("bob-token")));
}

#[test]
fn passwords() {
    let example = Example::start("passwords");
    run(of(&example, "/").permitted("alice", basic("alice", "wonderland")));
}

#[test]
fn hyper_server() {
    let example = Example::start("hyper_server");
    run(of(&example, "/diaries/alice")
        .permitted("alice", basic("alice", "wonderland"))
        .refused("bob", basic("bob", "builder")));
    run(of(&example, "/").permitted("robot", [("x-api-key", "robot-key")]));
}

#[test]
fn vault() {
    let example = Example::start("vault");
    run(of(&example, "/vault/notes")
        .permitted("alice", basic("alice", "wonderland"))
        .refused("bob", basic("bob", "builder"))
        .with_methods(["PATCH"]));
    run(of(&example, "/repos/alice/wonder")
        .permitted("alice", basic("alice", "wonderland"))
        .refused("bob", basic("bob", "builder")));
}

#[test]
fn sessions() {
    let example = Example::start("sessions");
    run(of(&example, "/notes").permitted("alice", basic("alice", "wonderland")));
    run(of(&example, "/api/me").permitted("alice", bearer("alice-token")));
    let session = log_in(&example, "alice", "wonderland");
    run(of(&example, "/notes").permitted("alice", [("cookie", &session)]));
    run(of(&example, "/notes").with_header("accept", "text/html"));
    run(of(&example, "/login").with_methods(["POST"]));
}

#[test]
fn webapp() {
    let example = Example::start("webapp");
    run(of(&example, "/reports")
        .permitted("alice", bearer("alice-token"))
        .refused("bob", bearer("bob-token")));
    let (alice, bob) =
        (log_in(&example, "alice", "wonderland"), log_in(&example, "bob", "builder"));
    run(of(&example, "/reports")
        .permitted("alice", [("cookie", &alice)])
        .refused("bob", [("cookie", &bob)])
        .with_header("accept", "text/html"));
    run(of(&example, "/projects/aurora")
        .permitted("alice", [("cookie", &alice)])
        .refused("bob", [("cookie", &bob)]));
    run(of(&example, "/api/files/tides.txt")
        .permitted("alice", basic("alice", "wonderland"))
        .with_methods(["POST"]));
}

/// Logs in at the form, and returns the cookie of the session.
fn log_in(example: &Example, user: &str, password: &str) -> String {
    let form = format!("user={user}&password={password}");
    let length = format!("content-length: {}", form.len());
    let lines = [&b"content-type: application/x-www-form-urlencoded"[..], length.as_bytes()];
    let head = crate::support::request("POST", "/login", &lines);
    let request = [head, form.into_bytes()].concat();
    let answer = crate::support::Connection::open(example.address).send(&request);
    let cookies = answer.lines("set-cookie");
    let cookie = cookies.iter().find(|cookie| cookie.starts_with("sid=")).expect("a session");
    cookie.split(';').next().expect("a cookie").to_owned()
}

#[test]
fn forward_proxy() {
    let example = Example::start("forward_proxy");
    run(of(&example, "/"));
    // What it says to its users, which send an absolute URL, or ask for a tunnel.
    let (_, login) = basic("user", "passwd").into_iter().next().expect("a line");
    for (method, target) in [
        ("GET", "/"),
        ("GET", "http://127.0.0.1:1/"),
        ("GET", "ftp://127.0.0.1/"),
        ("CONNECT", "127.0.0.1:1"),
    ] {
        for login in ["Basic d3Jvbmc6d3Jvbmc=", &login, "Digest wrong"] {
            let answer =
                send(example.address, method, target, &[&*format!("proxy-authorization: {login}")]);
            let request = Request::builder()
                .method(method)
                .uri(target)
                .header("proxy-authorization", login)
                .body(())
                .unwrap();
            let mut response = Response::builder().status(answer.status);
            for (name, value) in &answer.fields {
                response = response.header(name, value);
            }
            must_be_right(&request, &response.body(()).unwrap(), &answer.body);
        }
    }
}

#[test]
fn grpc_server() {
    let example = Example::start("grpc_server");
    for method in ["Read", "Append", "Nothing"] {
        for token in
            ["", "Bearer alice-token", "Bearer bob-token", "Bearer bob-expired", "Bearer x"]
        {
            let path = format!("/notes.Notes/{method}");
            let mut lines = vec![("content-type", "application/grpc"), ("te", "trailers")];
            lines.extend((!token.is_empty()).then_some(("authorization", token)));
            let (status, headers, body) = send_http2(example.address, "POST", &path, &lines);
            let mut request = Request::builder().method("POST").uri(path);
            for (name, value) in lines {
                request = request.header(name, value);
            }
            let mut response = Response::new(());
            *response.status_mut() = status;
            *response.headers_mut() = headers;
            must_be_right(&request.body(()).unwrap(), &response, &body);
        }
    }
}

fn must_be_right(request: &Request<()>, response: &Response<()>, body: &[u8]) {
    for finding in inspect(request, response, body) {
        assert_eq!(finding.severity(), Severity::Advice, "{request:?} {response:?}: {finding}");
    }
}

#[test]
fn resource_server() {
    let example = Example::start("resource_server");
    let token = |name: &str| {
        let before = format!("{name}=");
        let line = example.lines.iter().find_map(|line| line.strip_prefix(&before));
        bearer(line.expect("a token"))
    };
    run(of(&example, "/notes").permitted("alice", token("READ")).expired(token("EXPIRED")));
    run(of(&example, "/notes").permitted("alice", token("READ")).expired(token("OTHER")));
}

#[test]
fn mcp_server() {
    let example = Example::start("mcp_server");
    run(of(&example, "/mcp").with_methods(["POST"]));
}

#[test]
fn observed() {
    let example = Observed::start("none");
    let inspection = Inspection::of_address(example.address);
    run(inspection
        .target("/reports")
        .permitted("alice", bearer("alice.key1"))
        .refused("bob", bearer("bob.key1"))
        .expired(bearer("alice.key1.expired")));
    run(Inspection::of_address(example.address)
        .target("/documents/7")
        .permitted("alice", bearer("alice.key1"))
        .refused("carol", bearer("carol.key1")));
}
