//! The challenges: H01, H02, A08, A12, A15.

use std::collections::HashSet;
use std::thread::sleep;
use std::time::Duration;

use axum::Router;
use axum::routing::get as on_get;
use http::StatusCode;
use portcullis::identity::{DigestAlgorithm, InvalidDigest};
use portcullis::{
    AuthenticateLayer, Basic, Bearer, Denial, Digest, Identity, Tokens, Unauthenticated, Users,
    any_of, verify_fn,
};

use crate::client::Client;
use crate::support::{Answer, Server, get};
use crate::{ALL, Name, REALM, ask, digest, mufasa, serve, site, users};

/// The parameters as they are on the wire, with quotes, in order.
fn raw(line: &str) -> Vec<(&str, &str)> {
    let params = line.strip_prefix("Digest ").expect("Digest").split(", ");
    params.map(|param| param.split_once('=').expect("a parameter")).collect()
}

/// RFC 7616 §3.3: which values are quoted, and which must not be.
#[track_caller]
fn assert_quoted_as_the_rfc_writes(answer: &Answer) {
    // `challenges` parses each challenge with two parsers and compares the results.
    assert!(!answer.challenges().is_empty());
    for line in answer.lines("www-authenticate") {
        for (name, value) in raw(line) {
            let quoted = value.starts_with('"') && value.ends_with('"') && value.len() > 1;
            match name {
                "realm" | "domain" | "nonce" | "opaque" | "qop" => assert!(quoted, "{line}"),
                "stale" | "algorithm" | "charset" | "userhash" => {
                    assert!(!value.contains('"'), "{line}");
                }
                other => panic!("{other} in {line}"),
            }
        }
    }
}

#[test]
fn h01_the_default_is_one_challenge_of_sha_256() {
    let server = serve(digest());
    let answer = get(server.address, "/", &[]);
    assert_eq!(answer.status, 401);
    assert_eq!(answer.field("cache-control"), Some("no-store"));
    assert_eq!(answer.field("authentication-info"), None);
    assert_quoted_as_the_rfc_writes(&answer);
    let line = answer.field("www-authenticate").unwrap();
    let names: Vec<_> = raw(line).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["realm", "nonce", "algorithm", "qop", "charset"]);
    assert!(line.contains(&format!("realm=\"{REALM}\"")), "{line}");
    assert!(line.ends_with("algorithm=SHA-256, qop=\"auth\", charset=UTF-8"), "{line}");
}

#[test]
fn h01_a_challenge_per_algorithm_strongest_first_with_one_nonce() {
    // In any order and with duplicates.
    let named = ALL.into_iter().rev().chain(ALL);
    let identity = digest().algorithms(named).unwrap().userhash(true);
    let identity = identity.domain(["/", "https://other.example/x?y"]).unwrap();
    let server = serve(identity.opaque("5ccc069c403ebaf9f0171e9517f40e41").unwrap());
    let answer = get(server.address, "/", &[]);
    assert_quoted_as_the_rfc_writes(&answer);
    let lines = answer.lines("www-authenticate");
    let of = |name: &str| -> Vec<String> {
        let values = lines.iter().map(|line| raw(line).into_iter().find(|it| it.0 == name));
        values.map(|found| found.expect(name).1.to_owned()).collect()
    };
    let offered = ["SHA-512-256", "SHA-512-256-sess", "SHA-256", "SHA-256-sess", "MD5", "MD5-sess"];
    assert_eq!(of("algorithm"), offered);
    assert_eq!(of("nonce").into_iter().collect::<HashSet<_>>().len(), 1);
    assert_eq!(of("domain")[0], "\"/ https://other.example/x?y\"");
    assert_eq!(of("opaque")[5], "\"5ccc069c403ebaf9f0171e9517f40e41\"");
    assert_eq!(of("userhash")[5], "true");
}

#[test]
fn h01_md5_is_off_by_default_and_comes_last() {
    let offered = |identity: Digest<_>| {
        let answer = get(serve(identity).address, "/", &[]);
        let lines = answer.lines("www-authenticate").into_iter();
        lines
            .map(|line| raw(line).into_iter().find(|it| it.0 == "algorithm").unwrap().1.to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(offered(digest()), ["SHA-256"]);
    assert_eq!(offered(digest().allow_md5().allow_md5()), ["SHA-256", "MD5"]);
    let both = [DigestAlgorithm::Md5, DigestAlgorithm::Sha512_256];
    assert_eq!(offered(digest().algorithms(both).unwrap()), ["SHA-512-256", "MD5"]);
}

#[test]
fn h01_every_401_has_a_nonce_of_its_own() {
    let server = serve(digest().allow_md5());
    let incomplete = ["authorization: Digest username=\"x\""];
    let malformed = ["authorization: Digest abc"];
    let mut nonces = HashSet::new();
    for round in 0..30 {
        let header = [&[][..], &incomplete, &malformed][round % 3];
        let answer = get(server.address, "/", header);
        assert_eq!(answer.status, if round % 3 == 1 { 400 } else { 401 });
        assert!(nonces.insert(answer.param("Digest", "nonce").unwrap()), "a nonce came twice");
    }
    for nonce in nonces {
        let digits = nonce.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        assert!(nonce.len() == 64 && digits, "{nonce}");
    }
}

#[test]
fn h01_a_realm_may_need_escapes() {
    let realm = r#"say "friend" \o/"#;
    let users = portcullis::DigestUsers::new(realm).with("Mufasa", "x", "Mufasa");
    let server = serve(Digest::from_users(users).unwrap());
    let mut client = Client::of(&get(server.address, "/", &[]), "Mufasa", "x");
    assert_eq!(client.realm, realm);
    let escaped = realm.replace('\\', "\\\\").replace('"', "\\\"");
    let line = client.line("GET", "/").replace(realm, &escaped);
    assert_eq!(ask(&server, &line).text(), "Mufasa");
}

#[test]
fn h01_wrong_configuration_fails_in_its_method() {
    let challenge = |realm| Digest::new(realm, users()).err();
    assert!(matches!(challenge("Z\u{fc}rich"), Some(InvalidDigest::Challenge(_))));
    assert!(matches!(challenge("scope=x"), Some(InvalidDigest::Challenge(_))));
    assert!(matches!(digest().algorithms([]).err(), Some(InvalidDigest::NoAlgorithm)));
    let day = Duration::from_secs(24 * 60 * 60);
    for lifetime in [Duration::ZERO, Duration::from_micros(999), 31 * day, Duration::MAX] {
        let refused = digest().nonce_lifetime(lifetime).err();
        assert!(matches!(refused, Some(InvalidDigest::Lifetime)), "{lifetime:?}");
    }
    assert!(matches!(digest().opaque("\u{e9}").err(), Some(InvalidDigest::Challenge(_))));
    for domain in ["", "index.html", "/a b", "/a\"", "*", "example.org"] {
        let domain = digest().domain(["/", domain]).err();
        assert!(matches!(domain, Some(InvalidDigest::Domain)), "{domain:?}");
    }
}

#[test]
fn h02_a_nonce_may_live_for_a_month() {
    let month = Duration::from_secs(30 * 24 * 60 * 60);
    let server = serve(digest().nonce_lifetime(month).unwrap());
    assert_eq!(ask(&server, &mufasa(&server).line("GET", "/")).text(), "Mufasa");
}

#[test]
fn h02_an_outdated_nonce_is_stale_only_for_a_right_response() {
    let lifetime = Duration::from_secs(5);
    let server = serve(digest().allow_md5().nonce_lifetime(lifetime).unwrap());
    let mut client = mufasa(&server);
    sleep(lifetime);

    let wrong = Client { password: "wrong".to_owned(), ..client.clone() };
    let wrong = ask(&server, &wrong.line_of_count(1, "GET", "/"));
    assert_eq!((wrong.status, wrong.param("Digest", "stale")), (401, None));
    let nobody = Client { user: "nobody".to_owned(), ..client.clone() };
    let nobody = ask(&server, &nobody.line_of_count(1, "GET", "/"));
    assert_eq!((nobody.status, nobody.param("Digest", "stale")), (401, None));

    let stale = ask(&server, &client.line("GET", "/"));
    assert_eq!(stale.status, 401);
    assert_quoted_as_the_rfc_writes(&stale);
    let lines = stale.lines("www-authenticate");
    assert!(
        lines.len() == 2 && lines.iter().all(|line| line.ends_with(", stale=true")),
        "{lines:?}"
    );
    // The client continues with the new nonce. The next refusal is not `stale`.
    client.nonce = stale.param("Digest", "nonce").unwrap();
    client.count = 0;
    assert_eq!(ask(&server, &client.line("GET", "/")).text(), "Mufasa");
    assert_eq!(get(server.address, "/", &[]).param("Digest", "stale"), None);
}

#[test]
fn h02_another_schemes_outdated_credentials_are_not_stale() {
    let tokens = verify_fn(|_: &str| Err::<Name, _>(Unauthenticated::stale()));
    let server = serve(any_of((digest(), Bearer::new("t", tokens).unwrap())));
    let answer = ask(&server, "authorization: Bearer old");
    assert_eq!(answer.schemes(), ["Bearer", "Digest"]);
    assert_eq!(answer.error("Bearer").as_deref(), Some("invalid_token"));
    assert_eq!(answer.param("Digest", "stale"), None);
}

fn three() -> impl Identity<Principal = Name> {
    let tokens = Tokens::new().with("tok-read", "reader");
    let users = Users::new().with("user", "passwd", "user");
    let digest = digest().map(|name| name);
    any_of((Basic::new("b", users).unwrap(), digest, Bearer::new("t", tokens).unwrap()))
}

#[test]
fn a08_a15_per_response_challenges_keep_the_places_of_the_prepared_ones() {
    let layer = AuthenticateLayer::new(three());
    let first = Server::start(site().layer(layer.clone().optional()));
    let needed = Server::start(site().layer(layer.clone()));
    let kept = Server::start(site().layer(layer.preserve_challenge_order()));
    let mut nonces = HashSet::new();
    for wrong in ["authorization: Bearer nope", "authorization: Basic eDp5"] {
        for _ in 0..2 {
            for (server, order) in [
                (&first, ["Bearer", "Basic", "Digest"]),
                (&needed, ["Bearer", "Basic", "Digest"]),
                (&kept, ["Basic", "Digest", "Bearer"]),
            ] {
                let answer = ask(server, wrong);
                assert_eq!(answer.status, 401);
                assert_eq!(answer.schemes(), order);
                let error = wrong.contains("Bearer").then_some("invalid_token");
                assert_eq!(answer.error("Bearer").as_deref(), error, "{wrong}");
                assert!(nonces.insert(answer.param("Digest", "nonce").unwrap()));
            }
        }
    }
    // A failure of Digest is final and has no effect on the other challenges.
    let mut client = mufasa(&needed);
    client.password = "wrong".to_owned();
    let answer = ask(&first, &client.line("GET", "/"));
    assert_eq!((answer.status, answer.error("Bearer")), (401, None));
    assert_eq!(answer.json()["detail"], "The credentials are not valid.");
    // Each scheme authenticates.
    client.password = "Circle of Life".to_owned();
    assert_eq!(ask(&needed, &client.line("GET", "/")).text(), "Mufasa");
    assert_eq!(ask(&needed, "authorization: Bearer tok-read").text(), "reader");
    assert_eq!(ask(&needed, "authorization: Basic dXNlcjpwYXNzd2Q=").text(), "user");
    assert_eq!(get(first.address, "/", &[]).text(), "nobody");
}

#[test]
fn a12_a_bare_401_of_the_service_gets_a_nonce_of_its_own_too() {
    let bare = || async { StatusCode::UNAUTHORIZED };
    let log_out = || async { Err::<(), _>(Denial::reauthenticate()) };
    let routes = Router::new().route("/bare", on_get(bare)).route("/logout", on_get(log_out));
    let server = Server::start(routes.layer(AuthenticateLayer::new(digest()).optional()));
    let mut nonces = HashSet::new();
    for path in ["/bare", "/bare", "/logout", "/logout"] {
        let answer = get(server.address, path, &[]);
        assert_eq!(answer.status, 401, "{path}");
        assert_eq!(answer.param("Digest", "stale"), None);
        assert!(nonces.insert(answer.param("Digest", "nonce").unwrap()), "{path}");
    }
}

#[test]
fn a15_there_is_no_challenge_where_it_would_not_help() {
    let forbidden = || async { Err::<(), _>(Denial::forbidden()) };
    let routes = Router::new().route("/", on_get(forbidden));
    let server = Server::start(routes.layer(AuthenticateLayer::new(digest()).optional()));
    let answer = get(server.address, "/", &[]);
    assert_eq!((answer.status, answer.lines("www-authenticate").len()), (403, 0));
}
