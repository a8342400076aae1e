//! The tables: what a token costs when it is new, when it is known, and in the stages.

use std::hint::black_box;

use http::{HeaderValue, StatusCode};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use portcullis::oauth::Token;
use portcullis::{Bearer, Identity, Tokens, Verify, verify_fn};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::issuer::{ISSUER, Issuer, KINDS, RESOURCE};
use crate::rounds::{Case, case, compare};
use crate::server::{Inner, authorization, exchange, now, request, stages};

/// What a program reads with `jsonwebtoken`, of the claims that a [`Token`] tells.
#[derive(Deserialize)]
#[allow(dead_code, reason = "only read")]
struct Claims {
    iss: String,
    sub: String,
    client_id: String,
    scope: String,
    jti: String,
    exp: u64,
}

/// The claims of its own that a program reads: none.
fn verified(tokens: &impl Verify<str, Principal = Token>, token: &str) {
    let verified = tokens.verify_now(token).unwrap_or_else(|| now(tokens.verify(token)));
    assert!(black_box(verified).is_ok());
}

/// A token that is new, against `jsonwebtoken::decode` with the same backend and key.
pub fn first_use() {
    for (algorithm, length) in KINDS {
        let issuer = Issuer::new(algorithm);
        let token = issuer.token(0, length);
        let jwk: Jwk = serde_json::from_value(issuer.jwk()).expect("a key");
        let key = DecodingKey::from_jwk(&jwk).expect("a key");
        let mut validation = Validation::new(match algorithm {
            "ES256" => Algorithm::ES256,
            _ => Algorithm::RS256,
        });
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[RESOURCE]);
        let tokens = issuer.jwt();
        let cases = vec![
            case("jsonwebtoken::decode", || {
                assert!(black_box(decode::<Claims>(&token, &key, &validation)).is_ok());
            }),
            case("Jwt", || verified(&tokens, &token)),
        ];
        compare(&format!("first use, {algorithm}, {} bytes", token.len()), cases);
    }
}

/// A token that is remembered; bars: 250 ns for ES256, 500 ns for RS256.
pub fn cached_lookup() {
    for (algorithm, length) in KINDS {
        let issuer = Issuer::new(algorithm);
        let token = issuer.token(0, length);
        let cached = issuer.jwt().cached(100_000);
        // Others are remembered as well.
        for number in 1..1000 {
            verified(&cached, &issuer.token(number, length));
        }
        let table = table(&issuer, &token);
        let cases: Vec<Case<'_>> = vec![
            case("Cached", || verified(&cached, &token)),
            case("Tokens of `memory`", || verified(&table, &token)),
            case("SHA-256 of the whole token", || {
                black_box(Sha256::digest(black_box(&token)));
            }),
        ];
        compare(&format!("cached look-up, {algorithm}, {} bytes", token.len()), cases);
    }
}

/// A permitted request, through both stages. The service itself and the making of the request are part of
/// each time, so the ratios are those of a whole request in process.
pub fn whole_stage() {
    for (algorithm, length) in KINDS {
        let issuer = Issuer::new(algorithm);
        let token = issuer.token(0, length);
        let sent = shared(authorization(&token));
        let mut bare = Inner;
        let mut table = stages(table(&issuer, &token));
        let mut cached = stages(issuer.jwt().cached(100_000));
        let mut uncached = stages(issuer.jwt());
        let ask = |status| assert_eq!(status, StatusCode::OK);
        let cases = vec![
            case("`Tokens` of `memory`", || ask(exchange(&mut table, request(sent.clone())))),
            case("cached", || ask(exchange(&mut cached, request(sent.clone())))),
            case("uncached", || ask(exchange(&mut uncached, request(sent.clone())))),
            case("no stages", || ask(exchange(&mut bare, request(sent.clone())))),
        ];
        compare(&format!("whole request, {algorithm}, {} bytes", token.len()), cases);
    }
}

/// `Bearer` with a token of 700 bytes and a verifier that does nothing; bar: 90 ns.
pub fn token68() {
    let read = |length: usize| {
        let identity = Bearer::new("notes", verify_fn(|token: &str| Ok(token.len())));
        let identity = identity.expect("a realm");
        let token = "aB3-_.~+/0".chars().cycle().take(length).collect::<String>();
        let (parts, _) = request(authorization(&token)).into_parts();
        move || {
            assert!(
                black_box(identity.identify_now(black_box(&parts))).is_some_and(|it| it.is_ok())
            );
        }
    };
    let cases = vec![case("16 bytes", read(16)), case("700 bytes", read(700))];
    compare("Bearer, reading a token68", cases);
}

fn table(issuer: &Issuer, token: &str) -> Tokens<Token> {
    let principal = now(issuer.jwt().verify(token)).expect("a right token");
    Tokens::new().with(token, principal)
}

/// Cloned once, because the first clone allocates the reference count.
fn shared(value: HeaderValue) -> HeaderValue {
    value.clone()
}
