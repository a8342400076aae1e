//! A service that takes the tokens of one or two issuers.

use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use portcullis::oauth::{AccessTokens, HttpClient, Jwt, Keys, Resource, Token};
use portcullis::{AuthenticateLayer, Verify};

use crate::issuer::{AUDIENCE, Issuer, KEYS};
use crate::support::{Answer, Connection, Server};

/// How long a test waits for what has to happen some time.
const PATIENCE: Duration = Duration::from_secs(60);

pub const AUTHORITY: &[u8] = include_bytes!("certificates/authority.pem");

/// Needs no certificates of the machine.
pub fn client() -> HttpClient {
    HttpClient::trusting_only(AUTHORITY).unwrap()
}

pub fn discovered(issuer: &Issuer) -> Keys {
    Keys::of_issuer(&issuer.name(), client()).unwrap()
}

pub fn at_url(issuer: &Issuer) -> Keys {
    Keys::at(&issuer.name(), &issuer.url(KEYS), client()).unwrap()
}

pub fn serve(keys: Keys, others: Option<Keys>) -> Server {
    let resource = Resource::new(AUDIENCE).unwrap();
    let mut tokens = Jwt::rfc9068(keys, &resource);
    if let Some(others) = others {
        tokens = tokens.and_issuer(others).unwrap();
    }
    serve_tokens(tokens, Router::new())
}

/// Serves `/`, and these routes beside it, to callers with such tokens.
pub fn serve_tokens(tokens: impl Verify<str, Principal = Token>, routes: Router) -> Server {
    let identity = AccessTokens::new("notes", tokens).unwrap();
    let routes = routes.route("/", get(async || "notes"));
    let stage = AuthenticateLayer::new(identity);
    Server::start(Router::new().fallback_service(routes).layer(stage))
}

pub fn ask(connection: &mut Connection, token: &str) -> Answer {
    connection.send(request_with(token).as_bytes())
}

pub fn request_with(token: &str) -> String {
    format!("GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n")
}

pub fn ask_once(server: &Server, token: &str) -> Answer {
    ask(&mut Connection::open(server.address), token)
}

/// Asserts a 503 that names a wait of at most 30 s.
#[track_caller]
pub fn assert_unavailable(answer: &Answer) {
    assert_eq!(answer.status, 503, "{answer:?}");
    let wait: u64 = answer.field("retry-after").expect("a wait").parse().unwrap();
    assert!((1..=30).contains(&wait), "{answer:?}");
    assert_eq!(answer.field("www-authenticate"), None);
}

/// Asks until the answer is 200. Before, it has to be 503.
#[track_caller]
pub fn ask_until_served(server: &Server, token: &str) {
    wait_until("the token is served", || {
        let answer = ask_once(server, token);
        if answer.status != 200 {
            assert_unavailable(&answer);
        }
        answer.status == 200
    });
}

#[track_caller]
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(50));
    }
}
