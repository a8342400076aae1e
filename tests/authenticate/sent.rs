//! What was sent, and what it gets: A01, A03, A04, A06, A08, A09, A10, A13, A22.

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use portcullis::{
    AuthenticateLayer, Bearer, Cause, Identity, Login, Principal, Stage, Unauthenticated, any_of,
    verify_fn,
};
use serde::Deserialize;

use crate::support::{Connection, Decided, Decisions, Server, get, request, send};
use crate::{Name, Session, Waiting, api_key, basic, bearer, login, site, who};

#[test]
fn a01_nothing_sent_is_401_with_a_plain_challenge_per_scheme() {
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
fn a01_one_scheme_alone_is_no_attempt_at_it() {
    let server = Server::start(site().layer(AuthenticateLayer::new(bearer())));
    let answer = get(server.address, "/", &[]);
    assert_eq!(answer.status, 401);
    assert_eq!(answer.challenges(), ["Bearer realm=test"]);
}

#[test]
fn a01_every_method_is_asked_and_so_is_a_preflight() {
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
fn a03_credentials_of_no_offered_scheme_are_none() {
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

/// Whole values of `Authorization` that are malformed for Basic.
const MALFORMED_BASIC: [&[u8]; 22] = [
    b"Basic",
    b"Basic ",
    b"Basic dXNlcjpwYXNzd2Q",              // no padding
    b"Basic dXNlcjpwYXNzd2Q==",            // too much of it
    b"Basic dXNlcjpwYXNzd2R=",             // not canonical: the spare bits are set
    b"Basic dXNlcjpwYXNz-w==",             // another alphabet
    b"Basic dXNlcjp\x20wYXNzd2Q=",         // white space inside
    b"Basic dXNlcjpwYXNzd2Q= junk",        // junk behind it
    b"Basic dXNlcjpwYXNzd2Q=, Basic eDp5", // two in one line
    b"Basic dXNlcjpwYXNzd2Q=,",
    b"Basic \"dXNlcjpwYXNzd2Q=\"",
    b"Basic\tdXNlcjpwYXNzd2Q=",  // a tab is not a space
    b"Basic \tdXNlcjpwYXNzd2Q=", // behind one neither
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
fn a04_control_characters_in_the_raw_field_get_no_further_than_the_parser() {
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

#[test]
fn a06_unknown_user_and_wrong_password_are_the_same_bytes() {
    let identity = any_of((bearer(), basic()));
    let server = Server::start(site().layer(AuthenticateLayer::new(identity)));
    let wrong_password = get(server.address, "/", &[&login("user", "wrong")]).undated();
    assert_eq!(wrong_password.status, 401);
    assert_eq!(
        wrong_password.challenges(),
        ["Bearer realm=test", "Basic realm=test|charset=UTF-8"]
    );
    for (user, password) in
        [("nobody", "passwd"), ("nobody", ""), ("User", "passwd"), ("", ""), ("user", ":passwd")]
    {
        let answer = get(server.address, "/", &[&login(user, password)]).undated();
        assert_eq!(answer, wrong_password, "{user}:{password}");
    }
    assert_eq!(get(server.address, "/", &[&login("user", "passwd")]).text(), "user");
    assert_eq!(get(server.address, "/", &[&login("", "none")]).text(), "empty");
}

#[test]
fn a06_a_cause_has_a_fixed_description_and_no_trace_of_the_token() {
    let tokens = verify_fn(|token: &str| {
        Err::<Name, _>(match token {
            "expired" => Unauthenticated::expired().with_source(format!("{token} of alice")),
            "stale" => Unauthenticated::stale(),
            _ => Unauthenticated::invalid().with_source(format!("{token} of alice")),
        })
    });
    let identity = Bearer::new("test", tokens).unwrap();
    let server = Server::start(site().layer(AuthenticateLayer::new(identity)));
    let cases = [
        ("expired", "The access token expired", "The credentials have expired."),
        ("stale", "The access token expired", "The credentials have expired."),
        ("bad-signature", "The access token is not valid", "The credentials are not valid."),
        ("wrong-audience", "The access token is not valid", "The credentials are not valid."),
        ("not-yet-valid", "The access token is not valid", "The credentials are not valid."),
    ];
    for (token, description, detail) in cases {
        let answer = get(server.address, "/", &[&format!("authorization: Bearer {token}")]);
        assert_eq!(answer.status, 401, "{token}");
        let challenge =
            format!("Bearer realm=test|error=invalid_token|error_description={description}");
        assert_eq!(answer.challenges(), [challenge], "{token}");
        assert_eq!(answer.json()["detail"], detail, "{token}");
        assert!(!answer.everything().contains("alice"), "{answer:?}");
    }
    assert!(
        !get(server.address, "/", &["authorization: Bearer s3cr3t"])
            .everything()
            .contains("s3cr3t")
    );
}

#[test]
fn a06_an_expired_token_of_the_table_is_told_so() {
    let server = Server::start(site().layer(AuthenticateLayer::new(bearer())));
    let answer = get(server.address, "/", &["authorization: Bearer tok-old"]);
    assert_eq!(answer.status, 401);
    let description = answer.param("Bearer", "error_description");
    assert_eq!(description.as_deref(), Some("The access token expired"));
}

#[test]
fn a08_a_failure_never_falls_through_to_another_scheme_or_to_anonymous() {
    let orders = [
        Server::start(site().layer(
            AuthenticateLayer::new(any_of((Session, api_key(), basic(), bearer()))).optional(),
        )),
        Server::start(site().layer(
            AuthenticateLayer::new(any_of((bearer(), basic(), api_key(), Session))).optional(),
        )),
        Server::start(site().layer(
            AuthenticateLayer::new(any_of((basic(), Session, bearer(), api_key()))).optional(),
        )),
    ];
    let cookie = "cookie: sid=s1";
    let key = "x-api-key: key-1";
    let wrong = login("user", "wrong");
    let right = login("user", "passwd");
    for server in &orders {
        let bad_token = get(server.address, "/", &["authorization: Bearer nope", key, cookie]);
        assert_eq!(bad_token.status, 401);
        assert_eq!(bad_token.error("Bearer").as_deref(), Some("invalid_token"));
        assert_eq!(bad_token.schemes().len(), 4);

        let bad_password = get(server.address, "/", &[&wrong, key, cookie]);
        assert_eq!(bad_password.status, 401);
        assert_eq!(bad_password.error("Bearer"), None);

        let bad_key = get(server.address, "/", &["x-api-key: nope"]);
        assert_eq!(bad_key.status, 401);
        assert_eq!(bad_key.error("Bearer"), None);

        assert_eq!(get(server.address, "/", &[&right, key, cookie]).text(), "user");
        let token = "authorization: Bearer tok-rw";
        assert_eq!(get(server.address, "/", &[token, key, cookie]).text(), "writer");
        assert_eq!(get(server.address, "/", &[cookie]).text(), "session");
        assert_eq!(get(server.address, "/", &[]).text(), "nobody");
    }
}

#[test]
fn a08_explicit_credentials_outrank_ambient_ones_in_a_nested_offer_too() {
    let identity = any_of((any_of((Session, bearer())), basic()));
    let server = Server::start(site().layer(AuthenticateLayer::new(identity)));
    let cookie = "cookie: sid=s1";
    let answer = get(server.address, "/", &[&login("user", "passwd"), cookie]);
    assert_eq!(answer.text(), "user");
    let answer = get(server.address, "/", &[&login("user", "wrong"), cookie]);
    assert_eq!(answer.status, 401, "a wrong password went on as {:?}", answer.text());
}

#[test]
fn a08_the_error_is_on_the_scheme_that_failed_and_on_no_other() {
    let identity = any_of((bearer(), basic(), api_key()));
    let server = Server::start(site().layer(AuthenticateLayer::new(identity)));
    // Nothing stands behind `Bearer`, so it was not attempted: the key was.
    let answer = get(server.address, "/", &["authorization: Bearer", "x-api-key: nope"]);
    assert_eq!(answer.status, 401);
    assert_eq!(answer.error("Bearer"), None, "{:?}", answer.challenges());
}

#[test]
fn a08_waiting_identities_keep_the_same_order() {
    fn any_token(token: &str) -> Result<Name, Unauthenticated> {
        if token == "tok-read" { Ok("reader") } else { Err(Unauthenticated::invalid()) }
    }
    let waiting = || Bearer::new("test", Waiting(any_token)).unwrap();
    let identity = any_of((Session, api_key(), waiting()));
    let server = Server::start(site().layer(AuthenticateLayer::new(identity).optional()));
    let bad = get(server.address, "/", &["authorization: Bearer nope", "cookie: sid=s1"]);
    assert_eq!(bad.status, 401);
    let good = get(server.address, "/", &["authorization: Bearer tok-read", "cookie: sid=s1"]);
    assert_eq!(good.text(), "reader");
    assert_eq!(get(server.address, "/", &["cookie: sid=s1"]).text(), "session");
}

#[test]
fn a09_invalid_credentials_are_anonymous_only_where_that_was_asked_for() {
    let identity = || any_of((bearer(), basic()));
    let strict = Server::start(site().layer(AuthenticateLayer::new(identity()).optional()));
    let ignore_invalid_credentials = Server::start(
        site().layer(AuthenticateLayer::new(identity()).ignore_invalid_credentials()),
    );
    let wrong = login("user", "wrong");
    let failing = [
        &wrong,
        "authorization: Bearer nope",
        "authorization: Bearer tok-old",
        "authorization: Basic %",
    ];
    for field in failing {
        let answer = get(strict.address, "/", &[field]);
        assert_eq!(answer.status, 401, "{field}");
        let answer = get(ignore_invalid_credentials.address, "/", &[field]);
        assert_eq!((answer.status, answer.text()), (200, "nobody"), "{field}");
    }
    for server in [strict, ignore_invalid_credentials] {
        let answer = get(server.address, "/", &["authorization: Bearer tok-read"]);
        assert_eq!(answer.text(), "reader");
    }
}

#[test]
fn a09_lenient_stages_still_refuse_what_is_not_merely_wrong() {
    let tokens = verify_fn(|token: &str| {
        Err::<Name, _>(match token {
            "down" => Unauthenticated::unavailable(),
            "locked" => Unauthenticated::suspended(),
            "invalid_request" => Unauthenticated::invalid_request(),
            _ => Unauthenticated::ambiguous(),
        })
    });
    let identity = Bearer::new("test", tokens).unwrap();
    let server =
        Server::start(site().layer(AuthenticateLayer::new(identity).ignore_invalid_credentials()));
    for (token, status) in
        [("down", 503), ("locked", 403), ("twice", 400), ("invalid_request", 400)]
    {
        let answer = get(server.address, "/", &[&format!("authorization: Bearer {token}")]);
        assert_eq!(answer.status, status, "{token}");
        let error = (status == 400).then_some("invalid_request");
        assert_eq!(answer.error("Bearer").as_deref(), error, "{token}");
    }
}

#[test]
fn a10_the_principal_is_in_the_extensions_however_the_identity_answers() {
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
fn a10_names_of_fields_and_schemes_are_read_in_any_case() {
    let server = Server::start(site().layer(AuthenticateLayer::new(any_of((bearer(), basic())))));
    for line in ["AUTHORIZATION: BEARER tok-read", "aUthorization:bearer   tok-read  "] {
        assert_eq!(get(server.address, "/", &[line]).text(), "reader");
    }
    let line = login("user", "passwd").replace("Basic", "BASIC");
    assert_eq!(get(server.address, "/", &[&line]).text(), "user");
    // Secrets are not.
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
    // Pipelined: both requests are there before the first is answered.
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
