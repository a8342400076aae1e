//! H04: every nonce count is accepted once, in any order.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, SystemTime};

use portcullis::identity::{MemoryReplayStore, NonceCountStatus, NonceUse, ReplayStore};
use portcullis::{AuthenticateLayer, Unauthenticated, any_of};

use crate::client::Client;
use crate::support::{Connection, Server, get, request};
use crate::{ask, digest, mufasa, serve, site};

#[test]
fn h04_a_count_is_accepted_once() {
    let server = serve(digest());
    let mut client = mufasa(&server);
    let first = client.line("GET", "/");
    assert_eq!(ask(&server, &first).text(), "Mufasa");
    for _ in 0..3 {
        let replayed = ask(&server, &first);
        let stale = replayed.param("Digest", "stale");
        assert_eq!((replayed.status, stale.as_deref()), (401, Some("true")));
    }
    // A wrong response for the count says nothing of the count.
    let wrong = Client { password: "wrong".to_owned(), ..client.clone() };
    let wrong = ask(&server, &wrong.line_of_count(1, "GET", "/"));
    assert_eq!((wrong.status, wrong.param("Digest", "stale")), (401, None));
    // The count is refused with another response too.
    client.cnonce = "another".to_owned();
    assert_eq!(ask(&server, &client.line_of_count(1, "GET", "/")).status, 401);
    assert_eq!(ask(&server, &client.line("GET", "/")).text(), "Mufasa");
    assert_eq!(ask(&server, &first).status, 401);
}

#[test]
fn h04_a_replay_at_one_identity_is_not_tried_at_another_with_the_same_user() {
    let digest = || digest().key([7; 32]);
    let server = serve(any_of((digest(), digest())));
    let first = mufasa(&server).line("GET", "/");
    assert_eq!(ask(&server, &first).text(), "Mufasa");
    let replayed = ask(&server, &first);
    assert_eq!((replayed.status, replayed.param("Digest", "stale").is_some()), (401, true));
}

#[test]
fn h04_counts_of_parallel_connections_may_overtake_each_other() {
    let server = serve(digest());
    let client = mufasa(&server);
    for count in [3, 1, 2, 9, 250, 10, 8, 4, 249, 300, 251, 45] {
        let answer = ask(&server, &client.line_of_count(count, "GET", "/"));
        assert_eq!(answer.status, 200, "{count}");
    }
    // The limit: the store knows 256 counts up to the highest.
    assert_eq!(ask(&server, &client.line_of_count(44, "GET", "/")).status, 401);
    let behind = ask(&server, &client.line_of_count(44, "GET", "/"));
    assert_eq!(behind.param("Digest", "stale").as_deref(), Some("true"));
    let twice = ask(&server, &client.line_of_count(45, "GET", "/"));
    assert_eq!(twice.param("Digest", "stale").as_deref(), Some("true"));
}

#[test]
fn h04_an_honest_client_with_many_connections_is_never_refused() {
    let server = serve(digest());
    let client = mufasa(&server);
    let counts = AtomicU32::new(0);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut connection = Connection::open(server.address);
                for _ in 0..50 {
                    let count = counts.fetch_add(1, Ordering::Relaxed) + 1;
                    let line = client.line_of_count(count, "GET", "/");
                    let answer = connection.send(&request("GET", "/", &[line.as_bytes()]));
                    assert_eq!(answer.status, 200, "{count}");
                }
            });
        }
    });
}

#[test]
fn h04_of_two_simultaneous_equal_requests_one_is_refused() {
    let server = serve(digest());
    let mut client = mufasa(&server);
    for _ in 0..10 {
        let line = client.line("GET", "/");
        let statuses = thread::scope(|scope| {
            let both = [(); 2].map(|()| scope.spawn(|| ask(&server, &line).status));
            both.map(|sent| sent.join().unwrap())
        });
        assert!(statuses == [200, 401] || statuses == [401, 200], "{statuses:?}");
    }
}

#[test]
fn h04_only_a_right_response_is_stored() {
    let store = Arc::new(MemoryReplayStore::new());
    let server = serve(digest().replay_store(store.clone()));
    let right = mufasa(&server);
    for count in 1..50 {
        let wrong = Client { password: "x".to_owned(), ..mufasa(&server) };
        assert_eq!(ask(&server, &wrong.line_of_count(count, "GET", "/")).status, 401);
        let nobody = Client { user: "nobody".to_owned(), ..mufasa(&server) };
        assert_eq!(ask(&server, &nobody.line_of_count(count, "GET", "/")).status, 401);
        assert_eq!(ask(&server, &right.line_of_count(count, "GET", "/other")).status, 400);
    }
    assert!(store.is_empty());
    for count in 1..5 {
        assert_eq!(ask(&server, &right.line_of_count(count, "GET", "/")).status, 200);
    }
    assert_eq!(store.len(), 1);
}

#[test]
fn h04_an_evicted_nonce_is_stale_and_never_valid_again() {
    let store = Arc::new(MemoryReplayStore::with_max_nonces(4));
    let server = serve(digest().replay_store(store.clone()));
    let mut clients = Vec::new();
    for _ in 0..12 {
        let mut client = mufasa(&server);
        assert_eq!(ask(&server, &client.line("GET", "/")).status, 200);
        clients.push(client);
        // Nonces are a millisecond apart, so that the oldest is well defined.
        sleep(Duration::from_millis(2));
        assert!(store.len() <= 4);
    }
    for (index, client) in clients.iter_mut().enumerate() {
        let is_stored = index >= 8;
        let replayed = ask(&server, &client.line_of_count(1, "GET", "/"));
        let stale = replayed.param("Digest", "stale");
        assert_eq!((replayed.status, stale.as_deref()), (401, Some("true")), "{index}");
        let next = ask(&server, &client.line("GET", "/"));
        assert_eq!(next.status, if is_stored { 200 } else { 401 }, "{index}");
    }
}

#[test]
fn h04_an_outdated_nonce_is_no_longer_stored() {
    let store = Arc::new(MemoryReplayStore::new());
    let lifetime = Duration::from_secs(5);
    let identity = digest().nonce_lifetime(lifetime).unwrap().replay_store(store.clone());
    let server = serve(identity);
    let first = mufasa(&server).line("GET", "/");
    assert_eq!(ask(&server, &first).status, 200);
    sleep(lifetime);
    let replayed = ask(&server, &first);
    assert_eq!((replayed.status, replayed.text().contains("expired")), (401, true));
    assert_eq!(ask(&server, &mufasa(&server).line("GET", "/")).status, 200);
    assert_eq!(store.len(), 1);
}

/// Waits, then calls another store.
struct Far<R>(R);

impl<R: ReplayStore> ReplayStore for Far<R> {
    async fn record(&self, count: &NonceUse) -> Result<NonceCountStatus, Unauthenticated> {
        tokio::task::yield_now().await;
        self.0.record(count).await
    }
}

struct Down;

impl ReplayStore for Down {
    fn record(
        &self,
        _: &NonceUse,
    ) -> impl Future<Output = Result<NonceCountStatus, Unauthenticated>> + Send {
        std::future::ready(Err(Unauthenticated::unavailable().with_source("10.0.0.7 is down")))
    }
}

#[test]
fn h04_machines_may_share_nonces_and_their_counts() {
    let store = Arc::new(MemoryReplayStore::new());
    let machine = || serve(digest().key([9; 32]).replay_store(Far(store.clone())));
    let machines = [machine(), machine()];
    let mut client = mufasa(&machines[0]);
    for _ in 0..4 {
        let line = client.line("GET", "/");
        assert_eq!(ask(&machines[1], &line).text(), "Mufasa");
        assert_eq!(ask(&machines[0], &line).status, 401);
    }
}

#[test]
fn a07_a_replay_store_that_is_down_is_503() {
    let layer = AuthenticateLayer::new(digest().replay_store(Down)).optional();
    let server = Server::start(site().layer(layer));
    let challenging = serve(digest().key([1; 32]));
    let server_of_key = Server::start(
        site().layer(AuthenticateLayer::new(digest().key([1; 32]).replay_store(Down))),
    );
    assert_eq!(get(server.address, "/", &[]).text(), "nobody");
    let answer = ask(&server_of_key, &mufasa(&challenging).line("GET", "/"));
    assert_eq!((answer.status, answer.lines("www-authenticate").len()), (503, 0));
    assert_eq!(answer.field("retry-after"), Some("10"));
    assert!(!answer.everything().contains("10.0.0.7"));
}

#[test]
fn h04_a_store_can_be_tested_without_a_server() {
    let store = MemoryReplayStore::with_max_nonces(0);
    let later = SystemTime::now() + Duration::from_secs(60);
    let record = |nonce: u8, count| {
        let mut bytes = [0; 32];
        bytes[31] = nonce;
        store.record_now(&NonceUse::new(bytes, count, later)).unwrap().unwrap()
    };
    assert_eq!(record(1, 1), NonceCountStatus::First);
    assert_eq!(record(1, 1), NonceCountStatus::Repeated);
    // The store holds at least one nonce. After an eviction, an unknown nonce that expires no later
    // is forgotten.
    assert_eq!(record(2, 1), NonceCountStatus::First);
    assert_eq!(record(2, 2), NonceCountStatus::First);
    assert_eq!(record(1, 2), NonceCountStatus::Forgotten);
    assert_eq!(record(3, 1), NonceCountStatus::Forgotten);
    assert_eq!(store.len(), 1);
}

/// Remembers the counts that it was given.
#[derive(Default)]
struct Recorded(std::sync::Mutex<Vec<(String, u32)>>);

impl ReplayStore for Recorded {
    async fn record(&self, count: &NonceUse) -> Result<NonceCountStatus, Unauthenticated> {
        self.0.lock().unwrap().push((count.nonce().to_owned(), count.count()));
        Ok(NonceCountStatus::First)
    }
}

#[test]
fn h04_a_store_gets_the_nonce_and_the_count_that_were_sent() {
    let store = Arc::new(Recorded::default());
    let server = serve(digest().replay_store(store.clone()));
    let mut client = mufasa(&server);
    for count in [1, 0x1234] {
        client.count = count - 1;
        assert_eq!(ask(&server, &client.line("GET", "/")).text(), "Mufasa");
        assert_eq!(store.0.lock().unwrap().pop(), Some((client.nonce.clone(), count)));
    }
    let count = NonceUse::new([0xab; 32], 7, SystemTime::now());
    assert_eq!(count.nonce(), "ab".repeat(32));
    let printed = format!("{count:?}");
    assert!(printed.contains("count: 7") && !printed.contains("abab"), "{printed}");
}
