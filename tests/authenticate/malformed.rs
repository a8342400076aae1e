//! Malformed credentials: A04.

use portcullis::{AuthenticateLayer, Bearer, Login, Unauthenticated, any_of, verify_fn};
use serde::Deserialize;

use crate::support::{Connection, Server, get, request};
use crate::{Name, api_key, basic, bearer, login, site};

/// Whole values of `Authorization` that are malformed for Basic.
const MALFORMED_BASIC: [&[u8]; 22] = [
    b"Basic",
    b"Basic ",
    b"Basic dXNlcjpwYXNzd2Q",              // no padding
    b"Basic dXNlcjpwYXNzd2Q==",            // too much padding
    b"Basic dXNlcjpwYXNzd2R=",             // not canonical: the spare bits are set
    b"Basic dXNlcjpwYXNz-w==",             // another alphabet
    b"Basic dXNlcjp\x20wYXNzd2Q=",         // white space inside
    b"Basic dXNlcjpwYXNzd2Q= junk",        // junk after it
    b"Basic dXNlcjpwYXNzd2Q=, Basic eDp5", // two in one line
    b"Basic dXNlcjpwYXNzd2Q=,",
    b"Basic \"dXNlcjpwYXNzd2Q=\"",
    b"Basic\tdXNlcjpwYXNzd2Q=",  // a tab is not a space
    b"Basic \tdXNlcjpwYXNzd2Q=", // nor after a space
    b"Basic,dXNlcjpwYXNzd2Q=",
    b"Basic dXNlcg==",             // user: no colon
    b"Basic dXNlcjpwYXNzAHdk",     // NUL in the password
    b"Basic dXMAZXI6cGFzc3dk",     // NUL in the user
    b"Basic dXNlcjpwYXNzd2QN",     // CR
    b"Basic dXNlcjpwYXNzd2QK",     // LF
    b"Basic dXNlcjpwYXNzd2R/",     // DEL
    b"Basic dXNlcjpwYXNz6Q==",     // latin-1
    b"Basic dXNlcjpwYXNzd2Q=\xe9", // outside ASCII
];

const MALFORMED_BEARER: [&[u8]; 12] = [
    b"Bearer tok-read junk",
    b"Bearer tok-read, Bearer tok-rw",
    b"Bearer tok-read,",
    b"Bearer \"tok-read\"",
    b"Bearer tok\"read",
    b"Bearer tok=read",
    b"Bearer =",
    b"Bearer\ttok-read",
    b"Bearer \ttok-read",
    b"Bearer,tok-read",
    b"Bearer tok\xe9read",
    b"Bearer realm=\"x\"",
];

#[test]
fn a04_malformed_credentials_are_401_on_required_and_optional_stages() {
    let required = AuthenticateLayer::new(any_of((bearer(), basic())));
    let optional = Server::start(site().layer(required.clone().optional()));
    let required = Server::start(site().layer(required));
    let plain = ["Bearer realm=test", "Basic realm=test|charset=UTF-8"];
    let malformed = [
        "Bearer realm=test|error=invalid_token|error_description=The access token is malformed",
        "Basic realm=test|charset=UTF-8",
    ];
    let basic = MALFORMED_BASIC.map(|value| (value, plain));
    let bearer = MALFORMED_BEARER.map(|value| (value, malformed));
    for (value, challenges) in basic.into_iter().chain(bearer) {
        let request = request("GET", "/", &[&[b"authorization: ", value].concat()]);
        let shown = value.escape_ascii();
        for server in [&required, &optional] {
            let answer = Connection::open(server.address).send(&request);
            assert_eq!(answer.status, 401, "{shown}");
            assert_eq!(answer.challenges(), challenges, "{shown}");
        }
    }
}

#[test]
fn a04_malformed_credentials_never_reach_the_verifier() {
    let tokens = verify_fn(|token: &str| Err::<Name, _>(panicking(token)));
    let users = verify_fn(|login: &Login| Err::<Name, _>(panicking(login.user())));
    let identity = any_of((
        Bearer::new("test", tokens).unwrap(),
        portcullis::Basic::new("test", users).unwrap(),
    ));
    let server = Server::start(site().layer(AuthenticateLayer::new(identity)));
    for value in MALFORMED_BASIC.iter().chain(&MALFORMED_BEARER) {
        let request = request("GET", "/", &[&[b"authorization: ", *value].concat()]);
        let answer = Connection::open(server.address).send(&request);
        assert_eq!(answer.status, 401, "{}", value.escape_ascii());
    }
}

fn panicking(what: &str) -> Unauthenticated {
    panic!("the verifier was asked about {what:?}")
}

#[test]
fn a04_malformed_api_keys_are_401() {
    let server = Server::start(site().layer(AuthenticateLayer::new(api_key())));
    let values: [&[u8]; 5] = [b"key 1", b"key\t1", b"key-1\xe9", b"\xc3\xa9", b"key-1 , key-1"];
    for value in values {
        let request = request("GET", "/", &[&[b"x-api-key: ", value].concat()]);
        let answer = Connection::open(server.address).send(&request);
        assert_eq!(answer.status, 401, "{}", value.escape_ascii());
        assert_eq!(answer.json()["detail"], "The credentials are malformed.");
        assert_eq!(answer.challenges(), ["ApiKey realm=test|field=x-api-key"]);
    }
    assert_eq!(get(server.address, "/", &["x-api-key: key-1"]).text(), "machine");
}

#[test]
fn a04_control_characters_in_the_raw_header_get_no_further_than_the_parser() {
    let layer = AuthenticateLayer::new(any_of((bearer(), basic()))).optional();
    let server = Server::start(site().layer(layer));
    for value in [&b"Bearer tok-read\0"[..], b"Bearer \0tok-read", b"Bearer tok-read\x7f"] {
        let request = request("GET", "/", &[&[b"authorization: ", value].concat()]);
        let answer = Connection::open(server.address).send(&request);
        assert!([400, 401].contains(&answer.status), "{}: {answer:?}", value.escape_ascii());
    }
}

#[test]
fn a04_huge_tokens_are_judged_like_others() {
    let server = Server::start(site().layer(AuthenticateLayer::new(any_of((bearer(), basic())))));
    let huge = "a".repeat(60_000);
    let answer = get(server.address, "/", &[&format!("authorization: Bearer {huge}")]);
    assert_eq!(answer.status, 401);
    assert_eq!(answer.json()["detail"], "The credentials are not valid.");
    assert!(answer.everything().len() < 1000, "the token came back");

    let answer = get(server.address, "/", &[&format!("authorization: Bearer {huge}\"")]);
    assert_eq!(answer.status, 401);
    assert_eq!(answer.json()["detail"], "The credentials are malformed.");

    let answer = get(server.address, "/", &[&login(&huge[..40_000], "x")]);
    assert_eq!(answer.status, 401);
    assert_eq!(answer.json()["detail"], "The credentials are not valid.");
}

#[derive(Deserialize)]
struct Vector {
    id: String,
    target: String,
    fields: Vec<String>,
    expect: u16,
}

#[test]
fn a04_the_published_vectors_of_credentials_hold() {
    let basic = Server::start(site().layer(AuthenticateLayer::new(basic())));
    let bearer = Server::start(site().layer(AuthenticateLayer::new(bearer())));
    let lines = include_str!("../vectors/credentials.jsonl").lines();
    let vectors: Vec<Vector> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(vectors.len() >= 22);
    for Vector { id, target, fields, expect } in vectors {
        let (target, query) = target.split_once('?').unwrap_or((&target, ""));
        let server = if target == "basic" { &basic } else { &bearer };
        let fields: Vec<_> = fields.iter().map(|value| format!("authorization: {value}")).collect();
        let fields: Vec<_> = fields.iter().map(String::as_str).collect();
        let answer = get(server.address, &format!("/?{query}"), &fields);
        assert_eq!(answer.status, expect, "{id}");
        assert_eq!(answer.challenges().len(), usize::from(expect != 200), "{id}");
    }
}
