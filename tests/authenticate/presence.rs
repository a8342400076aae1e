//! Whether a request has credentials, and what it gets with and without: A01, A03, A10, A13, A22.

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use portcullis::{AuthenticateLayer, Bearer, Cause, Identity, Principal, Stage, any_of};

use crate::support::{Connection, Decided, Decisions, Server, get, request, send};
use crate::{Name, Waiting, api_key, basic, bearer, login, site, who};

#[test]
fn a01_no_credentials_are_401_with_a_plain_challenge_per_scheme() {
    let decisions = Decisions::default();
    let layer = AuthenticateLayer::new(any_of((basic(), bearer(), api_key())));
    let server = Server::start(site().layer(layer.on_decision(decisions.hook())));

    let answer = get(server.address, "/", &[]);
    assert_eq!(answer.status, 401);
    assert_eq!(
        answer.challenges(),
        [
            "Bearer realm=test",
            "Basic realm=test|charset=UTF-8",
            "ApiKey realm=test|field=x-api-key"
        ]
    );
    assert_eq!(answer.field("cache-control"), Some("no-store"));
    let nothing = Decided {
        cause: Some(Cause::Missing),
        concealed: false,
        stage: Some(Stage::Authenticate),
        status: Some(401),
        scheme: None,
        anonymous: true,
    };
    assert_eq!(decisions.take(), [nothing]);
}

#[test]
fn a01_a_single_offered_scheme_is_not_an_attempt() {
    let server = Server::start(site().layer(AuthenticateLayer::new(bearer())));
    let answer = get(server.address, "/", &[]);
    assert_eq!(answer.status, 401);
    assert_eq!(answer.challenges(), ["Bearer realm=test"]);
}

#[test]
fn a01_every_method_requires_credentials_and_so_does_a_preflight() {
    let server = Server::start(site().layer(AuthenticateLayer::new(bearer())));
    let preflight = ["origin: https://a.example", "access-control-request-method: PUT"];
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FROB"] {
        let answer = send(server.address, method, "/", &preflight);
        assert_eq!(answer.status, 401, "{method}");
        assert_eq!(answer.challenges(), ["Bearer realm=test"], "{method}");
    }
}

#[test]
fn a01_nothing_in_the_request_target_is_a_credential() {
    let server = Server::start(site().layer(AuthenticateLayer::new(any_of((bearer(), basic())))));
    for target in
        ["/?access_token=tok-read", "/tok-read", "http://user:passwd@localhost/", "/#user:passwd"]
    {
        let answer = send(server.address, "POST", target, &[]);
        let plain = ["Bearer realm=test", "Basic realm=test|charset=UTF-8"];
        assert_eq!((answer.status, answer.challenges()), (401, plain.map(str::to_owned).into()));
    }
}

/// Values of `Authorization` without credentials of Bearer or Basic.
const NOT_OFFERED: [&[u8]; 9] = [
    b"",
    b"Negotiate oRQwEqADCgEA",
    b"Digest username=\"user\", realm=\"test\"",
    b"Bearer",
    b"bearer",
    b"Bearer     ",
    b"Bearerx tok-read",
    b"BasicdXNlcjpwYXNzd2Q=",
    b"\xe9 dXNlcjpwYXNzd2Q=",
];

#[test]
fn a03_credentials_of_no_offered_scheme_count_as_none() {
    let required = AuthenticateLayer::new(any_of((bearer(), basic())));
    let optional = Server::start(site().layer(required.clone().optional()));
    let required = Server::start(site().layer(required));
    for value in NOT_OFFERED {
        let field = [b"authorization: ", value].concat();
        let request = request("GET", "/", &[&field]);
        let shown = String::from_utf8_lossy(value);

        let answer = Connection::open(required.address).send(&request);
        assert_eq!(answer.status, 401, "{shown}");
        let plain = ["Bearer realm=test", "Basic realm=test|charset=UTF-8"];
        assert_eq!(answer.challenges(), plain, "{shown}");

        let answer = Connection::open(optional.address).send(&request);
        assert_eq!((answer.status, answer.text()), (200, "nobody"), "{shown}");
    }
}

#[test]
fn a10_the_principal_is_in_the_extensions_whether_or_not_the_identity_waits() {
    async fn extensions(request: axum::extract::Request) -> String {
        Principal::<String>::of(request.extensions()).expect("a principal").clone()
    }
    fn shout(name: Name) -> String {
        name.to_uppercase()
    }
    let decisions = Decisions::default();
    let now = AuthenticateLayer::new(bearer().map(shout)).on_decision(decisions.hook());
    let waiting = Bearer::new("test", Waiting(|_: &str| Ok("reader"))).unwrap();
    let later = AuthenticateLayer::new(waiting.map(shout)).on_decision(decisions.hook());
    let site = || Router::new().fallback(extensions);
    for server in [Server::start(site().layer(now)), Server::start(site().layer(later))] {
        let answer = get(server.address, "/", &["authorization: Bearer tok-read"]);
        assert_eq!((answer.status, answer.text()), (200, "READER"));
        let verified = Decided {
            cause: None,
            concealed: false,
            stage: None,
            status: None,
            scheme: Some("Bearer".to_owned()),
            anonymous: false,
        };
        assert_eq!(decisions.take(), [verified]);
    }
}

#[test]
fn a10_names_of_headers_and_schemes_are_read_in_any_case() {
    let server = Server::start(site().layer(AuthenticateLayer::new(any_of((bearer(), basic())))));
    for line in ["AUTHORIZATION: BEARER tok-read", "aUthorization:bearer   tok-read  "] {
        assert_eq!(get(server.address, "/", &[line]).text(), "reader");
    }
    let line = login("user", "passwd").replace("Basic", "BASIC");
    assert_eq!(get(server.address, "/", &[&line]).text(), "user");
    // Secrets are case-sensitive.
    assert_eq!(get(server.address, "/", &["authorization: Bearer TOK-READ"]).status, 401);
}

#[test]
fn a13_a_connection_remembers_nothing() {
    let server = Server::start(site().layer(AuthenticateLayer::new(any_of((bearer(), basic())))));
    let mut connection = Connection::open(server.address);
    let token: &[u8] = b"authorization: Bearer tok-read";
    for _ in 0..2 {
        assert_eq!(connection.send(&request("GET", "/", &[token])).text(), "reader");
        let answer = connection.send(&request("GET", "/", &[]));
        assert_eq!(answer.status, 401);
        assert_eq!(answer.error("Bearer"), None);
    }
    // Pipelined: both requests arrive before the first response.
    let both = [request("GET", "/", &[token]), request("GET", "/", &[])].concat();
    assert_eq!(connection.send(&both).status, 200);
    assert_eq!(connection.answer(false).status, 401);
}

#[test]
fn a22_credentials_in_trailers_are_ignored() {
    async fn read(headers: HeaderMap, body: Bytes) -> String {
        assert!(!headers.contains_key("authorization"));
        format!("nobody sent {} bytes", body.len())
    }
    let optional = AuthenticateLayer::new(any_of((bearer(), api_key()))).optional();
    let public = Server::start(Router::new().fallback(read).layer(optional));
    let private = AuthenticateLayer::new(any_of((bearer(), api_key())));
    let private = Server::start(Router::new().fallback(who).layer(private));
    let chunked = b"POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\
        te: trailers\r\ntrailer: authorization, x-api-key\r\n\r\n4\r\nbody\r\n0\r\n\
        authorization: Bearer tok-read\r\nx-api-key: key-1\r\n\r\n";
    let answer = Connection::open(public.address).send(chunked);
    assert_eq!((answer.status, answer.text()), (200, "nobody sent 4 bytes"));
    let answer = Connection::open(private.address).send(chunked);
    assert_eq!(answer.status, 401);
    assert_eq!(answer.challenges(), ["Bearer realm=test", "ApiKey realm=test|field=x-api-key"]);
}
