//! What an identity says itself: a challenge, a detail, a time to wait, a source. Every cause, in every
//! admission mode, behind every wrapper, refused by the stage or further in: A15, C01.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get as on_get;
use http::StatusCode;
use http::request::Parts;
use portcullis::challenge::{Challenge, Challenges};
use portcullis::{
    Attempt, AuthenticateLayer, AuthorizeLayer, Basic, Bearer, Denial, Digest, DigestUsers,
    Identity, Login, Outcome, Throttle, Unauthenticated, any_of, async_identity_fn, authenticated,
    identity_fn, scope, verify_fn,
};

use crate::support::{Answer, Events, Server, get};
use crate::{Name, api_key, basic, bearer};

const CAUSES: [&str; 9] = [
    "missing",
    "malformed",
    "ambiguous",
    "invalid_request",
    "invalid",
    "expired",
    "stale",
    "suspended",
    "unavailable",
];

fn own() -> Challenge {
    Challenge::builder("Bearer")
        .realm("test")
        .param("resource_metadata", "https://a.example/meta")
        .build()
        .unwrap()
}

const OWN: &str = "Bearer realm=test|resource_metadata=https://a.example/meta";

/// Fails for the reason that the request names, with words of its own.
fn judge(request: &Parts) -> Result<Name, Unauthenticated> {
    let failure = match request.headers.get("x-why").map(|why| why.to_str().unwrap()) {
        None => return Ok("somebody"),
        Some("missing") => Unauthenticated::missing(),
        Some("malformed") => Unauthenticated::malformed(),
        Some("ambiguous") => Unauthenticated::ambiguous(),
        Some("invalid_request") => Unauthenticated::invalid_request(),
        Some("invalid") => Unauthenticated::invalid(),
        Some("expired") => Unauthenticated::expired(),
        Some("stale") => Unauthenticated::stale(),
        Some("suspended") => Unauthenticated::suspended(),
        Some("unavailable") => Unauthenticated::unavailable(),
        Some(other) => panic!("{other}"),
    };
    let failure = failure.with_challenge(own()).with_detail("In its own words");
    Err(failure.with_retry_after(Duration::from_secs(77)).with_source("its own source"))
}

fn talkative() -> impl Identity<Principal = Name> {
    identity_fn(Challenge::bearer("test").unwrap(), judge)
}

fn talkative_later() -> impl Identity<Principal = Name> {
    async_identity_fn(Challenge::bearer("test").unwrap(), |request: &Parts| {
        let judged = judge(request);
        async {
            tokio::task::yield_now().await;
            judged
        }
    })
}

struct NoLimit;

impl Throttle for NoLimit {
    fn admit(&self, _: &Attempt<'_>) -> Result<(), Duration> {
        Ok(())
    }

    fn settle(&self, _: &Attempt<'_>, _: Outcome) {}
}

/// A page of the stage alone, one behind a policy, one that asks for an identity itself, and a bare 401.
fn site() -> Router {
    let guarded = Router::new()
        .route("/policy", on_get(|| async { "permitted" }))
        .layer(AuthorizeLayer::<Name>::new(authenticated()));
    Router::new()
        .route("/", on_get(|| async { "public" }))
        .route("/handler", on_get(|| async { Err::<(), _>(Denial::identity_needed()) }))
        .route("/bare", on_get(|| async { StatusCode::UNAUTHORIZED }))
        .merge(guarded)
}

fn error_of(cause: &str) -> Option<(&'static str, StatusCode)> {
    match cause {
        "malformed" | "invalid" | "expired" | "stale" => {
            Some(("invalid_token", StatusCode::UNAUTHORIZED))
        }
        "ambiguous" | "invalid_request" => Some(("invalid_request", StatusCode::BAD_REQUEST)),
        _ => None,
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
    Required,
    Optional,
    Lenient,
}

/// Whether the request goes on to the service anonymously.
fn goes_on(mode: Mode, cause: &str) -> bool {
    match mode {
        Mode::Required => false,
        Mode::Optional => cause == "missing",
        Mode::Lenient => ["missing", "malformed", "invalid", "expired", "stale"].contains(&cause),
    }
}

fn own_line(answer: &Answer) -> Option<String> {
    answer.challenges().into_iter().find(|line| line.starts_with(OWN))
}

/// One cause, one mode, one page: are all words there that belong there, and no others?
#[track_caller]
fn check(server: &Server, events: &Events, mode: Mode, cause: &str, path: &str, what: &str) {
    let what = format!("{what}, {mode:?}, {cause}, {path}");
    let why = format!("x-why: {cause}");
    let token = (cause != "missing").then_some("authorization: Bearer abc");
    let sent: Vec<&str> = std::iter::once(&*why).chain(token).collect();
    let _ = events.take();
    let answer = get(server.address, path, &sent);
    let refused_inside = goes_on(mode, cause);
    if refused_inside && path == "/" {
        assert_eq!((answer.status, answer.text()), (200, "public"), "{what}");
        return;
    }
    if refused_inside && path == "/bare" {
        // A12: the identity's challenge for this request, without an error, and the service's body.
        assert_eq!(answer.status, 401, "{what}");
        assert_eq!(own_line(&answer).as_deref(), Some(OWN), "{what}");
        return;
    }
    assert_eq!(answer.json()["detail"], "In its own words", "{what}");
    let event = events.only();
    assert_eq!(event.fields["source"], "its own source", "{what}");
    match (error_of(cause), cause) {
        (None, "missing") => {
            assert_eq!(answer.status, 401, "{what}");
            assert_eq!(own_line(&answer).as_deref(), Some(OWN), "{what}");
        }
        (None, "suspended") => {
            assert_eq!((answer.status, answer.challenges().len()), (403, 0), "{what}");
        }
        (None, _) => {
            assert_eq!((answer.status, answer.challenges().len()), (503, 0), "{what}");
            assert_eq!(answer.field("retry-after"), Some("77"), "{what}");
        }
        (Some((error, status)), _) => {
            assert_eq!(answer.status, status, "{what}");
            let line = own_line(&answer).unwrap_or_else(|| panic!("{what}: {answer:?}"));
            let expected = format!("{OWN}|error={error}|error_description=In its own words");
            assert_eq!(line, expected, "{what}");
        }
    }
    let is_503 = answer.status == 503;
    assert_eq!(answer.field("retry-after").is_some(), is_503, "{what}");
}

fn check_all<I: Identity<Principal = Name>>(identity: I, what: &str, causes: &[&str]) {
    let events = Events::capture();
    let layer = AuthenticateLayer::new(identity);
    let stages = [
        (Mode::Required, layer.clone()),
        (Mode::Optional, layer.clone().optional()),
        (Mode::Lenient, layer.ignore_invalid_credentials()),
    ];
    for (mode, layer) in stages {
        let limited = layer.clone().time_limit(Duration::from_secs(60));
        let servers = [Server::start(site().layer(layer)), Server::start(site().layer(limited))];
        for server in servers {
            for cause in causes {
                for path in ["/", "/policy", "/handler", "/bare"] {
                    check(&server, &events, mode, cause, path, what);
                }
            }
            // Without a failure there is nothing to say.
            let token = "authorization: Bearer abc";
            assert_eq!(get(server.address, "/policy", &[token]).text(), "permitted", "{what}");
        }
    }
}

#[test]
fn a15_no_word_of_an_identity_is_lost_behind_a_wrapper() {
    check_all(talkative(), "alone", &CAUSES);
    check_all(talkative_later(), "alone, later", &CAUSES);
    check_all(Arc::new(talkative()), "shared", &CAUSES);
    check_all(talkative().map(|name| name), "mapped", &CAUSES);
    check_all(talkative_later().map(|name| name), "mapped, later", &CAUSES);
    let challenge_by = talkative().challenge_by(|_: &Parts| None::<Challenge>);
    check_all(challenge_by, "with a silent closure", &CAUSES);
    // A throttle does not call the identity if nothing was sent.
    check_all(talkative().throttled(NoLimit), "throttled", &CAUSES[1..]);
    check_all(talkative_later().throttled(NoLimit), "throttled, later", &CAUSES[1..]);
}

#[test]
fn a15_no_word_of_an_identity_is_lost_among_several() {
    check_all(any_of((talkative(),)), "any of one", &CAUSES);
    check_all(any_of((talkative(), basic())), "first", &CAUSES);
    check_all(any_of((basic(), talkative())), "last", &CAUSES);
    check_all(any_of((api_key(), talkative(), basic())), "in the middle", &CAUSES);
    check_all(any_of((api_key(), talkative_later(), basic())), "in the middle, later", &CAUSES);
    check_all(any_of((basic(), any_of((api_key(), talkative())))), "nested", &CAUSES);
    check_all(any_of((any_of((talkative_later(), basic())), api_key())), "nested, later", &CAUSES);
    check_all(any_of((basic(), talkative())).map(|name| name), "mapped", &CAUSES);
    let throttled = any_of((basic(), talkative())).throttled(NoLimit);
    check_all(throttled, "throttled", &CAUSES[1..]);
}

#[test]
fn a15_every_identity_that_finds_nothing_says_so_in_its_own_words() {
    let says = |scheme: &'static str, detail: &'static str| {
        let plain = Challenge::builder(scheme).realm("test").build().unwrap();
        let own = plain.to_builder().param("own", scheme).build().unwrap();
        identity_fn(plain, move |request: &Parts| {
            if request.headers.contains_key("x-in") {
                return Ok("somebody");
            }
            let missing = Unauthenticated::missing().with_challenge(own.clone());
            Err(if detail.is_empty() { missing } else { missing.with_detail(detail) })
        })
    };
    let quiet = || says("Quiet", "");
    let identity = any_of((quiet(), basic(), says("First", "one"), says("Second", "two")));
    let server = Server::start(site().layer(AuthenticateLayer::new(identity)));
    let answer = get(server.address, "/", &[]);
    assert_eq!(answer.json()["detail"], "one");
    let all = [
        "Quiet realm=test|own=Quiet",
        "Basic realm=test|charset=UTF-8",
        "First realm=test|own=First",
        "Second realm=test|own=Second",
    ];
    assert_eq!(answer.challenges(), all);
    // The words of one that found nothing stay beside the refusal of one that did. Only those that
    // were called before the refusal have said something.
    let answer = get(server.address, "/", &[&crate::login("user", "wrong")]);
    assert_eq!(answer.json()["detail"], "The credentials are not valid.");
    let called = ["Quiet realm=test|own=Quiet", all[1], "First realm=test", "Second realm=test"];
    assert_eq!(answer.challenges(), called);
}

#[test]
fn a15_an_error_of_the_identitys_own_is_kept_and_not_repeated_where_it_does_not_belong() {
    let own = own().to_builder().param("error", "invalid_request").build().unwrap();
    let tokens = verify_fn(move |_: &str| {
        Err::<Name, _>(Unauthenticated::invalid().with_challenge(own.clone()))
    });
    let layer = AuthenticateLayer::new(Bearer::new("test", tokens).unwrap());
    let required = Server::start(site().layer(layer.clone()));
    let lenient = Server::start(site().layer(layer.ignore_invalid_credentials()));
    let token = ["authorization: Bearer abc"];
    let expected = format!("{OWN}|error=invalid_request");
    assert_eq!(get(required.address, "/", &token).challenges(), [&*expected]);
    assert_eq!(get(lenient.address, "/handler", &token).challenges(), [&*expected]);
    assert_eq!(get(lenient.address, "/bare", &token).challenges(), [OWN]);
}

#[test]
fn a15_own_challenges_are_replaced_by_scheme_and_may_be_several() {
    let challenge = |scheme, realm| Challenge::builder(scheme).realm(realm).build().unwrap();
    let refused = Unauthenticated::missing()
        .with_challenge(challenge("Ticket", "one"))
        .with_challenge(challenge("Basic", "two"))
        .with_challenge(
            Challenges::new(challenge("ticket", "three")).and(challenge("Ticket", "x")),
        );
    let identity =
        identity_fn(challenge("Ticket", "plain"), move |_: &Parts| Err::<Name, _>(refused.clone()));
    let server = Server::start(site().layer(AuthenticateLayer::new(identity)));
    let lines = get(server.address, "/", &[]);
    let lines = lines.lines("www-authenticate");
    assert_eq!(lines, [r#"ticket realm="three""#, r#"Ticket realm="x""#, r#"Basic realm="two""#]);
}

// ==== challenges of the request ====

/// The challenge of the tenant that the client addresses.
fn of_tenant(request: &Parts) -> Option<Challenge> {
    let tenant = request.headers.get("x-tenant")?.to_str().ok()?;
    let url = format!("https://{tenant}.example/meta");
    Challenge::bearer("test").ok()?.to_builder().param("resource_metadata", &url).build().ok()
}

/// Tokens with scopes, for policies.
#[derive(Clone)]
struct Scoped(&'static str);

impl portcullis::HasScopes for Scoped {
    fn has_scope(&self, scope: &str) -> bool {
        self.0 == scope
    }
}

fn scoped() -> Bearer<impl portcullis::Verify<str, Principal = Scoped>> {
    let tokens = verify_fn(|token: &str| match token {
        "reads" => Ok(Scoped("read")),
        _ => Err(Unauthenticated::invalid()),
    });
    Bearer::new("test", tokens).unwrap()
}

#[test]
fn a15_a_challenge_of_the_request_is_sent_wherever_there_is_one() {
    let logins = verify_fn(|_: &Login| Err::<Scoped, _>(Unauthenticated::invalid()));
    let basic = Basic::new("test", logins).unwrap();
    let identity = any_of((basic, scoped().challenge_by(of_tenant).throttled(NoLimit)));
    let routes = Router::new()
        .route("/write", on_get(|| async {}))
        .layer(AuthorizeLayer::<Scoped>::new(scope("write").unwrap()))
        .route("/bare", on_get(|| async { StatusCode::UNAUTHORIZED }))
        .route("/again", on_get(|| async { Denial::reauthenticate() }));
    let layer = AuthenticateLayer::new(identity).time_limit(Duration::from_secs(60));
    let required = Server::start(routes.clone().layer(layer.clone()));
    let optional = Server::start(routes.layer(layer.optional()));
    let own = "Bearer realm=test|resource_metadata=https://a.example/meta";
    let error = |error: &str, text: &str| format!("{own}|error={error}|error_description={text}");
    let wrong = error("invalid_token", "The access token is not valid");
    let scope = error("insufficient_scope", "The access token lacks a scope that this requires");
    let twice = error("invalid_request", "The request carries credentials more than once");
    let (right, tenant) = ("authorization: Bearer reads", "x-tenant: a");
    let nope = "authorization: Bearer nope";
    for (server, path, sent, status, expected) in [
        (&required, "/write", &[][..], 401, own.to_owned()),
        (&required, "/write", &[nope], 401, wrong),
        (&required, "/write", &[right], 403, format!("{scope}|scope=write")),
        (&required, "/write", &[right, right], 400, twice),
        (&required, "/bare", &[right], 401, own.to_owned()),
        (&required, "/again", &[right], 401, own.to_owned()),
        (&optional, "/write", &[], 401, format!("{own}|scope=write")),
        (&optional, "/bare", &[], 401, own.to_owned()),
        (&optional, "/again", &[], 401, own.to_owned()),
    ] {
        let sent: Vec<&str> = sent.iter().copied().chain([tenant]).collect();
        let answer = get(server.address, path, &sent);
        assert_eq!(answer.status, status, "{path} {sent:?}");
        let line = answer.challenges().into_iter().find(|line| line.starts_with("Bearer"));
        assert_eq!(line, Some(expected), "{path} {sent:?}");
        // Basic is offered beside it, except with the 403.
        assert_eq!(answer.schemes().len(), if status == 403 { 1 } else { 2 }, "{path} {sent:?}");
    }
    // Without a tenant, the prepared challenges.
    let answer = get(required.address, "/write", &[nope]);
    assert_eq!(answer.param("Bearer", "resource_metadata"), None);
    assert_eq!(answer.error("Bearer").as_deref(), Some("invalid_token"));
}

#[test]
fn a15_a_challenge_of_the_request_does_not_replace_that_of_another_identity_of_the_scheme() {
    let other = bearer().with_param("issuer", "other").unwrap();
    let identity = any_of((other, bearer().challenge_by(of_tenant), bearer()));
    let server = Server::start(site().layer(AuthenticateLayer::new(identity)));
    let expected = [
        "Bearer realm=test|issuer=other",
        "Bearer realm=test|resource_metadata=https://a.example/meta",
        "Bearer realm=test",
    ];
    assert_eq!(get(server.address, "/", &["x-tenant: a"]).challenges(), expected);
    let plain = [expected[0], expected[2]];
    assert_eq!(get(server.address, "/", &[]).challenges(), plain);
}

#[test]
fn a15_a_closure_that_panics_costs_the_challenge_and_nothing_else() {
    let broken = |_: &Parts| -> Option<Challenge> { std::panic::panic_any(()) };
    let server = Server::start(site().layer(AuthenticateLayer::new(bearer().challenge_by(broken))));
    assert_eq!(get(server.address, "/", &[]).challenges(), ["Bearer realm=test"]);
    assert_eq!(get(server.address, "/", &["authorization: Bearer tok-read"]).text(), "public");
}

#[test]
fn b01_own_challenges_at_a_proxy_are_what_a_proxy_may_send() {
    let identity = identity_fn(Challenge::bearer("test").unwrap(), |_: &Parts| {
        let dpop = Challenge::builder("DPoP").realm("own").build().unwrap();
        Err::<Name, _>(Unauthenticated::missing().with_challenge(own()).with_challenge(dpop))
    });
    let identity = identity.challenge_by(|_: &Parts| Challenge::basic("own").ok());
    let layer = AuthenticateLayer::new(identity).at_proxy().unwrap();
    let answer = get(Server::start(site().layer(layer)).address, "/", &[]);
    assert_eq!(answer.status, 407);
    assert_eq!(answer.challenges(), [OWN, "Basic realm=own|charset=UTF-8"]);
    assert_eq!(answer.lines("www-authenticate"), [""; 0]);
}

#[test]
fn a15_own_words_stand_beside_challenges_that_each_response_makes() {
    let digest = || {
        let users = DigestUsers::new("test").with("user", "passwd", "user");
        Digest::from_users(users).unwrap().allow_md5()
    };
    let layer = AuthenticateLayer::new(any_of((digest(), talkative()))).optional();
    let server = Server::start(site().layer(layer));
    let mut nonces = Vec::new();
    for path in ["/policy", "/handler", "/bare"] {
        let answer = get(server.address, path, &["x-why: missing"]);
        assert_eq!(answer.schemes(), ["Bearer", "Digest", "Digest"], "{path}");
        assert_eq!(own_line(&answer).as_deref(), Some(OWN), "{path}");
        nonces.push(answer.param("Digest", "nonce").unwrap());
    }
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), 3, "each response has a nonce of its own");

    let own = || Challenge::builder("Digest").realm("own").param("nonce", "7").build().unwrap();
    let identity = identity_fn(own(), move |_: &Parts| {
        Err::<Name, _>(Unauthenticated::missing().with_challenge(own()))
    });
    let layer = AuthenticateLayer::new(any_of((digest(), bearer(), identity)));
    let answer = get(Server::start(site().layer(layer)).address, "/", &[]);
    assert_eq!(answer.challenges(), ["Bearer realm=test", "Digest realm=own|nonce=7"]);
}
