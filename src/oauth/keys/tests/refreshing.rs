//! Refreshing in the background.

use tokio::runtime::Handle;
use tokio::time::advance;

use super::*;

#[tokio::test(start_paused = true)]
async fn j34_keys_are_refreshed_while_no_request_arrives() {
    let (issuer, keys) = Issuer::loaded(&["a", "b"]).await;
    let set = keys.current().unwrap();
    let (a, b) = (key(&set, "a").unwrap(), key(&set, "b").unwrap());
    issuer.set_keys(&["c", "b"]);
    sleep(10 * 60 * SECOND - SECOND).await;
    assert!(issuer.asked().is_empty());
    assert!(a.is_current());
    sleep(2 * SECOND).await;
    assert_eq!(issuer.asked(), [KEYS_URL]);
    assert!(!a.is_current(), "the tokens of a removed key leave the cache");
    assert!(b.is_current(), "those of the others stay");
    let set = keys.current().unwrap();
    assert!(key(&set, "a").is_none() && key(&set, "c").is_some());
    assert!(Arc::ptr_eq(&b, &key(&set, "b").unwrap()));
    sleep(60 * 60 * SECOND).await;
    assert_eq!(issuer.asked().len(), 6);
}

#[tokio::test(start_paused = true)]
async fn j34_no_request_waits_for_a_refresh() {
    let (issuer, keys) = Issuer::loaded(&["a"]).await;
    issuer.set(KEYS_URL, Reply::Hangs);
    sleep(10 * 60 * SECOND + SECOND).await;
    assert_eq!(issuer.asked().len(), 1);
    let start = tokio::time::Instant::now();
    assert_eq!(has(&keys, "a").await, Ok(true));
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn j34_a_fetch_for_an_unknown_key_puts_the_refresh_off() {
    let (issuer, keys) = Issuer::loaded(&["a"]).await;
    sleep(9 * 60 * SECOND).await;
    assert_eq!(has(&keys, "b").await, Ok(false));
    assert_eq!(issuer.asked().len(), 1);
    sleep(9 * 60 * SECOND).await;
    assert!(issuer.asked().is_empty());
    assert_eq!(Handle::current().metrics().num_alive_tasks(), 1, "one task waits");
    sleep(2 * 60 * SECOND).await;
    assert_eq!(issuer.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn j34_a_jump_of_the_clock_is_harmless() {
    let (issuer, keys) = Issuer::loaded(&["a"]).await;
    advance(400 * 24 * 3600 * SECOND).await;
    assert_eq!(has(&keys, "a").await, Ok(true));
    sleep(SECOND).await;
    assert_eq!(issuer.asked().len(), 1);
    assert_eq!(keys.cannot_fetch(), None);
}

#[tokio::test(start_paused = true)]
async fn j45_the_task_ends_with_the_last_copy() {
    let issuer = Issuer::with_keys(&["a"]);
    let keys = issuer.keys();
    let copy = keys.clone();
    keys.load().await.unwrap();
    drop(keys);
    tokio::task::yield_now().await;
    assert_eq!(Handle::current().metrics().num_alive_tasks(), 1);
    assert!(copy.is_loaded());
    drop(copy);
    tokio::task::yield_now().await;
    assert_eq!(Handle::current().metrics().num_alive_tasks(), 0);
    assert_eq!(Arc::strong_count(&issuer.0), 1);
}

#[tokio::test(start_paused = true)]
async fn j48_the_age_can_be_set() {
    let issuer = Issuer::with_keys(&["a"]);
    let before = issuer.keys();
    let keys = before.clone().refresh_after(60 * SECOND);
    keys.load().await.unwrap();
    assert!(!before.is_loaded(), "a copy that was made before keeps its settings");
    sleep(61 * SECOND).await;
    assert_eq!(issuer.asked().len(), 2);
    for age in [Duration::ZERO, Duration::MAX] {
        let keys = issuer.keys().refresh_after(age);
        assert_eq!(has(&keys, "a").await, Ok(true));
        issuer.asked();
        sleep(60 * SECOND).await;
        drop(keys);
        let expected = if age.is_zero() { 59..=60 } else { 0..=0 };
        // The other keys are refreshed meanwhile, too.
        assert!(expected.contains(&issuer.asked().len().saturating_sub(1)), "{age:?}");
    }
}
