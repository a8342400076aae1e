//! Resources that callers share: the queue of hashes, and the fixed number of counters.

use std::collections::HashMap;
use std::future::Future;
use std::iter::repeat_n;
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use axum::extract::ConnectInfo;
use governor::clock::FakeRelativeClock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::{Quota, RateLimiter};
use http::Request;
use http::request::Parts;
use portcullis::{Attempt, Outcome, Throttle};
use proptest::prelude::*;

use crate::counters::Counters;
use crate::hashing::{Busy, Hashing};
use crate::passwords::{begun, until_dropped};
use crate::queue::SharedQueue;
use crate::tries::{Limits, Tries};

// ==== the queue ====

#[test]
fn a07_callers_take_turns_however_many_jobs_each_has() {
    let mut queue = SharedQueue::new();
    for (caller, job) in [('a', 1), ('a', 2), ('a', 3), ('b', 4), ('c', 5), ('b', 6), ('a', 7)] {
        queue.push(caller, job, 10).unwrap();
    }
    assert_eq!(queue.len(), 7);
    queue.retain(|job| *job != 2);
    let served: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
    assert_eq!(served, [1, 4, 5, 3, 6, 7]);
}

#[test]
fn a07_the_caller_with_the_most_jobs_gives_up_places_and_no_other() {
    let mut queue = SharedQueue::new();
    for job in 1..=4 {
        queue.push('a', job, 4).unwrap();
    }
    assert_eq!(queue.push('a', 5, 4), Err(5));
    assert_eq!(queue.push('b', 6, 4), Err(4));
    assert_eq!(queue.push('b', 7, 4), Err(3));
    // Each caller has two places and gets no more. Another caller gets one.
    assert_eq!(queue.push('b', 8, 4), Err(8));
    assert_eq!(queue.push('a', 9, 4), Err(9));
    assert_eq!(queue.push('c', 10, 4), Err(7));
    assert_eq!(queue.push('d', 11, 4), Err(2));
    // Each of four callers has one place: no place is taken from them.
    assert_eq!(queue.push('e', 12, 4), Err(12));
    let served: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
    assert_eq!(served, [1, 6, 10, 11]);
    assert_eq!(queue.push('a', 1, 0), Err(1));
}

proptest! {
    #[test]
    fn a07_a_caller_with_nothing_in_the_queue_gets_a_place_unless_each_place_has_a_caller(
        callers in prop::collection::vec(0..12_u8, 0..200),
        capacity in 1..10_usize,
    ) {
        let mut queue = SharedQueue::new();
        for caller in callers {
            let _ = queue.push(caller, caller, capacity);
            prop_assert!(queue.len() <= capacity);
        }
        let full = queue.len() == capacity;
        let mut waiting = Vec::new();
        queue.retain(|_| true);
        let pushed = queue.push(99, 99, capacity);
        waiting.extend(std::iter::from_fn(|| queue.pop()));
        if let Err(99) = pushed {
            waiting.sort_unstable();
            waiting.dedup();
            prop_assert!(full && waiting.len() == capacity, "{waiting:?}");
        } else {
            prop_assert!(waiting.contains(&99));
        }
    }
}

fn site(last: u8) -> Option<IpAddr> {
    Some([192, 0, 2, last].into())
}

#[tokio::test]
async fn a07_a_site_that_fills_the_queue_does_not_keep_others_out() {
    let hashing = Hashing::new(1, 4).unwrap();
    let (hold, end) = channel();
    let mut context = Context::from_waker(Waker::noop());
    let mut ask = |site, work: u8| {
        let mut result = Box::pin(hashing.run(site, move |_| work));
        let at_once = result.as_mut().poll(&mut context);
        (result, at_once)
    };
    let mut held = Box::pin(hashing.run(site(1), until_dropped(end)));
    assert!(held.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    begun(&hashing, 1).await;
    let mut flood: Vec<_> = (0..4).map(|_| ask(site(1), 0)).collect();
    assert!(flood.iter().all(|(_, at_once)| at_once.is_pending()));
    assert_eq!(hashing.waiting(), 4);
    assert!(ask(site(1), 0).1.is_ready(), "this site gets no more places");
    let others: Vec<_> = (2..=4).map(|last| ask(site(last), last)).collect();
    assert!(others.iter().all(|(_, at_once)| at_once.is_pending()));
    assert_eq!(hashing.waiting(), 4);
    // The last jobs of the flood lose their places, with `Busy`.
    for (answer, _) in flood.drain(1..) {
        assert!(matches!(answer.await, Err(Busy)));
    }
    drop(hold);
    held.await.unwrap();
    for (last, (answer, _)) in (2..).zip(others) {
        assert_eq!(answer.await.unwrap(), last);
    }
    assert_eq!(flood.remove(0).0.await.unwrap(), 0);
    assert_eq!(hashing.begun(), 5);
}

// ==== the counters ====

/// A separate counter for each key, in unbounded space.
#[derive(Clone, Default)]
struct Exact(Arc<Mutex<HashMap<u64, u64>>>);

impl StateStore for Exact {
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, key: &u64, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut keys = self.0.lock().unwrap();
        let (value, next) = measure(keys.get(key).map(|it| (*it).into()))?;
        keys.insert(*key, next.into());
        Ok(value)
    }
}

type Limiter<S> = RateLimiter<u64, S, FakeRelativeClock, NoOpMiddleware<Nanos>>;

const CELLS: NonZeroUsize = NonZeroUsize::new(1 << 16).unwrap();
const ONE: Duration = Duration::from_secs(10);

fn quota() -> Quota {
    Quota::with_period(ONE).unwrap().allow_burst(5.try_into().unwrap())
}

proptest! {
    /// Each key shares two or three of its four cells with others.
    #[test]
    fn a18_no_key_is_ever_charged_for_fewer_attempts_than_its_own(
        steps in prop::collection::vec((0..6_u64, any::<bool>(), 0..100_u64), 1..300),
    ) {
        let clock = FakeRelativeClock::default();
        let (counters, exact) = (Counters::new(ONE.into(), CELLS), Exact::default());
        let shared: Limiter<_> = RateLimiter::new(quota(), counters.clone(), clock.clone());
        let own: Limiter<_> = RateLimiter::new(quota(), exact.clone(), clock.clone());
        for (key, give_back, seconds) in steps {
            let key = key | (key / 2) << 16 | (key / 3) << 32;
            // Mostly without a pause.
            clock.advance(Duration::from_secs(seconds.saturating_sub(80)));
            if shared.check_key(&key).is_ok() {
                prop_assert!(own.check_key(&key).is_ok(), "{key:x} has tried too often");
                if give_back {
                    counters.give_back(key);
                    let mut keys = exact.0.lock().unwrap();
                    let until = keys.get_mut(&key).unwrap();
                    *until = until.saturating_sub(ONE.as_nanos() as u64);
                }
            }
        }
    }
}

/// A key that shares no cell is counted exactly.
#[test]
fn a18_a_key_that_shares_no_cell_has_all_of_its_tries() {
    let clock = FakeRelativeClock::default();
    let counters = Counters::new(ONE.into(), CELLS);
    let limiter: Limiter<_> = RateLimiter::new(quota(), counters.clone(), clock.clone());
    for key in [0, 0x0001_0002_0003_0004, u64::MAX] {
        for _ in 0..100 {
            limiter.check_key(&key).unwrap();
            counters.give_back(key);
        }
        for _ in 0..5 {
            limiter.check_key(&key).unwrap();
        }
        limiter.check_key(&key).unwrap_err();
    }
    clock.advance(ONE);
    limiter.check_key(&0).unwrap();
    limiter.check_key(&0).unwrap_err();
}

// ==== the limits ====

fn from(address: [u8; 4]) -> Parts {
    let address = ConnectInfo(SocketAddr::from((address, 1)));
    Request::builder().extension(address).body(()).unwrap().into_parts().0
}

/// Makes one attempt, which has this outcome if it is admitted.
fn try_once(
    tries: &impl Throttle,
    from: &Parts,
    account: &str,
    outcome: Outcome,
) -> Result<(), Duration> {
    let attempt = Attempt::new(from, Some(account.to_owned()));
    tries.admit(&attempt)?;
    tries.settle(&attempt, outcome);
    Ok(())
}

#[test]
fn a18_no_number_of_other_names_and_addresses_resets_a_counter() {
    let tries = Tries::by(FakeRelativeClock::default(), &Limits::new().unwrap());
    let guesser = from([192, 0, 2, 1]);
    for _ in 0..5 {
        try_once(&tries, &guesser, "alice", Outcome::Failed).unwrap();
    }
    let outcomes = [Outcome::Failed, Outcome::Cancelled, Outcome::NotTested, Outcome::Unavailable];
    // More names than a cache of a hundred thousand entries would keep.
    for number in 0..150_000_u32 {
        let [_, a, b, c] = number.to_be_bytes();
        let (name, outcome) = (number.to_string(), outcomes[number as usize % 4]);
        let _ = try_once(&tries, &from([10, a, b, c]), &name, outcome);
        if number % 10_000 == 0 {
            let wait = try_once(&tries, &guesser, "alice", Outcome::Failed).unwrap_err();
            // Longer, if other names have used up the cells that it shares with them.
            assert!(wait >= Duration::from_secs(60), "{wait:?} after {number}");
        }
    }
    try_once(&tries, &guesser, "alice", Outcome::Failed).unwrap_err();
    // New callers are hardly affected.
    let admitted = (0..100).filter(|number| {
        let newcomer = from([198, 51, 100, *number]);
        try_once(&tries, &newcomer, &format!("user-{number}"), Outcome::Failed).is_ok()
    });
    assert!(admitted.count() >= 95);
}

#[test]
fn a18_a_limited_address_changes_the_counter_of_no_account() {
    let clock = FakeRelativeClock::default();
    let tries = Tries::by(clock.clone(), &Limits::new().unwrap());
    let flood = from([192, 0, 2, 1]);
    for account in repeat_n("bob", 5) {
        try_once(&tries, &flood, account, Outcome::Cancelled).unwrap();
    }
    let wait = try_once(&tries, &flood, "bob", Outcome::Failed).unwrap_err();
    assert_eq!(wait, Duration::from_secs(60), "the wait of the account");
    for number in 5..50 {
        let name = format!("user-{number}");
        try_once(&tries, &flood, &name, Outcome::Cancelled).unwrap();
    }
    // The address is refused for any account, and no account loses an attempt.
    for account in ["bob", "alice", "mallory"].into_iter().cycle().take(3000) {
        let wait = try_once(&tries, &flood, account, Outcome::Failed).unwrap_err();
        assert_eq!(wait, Duration::from_secs(10), "the wait of the address");
    }
    clock.advance(Duration::from_secs(50));
    for account in repeat_n("alice", 5) {
        try_once(&tries, &flood, account, Outcome::Failed).unwrap();
    }
}

#[test]
fn a18_an_attempt_that_a_later_limit_refuses_costs_its_address_nothing() {
    let tries = Tries::by(FakeRelativeClock::default(), &Limits::new().unwrap());
    let from = from([192, 0, 2, 1]);
    for _ in 0..5 {
        try_once(&tries, &from, "alice", Outcome::Failed).unwrap();
    }
    for _ in 0..100 {
        try_once(&tries, &from, "alice", Outcome::Failed).unwrap_err();
    }
    for number in 0..45 {
        try_once(&tries, &from, &format!("user-{number}"), Outcome::Failed).unwrap();
    }
    try_once(&tries, &from, "bob", Outcome::Failed).unwrap_err();
}

#[test]
fn a18_an_account_remembers_the_last_eight_addresses_it_logged_in_from() {
    let tries = Tries::by(FakeRelativeClock::default(), &Limits::new().unwrap());
    let home = |number| from([192, 0, 2, number]);
    for number in 1..=9 {
        try_once(&tries, &home(number), "alice", Outcome::Succeeded).unwrap();
    }
    // From many addresses, until the account is locked.
    for number in 0..1000_u16 {
        let [high, low] = (number / 5).to_be_bytes();
        try_once(&tries, &from([10, 0, high, low]), "alice", Outcome::Failed).unwrap();
    }
    try_once(&tries, &from([10, 1, 0, 0]), "alice", Outcome::Succeeded).unwrap_err();
    try_once(&tries, &home(1), "alice", Outcome::Succeeded).unwrap_err();
    for number in 2..=9 {
        try_once(&tries, &home(number), "alice", Outcome::Succeeded).unwrap();
    }
    // These addresses still have their own limit.
    for _ in 0..5 {
        try_once(&tries, &home(2), "alice", Outcome::Failed).unwrap();
    }
    try_once(&tries, &home(2), "alice", Outcome::Failed).unwrap_err();
    // The address is known for this account only.
    for number in 0..1000_u16 {
        let [high, low] = (number / 5).to_be_bytes();
        try_once(&tries, &from([10, 0, high, low]), "bob", Outcome::Failed).unwrap();
    }
    try_once(&tries, &home(3), "bob", Outcome::Succeeded).unwrap_err();
}

/// Uses up the guesses of other addresses at alice's password, and returns how many there were.
fn guesses_left(tries: &impl Throttle) -> u16 {
    let guess = |number: &u16| {
        let [high, low] = (number / 5).to_be_bytes();
        try_once(tries, &from([10, 0, high, low]), "alice", Outcome::Failed).is_ok()
    };
    (0..1100).take_while(guess).count() as u16
}

#[test]
fn a18_every_attempt_is_given_back_even_if_its_address_becomes_known_meanwhile() {
    let home = |number| from([192, 0, 2, number]);
    // The first success makes the address known while the other attempts are running.
    let tries = Tries::by(FakeRelativeClock::default(), &Limits::new().unwrap());
    let address = home(1);
    let at_once: Vec<_> = (0..5).map(|_| Attempt::new(&address, Some("alice".into()))).collect();
    at_once.iter().for_each(|attempt| tries.admit(attempt).unwrap());
    at_once.iter().for_each(|attempt| tries.settle(attempt, Outcome::Succeeded));
    assert_eq!(guesses_left(&tries), 1000);
    // An address that is known when its attempt begins, and forgotten when it ends.
    let tries = Tries::by(FakeRelativeClock::default(), &Limits::new().unwrap());
    try_once(&tries, &address, "alice", Outcome::Succeeded).unwrap();
    let slow = Attempt::new(&address, Some("alice".into()));
    tries.admit(&slow).unwrap();
    for number in 2..=9 {
        try_once(&tries, &home(number), "alice", Outcome::Succeeded).unwrap();
    }
    tries.settle(&slow, Outcome::Unavailable);
    assert_eq!(guesses_left(&tries), 1000);
    // Right logins from a known address restore no guesses of a locked account.
    for _ in 0..10 {
        try_once(&tries, &home(9), "alice", Outcome::Succeeded).unwrap();
    }
    assert_eq!(guesses_left(&tries), 0);
}

/// How many of 2000 first logins are refused after attempts from this many IPv6 networks of 48 bits.
/// Each network uses up its limit: ten addresses, each with one attempt at fifty accounts.
fn refused_after(networks: u16) -> usize {
    let tries = Tries::by(FakeRelativeClock::default(), &Limits::new().unwrap());
    for network in 0..networks {
        for subnet in 0..10_u16 {
            let address = IpAddr::from([0x2001, 0xdb8, network, subnet, 0, 0, 0, 1]);
            let address = ConnectInfo(SocketAddr::from((address, 1)));
            let from = Request::builder().extension(address).body(()).unwrap().into_parts().0;
            for account in 0..50 {
                let name = format!("{network}-{subnet}-{account}");
                let _ = try_once(&tries, &from, &name, Outcome::Failed);
            }
        }
    }
    let is_refused = |number: &u16| {
        let [high, low] = number.to_be_bytes();
        let newcomer = from([198, 51, high, low]);
        try_once(&tries, &newcomer, &format!("user-{number}"), Outcome::Succeeded).is_err()
    };
    (0..2000).filter(is_refused).count()
}

/// With rows of 2^16 cells, 210 were refused, whatever the limit of each key.
#[test]
fn a18_the_attempts_of_660_networks_refuse_the_first_login_of_no_other() {
    assert!(refused_after(660) < 10);
}
