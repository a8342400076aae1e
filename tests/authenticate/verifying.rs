//! Verifiers that return `missing`: A08. Tokens that expire: A10.

use std::future::ready;

use axum::Router;
use http::HeaderName;
use portcullis::{
    ApiKey, AuthenticateLayer, Basic, Bearer, Cause, Identity, Login, Unauthenticated, Verify,
    any_of, async_verify_fn, verify_fn,
};

use crate::support::{Decisions, Server, get};
use crate::{Name, Session, bearer, login, site};

type Why = fn() -> Unauthenticated;

/// Has no result at once.
struct Later(Why);

impl<C: ?Sized + Sync> Verify<C> for Later {
    type Principal = Name;

    async fn verify(&self, _: &C) -> Result<Name, Unauthenticated> {
        tokio::task::yield_now().await;
        Err((self.0)())
    }
}

fn token(verifier: impl Verify<str, Principal = Name>) -> impl Identity<Principal = Name> {
    Bearer::new("test", verifier).unwrap()
}

fn user(verifier: impl Verify<Login, Principal = Name>) -> impl Identity<Principal = Name> {
    Basic::new("test", verifier).unwrap()
}

fn key(verifier: impl Verify<str, Principal = Name>) -> impl Identity<Principal = Name> {
    ApiKey::new("test", HeaderName::from_static("x-api-key"), verifier).unwrap()
}

/// Every kind of stage with an identity, alone and beside a session.
fn stages<I: Identity<Principal = Name>>(identity: impl Fn() -> I) -> [Router; 6] {
    let alone = || AuthenticateLayer::new(identity());
    let before = || AuthenticateLayer::new(any_of((identity(), Session)));
    let behind = || AuthenticateLayer::new(any_of((Session, identity())));
    [
        site().layer(alone()),
        site().layer(alone().optional()),
        site().layer(alone().ignore_invalid_credentials()),
        site().layer(before()),
        site().layer(before().optional()),
        // `Authorization` takes precedence.
        site().layer(behind().ignore_invalid_credentials()),
    ]
}

/// Stages of every scheme whose verifiers return this result, and the credentials for them.
fn every(why: Why) -> [(String, [Router; 6]); 9] {
    let refuse = move || Err::<Name, _>(why());
    let sent = "authorization: Bearer tok-read".to_owned();
    let typed = login("user", "passwd");
    let keyed = "x-api-key: key-1".to_owned();
    [
        (sent.clone(), stages(|| token(verify_fn(move |_: &str| refuse())))),
        (sent.clone(), stages(|| token(async_verify_fn(move |_: &str| ready(refuse()))))),
        (sent, stages(|| token(Later(why)))),
        (typed.clone(), stages(|| user(verify_fn(move |_: &Login| refuse())))),
        (typed.clone(), stages(|| user(async_verify_fn(move |_: &Login| ready(refuse()))))),
        (typed, stages(|| user(Later(why)))),
        (keyed.clone(), stages(|| key(verify_fn(move |_: &str| refuse())))),
        (keyed.clone(), stages(|| key(async_verify_fn(move |_: &str| ready(refuse()))))),
        (keyed, stages(|| key(Later(why)))),
    ]
}

#[test]
fn a08_missing_from_a_verifier_means_invalid() {
    let missing = every(|| Unauthenticated::missing().with_source("no such row"));
    let invalid = every(|| Unauthenticated::invalid().with_source("no such row"));
    for ((sent, stages), (_, expected)) in missing.into_iter().zip(invalid) {
        for (index, (stage, expected)) in stages.into_iter().zip(expected).enumerate() {
            let (stage, expected) = (Server::start(stage), Server::start(expected));
            let answer = get(stage.address, "/", &[&sent]).undated();
            assert_eq!(answer, get(expected.address, "/", &[&sent]).undated(), "{index} {sent}");
            if [2, 5].contains(&index) {
                assert_eq!((answer.status, answer.text()), (200, "nobody"), "{index} {sent}");
                continue;
            }
            assert_eq!(answer.status, 401, "{index} {sent}");
            assert_eq!(answer.json()["detail"], Cause::Invalid.detail(), "{index} {sent}");
            let error = sent.contains("Bearer").then_some("invalid_token");
            assert_eq!(answer.error("Bearer").as_deref(), error, "{index} {sent}");
        }
    }
}

#[test]
fn a08_missing_from_a_verifier_does_not_try_the_next_identity() {
    for (sent, stages) in every(Unauthenticated::missing) {
        let [.., before, optional, behind] = stages;
        let answers = [before, optional].map(|stage| {
            let server = Server::start(stage);
            get(server.address, "/", &[&sent, "cookie: sid=s1"]).status
        });
        assert_eq!(answers, [401, 401], "{sent}");
        // A key does not outrank a session that was tried before it.
        let server = Server::start(behind);
        let who = if sent.starts_with("x-api-key") { "session" } else { "nobody" };
        assert_eq!(get(server.address, "/", &[&sent, "cookie: sid=s1"]).text(), who, "{sent}");
    }
}

#[test]
fn a08_operators_see_that_it_is_invalid() {
    let decisions = Decisions::default();
    let missing = || Err::<Name, _>(Unauthenticated::missing());
    let identity = token(verify_fn(move |_: &str| missing()));
    let layer = AuthenticateLayer::new(identity).optional().on_decision(decisions.hook());
    let server = Server::start(site().layer(layer));
    get(server.address, "/", &["authorization: Bearer tok-read"]);
    let [decided] = &decisions.take()[..] else { panic!("one decision") };
    assert_eq!((decided.cause, decided.scheme.as_deref()), (Some(Cause::Invalid), Some("Bearer")));
}

#[test]
fn a10_a_token_that_expires_later_is_good_now() {
    let server = Server::start(site().layer(AuthenticateLayer::new(bearer())));
    let answer = get(server.address, "/", &["authorization: Bearer tok-new"]);
    assert_eq!((answer.status, answer.text()), (200, "reader"));
}
