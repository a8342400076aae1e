//! JWTs: J10 to J29. Tokens are minted here, by another library than the one that verifies them.

mod accepted;
mod claims;
mod costs;
mod hostile;
mod keys;
mod mint;
mod mutations;
mod profiles;
mod remote;
mod times;

use std::error::Error;
use std::time::{Duration, SystemTime};

use portcullis::oauth::{Jwt, Keys, Resource, Token, TokenError};
use portcullis::{Cause, Unauthenticated, Verify};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use mint::Signer;

#[global_allocator]
static COUNTING: counting::Counting = counting::Counting;

const ISSUER: &str = "https://login.example.com/tenant";
const RESOURCE: &str = "https://api.example.com/notes";

/// The time of all tests, in seconds since 1970.
const NOW: u64 = 1_800_000_000;

fn resource() -> Resource {
    Resource::new(RESOURCE).unwrap()
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn set(keys: &[&Signer]) -> String {
    json!({"keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>()}).to_string()
}

fn given(keys: &[&Signer]) -> Keys {
    Keys::given(ISSUER, &set(keys)).unwrap()
}

/// A verifier of the profile of RFC 9068 with this key.
fn verifier(key: &Signer) -> Jwt {
    Jwt::rfc9068(given(&[key]), &resource()).clock(|| at(NOW))
}

fn relaxed(key: &Signer) -> Jwt {
    Jwt::relaxed(given(&[key]), &resource()).clock(|| at(NOW))
}

/// The header that this key's tokens have.
fn header(key: &Signer) -> Value {
    json!({"alg": key.algorithm(), "typ": "at+jwt", "kid": key.kid()})
}

/// The claims of a token that is accepted.
fn claims() -> Value {
    json!({
        "iss": ISSUER,
        "aud": RESOURCE,
        "sub": "alice",
        "client_id": "editor",
        "exp": NOW + 300,
        "iat": NOW - 10,
        "jti": "a-token",
        "scope": "notes:read notes:write",
    })
}

/// The object with these members, in place of those of the same names.
fn with(mut object: Value, members: Value) -> Value {
    let Value::Object(members) = members else { panic!("not an object") };
    for (name, value) in members {
        object[name] = value;
    }
    object
}

fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().unwrap().remove(name).expect("a member to remove");
    object
}

fn token(key: &Signer) -> String {
    key.token(&header(key), &claims())
}

fn refused(unauthenticated: Unauthenticated) -> (Cause, TokenError) {
    let error = unauthenticated.source().and_then(|source| source.downcast_ref::<TokenError>());
    (unauthenticated.cause(), *error.expect("a `TokenError` as its source"))
}

/// The result of the verifier, with and without waiting. The cause of every refusal here is `Invalid`,
/// but of an expired token.
#[track_caller]
fn verify<E: DeserializeOwned + Send + Sync + 'static>(
    tokens: &Jwt<E>,
    token: &str,
) -> Result<Token<E>, TokenError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let waiting = runtime.block_on(tokens.verify(token)).map_err(refused);
    if let Some(now) = tokens.verify_now(token) {
        let now = now.map(drop).map_err(refused);
        assert_eq!(now, waiting.as_ref().map(drop).map_err(|refused| *refused));
    }
    waiting.map_err(|(cause, error)| {
        let expected = if error == TokenError::Expired { Cause::Expired } else { Cause::Invalid };
        assert_eq!(cause, expected, "{error}");
        error
    })
}

/// As [`verify`], for one token of this header and these claims.
#[track_caller]
fn judge(tokens: &Jwt, key: &Signer, header: &Value, claims: &Value) -> Result<(), TokenError> {
    verify(tokens, &key.token(header, claims)).map(drop)
}
