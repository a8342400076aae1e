//! J62, J63: what an endpoint that fails, and what strangers can cause.

use std::time::Duration;

use http::StatusCode;
use portcullis::oauth::{ClientAuth, FetchError, HttpClient, Introspection};
use portcullis::{Unauthenticated, Verify};
use tokio::task::JoinSet;
use tokio::time::{Instant, advance, sleep};

use crate::fake::{Fake, active, inactive, response};
use crate::sockets::{Endpoint, Mode, http};
use crate::times::TTL;
use crate::{SECRET, introspection, is_unavailable, resource};

fn down() -> FetchError {
    FetchError::new("connection refused")
}

#[tokio::test(start_paused = true)]
async fn j62_after_five_failures_there_is_no_call_for_a_time_then_one() {
    let fake = Fake::right();
    let tokens = introspection(&fake).cached(100, TTL);
    tokens.verify("right-known").await.unwrap();
    fake.answer(|_| Err(down()));
    for id in 0..100 {
        assert!(is_unavailable(tokens.verify(&format!("right-{id}")).await));
    }
    assert_eq!(fake.calls(), 1 + 5);
    // What is remembered passes.
    assert!(tokens.verify("right-known").await.is_ok());
    for (calls, pause) in [(7, 1), (8, 2), (9, 4), (10, 8)] {
        advance(Duration::from_millis(1000 * pause - 1)).await;
        assert!(is_unavailable(tokens.verify("right-1").await));
        assert_eq!(fake.calls(), calls - 1);
        advance(Duration::from_millis(1)).await;
        for id in 0..100 {
            assert!(is_unavailable(tokens.verify(&format!("right-{id}")).await));
        }
        assert_eq!(fake.calls(), calls);
    }
    // It is back, and a single trial shows it, during which other tokens wait for the next attempt.
    advance(Duration::from_secs(16)).await;
    fake.answer(|token| Ok(active(token)));
    fake.wait(Duration::from_millis(100));
    let mut requests = JoinSet::new();
    for id in 0..100 {
        let tokens = tokens.clone();
        requests.spawn(async move { tokens.verify(&format!("right-{id}")).await.is_ok() });
    }
    let passed = requests.join_all().await.into_iter().filter(|passed| *passed).count();
    assert_eq!((passed, fake.calls()), (1, 11));
    assert!(tokens.verify("right-new").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn j62_the_refusal_says_how_long_to_wait() {
    let fake = Fake::new(|_| Err(down()));
    let tokens = introspection(&fake);
    for _ in 0..6 {
        let refusal: Unauthenticated = tokens.verify("right").await.unwrap_err();
        let _ = refusal;
    }
    let stage = crate::failing::stage(tokens);
    let (status, retry_after) = crate::failing::ask(&stage, "right").await;
    assert_eq!((status, &*retry_after), (StatusCode::SERVICE_UNAVAILABLE, "1"));
}

#[tokio::test(start_paused = true)]
async fn j62_a_stranger_cannot_switch_introspection_off_with_tokens_that_upset_the_endpoint() {
    for status in [400, 403, 405, 406, 413, 414, 422, 431, 451, 500] {
        let fake = Fake::new(move |token| {
            let mut answer = if token == "right" { active(token) } else { inactive() };
            if token.starts_with("odd") {
                *answer.status_mut() = StatusCode::from_u16(status).unwrap();
            }
            Ok(answer)
        });
        let tokens = introspection(&fake);
        for id in 0..50 {
            assert!(is_unavailable(tokens.verify(&format!("odd-{id}")).await));
        }
        assert!(tokens.verify("right").await.is_ok(), "{status}");
    }
    // The others say that no token would get an answer.
    for status in [302, 401, 404, 408, 429, 502, 503, 504] {
        let fake = Fake::new(move |_| {
            let mut answer = response(&serde_json::json!({ "active": true }));
            *answer.status_mut() = StatusCode::from_u16(status).unwrap();
            Ok(answer)
        });
        let tokens = introspection(&fake);
        for _ in 0..50 {
            assert!(is_unavailable(tokens.verify("right").await));
        }
        assert_eq!(fake.calls(), 5, "{status}");
    }
}

const AUTHORITY: &[u8] = include_bytes!("../oauth_keys/certificates/authority.pem");

/// A firewall answers in the place of the endpoint, and a token of many groups has a long response.
#[test]
fn j62_a_page_of_a_firewall_and_a_long_response_do_not_switch_introspection_off() {
    let long = format!(r#"{{"active":true,"pad":"{}"}}"#, "x".repeat(70_000));
    let odd = [
        ("a page", http("200 OK", "text/html", "<h1>The request was rejected</h1>")),
        ("no JSON", http("200 OK", "application/json", "rejected")),
        ("too long", http("200 OK", "application/json", &long)),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let endpoint = Endpoint::start();
        for (what, bytes) in odd {
            let auth = ClientAuth::basic("notes", SECRET);
            let client = HttpClient::trusting_only(AUTHORITY).unwrap();
            let tokens = Introspection::at(&endpoint.url(), client, auth, &resource()).unwrap();
            endpoint.set(Mode::Bytes(bytes.clone()));
            for id in 0..10 {
                assert!(is_unavailable(tokens.verify(&format!("odd-{id}")).await), "{what}");
            }
            endpoint.set(Mode::Right);
            assert!(tokens.verify("right").await.is_ok(), "{what}");
        }
    });
}

#[tokio::test(start_paused = true)]
async fn j63_ten_thousand_tokens_at_an_endpoint_that_hangs_cause_no_more_calls_than_the_limit() {
    const HANGS: Duration = Duration::from_secs(1_000_000);
    for limit in [None, Some(4)] {
        let fake = Fake::right();
        let mut tokens = introspection(&fake);
        if let Some(limit) = limit {
            tokens = tokens.concurrent_calls(limit);
        }
        let limit = limit.unwrap_or(64);
        let tokens = tokens.cached(100, TTL);
        tokens.verify("right-known").await.unwrap();
        fake.wait(HANGS);
        let begun = Instant::now();
        let mut requests = JoinSet::new();
        for id in 0..10_000 {
            let tokens = tokens.clone();
            requests.spawn(async move {
                let verdict = tokens.verify(&format!("right-{id}")).await;
                (is_unavailable(verdict), Instant::now())
            });
        }
        sleep(Duration::from_secs(1)).await;
        assert!(tokens.verify("right-known").await.is_ok());
        let ends = requests.join_all().await;
        assert!(ends.iter().all(|(is_unavailable, _)| *is_unavailable));
        let at_once = ends.iter().filter(|(_, end)| *end == begun).count();
        assert!(at_once >= 10_000 - 4 * limit, "{at_once}");
        // Then the breaker is open, so those who waited for their turn cause none.
        assert_eq!(fake.most_at_once(), limit);
        let last = ends.iter().map(|(_, end)| *end - begun).max().unwrap();
        assert!(last <= Duration::from_millis(10_010), "{last:?}");
        // The limits are not used up.
        fake.wait(Duration::ZERO);
        advance(Duration::from_secs(60)).await;
        for id in 0..1000 {
            assert!(tokens.verify(&format!("right-{id}")).await.is_ok());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn j63_a_burst_within_the_limits_waits_for_its_turn() {
    let fake = Fake::right();
    fake.wait(Duration::from_millis(100));
    let tokens = introspection(&fake).concurrent_calls(10).cached(100, TTL);
    let mut requests = JoinSet::new();
    for id in 0..40 {
        let tokens = tokens.clone();
        requests.spawn(async move { tokens.verify(&format!("right-{id}")).await.is_ok() });
    }
    assert!(requests.join_all().await.into_iter().all(|passed| passed));
    assert_eq!((fake.calls(), fake.most_at_once()), (40, 10));
}
