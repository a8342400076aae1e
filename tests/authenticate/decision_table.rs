//! The same rows at the `decision_table` example, with a client that people use.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use crate::login;
use crate::support::{Answer, Connection, Example, get, request};

/// Asks with hyper's client, keeping the connection alive from one request to the next.
fn ask(address: SocketAddr, questions: &[(Method, &str, Option<&str>)]) -> Vec<Answer> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
        let mut answers = Vec::new();
        for (method, path, authorization) in questions {
            let mut request =
                Request::builder().method(method).uri(format!("http://{address}{path}"));
            if let Some(line) = authorization {
                let (name, value) = line.split_once(": ").unwrap();
                request = request.header(name, value);
            }
            let answer = client.request(request.body(Empty::new()).unwrap()).await.unwrap();
            let (parts, body) = answer.into_parts();
            let fields = parts.headers.iter();
            let fields =
                fields.map(|(name, value)| (name.to_string(), value.to_str().unwrap().into()));
            answers.push(Answer {
                status: parts.status.as_u16(),
                fields: fields.collect(),
                body: body.collect().await.unwrap().to_bytes().into(),
                interim: Vec::new(),
            });
        }
        answers
    })
}

#[test]
fn a01_to_a13_the_decision_table_answers_as_its_table_says() {
    let example = Example::start("decision_table");
    let alice = login("alice", "wonderland");
    let wrong = login("alice", "wrong");
    let (alice, wrong) = (Some(alice.as_str()), Some(wrong.as_str()));
    let expired = Some("authorization: Bearer bob-expired");
    let bob = Some("authorization: Bearer bob-token");
    #[rustfmt::skip]
    let cases = [
        ("a02", Method::GET, "/", None, 200, None),
        ("a01", Method::GET, "/me", None, 401, None),
        ("a10", Method::GET, "/me", alice, 200, None),
        ("a13", Method::GET, "/me", None, 401, None),
        ("a06", Method::GET, "/me", wrong, 401, None),
        ("a06", Method::GET, "/me", expired, 401, Some("invalid_token")),
        ("a06", Method::GET, "/me", Some("authorization: Bearer nope"), 401, Some("invalid_token")),
        ("a04", Method::GET, "/me", Some("authorization: Bearer a b"), 401, Some("invalid_token")),
        ("a04", Method::GET, "/me", Some("authorization: Basic %%%"), 401, None),
        ("a03", Method::GET, "/me", Some("authorization: Negotiate abc"), 401, None),
        ("a03", Method::GET, "/", Some("authorization: Negotiate abc"), 200, None),
        ("a09", Method::GET, "/", expired, 401, Some("invalid_token")),
        ("a09", Method::HEAD, "/", wrong, 401, None),
        ("a07", Method::GET, "/outage", alice, 503, None),
        ("a07", Method::GET, "/outage", bob, 503, None),
        ("a07", Method::GET, "/outage", None, 401, None),
        ("a10", Method::GET, "/me", bob, 200, None),
    ];
    let questions: Vec<_> = cases.iter().map(|it| (it.1.clone(), it.2, it.3)).collect();
    let answers = ask(example.address, &questions);
    assert_eq!(answers.len(), cases.len());
    for ((row, method, path, sent, status, error), answer) in cases.iter().zip(answers) {
        let case = format!("{row} {method} {path} {sent:?}");
        assert_eq!(answer.status, *status, "{case}");
        let schemes: &[&str] = if *status == 401 { &["Bearer", "Basic"] } else { &[] };
        assert_eq!(answer.schemes(), schemes, "{case}");
        assert_eq!(answer.error("Bearer").as_deref(), *error, "{case}");
        match status {
            200 if sent.is_some_and(|it| !it.contains("Negotiate")) => {
                assert_eq!(answer.field("cache-control"), Some("private"), "{case}");
            }
            200 => assert_eq!(answer.lines("vary"), ["authorization", "origin"], "{case}"),
            _ => assert_eq!(answer.field("cache-control"), Some("no-store"), "{case}"),
        }
        assert_eq!(answer.field("retry-after").is_some(), *status == 503, "{case}");
    }
}

#[test]
fn a05_the_decision_table_refuses_two_lines_on_every_path() {
    let example = Example::start("decision_table");
    let alice = login("alice", "wonderland");
    for path in ["/", "/me", "/admin/reports", "/repos/public", "/nothing", "/outage"] {
        for lines in [[&*alice, &*alice], ["authorization: Bearer x", &*alice]] {
            let answer = get(example.address, path, &lines);
            assert_eq!(answer.status, 400, "{path}");
            assert_eq!(answer.schemes(), ["Bearer", "Basic"]);
            assert_eq!(answer.error("Bearer").as_deref(), Some("invalid_request"));
        }
    }
}

#[test]
fn a06_the_decision_table_does_not_tell_unknown_users_from_wrong_passwords() {
    let example = Example::start("decision_table");
    let wrong = get(example.address, "/me", &[&login("alice", "x")]).undated();
    assert_eq!(wrong.status, 401);
    for user in ["mallory", "bob", ""] {
        assert_eq!(get(example.address, "/me", &[&login(user, "x")]).undated(), wrong, "{user}");
    }
}

#[test]
fn a13_the_decision_table_remembers_nothing_on_a_connection() {
    let example = Example::start("decision_table");
    let mut connection = Connection::open(example.address);
    let alice = login("alice", "wonderland");
    let with = request("GET", "/me", &[alice.as_bytes()]);
    assert_eq!(connection.send(&with).json()["name"], "alice");
    assert_eq!(connection.send(&request("GET", "/me", &[])).status, 401);
    assert_eq!(connection.send(&with).status, 200);
}
