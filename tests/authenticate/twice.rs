//! Ambiguous credentials, sent more than once: A05.

use portcullis::{AuthenticateLayer, any_of};

use crate::support::{Answer, Server, get};
use crate::{Session, api_key, api_key_in, basic, bearer, login, site};

/// Servers with a required, an optional and a lenient stage.
macro_rules! stages {
    ($identity:expr) => {
        [
            Server::start(site().layer(AuthenticateLayer::new($identity))),
            Server::start(site().layer(AuthenticateLayer::new($identity).optional())),
            Server::start(
                site().layer(AuthenticateLayer::new($identity).ignore_invalid_credentials()),
            ),
        ]
    };
}

#[track_caller]
fn assert_ambiguous(answer: &Answer, schemes: &[&str]) {
    assert_eq!(answer.status, 400, "{answer:?}");
    assert_eq!(answer.schemes(), schemes);
    let error = schemes.contains(&"Bearer").then_some("invalid_request");
    assert_eq!(answer.error("Bearer").as_deref(), error);
    assert_eq!(answer.json()["status"], 400);
    assert_eq!(answer.field("cache-control"), Some("no-store"));
}

#[test]
fn a05_two_authorization_lines_are_400_whatever_they_say() {
    let (right, wrong) = (login("user", "passwd"), login("user", "wrong"));
    let lines = [
        "authorization: Bearer tok-read",
        "authorization: Bearer nope",
        "authorization: Bearer",
        "authorization: ",
        "authorization: Negotiate abc",
        &right,
        &wrong,
    ];
    for server in stages!(any_of((bearer(), basic()))) {
        for first in lines {
            for second in lines {
                let answer = get(server.address, "/", &[first, second]);
                assert_ambiguous(&answer, &["Bearer", "Basic"]);
                // Other headers between them make no difference.
                let answer = get(server.address, "/", &[first, "accept: */*", second]);
                assert_ambiguous(&answer, &["Bearer", "Basic"]);
            }
        }
    }
}

#[test]
fn a05_two_lines_of_an_api_key_header_are_400() {
    for server in stages!(any_of((bearer(), api_key()))) {
        for second in ["x-api-key: key-1", "X-API-KEY: nope", "x-api-key: "] {
            for lines in [["x-api-key: key-1", second], [second, "x-api-key: key-1"]] {
                let answer = get(server.address, "/", &lines);
                assert_ambiguous(&answer, &["Bearer", "ApiKey"]);
            }
        }
    }
    for server in stages!(api_key()) {
        let answer = get(server.address, "/", &["x-api-key: key-1", "x-api-key: key-1"]);
        assert_ambiguous(&answer, &["ApiKey"]);
    }
}

#[test]
fn a05_one_token_in_two_headers_is_400() {
    let lines = ["authorization: Bearer tok-read", "x-api-key: tok-read"];
    for server in stages!(any_of((bearer(), api_key()))) {
        assert_ambiguous(&get(server.address, "/", &lines), &["Bearer", "ApiKey"]);
        assert_ambiguous(&get(server.address, "/", &[lines[1], lines[0]]), &["Bearer", "ApiKey"]);
        // Two different credentials are not ambiguous: the explicit one counts.
        let answer = get(server.address, "/", &[lines[0], "x-api-key: key-1"]);
        assert_eq!(answer.text(), "reader");
    }
}

#[test]
fn a05_one_token_in_two_api_key_headers_is_400() {
    let lines = ["x-api-key: key-1", "x-service-key: key-1"];
    for server in stages!(any_of((api_key(), api_key_in("x-service-key")))) {
        assert_ambiguous(&get(server.address, "/", &lines), &["ApiKey", "ApiKey"]);
        assert_ambiguous(&get(server.address, "/", &[lines[1], lines[0]]), &["ApiKey", "ApiKey"]);
    }
}

#[test]
fn a05_a_header_that_the_stage_does_not_read_may_come_twice() {
    let server = Server::start(site().layer(AuthenticateLayer::new(api_key())));
    let fields = ["authorization: Bearer a", "authorization: Basic b", "x-api-key: key-1"];
    assert_eq!(get(server.address, "/", &fields).text(), "machine");

    let server = Server::start(site().layer(AuthenticateLayer::new(bearer())));
    let fields = ["x-api-key: a", "authorization: Bearer tok-read", "x-api-key: b"];
    assert_eq!(get(server.address, "/", &fields).text(), "reader");
}

#[test]
fn a05_cookies_may_come_in_several_lines() {
    for server in stages!(any_of((Session, bearer()))) {
        let answer = get(server.address, "/", &["cookie: theme=dark", "cookie: sid=s1"]);
        assert_eq!((answer.status, answer.text()), (200, "session"));
        let cookies = ["cookie: sid=s1", "authorization: Bearer tok-read", "cookie: sid=s1"];
        assert_eq!(get(server.address, "/", &cookies).text(), "reader");
    }
}

#[test]
fn a05_a_cookie_is_no_second_transport_of_a_key() {
    for server in stages!(any_of((Session, api_key()))) {
        for lines in [["cookie: key-1", "x-api-key: key-1"], ["x-api-key: key-1", "cookie: key-1"]]
        {
            let answer = get(server.address, "/", &lines);
            assert_eq!((answer.status, answer.text()), (200, "machine"), "{lines:?}");
        }
    }
}
