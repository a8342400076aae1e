//! Section F: how a denial is rendered (F01 to F05, F11, F14), and section G: what a client concludes from it.

#[path = "../support/mod.rs"]
mod support;

mod advice;
mod members;
mod negotiating;
mod own_errors;
mod renderers;

use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn, map_response};
use axum::response::{AppendHeaders, Response};
use axum::routing::get as on_get;
use bytes::Bytes;
use http_body_util::BodyExt;
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Basic, Bearer, Decision, Denial, Problem, Requirement,
    Unauthenticated, Users, any_of, async_policy_fn, respond_fn, verify_fn,
};
use support::{Answer, Connection, Events, Server, get, request};
use tower::{Layer, ServiceExt};

type Name = &'static str;

const TOKEN: &str = "authorization: Bearer tok-read";

/// Every denial that a handler can make, by a name; its status; its number of challenges.
const DENIALS: [(&str, u16, usize); 12] = [
    ("forbidden", 403, 0),
    ("identity", 401, 2),
    ("reauthenticate", 401, 2),
    ("scope", 403, 1),
    ("step-up", 401, 1),
    ("hopeless", 403, 0),
    ("not-found", 404, 0),
    ("concealed", 404, 0),
    ("gone", 410, 0),
    ("unavailable", 503, 0),
    ("internal_error", 500, 0),
    ("because", 403, 0),
];

fn denial(word: &str) -> Denial {
    match word {
        "forbidden" => Denial::forbidden(),
        "identity" => Denial::identity_needed(),
        "reauthenticate" => Denial::reauthenticate(),
        "scope" => Denial::insufficient(Requirement::scopes(["a", "b"]).unwrap()),
        "step-up" => Denial::insufficient(Requirement::max_age(Duration::from_secs(60))),
        "hopeless" => Denial::insufficient(Requirement::acr([""; 0]).unwrap()),
        "not-found" => Denial::not_found(),
        "concealed" => Denial::forbidden().with_detail("it is there").concealed(),
        "gone" => Denial::gone(),
        "unavailable" => Denial::unavailable(),
        "internal_error" => Denial::internal_error(),
        "because" => Denial::forbidden().with_source("the secret policy of 10.0.0.7"),
        word => panic!("{word}"),
    }
}

/// Credentials, by a name; the status of the response; its number of challenges.
const FAILURES: [(&str, u16, usize); 9] = [
    ("invalid", 401, 2),
    ("expired", 401, 2),
    ("stale", 401, 2),
    ("malformed", 401, 2),
    ("suspended", 403, 0),
    ("unavailable", 503, 0),
    ("ambiguous", 400, 2),
    ("invalid_request", 400, 2),
    ("panics", 500, 0),
];

fn identity() -> impl portcullis::Identity<Principal = Name> {
    let tokens = verify_fn(|token: &str| {
        Err(match token {
            "tok-read" => return Ok("reader"),
            "expired" => Unauthenticated::expired(),
            "stale" => Unauthenticated::stale(),
            "malformed" => Unauthenticated::malformed(),
            "suspended" => Unauthenticated::suspended(),
            "unavailable" => Unauthenticated::unavailable(),
            "ambiguous" => Unauthenticated::ambiguous(),
            "invalid_request" => Unauthenticated::invalid_request(),
            "panics" => panic!("a panic"),
            _ => Unauthenticated::invalid(),
        })
    });
    let users = Users::new().with("user", "passwd", "user");
    any_of((Bearer::new("test", tokens).unwrap(), Basic::new("test", users).unwrap()))
}

async fn deny(Path(word): Path<String>) -> Denial {
    denial(&word)
}

/// An application with the route `/denials/{name}` and no middleware in between.
fn denials() -> Router {
    Router::new().route("/denials/{word}", on_get(deny).post(deny))
}

/// The response to each denial, with a name for messages.
fn every_denial(server: &Server, method: &str) -> Vec<(String, u16, usize, Answer)> {
    let ask = |path: &str, fields: &[&str]| {
        let mut connection = Connection::open(server.address);
        let fields: Vec<&[u8]> = fields.iter().map(|it| it.as_bytes()).collect();
        let answer = connection.send(&request(method, path, &fields));
        // Nothing follows the response, so no body was held back.
        assert_eq!(connection.rest(), b"", "{method} {path}");
        answer
    };
    let made = DENIALS.iter().map(|(word, status, challenges)| {
        let path = format!("/denials/{word}");
        (path.clone(), *status, *challenges, ask(&path, &[TOKEN]))
    });
    let failed = FAILURES.iter().map(|(word, status, challenges)| {
        let token = format!("authorization: Bearer {word}");
        ((*word).to_owned(), *status, *challenges, ask("/denials/gone", &[&token]))
    });
    let nothing = [
        ("nothing sent".to_owned(), 401, 2, ask("/denials/gone", &[])),
        ("sent twice".to_owned(), 400, 2, ask("/denials/gone", &[TOKEN, TOKEN])),
    ];
    made.chain(failed).chain(nothing).collect()
}

#[test]
fn f01_problem_details_are_json_with_the_status() {
    let server = Server::start(denials().layer(AuthenticateLayer::new(identity())));
    for (what, status, _, answer) in every_denial(&server, "GET") {
        assert_eq!(answer.status, status, "{what}");
        assert_eq!(answer.field("content-type"), Some("application/problem+json"), "{what}");
        let problem = answer.json();
        let members: Vec<_> = problem.as_object().unwrap().keys().cloned().collect();
        assert_eq!(members, ["detail", "status", "title", "type"], "{what}");
        assert_eq!(problem["type"], "about:blank", "{what}");
        assert_eq!(problem["status"], status, "{what}");
        let phrase = StatusCode::from_u16(status).unwrap().canonical_reason().unwrap();
        assert_eq!(problem["title"], phrase, "{what}");
        assert_ne!(problem["detail"], "", "{what}");
        let everything = answer.everything();
        for internal in ["secret policy", "10.0.0.7", "it is there", "tok-read", "a panic"] {
            assert!(!everything.contains(internal), "{what}: {everything}");
        }
    }
}

#[test]
fn f01_texts_of_401_and_403_differ() {
    let server = Server::start(denials().layer(AuthenticateLayer::new(identity())));
    let answers = every_denial(&server, "GET");
    let texts = |wanted: u16| {
        let answers = answers.iter().filter(move |it| it.1 == wanted);
        answers.map(|it| it.3.json()["detail"].as_str().unwrap().to_owned())
    };
    let ask: Vec<String> = texts(401).collect();
    let stop: Vec<String> = texts(403).collect();
    assert!(ask.len() > 5 && stop.len() > 3);
    for text in stop {
        assert!(!ask.contains(&text), "401 and 403 both say {text:?}");
    }
}

#[test]
fn f01_custom_texts_are_escaped_and_a_404_has_none() {
    const TEXT: &str = "quote \" backslash \\ newline \r\n tab \t nul \0 del \u{7f} – ☃ </script>";
    let deny = |Path(word): Path<String>| async move { denial(&word).with_detail(TEXT) };
    let routes = Router::new().route("/{word}", on_get(deny));
    let server = Server::start(routes.layer(AuthenticateLayer::new(identity())));
    for (word, status, _) in DENIALS {
        let answer = get(server.address, &format!("/{word}"), &[TOKEN]);
        assert_eq!(answer.status, status, "{word}");
        let has_own_text = answer.json()["detail"] == TEXT;
        assert_eq!(has_own_text, status != 404, "{word}: {}", answer.text());
        let length = answer.field("content-length").unwrap();
        assert_eq!(length, answer.body.len().to_string(), "{word}");
    }
    // The text does not distinguish concealed from missing.
    let missing = get(server.address, "/not-found", &[TOKEN]).undated();
    assert_eq!(get(server.address, "/concealed", &[TOKEN]).undated(), missing);
}

#[test]
fn f01_each_cause_can_have_its_own_type() {
    let problem = Problem::new().type_base("https://api.example/\"problems\"/");
    let layer = AuthenticateLayer::new(identity()).respond_with(problem);
    let server = Server::start(denials().layer(layer));
    let kind =
        |path: &str, fields: &[&str]| get(server.address, path, fields).json()["type"].clone();
    let base = "https://api.example/\"problems\"/";
    assert_eq!(kind("/denials/forbidden", &[TOKEN]), format!("{base}forbidden"));
    assert_eq!(kind("/denials/scope", &[TOKEN]), format!("{base}insufficient_scope"));
    assert_eq!(kind("/denials/gone", &[]), format!("{base}missing"));
    let missing = kind("/denials/not-found", &[TOKEN]);
    assert_eq!(missing, format!("{base}not_found"));
    assert_eq!(kind("/denials/concealed", &[TOKEN]), missing);
}

#[test]
fn f02_every_denial_has_type_length_and_no_store() {
    let server = Server::start(denials().layer(AuthenticateLayer::new(identity())));
    for method in ["GET", "POST"] {
        for (what, status, challenges, answer) in every_denial(&server, method) {
            assert_eq!(answer.status, status, "{what}");
            assert_eq!(answer.field("content-type"), Some("application/problem+json"), "{what}");
            let length = answer.body.len().to_string();
            assert_eq!(answer.field("content-length"), Some(&*length), "{what}");
            assert_eq!(answer.field("cache-control"), Some("no-store"), "{what}");
            assert_eq!(answer.challenges().len(), challenges, "{what}");
            assert_eq!(answer.field("transfer-encoding"), None, "{what}");
        }
    }
}

#[test]
fn f02_a_denial_without_a_stage_has_them_too_and_is_never_a_401() {
    let events = Events::capture();
    let server = Server::start(denials());
    for (word, status, _) in DENIALS {
        let answer = get(server.address, &format!("/denials/{word}"), &[TOKEN]);
        let bare = match (word, status) {
            ("step-up", _) => 403,
            (_, 401) => 500,
            (_, status) => status,
        };
        assert_eq!(answer.status, bare, "{word}");
        assert_eq!(answer.json()["status"], bare, "{word}");
        assert_eq!(answer.field("content-type"), Some("application/problem+json"), "{word}");
        let length = answer.body.len().to_string();
        assert_eq!(answer.field("content-length"), Some(&*length), "{word}");
        assert_eq!(answer.field("cache-control"), Some("no-store"), "{word}");
        assert_eq!(answer.lines("www-authenticate"), [""; 0], "{word}");
        let happened = events.take();
        assert_eq!(happened.len(), 1, "{word}: {happened:?}");
        assert_eq!(happened[0].level, tracing::Level::ERROR, "{word}");
    }
}

/// Headers that a middleware sets on every response.
#[rustfmt::skip]
const PASSING: [(&str, &str); 24] = [
    ("access-control-allow-origin", "https://app.example"),
    ("set-cookie", "a=1"),
    ("set-cookie", "b=2"),
    ("x-request-id", "7"),
    ("content-security-policy", "default-src 'none'"),
    ("vary", "origin"),
    ("content-type", "text/html"),
    ("content-encoding", "gzip"),
    ("content-language", "de"),
    ("content-location", "/elsewhere"),
    ("content-range", "bytes 0-1/2"),
    ("content-disposition", "attachment"),
    ("content-digest", "sha-256=:AA==:"),
    ("repr-digest", "sha-256=:AA==:"),
    ("accept-ranges", "bytes"),
    ("etag", "\"1\""),
    ("last-modified", "Fri, 20 Nov 2026 00:00:00 GMT"),
    ("trailer", "checksum"),
    ("cache-control", "public, max-age=600"),
    ("cache-control", "s-maxage=600"),
    ("www-authenticate", "Basic realm=\"somebody else's\""),
    ("proxy-authenticate", "Basic realm=\"a proxy's\""),
    ("retry-after", "3600"),
    ("transfer-encoding", "chunked"),
];

const SURVIVES: [&str; 5] = [
    "access-control-allow-origin",
    "set-cookie",
    "x-request-id",
    "content-security-policy",
    "vary",
];

const GOES: [&str; 14] = [
    "content-encoding",
    "content-language",
    "content-location",
    "content-range",
    "content-disposition",
    "content-digest",
    "repr-digest",
    "accept-ranges",
    "etag",
    "last-modified",
    "trailer",
    "proxy-authenticate",
    "transfer-encoding",
    "allow",
];

fn passing() -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let field = |(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
    PASSING.into_iter().map(field)
}

#[track_caller]
fn assert_survivors(answer: &Answer, what: &str) {
    for name in SURVIVES {
        let wanted: Vec<_> = PASSING.iter().filter(|it| it.0 == name).map(|it| it.1).collect();
        let wanted = if answer.status == 404 { Vec::new() } else { wanted };
        assert_eq!(answer.lines(name), wanted, "{name} of {what}");
    }
    for name in GOES {
        assert_eq!(answer.lines(name), [""; 0], "{name} of {what}");
    }
    assert_eq!(answer.field("content-type"), Some("application/problem+json"), "{what}");
    assert_eq!(answer.field("content-length"), Some(&*answer.body.len().to_string()), "{what}");
    assert_eq!(answer.field("cache-control"), Some("no-store"), "{what}");
    assert!(!answer.everything().contains("somebody else"), "{what}");
}

#[test]
fn f03_headers_of_a_middleware_between_survive_unless_they_describe_the_body() {
    async fn add(mut answer: Response) -> Response {
        answer.headers_mut().remove(CONTENT_TYPE);
        answer.headers_mut().extend_lines(passing());
        answer
    }
    let router = denials().layer(map_response(add)).layer(AuthenticateLayer::new(identity()));
    let server = Server::start(router);
    for (word, status, challenges) in DENIALS {
        let answer = get(server.address, &format!("/denials/{word}"), &[TOKEN]);
        assert_eq!(answer.status, status, "{word}");
        assert_eq!(answer.json()["status"], status, "{word}");
        assert_eq!(answer.challenges().len(), challenges, "{word}");
        assert_survivors(&answer, word);
    }
}

#[test]
fn f03_headers_of_a_handler_survive_likewise() {
    let deny = |Path(word): Path<String>| async move {
        let fields: Vec<_> = passing().collect();
        (StatusCode::IM_A_TEAPOT, AppendHeaders(fields), denial(&word))
    };
    let routes = Router::new().route("/{word}", on_get(deny));
    let server = Server::start(routes.layer(AuthenticateLayer::new(identity())));
    for (word, status, challenges) in DENIALS {
        let answer = get(server.address, &format!("/{word}"), &[TOKEN]);
        assert_eq!(answer.status, status, "{word}");
        assert_eq!(answer.challenges().len(), challenges, "{word}");
        assert_survivors(&answer, word);
    }
}

#[test]
fn f03_headers_survive_around_an_authorize_stage_and_those_outside_it_all_stay() {
    let forbid = async_policy_fn(|_: &Name, _: &Parts| async { Decision::forbidden() });
    async fn add(mut answer: Response) -> Response {
        answer.headers_mut().extend_lines(passing().filter(|(name, _)| *name != CONTENT_TYPE));
        answer
    }
    let router = Router::new()
        .route("/", on_get(|| async { "never" }))
        .layer(AuthorizeLayer::<Name>::new(forbid))
        .layer(map_response(add))
        .layer(AuthenticateLayer::new(identity()))
        .layer(map_response(async |mut answer: Response| {
            answer.headers_mut().insert("x-outside", HeaderValue::from_static("1"));
            answer
        }));
    let server = Server::start(router);
    let answer = get(server.address, "/", &[TOKEN]);
    assert_eq!(answer.status, 403);
    assert_eq!(answer.field("x-outside"), Some("1"));
    assert_survivors(&answer, "authorize");
}

/// `extend` of a `HeaderMap` replaces; this appends.
trait ExtendLines {
    fn extend_lines(&mut self, fields: impl Iterator<Item = (HeaderName, HeaderValue)>);
}

impl ExtendLines for HeaderMap {
    fn extend_lines(&mut self, fields: impl Iterator<Item = (HeaderName, HeaderValue)>) {
        for (name, value) in fields {
            self.append(name, value);
        }
    }
}

#[test]
fn f04_head_has_the_same_headers_and_no_body() {
    let custom = respond_fn(|refusal| Response::new(Bytes::from(refusal.detail().to_owned())));
    let servers = [
        Server::start(denials().layer(AuthenticateLayer::new(identity()))),
        Server::start(denials().layer(AuthenticateLayer::new(identity()).respond_with(custom))),
        Server::start(denials()),
    ];
    for server in &servers {
        let got = every_denial(server, "GET");
        let heads = every_denial(server, "HEAD");
        assert_eq!(got.len(), heads.len());
        for ((what, _, _, got), (_, _, _, head)) in got.into_iter().zip(heads) {
            let (got, head) = (got.undated(), head.undated());
            assert_eq!(head.body, b"", "{what}");
            assert_eq!((head.status, &head.fields), (got.status, &got.fields), "{what}");
            assert_ne!(got.body, b"", "{what}");
        }
    }
}

#[tokio::test]
async fn f04_head_has_no_body_even_where_no_server_strips_it() {
    for (authorization, path) in
        [("Bearer nope", "/"), ("Bearer tok-read", "/denials/gone"), ("Bearer panics", "/")]
    {
        let request = http::Request::head(path).header("authorization", authorization);
        let stage = AuthenticateLayer::new(identity()).layer(denials());
        let answer = stage.oneshot(request.body(axum::body::Body::empty()).unwrap()).await.unwrap();
        let length: usize = answer.headers()["content-length"].to_str().unwrap().parse().unwrap();
        assert!(length > 0, "the length of what GET gets");
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, "", "{path}");
    }
}

#[test]
fn f02_a_cached_response_is_the_same_as_the_first_one() {
    async fn add(request: Request, next: Next) -> Response {
        let adds = request.headers().contains_key("x-add");
        let mut answer = next.run(request).await;
        if adds {
            answer.headers_mut().insert("x-added", HeaderValue::from_static("1"));
        }
        answer
    }
    let router = denials().layer(from_fn(add)).layer(AuthenticateLayer::new(identity()));
    let server = Server::start(router);
    let first: Vec<_> = every_denial(&server, "GET").into_iter().map(|it| it.3.undated()).collect();
    // Headers of one response do not stay for the next, nor does the absent body of a HEAD.
    for (word, status, _) in DENIALS {
        let added = get(server.address, &format!("/denials/{word}"), &[TOKEN, "x-add: 1"]);
        assert_eq!(added.field("x-added").is_some(), status != 404, "{word}");
    }
    every_denial(&server, "HEAD");
    let again: Vec<_> = every_denial(&server, "GET").into_iter().map(|it| it.3.undated()).collect();
    assert_eq!(first, again);
}

#[test]
fn f04_head_leaves_the_connection_usable() {
    let server = Server::start(denials().layer(AuthenticateLayer::new(identity())));
    let mut connection = Connection::open(server.address);
    for _ in 0..3 {
        assert_eq!(connection.send(&request("HEAD", "/denials/gone", &[])).status, 401);
        let answer = connection.send(&request("GET", "/denials/gone", &[TOKEN.as_bytes()]));
        assert_eq!(answer.status, 410);
    }
}

#[test]
fn d10_the_level_of_an_event_fits_what_operators_have_to_do() {
    use tracing::Level;
    let events = Events::capture();
    let server = Server::start(denials().layer(AuthenticateLayer::new(identity())));
    let level = |name: &str| match name {
        "unavailable" => Level::WARN,
        "internal_error" | "panics" => Level::ERROR,
        // Everyday: a client has to log in first, or requested a wrong path.
        "identity" | "reauthenticate" | "not-found" => Level::DEBUG,
        _ => Level::INFO,
    };
    for (word, status, _) in DENIALS {
        assert_eq!(get(server.address, &format!("/denials/{word}"), &[TOKEN]).status, status);
        assert_eq!(events.only().level, level(word), "{word}");
    }
    for (token, status, _) in FAILURES {
        let sent = format!("authorization: Bearer {token}");
        assert_eq!(get(server.address, "/", &[&sent]).status, status);
        assert_eq!(events.only().level, level(token), "{token}");
    }
    assert_eq!(get(server.address, "/", &[]).status, 401);
    assert_eq!(events.only().level, Level::DEBUG, "nothing sent");
}
