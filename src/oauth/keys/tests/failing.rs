//! Issuers that are out of order.

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::*;

fn failures() -> Vec<(&'static str, Reply)> {
    let page = "<!doctype html><title>Sign in</title>";
    let html = vec![("content-type", "text/html")];
    let gzip = vec![("content-encoding", "gzip")];
    let location = vec![("location", "https://elsewhere.example/keys")];
    vec![
        ("refused", Reply::Refused),
        ("hangs", Reply::Hangs),
        ("panics", Reply::Panics),
        ("redirect", Reply::Body(StatusCode::FOUND, location, key_set(&["a"]))),
        ("204", Reply::Body(StatusCode::NO_CONTENT, Vec::new(), String::new())),
        ("206", Reply::status(206)),
        ("401", Reply::status(401)),
        ("404", Reply::status(404)),
        ("500", Reply::status(500)),
        ("HTML", Reply::Body(StatusCode::OK, html, page.to_owned())),
        ("empty body", Reply::ok("")),
        ("half a set", Reply::ok(&key_set(&["a"])[..40])),
        ("no set", Reply::ok("[]")),
        ("empty set", Reply::ok(r#"{"keys":[]}"#)),
        ("no usable key", Reply::ok(r#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#)),
        ("gzip", Reply::Body(StatusCode::OK, gzip, key_set(&["a"]))),
        ("long", Reply::ok(format!("{}{}", key_set(&["a"]), " ".repeat(512 * 1024)))),
    ]
}

#[tokio::test(start_paused = true)]
async fn j37_a_failure_keeps_the_keys() {
    for (name, failure) in failures() {
        let issuer = Issuer::with_keys(&["a"]);
        let keys = issuer.keys();
        let known = find(&keys, "a").await.unwrap().unwrap();
        issuer.set(KEYS_URL, failure);
        // A day of background refreshes, none of which succeeds.
        sleep(24 * 3600 * SECOND).await;
        assert!(keys.last_failure().is_some(), "{name}");
        assert_eq!(has(&keys, "a").await, Ok(true), "{name}");
        assert!(known.is_current(), "{name}");
        assert!(
            matches!(has(&keys, "b").await, Err(it) if it.retry_after <= 30 * SECOND),
            "{name}"
        );
        assert!(issuer.asked().len() <= 24 * 120 + 12, "{name}");
        issuer.set_keys(&["a", "b"]);
        sleep(30 * SECOND).await;
        assert!(keys.last_failure().is_none(), "{name}");
        assert_eq!(has(&keys, "b").await, Ok(true), "{name}");
        assert!(known.is_current(), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn j33_an_issuer_that_is_out_of_order_at_the_start_is_asked_again() {
    for (name, failure) in failures() {
        let issuer = Issuer::empty();
        issuer.set(KEYS_URL, failure);
        let keys = issuer.keys();
        assert_eq!(has(&keys, "a").await, unavailable(1), "{name}");
        assert_eq!(has(&keys, "a").await, unavailable(1), "{name}");
        assert!(keys.load().await.is_err(), "{name}");
        assert_eq!(keys.cannot_fetch(), unavailable::<()>(1).err(), "{name}");
        assert_eq!(issuer.asked().len(), 1, "{name}");
        issuer.set_keys(&["a"]);
        // Without a further request.
        sleep(SECOND).await;
        sleep(SECOND).await;
        assert!(keys.is_loaded(), "{name}");
        assert_eq!(has(&keys, "a").await, Ok(true), "{name}");
        // Nothing of it was charged to the budget.
        assert_eq!(keys.cannot_fetch(), None, "{name}");
        for _ in 0..5 {
            assert_eq!(has(&keys, "b").await, Ok(false), "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn j46_of_100_keys_in_512_kib_none_is_missing() {
    let names: Vec<_> = (0..100).map(|n| n.to_string()).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let issuer = Issuer::empty();
    let mut set = key_set(&names);
    set.push_str(&" ".repeat(512 * 1024 - set.len()));
    issuer.set(KEYS_URL, Reply::ok(&*set));
    let keys = issuer.keys();
    assert_eq!(has(&keys, "99").await, Ok(true));
    set.push(' ');
    issuer.set(KEYS_URL, Reply::ok(set));
    assert!(has(&issuer.keys(), "99").await.is_err());
}

#[tokio::test(start_paused = true)]
async fn j38_a_failure_is_shared_by_all_that_wait() {
    let issuer = Issuer::empty();
    issuer.set(KEYS_URL, Reply::Hangs);
    let keys = issuer.keys();
    let start = Instant::now();
    let mut requests = JoinSet::new();
    for n in 0..100 {
        let keys = keys.clone();
        requests.spawn(async move {
            sleep(n * SECOND / 25).await;
            has(&keys, "a").await
        });
    }
    while let Some(outcome) = requests.join_next().await {
        assert_eq!(outcome.unwrap(), unavailable(1));
    }
    assert_eq!(start.elapsed(), 5 * SECOND);
    assert_eq!(issuer.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn j38_a_fetch_survives_the_request_that_has_caused_it() {
    let issuer = Issuer::with_keys(&["a"]);
    issuer.set_latency(2 * SECOND);
    let keys = issuer.keys();
    let request = tokio::spawn({
        let keys = keys.clone();
        async move { has(&keys, "a").await }
    });
    sleep(SECOND).await;
    request.abort();
    sleep(2 * SECOND).await;
    assert!(keys.is_loaded());
    assert_eq!(issuer.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn j44_an_issuer_that_hangs_does_not_delay_another() {
    let (slow, fast) = (Issuer::empty(), Issuer::with_keys(&["a"]));
    slow.set(KEYS_URL, Reply::Hangs);
    let (slow, fast) = (slow.keys(), fast.keys());
    let waiting = tokio::spawn(async move { has(&slow, "a").await });
    sleep(SECOND).await;
    let start = Instant::now();
    assert_eq!(has(&fast, "a").await, Ok(true));
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert!(!waiting.is_finished());
}

#[tokio::test(start_paused = true)]
async fn j48_the_time_limit_can_be_set() {
    let issuer = Issuer::empty();
    issuer.set(KEYS_URL, Reply::Hangs);
    let keys = issuer.keys().time_limit(2 * SECOND);
    let start = Instant::now();
    let error = keys.load().await.unwrap_err();
    assert_eq!(error.to_string(), "not fetched within the time limit of 2s");
    assert_eq!(start.elapsed(), 2 * SECOND);
    for limit in [Duration::ZERO, Duration::MAX] {
        let keys = Issuer::with_keys(&["a"]).keys().time_limit(limit);
        let _ = keys.load().await;
    }
}
