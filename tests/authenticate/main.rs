//! Section A: the authenticate stage of an origin server.
//!
//! Each module is some rows; the names of the tests begin with theirs. A18 has tests of its own, in
//! `tests/throttling`.

#[path = "../support/mod.rs"]
mod support;

mod ambient;
mod at_once;
mod audited;
mod caching;
mod challenging;
mod credentials_accepted;
mod decision_table;
mod faults;
mod http2;
mod invalid;
mod malformed;
mod marked;
mod no_credentials;
mod one_scheme;
mod operators;
mod own_words;
mod peers;
mod presence;
mod public_types;
mod readiness;
mod scopes;
mod secrets;
mod streams;
mod twice;
mod verifying;
mod wrapping;

use std::time::{Duration, SystemTime};

use axum::Router;
use http::HeaderName;
use http::request::Parts;
use portcullis::challenge::Challenge;
use portcullis::{
    ApiKey, Basic, Bearer, Identity, IdentityInfo, Principal, Tokens, Unauthenticated, Users,
    Verify,
};

/// The principal of these tests.
type Name = &'static str;

fn tokens() -> Tokens<Name> {
    let (hour, now) = (Duration::from_secs(3600), SystemTime::now());
    Tokens::new()
        .with("tok-read", "reader")
        .with("tok-rw", "writer")
        .with_expiring("tok-old", "reader", now - hour)
        .with_expiring("tok-new", "reader", now + hour)
}

fn bearer() -> Bearer<Tokens<Name>> {
    Bearer::new("test", tokens()).unwrap()
}

fn basic() -> Basic<Users<Name>> {
    Basic::new("test", Users::new().with("user", "passwd", "user").with("", "none", "empty"))
        .unwrap()
}

fn api_key() -> ApiKey<Tokens<Name>> {
    api_key_in("x-api-key")
}

fn api_key_in(field: &'static str) -> ApiKey<Tokens<Name>> {
    let keys = Tokens::new().with("key-1", "machine").with("tok-read", "machine");
    ApiKey::new("test", HeaderName::from_static(field), keys).unwrap()
}

/// `Authorization: Basic` for a user and a password.
fn login(user: &str, password: &str) -> String {
    use base64::Engine;
    let login = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    format!("authorization: Basic {login}")
}

/// A session in a cookie: ambient credentials.
struct Session;

impl Identity for Session {
    type Principal = Name;

    fn describe(&self) -> IdentityInfo {
        let challenge = Challenge::builder("Session").realm("test").build().unwrap();
        IdentityInfo::new(challenge).reads_headers([http::header::COOKIE])
    }

    fn identify_now(&self, request: &Parts) -> Option<Result<Name, Unauthenticated>> {
        let cookies = request.headers.get_all("cookie").iter();
        let found = cookies.into_iter().any(|line| line.to_str().unwrap().contains("sid=s1"));
        Some(found.then_some("session").ok_or(Unauthenticated::missing()))
    }
}

/// An identity that reads no field, as one by client certificate.
struct Transport;

impl Identity for Transport {
    type Principal = Name;

    fn describe(&self) -> IdentityInfo {
        let challenge = Challenge::builder("Certificate").realm("test").build().unwrap();
        IdentityInfo::new(challenge).reads_headers([])
    }

    fn identify_now(&self, _: &Parts) -> Option<Result<Name, Unauthenticated>> {
        Some(Ok("peer"))
    }
}

/// Judges by a function, after a wait: so that there is a future.
struct Waiting<C: ?Sized + 'static>(fn(&C) -> Result<Name, Unauthenticated>);

impl<C: ?Sized + Sync + 'static> Verify<C> for Waiting<C> {
    type Principal = Name;

    async fn verify(&self, credentials: &C) -> Result<Name, Unauthenticated> {
        tokio::task::yield_now().await;
        (self.0)(credentials)
    }
}

async fn who(caller: Option<Principal<Name>>) -> String {
    caller.map_or("nobody", |Principal(name)| name).to_owned()
}

/// Answers with the name of who asks.
fn site() -> Router {
    Router::new().fallback(who)
}
