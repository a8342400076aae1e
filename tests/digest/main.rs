//! Section H: Digest. The client of these tests computes the hash values of RFC 7616 independently,
//! with `sha2` and `md-5`, and reads challenges with another crate's parser.

#[path = "../support/mod.rs"]
mod support;

mod answering;
mod challenging;
mod client;
mod http2;
mod properties;
mod proxying;
mod replaying;
mod response_headers;
mod sent;
mod targets;
mod throttled;
mod vectors;
mod verifying;

use axum::Router;
use portcullis::identity::DigestAlgorithm;
use portcullis::{AuthenticateLayer, Digest, DigestUsers, Identity, Principal};

use crate::client::Client;
use crate::support::{Answer, Server, get};

/// The principal of these tests.
type Name = &'static str;

const REALM: &str = "http-auth@example.org";

const ALL: [DigestAlgorithm; 6] = [
    DigestAlgorithm::Sha512_256,
    DigestAlgorithm::Sha512_256Sess,
    DigestAlgorithm::Sha256,
    DigestAlgorithm::Sha256Sess,
    DigestAlgorithm::Md5,
    DigestAlgorithm::Md5Sess,
];

fn users() -> DigestUsers<Name> {
    DigestUsers::new(REALM)
        .with("Mufasa", "Circle of Life", "Mufasa")
        .with("J\u{e4}s\u{f8}n Doe", "Secret, or not?", "Jason")
        .with("quo\"te\\d", "pass", "quoted")
        .with("", "", "nobody at all")
}

fn digest() -> Digest<DigestUsers<Name>> {
    Digest::from_users(users()).unwrap()
}

async fn who(caller: Option<Principal<Name>>) -> String {
    caller.map_or("nobody", |Principal(name)| name).to_owned()
}

/// Responds with the name of the caller.
fn site() -> Router {
    Router::new().fallback(who)
}

fn serve(identity: impl Identity<Principal = Name>) -> Server {
    Server::start(site().layer(AuthenticateLayer::new(identity)))
}

/// A client with the right password and a nonce of the server.
#[track_caller]
fn mufasa(server: &Server) -> Client {
    Client::of(&get(server.address, "/", &[]), "Mufasa", "Circle of Life")
}

#[track_caller]
fn ask(server: &Server, header: &str) -> Answer {
    get(server.address, "/", &[header])
}

/// The line of `Authorization` with the parameter of this name replaced.
fn changed(line: &str, name: &str, param: &str) -> String {
    let start = line.find(&format!("{name}=")).unwrap_or_else(|| panic!("{name} in {line}"));
    let end = line[start..].find(", ").map_or(line.len(), |end| start + end);
    let changed = format!("{}{param}{}", &line[..start], &line[end..]);
    changed.trim_end_matches(", ").replace(", , ", ", ").replace("Digest , ", "Digest ")
}
