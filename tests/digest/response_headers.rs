//! Per-response challenges and response headers of identities other than Digest.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use http::header::{HeaderName, HeaderValue, SET_COOKIE};
use http::request::Parts;
use portcullis::challenge::{Challenge, Challenges};
use portcullis::identity::ResponseHeaders;
use portcullis::{
    ApiKey, AuthenticateLayer, Basic, Bearer, Cause, Denial, Identity, IdentityInfo, Principal,
    Tokens, Unauthenticated, Users, any_of,
};

use crate::Name;
use crate::support::{Server, get};

/// Its challenges have a counter, and it adds headers to each response.
#[derive(Default)]
struct Numbered {
    number: AtomicU32,
    /// How many challenges it makes per response. It has prepared one.
    made: usize,
    scheme: Option<&'static str>,
}

const X: HeaderName = HeaderName::from_static("x-numbered");

impl Identity for Numbered {
    type Principal = Name;

    fn describe(&self) -> IdentityInfo {
        let challenge = Challenge::builder("Numbered").param("n", "prepared").build().unwrap();
        IdentityInfo::new(challenge).adds_response_headers()
    }

    async fn identify(&self, request: &Parts) -> Result<Name, Unauthenticated> {
        let headers = ResponseHeaders::of(&request.extensions).expect("a collector of headers");
        headers.append(SET_COOKIE, HeaderValue::from_static("a=1"));
        headers.append(SET_COOKIE, HeaderValue::from_static("b=2"));
        headers.insert(X, HeaderValue::from_static("first"));
        headers.insert(X, HeaderValue::from_static("last"));
        let sent = request.headers.get("authorization").ok_or(Unauthenticated::missing())?;
        match sent.as_bytes() {
            b"Numbered 1" => Ok("one"),
            b"Numbered panic" => panic!("a panic"),
            _ => Err(Unauthenticated::invalid()),
        }
    }

    fn per_response_challenges(&self, cause: Cause, attempted: Option<&str>) -> Option<Challenges> {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        assert!(number < 100, "a panic");
        let attempted = attempted.unwrap_or("nothing");
        let challenge = |index: usize| {
            let scheme = self.scheme.unwrap_or("Numbered");
            let text = format!("{number}.{index} {} {attempted}", cause.as_str());
            Challenge::builder(scheme).param("n", &text).build().unwrap()
        };
        let first = Challenges::new(challenge(0));
        Some((1..self.made).map(challenge).fold(first, Challenges::and))
    }
}

async fn seen(request: axum::extract::Request) -> ([(&'static str, &'static str); 2], String) {
    let left = ResponseHeaders::of(request.extensions()).is_some();
    let who = Principal::<Name>::of(request.extensions()).copied();
    ([("set-cookie", "own=0"), ("x-numbered", "own")], format!("{who:?} {left}"))
}

fn site() -> axum::Router {
    axum::Router::new().fallback(seen)
}

#[test]
fn h01_challenges_are_made_for_the_cause_and_the_attempt() {
    let server = Server::start(site().layer(AuthenticateLayer::new(Numbered::default())));
    // The layer has made number 0 to see whether the identity makes any.
    assert_eq!(get(server.address, "/", &[]).challenges(), ["Numbered n=1.0 missing nothing"]);
    assert_eq!(get(server.address, "/", &[]).challenges(), ["Numbered n=2.0 missing nothing"]);
    let wrong = get(server.address, "/", &["authorization: numbered 2"]);
    assert_eq!(wrong.challenges(), ["Numbered n=3.0 invalid Numbered"]);
    let twice = ["authorization: numbered 2", "authorization: Numbered 1"];
    let twice = get(server.address, "/", &twice);
    assert_eq!((twice.status, &*twice.challenges()[0]), (400, "Numbered n=4.0 ambiguous nothing"));
}

/// Bearer with a nonce in each challenge.
struct Nonced(AtomicU32);

impl Identity for Nonced {
    type Principal = Name;

    fn describe(&self) -> IdentityInfo {
        let challenge = Challenge::builder("Bearer").param("nonce", "prepared").build().unwrap();
        IdentityInfo::new(challenge)
    }

    async fn identify(&self, request: &Parts) -> Result<Name, Unauthenticated> {
        let sent = request.headers.get("authorization");
        sent.map_or(Err(Unauthenticated::missing()), |_| Err(Unauthenticated::invalid()))
    }

    fn per_response_challenges(&self, _: Cause, _: Option<&str>) -> Option<Challenges> {
        let nonce = self.0.fetch_add(1, Ordering::Relaxed).to_string();
        Some(Challenge::builder("Bearer").param("nonce", &nonce).build().unwrap().into())
    }
}

#[test]
fn h01_a_challenge_with_an_oauth_error_is_made_per_response_too() {
    let server = Server::start(site().layer(AuthenticateLayer::new(Nonced(AtomicU32::new(0)))));
    let nonce = |answer: &crate::Answer| answer.param("Bearer", "nonce").unwrap();
    let first = get(server.address, "/", &[]);
    assert_eq!((nonce(&first), first.error("Bearer")), ("1".to_owned(), None));
    let second = get(server.address, "/", &["authorization: Bearer x"]);
    let error = second.error("Bearer");
    assert_eq!((nonce(&second), error.as_deref()), ("2".to_owned(), Some("invalid_token")));
}

#[test]
fn h01_no_challenge_is_made_for_a_response_that_has_none() {
    let identity = Arc::new(Numbered::default());
    let routes = axum::Router::new()
        .route("/403", axum::routing::get(|| async { Denial::forbidden() }))
        .route("/404", axum::routing::get(|| async { Denial::not_found() }))
        .route("/503", axum::routing::get(|| async { Denial::unavailable() }));
    let server = Server::start(routes.layer(AuthenticateLayer::new(identity.clone())));
    let made = || identity.number.load(Ordering::Relaxed);
    let before = made();
    for (path, status) in [("/403", 403), ("/404", 404), ("/503", 503)] {
        let answer = get(server.address, path, &["authorization: Numbered 1"]);
        assert_eq!((answer.status, made()), (status, before), "{path}");
    }
    assert_eq!((get(server.address, "/403", &[]).status, made()), (401, before + 1));
}

#[test]
fn h01_challenges_that_do_not_match_are_replaced_by_the_prepared_ones() {
    let many = Numbered { made: 2, ..Numbered::default() };
    let other = Numbered { scheme: Some("Lettered"), ..Numbered::default() };
    for identity in [many, other] {
        let server = Server::start(site().layer(AuthenticateLayer::new(identity)));
        for _ in 0..2 {
            assert_eq!(get(server.address, "/", &[]).challenges(), ["Numbered n=prepared"]);
        }
    }
    let tired = Numbered { number: AtomicU32::new(99), ..Numbered::default() };
    let server = Server::start(site().layer(AuthenticateLayer::new(tired)));
    assert_eq!(get(server.address, "/", &[]).challenges(), ["Numbered n=prepared"]);
}

#[test]
fn h05_an_identity_may_add_response_headers() {
    let optional = AuthenticateLayer::new(Arc::new(Numbered::default())).optional();
    let server = Server::start(site().layer(optional));
    for (sent, text) in
        [(&["authorization: Numbered 1"][..], "Some(\"one\") false"), (&[], "None false")]
    {
        let answer = get(server.address, "/", sent);
        assert_eq!((answer.status, answer.text()), (200, text));
        assert_eq!(answer.lines("set-cookie"), ["own=0", "a=1", "b=2"]);
        assert_eq!(answer.field("x-numbered"), Some("last"));
    }
    for (sent, status) in
        [("authorization: Numbered 2", 401), ("authorization: Numbered panic", 500)]
    {
        let answer = get(server.address, "/", &[sent]);
        assert_eq!((answer.status, answer.lines("set-cookie")), (status, vec!["a=1", "b=2"]));
    }
}

#[test]
fn h05_a_proxy_keeps_the_names_of_response_headers() {
    let stage = AuthenticateLayer::new(Numbered::default()).at_proxy().unwrap();
    let server = Server::start(site().layer(stage));
    let answer = get(server.address, "/", &["proxy-authorization: Numbered 1"]);
    assert_eq!((answer.status, answer.text()), (200, "Some(\"one\") false"));
    assert_eq!(answer.lines("set-cookie"), ["own=0", "a=1", "b=2"]);
    assert_eq!(answer.field("x-numbered"), Some("last"));
}

#[test]
fn h05_nested_stages_do_not_mix_their_response_headers() {
    let inner = AuthenticateLayer::new(Numbered::default().map(|name| name));
    let outer = AuthenticateLayer::new(any_of((Numbered::default(),)));
    let server = Server::start(site().layer(inner).layer(outer));
    let answer = get(server.address, "/", &["authorization: Numbered 1"]);
    assert_eq!(answer.text(), "Some(\"one\") false");
    assert_eq!(answer.lines("set-cookie"), ["own=0", "a=1", "b=2", "a=1", "b=2"]);
}

#[test]
fn h05_a_refusal_of_an_inner_stage_has_the_headers_of_outer_ones_but_no_404_has() {
    let keys = Tokens::new().with("key-1", "machine");
    let inner = ApiKey::new("t", HeaderName::from_static("x-api-key"), keys).unwrap();
    let missing = || async { Denial::not_found() };
    let site = site().route("/missing", axum::routing::get(missing));
    let stages = site
        .layer(AuthenticateLayer::new(inner))
        .layer(AuthenticateLayer::new(Numbered::default()));
    let server = Server::start(stages);
    let known = "authorization: Numbered 1";
    let refused = get(server.address, "/", &[known]);
    assert_eq!((refused.status, refused.schemes()), (401, vec!["ApiKey".to_owned()]));
    assert_eq!(refused.lines("set-cookie"), ["a=1", "b=2"]);
    let answer = get(server.address, "/missing", &[known, "x-api-key: key-1"]);
    assert_eq!((answer.status, answer.lines("set-cookie").len()), (404, 0));
}

#[test]
fn h05_identities_without_response_headers_have_no_cost() {
    let tokens = || Bearer::new("t", Tokens::new().with("tok-read", "reader")).unwrap();
    let users = || Basic::new("t", Users::new().with("user", "passwd", "user")).unwrap();
    assert!(
        !tokens().describe().has_response_headers()
            && tokens().per_response_challenges(Cause::Missing, None).is_none()
    );
    let both = any_of((tokens(), users()));
    assert!(
        !both.describe().has_response_headers()
            && both.per_response_challenges(Cause::Missing, None).is_none()
    );
    let three = any_of((tokens(), Numbered::default(), users()));
    assert!(three.describe().has_response_headers());
    let fresh = three.per_response_challenges(Cause::Missing, None).unwrap();
    let schemes: Vec<_> = fresh.iter().map(|challenge| challenge.scheme()).collect();
    assert_eq!(schemes, ["Bearer", "Numbered", "Basic"]);
}
