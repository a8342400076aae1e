//! Tokens that name a key that is not loaded.

use tokio::task::JoinSet;
use tokio::time::{Instant, advance};

use super::*;
use crate::oauth::keys::remote::MAX_WAITING;

#[tokio::test(start_paused = true)]
async fn j33_nothing_is_fetched_before_the_first_token() {
    let issuer = Issuer::with_keys(&["a"]);
    let keys = issuer.keys();
    assert!(keys.current().is_none());
    assert!(!keys.is_loaded());
    sleep(3600 * SECOND).await;
    assert!(issuer.asked().is_empty());
    assert_eq!(has(&keys, "a").await, Ok(true));
    assert!(keys.is_loaded());
    assert!(keys.current().is_some());
    assert_eq!(issuer.asked(), [KEYS_URL]);
}

#[tokio::test(start_paused = true)]
async fn j33_the_first_token_is_refused_with_the_fetch_that_lacks_its_key() {
    let issuer = Issuer::with_keys(&["a"]);
    assert_eq!(has(&issuer.keys(), "b").await, Ok(false));
    assert_eq!(issuer.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn j38_a_rotation_costs_one_fetch_however_many_tokens_arrive() {
    let (issuer, keys) = Issuer::loaded(&["a"]).await;
    issuer.set_keys(&["a", "b"]);
    issuer.set_latency(SECOND);
    let mut requests = JoinSet::new();
    for n in 0..1000_u64 {
        let keys = keys.clone();
        requests.spawn(async move {
            sleep(Duration::from_micros(n * 900)).await;
            has(&keys, "b").await
        });
    }
    while let Some(found) = requests.join_next().await {
        assert_eq!(found.unwrap(), Ok(true));
    }
    assert_eq!(issuer.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn j39_a_fetch_that_began_before_the_token_arrived_does_not_refuse_it() {
    let (issuer, keys) = Issuer::loaded(&["a"]).await;
    issuer.set_latency(2 * SECOND);
    let early = tokio::spawn({
        let keys = keys.clone();
        async move { has(&keys, "x").await }
    });
    sleep(SECOND).await;
    // The issuer has read its old set for the fetch in progress.
    issuer.set_keys(&["a", "b"]);
    let start = Instant::now();
    assert_eq!(has(&keys, "b").await, Ok(true));
    assert_eq!(start.elapsed(), 3 * SECOND, "the rest of the first fetch, and the second one");
    assert_eq!(early.await.unwrap(), Ok(false));
    assert_eq!(issuer.asked().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn j39_without_a_later_fetch_the_token_is_not_refused_either() {
    let issuer = Issuer::with_keys(&["a"]);
    let keys = issuer.keys().fetch_budget(1, 30 * SECOND);
    keys.load().await.unwrap();
    issuer.set_latency(2 * SECOND);
    let early = tokio::spawn({
        let keys = keys.clone();
        async move { has(&keys, "x").await }
    });
    sleep(SECOND).await;
    assert_eq!(keys.cannot_fetch(), None);
    assert_eq!(has(&keys, "b").await, unavailable(28));
    assert_eq!(early.await.unwrap(), Ok(false));
}

#[tokio::test(start_paused = true)]
async fn j35_a_flood_stays_within_the_budget() {
    let (issuer, keys) = Issuer::loaded(&["a"]).await;
    let start = Instant::now();
    let mut refused = 0;
    for n in 0..100_000 {
        if has(&keys, &format!("random {}", n % 1000)).await != Ok(false) {
            refused += 1;
        }
        if n % 100 == 0 {
            advance(Duration::from_millis(590)).await;
        }
    }
    let periods = start.elapsed().as_secs() / 30;
    // Nothing of it is charged to the refresh after ten minutes.
    let fetches = issuer.asked().len();
    assert_eq!(fetches, 5 + usize::try_from(periods).unwrap());
    assert_eq!(refused, 100_000 - fetches);
    // Known keys do not notice.
    assert_eq!(has(&keys, "a").await, Ok(true));
}

#[tokio::test(start_paused = true)]
async fn j35_during_a_flood_the_token_of_a_new_key_waits_one_period_at_most() {
    let (issuer, keys) = Issuer::loaded(&["a"]).await;
    for n in 0..1000 {
        let _ = has(&keys, &format!("random {n}")).await;
    }
    issuer.set_keys(&["a", "b"]);
    let start = Instant::now();
    // Strangers are faster each time.
    let served = loop {
        let _ = has(&keys, "random").await;
        match has(&keys, "b").await {
            Ok(found) => break found,
            Err(KeysUnavailable { retry_after }) => {
                assert_eq!(keys.cannot_fetch(), unavailable::<()>(30).err());
                sleep(retry_after).await;
            }
        }
    };
    assert!(served);
    assert_eq!(start.elapsed(), 30 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn j35_a_refused_token_starts_no_task() {
    let issuer = Issuer::with_keys(&["a"]);
    let keys = issuer.keys();
    while has(&keys, "random").await == Ok(false) {}
    let runtime = tokio::runtime::Handle::current();
    let tasks = runtime.metrics().num_alive_tasks();
    for _ in 0..1000 {
        assert!(has(&keys, "random").await.is_err());
    }
    assert_eq!(runtime.metrics().num_alive_tasks(), tasks);
}

#[tokio::test(start_paused = true)]
async fn j40_a_bounded_number_of_requests_waits() {
    let issuer = Issuer::empty();
    issuer.set(KEYS_URL, Reply::Hangs);
    let keys = issuer.keys();
    let mut requests = JoinSet::new();
    for n in 0..MAX_WAITING {
        let keys = keys.clone();
        requests.spawn(async move { has(&keys, &n.to_string()).await });
    }
    sleep(SECOND).await;
    let start = Instant::now();
    assert_eq!(keys.cannot_fetch(), unavailable::<()>(1).err());
    assert_eq!(has(&keys, "a").await, unavailable(1));
    assert_eq!(start.elapsed(), Duration::ZERO);
    while let Some(outcome) = requests.join_next().await {
        assert_eq!(outcome.unwrap(), unavailable(1));
    }
    assert_eq!(start.elapsed(), 4 * SECOND);
    issuer.set_keys(&["a"]);
    sleep(SECOND).await;
    assert_eq!(has(&keys, "a").await, Ok(true));
}

#[tokio::test(start_paused = true)]
async fn j42_given_keys_are_never_fetched() {
    let keys = Keys::given("anything", &key_set(&["a"])).unwrap();
    assert!(keys.is_loaded());
    assert_eq!(keys.load().await.map_err(|error| error.to_string()), Ok(()));
    assert_eq!(keys.cannot_fetch(), None);
    assert_eq!(has(&keys, "a").await, Ok(true));
    assert_eq!(has(&keys, "b").await, Ok(false));
    assert!(Keys::given("", &key_set(&["a"])).is_err());
    assert!(Keys::given("anything", "{}").is_err());
}
