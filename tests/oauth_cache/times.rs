//! J53: how long a token is remembered. Time is tokio's, which stands still, and that of the injected clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use portcullis::Verify;
use portcullis::oauth::TokenError;
use serde_json::json;
use tokio::time::advance;

use crate::fake::{Fake, active, inactive};
use crate::{RESOURCE, introspection, verdict};

pub const TTL: Duration = Duration::from_secs(30);

#[tokio::test(start_paused = true)]
async fn j53_a_token_is_remembered_for_the_time_and_counted_from_the_question() {
    let fake = Fake::right();
    let tokens = introspection(&fake).cached(100, TTL);
    fake.wait(Duration::from_secs(3));
    tokens.verify("right").await.unwrap();
    fake.wait(Duration::ZERO);
    // Revoked at the authorization server.
    fake.answer(|_| Ok(inactive()));
    advance(TTL - Duration::from_secs(3) - Duration::from_millis(2)).await;
    assert!(tokens.verify_now("right").unwrap().is_ok());
    assert_eq!(fake.calls(), 1);
    advance(Duration::from_millis(2)).await;
    assert!(tokens.verify_now("right").is_none());
    assert_eq!(verdict(tokens.verify("right").await), Err(TokenError::Inactive));
    assert_eq!((fake.calls(), tokens.len()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn j53_times_of_the_token_are_judged_on_each_hit() {
    let now = Arc::new(AtomicU64::new(1000));
    let clock = now.clone();
    let fake = Fake::json(json!({
        "active": true, "sub": "ann", "aud": RESOURCE, "exp": 2000, "nbf": 1100.5, "iat": 900,
    }));
    let tokens = introspection(&fake)
        .leeway(Duration::from_secs(10))
        .clock(move || UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::SeqCst)))
        .cached(100, TTL);
    for (time, expected) in [
        (1000, Err(TokenError::NotYetValid)),
        (1090, Err(TokenError::NotYetValid)),
        (1091, Ok("ann".to_owned())),
        (2009, Ok("ann".to_owned())),
        (2010, Err(TokenError::Expired)),
        (1500, Ok("ann".to_owned())),
    ] {
        now.store(time, Ordering::SeqCst);
        assert_eq!(verdict(tokens.verify("opaque").await), expected, "{time}");
    }
    assert_eq!(fake.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn j53_without_time_each_request_asks() {
    let fake = Fake::right();
    let tokens = introspection(&fake).cached(100, Duration::ZERO);
    let plain = introspection(&fake);
    for calls in 1..4 {
        assert!(tokens.verify("right").await.is_ok());
        assert!(plain.verify("right").await.is_ok());
        assert!(tokens.verify("wrong").await.is_err());
        assert_eq!(fake.calls(), 3 * calls);
    }
}

#[tokio::test(start_paused = true)]
async fn j53_a_time_without_end_is_no_error() {
    let fake = Fake::right();
    let tokens = introspection(&fake).cached(usize::MAX, Duration::MAX);
    for _ in 0..3 {
        assert!(tokens.verify("right").await.is_ok());
        advance(Duration::from_secs(1_000_000)).await;
    }
    assert_eq!(fake.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn j54_a_refusal_is_remembered_for_five_seconds_at_most() {
    let fake = Fake::right();
    let tokens = introspection(&fake).cached(100, TTL);
    assert_eq!(verdict(tokens.verify("new").await), Err(TokenError::Inactive));
    // The token becomes active, as one does that was issued a moment ago.
    fake.answer(|token| Ok(active(token)));
    advance(Duration::from_millis(4990)).await;
    assert_eq!(verdict(tokens.verify_now("new").unwrap()), Err(TokenError::Inactive));
    advance(Duration::from_millis(20)).await;
    assert!(tokens.verify_now("new").is_none());
    assert_eq!(verdict(tokens.verify("new").await), Ok("new".to_owned()));
    assert_eq!(fake.calls(), 2);
    // Nor longer than right tokens.
    let tokens = introspection(&fake).cached(100, Duration::from_secs(1));
    fake.answer(|_| Ok(inactive()));
    assert!(tokens.verify("new").await.is_err());
    advance(Duration::from_millis(1001)).await;
    assert!(tokens.verify_now("new").is_none());
}
