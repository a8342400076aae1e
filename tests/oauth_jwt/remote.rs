//! Keys that are fetched: unknown ones, removed ones, outages.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use portcullis::oauth::{Fetch, FetchError, Jwt, Keys, TokenError};
use portcullis::{Cause, Denial, Verify};
use serde_json::json;

use crate::mint::Signer;
use crate::{ISSUER, NOW, at, claims, header, refused, resource, set, token, with};

const OTHER: &str = "https://other.example.com";
const INVALID: (Cause, TokenError) = (Cause::Invalid, TokenError::UnknownKey);
const UNAVAILABLE: (Cause, TokenError) = (Cause::Unavailable, TokenError::KeysUnavailable);

/// An issuer that serves a key set, or is down.
#[derive(Default)]
struct Issuer {
    jwks: Mutex<Option<String>>,
    asked: AtomicUsize,
}

impl Issuer {
    fn serves(&self, keys: &[&Signer]) {
        *self.jwks.lock().unwrap() = Some(set(keys));
    }

    fn goes_down(&self) {
        *self.jwks.lock().unwrap() = None;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Fetch for Issuer {
    async fn fetch(&self, _: Request<Bytes>, _: usize) -> Result<Response<Bytes>, FetchError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let jwks = self.jwks.lock().unwrap().clone();
        jwks.map(|jwks| Response::new(jwks.into())).ok_or_else(|| FetchError::new("it is down"))
    }
}

fn fetched(issuer: &Arc<Issuer>) -> Jwt {
    let keys = Keys::at(ISSUER, "https://login.example.com/jwks", issuer.clone()).unwrap();
    Jwt::rfc9068(keys, &resource()).clock(|| at(NOW))
}

async fn result(tokens: &Jwt, token: &str) -> Result<(), (Cause, TokenError)> {
    tokens.verify(token).await.map(drop).map_err(refused)
}

#[tokio::test(start_paused = true)]
async fn j19_a_key_is_fetched_when_a_token_needs_it() {
    let issuer = Arc::new(Issuer::default());
    let (old, new) = (Signer::es256("old"), Signer::es256("new"));
    issuer.serves(&[&old]);
    let tokens = fetched(&issuer);
    assert!(tokens.verify_now(&token(&old)).is_none());
    assert_eq!(issuer.asked(), 0);
    assert_eq!(result(&tokens, &token(&old)).await, Ok(()));
    assert!(tokens.verify_now(&token(&old)).is_some_and(|result| result.is_ok()));
    assert_eq!(issuer.asked(), 1);

    // 401 only once a set that was fetched later lacks it.
    assert!(tokens.verify_now(&token(&new)).is_none());
    assert_eq!(result(&tokens, &token(&new)).await, Err(INVALID));
    issuer.serves(&[&old, &new]);
    assert_eq!(result(&tokens, &token(&new)).await, Ok(()));
    assert_eq!(issuer.asked(), 3);
}

#[tokio::test(start_paused = true)]
async fn j19_without_its_keys_a_token_gets_503_and_known_keys_go_on() {
    let issuer = Arc::new(Issuer::default());
    let (old, new) = (Signer::es256("old"), Signer::es256("new"));
    let tokens = fetched(&issuer);
    assert_eq!(result(&tokens, &token(&old)).await, Err(UNAVAILABLE));
    let again = tokens.verify_now(&token(&old)).expect("no wait for what cannot be fetched yet");
    assert_eq!(again.map(drop).map_err(refused), Err(UNAVAILABLE));

    issuer.serves(&[&old]);
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert_eq!(result(&tokens, &token(&old)).await, Ok(()));
    issuer.goes_down();
    assert_eq!(result(&tokens, &token(&new)).await, Err(UNAVAILABLE));
    assert_eq!(result(&tokens, &token(&old)).await, Ok(()));
    // What is wrong for another reason needs no key.
    let elsewhere = new.token(&header(&new), &with(claims(), json!({"aud": "x"})));
    let wrong = Err((Cause::Invalid, TokenError::Audience));
    assert_eq!(result(&tokens, &elsewhere).await, wrong);
    let denial = Denial::from(tokens.verify(&token(&new)).await.unwrap_err());
    assert_eq!(denial.cause(), Cause::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn j19_what_no_newer_set_could_verify_is_refused_without_a_fetch() {
    let issuer = Arc::new(Issuer::default());
    let key = Signer::es256("known");
    issuer.serves(&[&key]);
    let tokens = fetched(&issuer);
    assert_eq!(result(&tokens, &token(&key)).await, Ok(()));
    let forger = Signer::secret("forger", &[1; 32]);
    for header in [
        json!({"alg": "HS256", "typ": "at+jwt", "kid": "random"}),
        json!({"alg": "HS256", "typ": "at+jwt"}),
        json!({"alg": "RS256", "typ": "at+jwt", "kid": "known"}),
    ] {
        let sent = forger.token(&header, &claims());
        let now = tokens.verify_now(&sent).expect("a result at once").map(drop).map_err(refused);
        assert_eq!(now, Err(INVALID), "{header}");
        assert_eq!(result(&tokens, &sent).await, Err(INVALID), "{header}");
    }
    assert_eq!(issuer.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn j22_a_token_of_a_removed_key_is_refused() {
    let issuer = Arc::new(Issuer::default());
    let (old, new) = (Signer::es256("old"), Signer::es256("new"));
    issuer.serves(&[&old]);
    let tokens = fetched(&issuer);
    assert_eq!(result(&tokens, &token(&old)).await, Ok(()));
    issuer.serves(&[&new]);
    assert_eq!(result(&tokens, &token(&new)).await, Ok(()));
    assert_eq!(result(&tokens, &token(&old)).await, Err(INVALID));
}

#[tokio::test(start_paused = true)]
async fn j22_a_removed_key_takes_its_cached_tokens_along() {
    let issuer = Arc::new(Issuer::default());
    let (old, new) = (Signer::es256("old"), Signer::es256("new"));
    issuer.serves(&[&old]);
    let tokens = fetched(&issuer).cached(100);
    let (of_old, of_new) = (token(&old), token(&new));
    for _ in 0..3 {
        assert!(tokens.verify(&of_old).await.is_ok());
    }
    issuer.serves(&[&new]);
    assert!(tokens.verify(&of_new).await.is_ok());
    assert_eq!(tokens.verify(&of_old).await.map(drop).map_err(refused), Err(INVALID));
    assert!(tokens.verify(&of_new).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn j13_an_issuer_that_is_down_does_not_affect_another() {
    let (up, down) = (Arc::new(Issuer::default()), Arc::new(Issuer::default()));
    let key = Signer::es256("key");
    up.serves(&[&key]);
    let keys = Keys::at(OTHER, "https://other.example.com/jwks", down.clone()).unwrap();
    let tokens = fetched(&up).and_issuer(keys).unwrap();
    let of_other = key.token(&header(&key), &with(claims(), json!({"iss": OTHER})));
    assert_eq!(result(&tokens, &of_other).await, Err(UNAVAILABLE));
    assert_eq!(result(&tokens, &token(&key)).await, Ok(()));
    assert_eq!((up.asked(), down.asked()), (1, 1));
}
