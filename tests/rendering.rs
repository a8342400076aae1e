//! Section F: what a denial looks like. F05 to F10 need parts that are not there yet.

mod support;

use std::error::Error;
use std::time::Duration;

use axum::Router;
use axum::extract::Path;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, PROXY_AUTHENTICATE, RETRY_AFTER,
    TRANSFER_ENCODING, VARY, WWW_AUTHENTICATE,
};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::map_response;
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::routing::get as on_get;
use bytes::Bytes;
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Basic, Bearer, Cause, Decision, Denial, Need, Problem,
    Refusal, Respond, Tokens, Unauthenticated, Users, any_of, async_policy_fn, respond_fn,
    verify_fn,
};
use support::{Answer, Connection, Events, Server, get, request, send};

type Name = &'static str;

const TOKEN: &str = "authorization: Bearer tok-read";

/// Every denial a handler can make, by a word; the status it gets; how many challenges go with it.
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
    ("fault", 500, 0),
    ("because", 403, 0),
];

fn denial(word: &str) -> Denial {
    match word {
        "forbidden" => Denial::forbidden(),
        "identity" => Denial::identity_needed(),
        "reauthenticate" => Denial::reauthenticate(),
        "scope" => Denial::need(Need::scopes(["a", "b"]).unwrap()),
        "step-up" => Denial::need(Need::max_age(Duration::from_secs(60))),
        "hopeless" => Denial::need(Need::acr([""; 0]).unwrap()),
        "not-found" => Denial::not_found(),
        "concealed" => Denial::forbidden().detail("it is there").concealed(),
        "gone" => Denial::gone(),
        "unavailable" => Denial::unavailable(),
        "fault" => Denial::fault(),
        "because" => Denial::forbidden().because("the secret policy of 10.0.0.7"),
        word => panic!("{word}"),
    }
}

/// Credentials, by a word; the status they get; how many challenges go with it.
const FAILURES: [(&str, u16, usize); 8] = [
    ("invalid", 401, 2),
    ("expired", 401, 2),
    ("stale", 401, 2),
    ("malformed", 401, 2),
    ("suspended", 403, 0),
    ("unavailable", 503, 0),
    ("ambiguous", 400, 2),
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

/// `/denials/{word}` and nothing in between.
fn denials() -> Router {
    Router::new().route("/denials/{word}", on_get(deny).post(deny))
}

/// Each denial that there is, as the server answers it, with a name for messages.
fn every_denial(server: &Server, method: &str) -> Vec<(String, u16, usize, Answer)> {
    let ask = |path: &str, fields: &[&str]| {
        let mut connection = Connection::open(server.address);
        let fields: Vec<&[u8]> = fields.iter().map(|it| it.as_bytes()).collect();
        let answer = connection.send(&request(method, path, &fields));
        // Nothing follows an answer: what looks like a body that was kept back is none.
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
fn f01_problem_details_are_json_and_tell_the_status() {
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
fn f01_texts_of_ones_own_are_escaped_and_a_404_has_none() {
    const TEXT: &str = "quote \" backslash \\ newline \r\n tab \t nul \0 del \u{7f} – ☃ </script>";
    let deny = |Path(word): Path<String>| async move { denial(&word).detail(TEXT) };
    let routes = Router::new().route("/{word}", on_get(deny));
    let server = Server::start(routes.layer(AuthenticateLayer::new(identity())));
    for (word, status, _) in DENIALS {
        let answer = get(server.address, &format!("/{word}"), &[TOKEN]);
        assert_eq!(answer.status, status, "{word}");
        let told = answer.json()["detail"] == TEXT;
        assert_eq!(told, status != 404, "{word}: {}", answer.text());
        let length = answer.field("content-length").unwrap();
        assert_eq!(length, answer.body.len().to_string(), "{word}");
    }
    // And one does not tell concealed from missing.
    let missing = get(server.address, "/not-found", &[TOKEN]).undated();
    assert_eq!(get(server.address, "/concealed", &[TOKEN]).undated(), missing);
}

#[test]
fn f01_each_cause_may_have_a_type_of_its_own() {
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
fn f02_a_denial_that_meets_no_stage_has_them_too_and_never_is_a_401() {
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

/// What a middleware puts on every answer that passes.
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
fn f03_fields_of_a_middleware_between_survive_unless_they_describe_the_body() {
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
fn f03_fields_of_a_handler_survive_likewise() {
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
fn f03_fields_survive_around_an_authorize_stage_and_those_outside_it_all_stay() {
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
fn f04_head_has_the_same_fields_and_no_body() {
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

/// What a careless or a malicious renderer returns for any refusal.
type Renderer = fn(&Refusal<'_>) -> Response<Bytes>;

const RENDERERS: [(&str, Renderer); 11] = [
    ("another status", |_| build(StatusCode::OK, &[], "fine")),
    ("no content", |_| build(StatusCode::NO_CONTENT, &[], "fine")),
    ("an interim status", |_| build(StatusCode::SWITCHING_PROTOCOLS, &[("upgrade", "x")], "fine")),
    ("not modified", |_| build(StatusCode::NOT_MODIFIED, &[("etag", "\"1\"")], "")),
    ("a cache", |_| {
        let fields = [("cache-control", "public"), ("cache-control", "max-age=600")];
        build(StatusCode::OK, &fields, "store me")
    }),
    ("its own challenge", |_| {
        let fields = [
            ("www-authenticate", "Basic realm=\"mine\""),
            ("www-authenticate", "Negotiate"),
            ("proxy-authenticate", "Basic realm=\"mine\""),
        ];
        build(StatusCode::UNAUTHORIZED, &fields, "log in here")
    }),
    ("a short length", |_| build(StatusCode::OK, &[("content-length", "2")], "longer")),
    ("a long length", |_| build(StatusCode::OK, &[("content-length", "600")], "longer")),
    ("two lengths", |_| {
        build(StatusCode::OK, &[("content-length", "6"), ("content-length", "7")], "longer")
    }),
    ("chunks", |_| {
        build(StatusCode::OK, &[("transfer-encoding", "chunked")], "0\r\n\r\nHTTP/1.1 200 OK\r\n")
    }),
    ("an empty body", |_| build(StatusCode::OK, &[], "")),
];

fn build(
    status: StatusCode,
    fields: &[(&'static str, &'static str)],
    body: &str,
) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_owned()));
    *response.status_mut() = status;
    for (name, value) in fields {
        let (name, value) = (HeaderName::from_static(name), HeaderValue::from_static(value));
        response.headers_mut().append(name, value);
    }
    response
}

#[test]
fn f11_a_renderer_cannot_drop_status_challenge_no_store_or_length() {
    for (renderer, render) in RENDERERS {
        let layer = AuthenticateLayer::new(identity()).respond_with(respond_fn(render));
        let server = Server::start(denials().layer(layer));
        for method in ["GET", "HEAD"] {
            for (what, status, challenges, answer) in every_denial(&server, method) {
                let what = format!("{renderer}: {method} {what}");
                assert_eq!(answer.status, status, "{what}");
                assert_eq!(answer.field("cache-control"), Some("no-store"), "{what}");
                assert_eq!(answer.challenges().len(), challenges, "{what}");
                assert!(!answer.everything().contains("mine"), "{what}: {answer:?}");
                assert_eq!(answer.field("proxy-authenticate"), None, "{what}");
                assert_eq!(answer.field("transfer-encoding"), None, "{what}");
                assert!(answer.field("content-type").is_some(), "{what}");
                let length = answer.field("content-length").expect("a length");
                assert!(length.bytes().all(|byte| byte.is_ascii_digit()), "{what}: {length}");
                if method == "GET" {
                    assert_eq!(length, answer.body.len().to_string(), "{what}");
                }
                assert_eq!(answer.field("retry-after").is_some(), status == 503, "{what}");
            }
        }
    }
}

#[test]
fn f11_a_length_that_is_right_but_not_digits_is_written_anew() {
    for length in ["+6", " 6", "6, 6", "0x6", ""] {
        let render =
            move |_: &Refusal<'_>| build(StatusCode::OK, &[("content-length", length)], "longer");
        let layer = AuthenticateLayer::new(identity()).respond_with(respond_fn(render));
        let server = Server::start(denials().layer(layer));
        let answer = get(server.address, "/denials/gone", &[TOKEN]);
        assert_eq!((answer.field("content-length"), answer.text()), (Some("6"), "longer"));
    }
}

#[test]
fn f11_a_renderer_can_change_the_body_and_add_fields() {
    let render = |refusal: &Refusal<'_>| {
        let page = format!("<h1>{}</h1>{:?}", refusal.title(), refusal.cause());
        let fields = [("content-type", "text/html"), ("x-own", "1"), ("x-own", "2")];
        build(refusal.status(), &fields, &page)
    };
    let add = async |mut answer: Response| {
        answer.headers_mut().insert("x-own", HeaderValue::from_static("inherited"));
        answer.headers_mut().insert(VARY, HeaderValue::from_static("origin"));
        answer
    };
    let layer = AuthenticateLayer::new(identity()).respond_with(respond_fn(render));
    let server = Server::start(denials().layer(map_response(add)).layer(layer));
    let answer = get(server.address, "/denials/gone", &[TOKEN]);
    assert_eq!((answer.status, answer.text()), (410, "<h1>Gone</h1>Gone"));
    assert_eq!(answer.field("content-type"), Some("text/html"));
    assert_eq!(answer.lines("x-own"), ["1", "2"]);
    assert_eq!(answer.field("vary"), Some("origin"));
    // A renderer cannot tell concealed from missing, for it is told the same.
    let concealed = get(server.address, "/denials/concealed", &[TOKEN]).undated();
    assert_eq!(concealed.text(), "<h1>Not Found</h1>NotFound");
    assert_eq!(concealed, get(server.address, "/denials/not-found", &[TOKEN]).undated());
}

/// Panics when it is asked to render.
struct PanicsWhileRendering;

impl Respond for PanicsWhileRendering {
    type Context = ();

    fn context(&self, _: &Parts) {}

    fn respond(&self, _: &Refusal<'_>, (): ()) -> Response<Bytes> {
        panic!("no page for this")
    }
}

/// Panics before anybody knows whether there will be a refusal.
struct PanicsBefore;

impl Respond for PanicsBefore {
    type Context = String;

    fn context(&self, _: &Parts) -> String {
        panic!("no `Accept` for this")
    }

    fn respond(&self, _: &Refusal<'_>, accept: String) -> Response<Bytes> {
        Response::new(Bytes::from(accept))
    }
}

fn assert_default_page(server: &Server) {
    for (what, status, challenges, answer) in every_denial(server, "GET") {
        assert_eq!(answer.status, status, "{what}");
        assert_eq!(answer.challenges().len(), challenges, "{what}");
        assert_eq!(answer.field("cache-control"), Some("no-store"), "{what}");
        assert_eq!(answer.json()["status"], status, "{what}");
    }
}

#[test]
fn f11_a_renderer_that_panics_is_replaced_by_the_default() {
    let layer = AuthenticateLayer::new(identity()).respond_with(PanicsWhileRendering);
    assert_default_page(&Server::start(denials().layer(layer)));
}

#[test]
fn f11_a_renderer_that_panics_over_the_request_is_replaced_by_the_default() {
    let layer = AuthenticateLayer::new(identity()).respond_with(PanicsBefore);
    assert_default_page(&Server::start(denials().layer(layer)));
}

#[test]
fn f11_a_renderer_gets_what_it_took_of_the_request() -> Result<(), Box<dyn Error>> {
    struct Echo;
    impl Respond for Echo {
        type Context = String;

        fn context(&self, request: &Parts) -> String {
            format!("{} {}", request.method, request.uri)
        }

        fn respond(&self, refusal: &Refusal<'_>, context: String) -> Response<Bytes> {
            Response::new(Bytes::from(format!("{context}: {}", refusal.status().as_u16())))
        }
    }
    let tokens = Tokens::new().with("tok-read", "reader");
    let layer = AuthenticateLayer::new(Bearer::new("test", tokens)?).respond_with(Echo);
    let server = Server::start(denials().layer(layer));
    let answer = send(server.address, "POST", "/denials/gone?x=1", &[TOKEN]);
    assert_eq!(answer.text(), "POST /denials/gone?x=1: 410");
    let answer = send(server.address, "DELETE", "/anything", &[]);
    assert_eq!(answer.text(), "DELETE /anything: 401");
    Ok(())
}

#[test]
fn f11_what_is_replaced_is_gone_whatever_it_was() {
    // An answer that carries a denial outward is replaced as a whole, its body too.
    let deny = || async {
        let mut answer = Denial::forbidden().into_response();
        *answer.body_mut() = axum::body::Body::from("x".repeat(100_000));
        let fields = answer.headers_mut();
        fields.insert(CONTENT_LENGTH, HeaderValue::from_static("100000"));
        fields.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic"));
        for name in [PROXY_AUTHENTICATE, RETRY_AFTER, TRANSFER_ENCODING, CACHE_CONTROL] {
            fields.insert(name, HeaderValue::from_static("chunked"));
        }
        answer
    };
    let routes = Router::new().route("/", on_get(deny));
    let server = Server::start(routes.layer(AuthenticateLayer::new(identity())));
    let answer = get(server.address, "/", &[TOKEN]);
    assert_eq!(answer.status, 403);
    assert_eq!(answer.json()["detail"], Cause::Forbidden.detail());
    assert_eq!(answer.lines("www-authenticate"), [""; 0]);
    assert_eq!(answer.field("cache-control"), Some("no-store"));
}
