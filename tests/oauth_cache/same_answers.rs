//! J50: a remembered token gets the answer that verifying it anew would give.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use portcullis::Verify;
use portcullis::oauth::{Jwt, Keys, Token, TokenError};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::fake::{Fake, inactive, response};
use crate::{RESOURCE, introspection, resource, verdict};

/// The seconds of a clock that tests set.
#[derive(Clone, Default)]
pub struct Clock(Arc<AtomicU64>);

impl Clock {
    pub fn set(&self, seconds: u64) {
        self.0.store(seconds, Ordering::SeqCst);
    }

    pub fn tell(&self) -> impl Fn() -> SystemTime + Send + Sync + 'static {
        let seconds = self.0.clone();
        move || UNIX_EPOCH + Duration::from_secs(seconds.load(Ordering::SeqCst))
    }
}

/// A number that depends on the step only.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Compares a verifier that remembers with one that does not, over random tokens and times of their clock.
/// Returns how often each kind of answer was given.
pub async fn compare<E: Send + Sync + 'static>(
    cached: &impl Verify<str, Principal = Token<E>>,
    fresh: &impl Verify<str, Principal = Token<E>>,
    clock: &Clock,
    tokens: &[String],
    times: u64,
    steps: usize,
) -> Vec<(Result<(), TokenError>, usize)> {
    let mut numbers = Numbers(7);
    let mut counts: Vec<(Result<(), TokenError>, usize)> = Vec::new();
    for step in 0..steps {
        if numbers.below(3) == 0 {
            clock.set(numbers.below(times));
        }
        let token = &tokens[usize::try_from(numbers.below(tokens.len() as u64)).unwrap()];
        let now = match cached.verify_now(token) {
            Some(now) => now,
            None => cached.verify(token).await,
        };
        let (now, anew) = (verdict(now), verdict(fresh.verify(token).await));
        assert_eq!(now, anew, "step {step}: {token}");
        let kind = anew.map(|_| ());
        match counts.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None => counts.push((kind, 1)),
        }
    }
    counts
}

#[tokio::test(start_paused = true)]
async fn j50_introspected_tokens_get_the_answer_of_the_endpoint() {
    // `kind-nbf-exp`.
    let answer = |token: &str| {
        let parts: Vec<u64> = token.split('-').map(|part| part.parse().unwrap()).collect();
        let [kind, not_before, expires] = parts[..] else { unreachable!() };
        let aud = if kind == 1 { "other" } else { RESOURCE };
        let cnf = if kind == 2 { json!({ "jkt": "x" }) } else { json!(null) };
        if kind == 3 {
            return Ok(inactive());
        }
        Ok(response(&json!({
            "active": true, "sub": token, "aud": aud, "nbf": not_before, "exp": expires, "cnf": cnf,
        })))
    };
    let clock = Clock::default();
    let build = || {
        let fake = Fake::new(answer);
        let tokens = introspection(&fake).leeway(Duration::from_secs(5)).clock(clock.tell());
        (fake, tokens)
    };
    let ((asked, cached), (_, fresh)) = (build(), build());
    let cached = cached.cached(1000, Duration::from_secs(3600));
    let tokens: Vec<String> = (0..400)
        .map(|id| format!("{}-{}-{}", if id % 4 == 0 { id / 4 % 4 } else { 0 }, id, id + 400))
        .collect();
    let counts = compare(&cached, &fresh, &clock, &tokens, 1000, 100_000).await;
    assert!(counts.len() == 6 && counts.iter().all(|(_, count)| *count > 1000), "{counts:?}");
    assert!(asked.calls() <= tokens.len(), "{}", asked.calls());
}

const KEY: &[u8] = b"a key that the issuer and this service share";

/// A JWT by the profile of RFC 9068, with this key.
fn jwt(claims: &Value, key: &[u8]) -> String {
    let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let message =
        format!("{}.{}", encode(&json!({ "alg": "HS256", "typ": "at+jwt" })), encode(claims));
    let mut signature = Hmac::<Sha256>::new_from_slice(key).unwrap();
    signature.update(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.finalize().into_bytes()))
}

#[tokio::test]
async fn j50_jwts_get_the_answer_that_verifying_them_anew_would_give() {
    let issuer = "https://login.example.com";
    let jwks = json!({ "keys": [{ "kty": "oct", "k": URL_SAFE_NO_PAD.encode(KEY) }] }).to_string();
    let clock = Clock::default();
    let build = || {
        Jwt::rfc9068(Keys::given(issuer, &jwks).unwrap(), &resource())
            .leeway(Duration::from_secs(5))
            .clock(clock.tell())
    };
    let cached = build().cached(1000);
    let tokens: Vec<String> = (0..400)
        .map(|id| {
            let aud = if id % 16 == 1 { "other" } else { RESOURCE };
            let key = if id % 16 == 2 { b"another key, which is as long as the first" } else { KEY };
            let claims = json!({
                "iss": issuer, "sub": format!("user-{id}"), "aud": aud, "client_id": "app", "iat": id,
                "nbf": id, "exp": id + 400, "jti": format!("id-{id}"), "scope": "notes:read",
            });
            jwt(&claims, key)
        })
        .collect();
    let counts = compare(&cached, &build(), &clock, &tokens, 1000, 100_000).await;
    assert!(counts.len() == 5 && counts.iter().all(|(_, count)| *count > 1000), "{counts:?}");
    assert!(cached.len() > 300, "{cached:?}");
}
