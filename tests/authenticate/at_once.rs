//! Identities and verifiers that need not wait create no future (A10). The result is the same either
//! way, so only the cost shows it.

use std::sync::Arc;

use http::Request;
use http::request::Parts;
use portcullis::{
    ConnectionIdentity, Identity, Login, Tokens, Unauthenticated, Users, Verify, any_of,
    async_identity_fn, async_verify_fn, identity_fn, verify_fn,
};

use crate::support::{Server, get};
use crate::{Name, Transport, api_key, basic, bearer, login, site};

/// A request with every kind of credentials of the users here, each in its header.
fn request(authorization: &str) -> Parts {
    let (mut parts, ()) = Request::new(()).into_parts();
    let (_, authorization) = authorization.split_once(": ").unwrap();
    parts.headers.insert("authorization", authorization.parse().unwrap());
    parts.headers.insert("x-api-key", "key-1".parse().unwrap());
    parts.extensions.insert(7_u32);
    parts
}

fn now(identity: impl Identity<Principal = Name>, request: &Parts) -> Option<Name> {
    identity.identify_now(request).map(|answer| answer.expect("somebody"))
}

fn peer() -> ConnectionIdentity<u32, impl Verify<u32, Principal = Name>> {
    let challenge = portcullis::challenge::Challenge::builder("Peer").realm("test").build();
    ConnectionIdentity::new(
        challenge.unwrap(),
        verify_fn(|fact: &u32| Ok(if *fact == 7 { "peer" } else { "" })),
    )
}

#[test]
fn a10_identities_that_need_not_wait_answer_at_once() {
    let token = request("authorization: Bearer tok-read");
    let password = request(&login("user", "passwd"));
    assert_eq!(now(bearer(), &token), Some("reader"));
    assert_eq!(now(basic(), &password), Some("user"));
    assert_eq!(now(api_key(), &token), Some("machine"));
    assert_eq!(now(peer(), &token), Some("peer"));
    assert_eq!(now(Transport, &token), Some("peer"));
    assert_eq!(now(Arc::new(bearer()), &token), Some("reader"));
    assert_eq!(now(bearer().map(|name| name), &token), Some("reader"));
    assert_eq!(now(any_of((api_key(), bearer(), basic())), &password), Some("user"));
    let challenge = portcullis::challenge::Challenge::bearer("test").unwrap();
    assert_eq!(now(identity_fn(challenge, |_: &Parts| Ok("somebody")), &token), Some("somebody"));
}

#[test]
fn a10_verifiers_that_need_not_wait_answer_at_once() {
    let alice = Login::new("alice", "wonderland");
    let users = Users::new().with("alice", "wonderland", "alice");
    let tokens = Tokens::new().with("t", "alice");
    assert_eq!(users.verify_now(&alice).unwrap().unwrap(), "alice");
    assert_eq!(tokens.verify_now("t").unwrap().unwrap(), "alice");
    assert_eq!(Arc::new(tokens).verify_now("t").unwrap().unwrap(), "alice");
    assert_eq!(verify_fn(|_: &str| Ok("x")).verify_now("t").unwrap().unwrap(), "x");
    let digest = portcullis::DigestUsers::new("r").with("alice", "wonderland", "alice");
    assert_eq!(Verify::<Login>::verify_now(&digest, &alice).unwrap().unwrap(), "alice");
    // A verifier that waits has no result at once.
    let waits = async_verify_fn(|_: &str| async { Err::<Name, _>(Unauthenticated::invalid()) });
    assert!(waits.verify_now("t").is_none());
}

#[test]
fn a05_closures_read_authorization_unless_they_say_otherwise() {
    let challenge = || portcullis::challenge::Challenge::bearer("test").unwrap();
    let at_once = identity_fn(challenge(), |_: &Parts| Ok("somebody"));
    let waiting = async_identity_fn(challenge(), |_: &Parts| async { Ok("somebody") });
    assert_eq!(at_once.describe().headers(), [http::header::AUTHORIZATION]);
    assert_eq!(waiting.describe().headers(), [http::header::AUTHORIZATION]);
    let at_once = Server::start(site().layer(portcullis::AuthenticateLayer::new(at_once)));
    let waiting = Server::start(site().layer(portcullis::AuthenticateLayer::new(waiting)));
    for server in [at_once, waiting] {
        let line = "authorization: Bearer x";
        assert_eq!(get(server.address, "/", &[line]).text(), "somebody");
        assert_eq!(get(server.address, "/", &[line, line]).status, 400);
    }
}
