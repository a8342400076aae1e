//! Hashing passwords: on which threads, how many at once, and when not at all. Tests the code of the
//! example with fast argon2 parameters.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::task::{Context, Waker};
use std::thread;
use std::time::{Duration, Instant};

use argon2::Params;
use http::Request;
use http::header::AUTHORIZATION;
use http::request::Parts;
use portcullis::{Basic, Cause, Identity, Login, Unauthenticated, verify_fn};
use tokio::time::{sleep, timeout};

use crate::accounts::Accounts;
use crate::hashing::{Busy, Hashing, Memory};
use crate::support::{Connection, Example, get, request};
use crate::verified::Verified;

/// A timeout that is never reached unless something is broken.
pub const PATIENCE: Duration = Duration::from_secs(20);

fn accounts(hashing: &Arc<Hashing>, capacity: u64, time_to_live: Duration) -> Basic<Arc<Accounts>> {
    Basic::new("test", stored(hashing, capacity, time_to_live)).unwrap()
}

/// One hash at a time, and no queue.
fn one() -> Arc<Hashing> {
    Arc::new(Hashing::new(1, 0).unwrap())
}

pub fn stored(hashing: &Arc<Hashing>, capacity: u64, time_to_live: Duration) -> Arc<Accounts> {
    let params = Params::new(Params::MIN_M_COST, 1, 1, None).unwrap();
    let verified = Verified::new(capacity, time_to_live).unwrap();
    let names: Vec<_> = (0..50).map(|index| format!("user-{index}")).collect();
    let users = names.iter().map(|name| (&**name, "password")).chain([("alice", "wonderland")]);
    Arc::new(Accounts::new(params, users, hashing.clone(), verified).unwrap())
}

fn sent(user: &str, password: &str) -> Parts {
    let line = crate::login(user, password);
    let request = Request::builder().header(AUTHORIZATION, &line["authorization: ".len()..]);
    request.body(()).unwrap().into_parts().0
}

/// Calls the identity as a stage does.
async fn ask(
    identity: &impl Identity<Principal = String>,
    request: &Parts,
) -> Result<String, Cause> {
    let result = match identity.identify_now(request) {
        Some(result) => result,
        None => timeout(PATIENCE, identity.identify(request)).await.expect("a result in time"),
    };
    result.map_err(|unauthenticated| unauthenticated.cause())
}

/// Occupies a hashing thread until the sender is dropped.
pub fn until_dropped(end: Receiver<()>) -> impl FnOnce(&mut Memory) + Send + 'static {
    move |_| assert!(end.recv().is_err())
}

#[tokio::test]
async fn a06_a_user_who_does_not_exist_is_hashed_as_often_as_one_who_does() {
    let hashing = one();
    let identity = accounts(&hashing, 10, PATIENCE);
    for (index, user) in ["alice", "nobody", "user-1", "nobody", ""].into_iter().enumerate() {
        assert_eq!(ask(&identity, &sent(user, "wrong")).await, Err(Cause::Invalid));
        assert_eq!(hashing.begun(), index as u64 + 1, "{user}");
    }
}

#[tokio::test]
async fn a10_a_login_that_was_right_is_not_hashed_again_and_takes_no_future() {
    let hashing = one();
    let identity = accounts(&hashing, 10, PATIENCE);
    let right = sent("alice", "wonderland");
    assert!(identity.identify_now(&right).is_none());
    assert_eq!(ask(&identity, &right).await, Ok("alice".to_owned()));
    for _ in 0..10 {
        assert_eq!(identity.identify_now(&right).unwrap().unwrap(), "alice");
    }
    assert_eq!(hashing.begun(), 1);
    // Wrong logins are not remembered, however similar to the right one.
    for (user, password) in
        [("alice", "wonderlan"), ("alic", "ewonderland"), ("Alice", "wonderland")]
    {
        for _ in 0..2 {
            assert_eq!(ask(&identity, &sent(user, password)).await, Err(Cause::Invalid));
        }
    }
    assert_eq!(hashing.begun(), 7);
}

#[tokio::test]
async fn a06_a_changed_password_counts_at_once() {
    let hashing = one();
    let stored = stored(&hashing, 10, PATIENCE);
    let identity = Basic::new("test", stored.clone()).unwrap();
    let (before, after) = (sent("alice", "wonderland"), sent("alice", "underland"));
    assert_eq!(ask(&identity, &before).await, Ok("alice".to_owned()));
    stored.change_password("alice", "underland".to_owned()).await.unwrap();
    assert_eq!(ask(&identity, &before).await, Err(Cause::Invalid));
    assert_eq!(ask(&identity, &after).await, Ok("alice".to_owned()));
    assert!(identity.identify_now(&after).is_some(), "remembered again");
}

#[test]
fn a06_a_check_that_began_before_its_login_was_forgotten_is_not_kept() {
    let verified = Verified::new(10, PATIENCE).unwrap();
    let login = verify_fn(move |login: &Login| -> Result<(), Unauthenticated> {
        let began = Instant::now();
        verified.keep(login, (), began);
        assert!(verified.get(login).is_some());
        verified.forget("alice");
        assert!(verified.get(login).is_none());
        verified.keep(login, (), began);
        assert!(verified.get(login).is_none());
        thread::sleep(Duration::from_millis(1));
        verified.keep(login, (), Instant::now());
        assert!(verified.get(login).is_some());
        Ok(())
    });
    let identity = Basic::new("test", login).unwrap();
    identity.identify_now(&sent("alice", "wonderland")).unwrap().unwrap();
}

#[tokio::test]
async fn a10_right_logins_are_remembered_in_a_bounded_space() {
    let identity = accounts(&one(), 5, PATIENCE);
    let users: Vec<_> = (0..50).map(|index| sent(&format!("user-{index}"), "password")).collect();
    for user in &users {
        ask(&identity, user).await.unwrap();
    }
    // The cache evicts in the background.
    let begun = Instant::now();
    while users.iter().filter(|user| identity.identify_now(user).is_some()).count() > 5 {
        assert!(begun.elapsed() < PATIENCE, "all are kept");
    }
}

#[tokio::test]
async fn a10_right_logins_are_remembered_for_a_while() {
    let identity = accounts(&one(), 5, Duration::from_millis(50));
    let right = sent("alice", "wonderland");
    ask(&identity, &right).await.unwrap();
    let begun = Instant::now();
    while identity.identify_now(&right).is_some() {
        assert!(begun.elapsed() < PATIENCE, "it is kept");
    }
}

#[tokio::test]
async fn a07_nothing_is_hashed_on_the_threads_that_serve() {
    let hashing = Hashing::new(1, 0).unwrap();
    let here = thread::current().id();
    let there = hashing.run(None, |_| thread::current().id()).await.unwrap();
    assert_ne!(here, there);
    // So a remembered login is accepted while others are hashed.
    let (hold, end) = channel();
    let working = hashing.run(None, until_dropped(end));
    let mut working = pin!(working);
    assert!(working.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(hold);
    working.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a07_no_more_are_hashed_at_once_than_are_allowed() {
    static NOW: AtomicUsize = AtomicUsize::new(0);
    let hashing = Arc::new(Hashing::new(2, 30).unwrap());
    let tasks: Vec<_> = (0..32)
        .map(|_| {
            let hashing = hashing.clone();
            tokio::spawn(async move {
                let work = |_: &mut Memory| {
                    let now = NOW.fetch_add(1, Ordering::SeqCst) + 1;
                    thread::sleep(Duration::from_millis(2));
                    NOW.fetch_sub(1, Ordering::SeqCst);
                    now
                };
                hashing.run(None, work).await.unwrap()
            })
        })
        .collect();
    for task in tasks {
        assert!((1..=2).contains(&task.await.unwrap()));
    }
    assert_eq!(hashing.begun(), 32);
}

/// Waits until this many hashes have begun.
pub async fn begun(hashing: &Hashing, number: u64) {
    let begun = Instant::now();
    while hashing.begun() < number {
        assert!(begun.elapsed() < PATIENCE, "not begun");
        sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn a07_a_full_queue_is_an_outage_and_a_cancelled_request_leaves_the_queue() {
    let hashing = Hashing::new(1, 2).unwrap();
    let (hold, end) = channel();
    let mut context = Context::from_waker(Waker::noop());
    let mut first = Box::pin(hashing.run(None, until_dropped(end)));
    assert!(first.as_mut().poll(&mut context).is_pending());
    begun(&hashing, 1).await;
    let mut second = Box::pin(hashing.run(None, |_| ()));
    let mut third = Box::pin(hashing.run(None, |_| ()));
    assert!(second.as_mut().poll(&mut context).is_pending());
    assert!(third.as_mut().poll(&mut context).is_pending());
    assert_eq!(hashing.waiting(), 2);
    let busy = timeout(PATIENCE, hashing.run(None, |_| ())).await.expect("an immediate result");
    assert!(matches!(busy, Err(Busy)));
    // A request that is cancelled in the queue makes room. One that is being hashed does not, because
    // the hash continues.
    drop(second);
    assert_eq!(hashing.waiting(), 1);
    let mut fourth = Box::pin(hashing.run(None, |_| ()));
    assert!(fourth.as_mut().poll(&mut context).is_pending());
    drop(first);
    let busy = timeout(PATIENCE, hashing.run(None, |_| ())).await.expect("an immediate result");
    assert!(matches!(busy, Err(Busy)));
    assert_eq!(hashing.begun(), 1);
    drop(hold);
    third.await.unwrap();
    fourth.await.unwrap();
    assert_eq!(hashing.begun(), 3);
}

#[tokio::test]
async fn a20_work_that_panics_ends_its_own_request_and_no_thread() {
    let hashing = Arc::new(Hashing::new(1, 1).unwrap());
    let panicking = hashing.clone();
    let task = tokio::spawn(async move { panicking.run(None, |_| panic!("a bug")).await });
    assert!(task.await.unwrap_err().is_panic());
    assert!(hashing.run(None, |_| ()).await.is_ok());
}

#[tokio::test]
async fn a07_a_full_queue_gives_503_except_for_remembered_logins() {
    let hashing = one();
    let identity = accounts(&hashing, 5, PATIENCE);
    let right = sent("alice", "wonderland");
    ask(&identity, &right).await.unwrap();
    // The only thread is busy.
    let (hold, end) = channel();
    let mut working = Box::pin(hashing.run(None, until_dropped(end)));
    assert!(working.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    for other in [sent("user-1", "password"), sent("alice", "wrong"), sent("nobody", "x")] {
        assert_eq!(ask(&identity, &other).await, Err(Cause::Unavailable));
    }
    assert_eq!(ask(&identity, &right).await, Ok("alice".to_owned()));
    drop(hold);
    working.await.unwrap();
    assert_eq!(ask(&identity, &sent("user-1", "password")).await, Ok("user-1".to_owned()));
}

#[test]
fn a18_the_example_throttles_existing_and_unknown_accounts_alike() {
    let example = Example::start("passwords");
    let tries = |user: &str| {
        let mut connection = Connection::open(example.address);
        let answers = (0..7).map(|index| {
            let sent = crate::login(user, &format!("guess {index}"));
            connection.send(&request("GET", "/", &[sent.as_bytes()])).undated()
        });
        answers.collect::<Vec<_>>()
    };
    let existing = tries("alice");
    let statuses: Vec<_> = existing.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [401, 401, 401, 401, 401, 429, 429]);
    let unknown = tries("nobody");
    let seconds = |answer: &crate::support::Answer| -> u64 {
        answer.field("retry-after").unwrap().parse().unwrap()
    };
    for (existing, unknown) in existing.into_iter().zip(unknown) {
        if existing.status == 429 {
            assert!(
                (1..=60).contains(&seconds(&existing)) && (1..=60).contains(&seconds(&unknown))
            );
        }
        let without_wait = |mut answer: crate::support::Answer| {
            answer.fields.retain(|(name, _)| name != "retry-after");
            answer
        };
        assert_eq!(without_wait(existing), without_wait(unknown));
    }
    let bob = crate::login("bob", "builder");
    assert_eq!(get(example.address, "/", &[&bob]).status, 200);
}
