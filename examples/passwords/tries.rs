//! Limits on attempts, with `governor`.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::iter::once_with;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::{Quota, RateLimiter};
use portcullis::{Attempt, Outcome, Throttle};

use crate::caller::{address, site, subnet};
use crate::counters::Counters;

/// Limits the attempts that failed, were cancelled or panicked, by four keys in this order:
///
/// 1. the address, so that an address that tries many accounts is refused before it reaches the
///    counters of any account;
/// 2. the IPv6 network of 48 bits, which has 65,536 such addresses;
/// 3. an account together with an address, so that guessing locks out only the guesser's address;
/// 4. an account from all addresses together. An address from which it has logged in before is
///    counted and never refused by this one, so an owner at a known address is not locked out,
///    however many others guess.
pub struct Tries<C: Clock = MonotonicClock> {
    address: Limit<C>,
    site: Limit<C>,
    account_from_address: Limit<C>,
    account: Limit<C>,
    known: Known,
    /// User names are arbitrary input: only a hash of eight bytes is kept, with a random key of the
    /// process.
    keys: RandomState,
}

/// For each key: how many attempts at once, and how long until one more is admitted.
pub struct Limits {
    pub address: Quota,
    pub site: Quota,
    pub account_from_address: Quota,
    pub account: Quota,
}

impl Limits {
    pub fn new() -> Option<Self> {
        let quota = |burst: u32, then_one_in| {
            let quota = Quota::with_period(Duration::from_secs(then_one_in))?;
            Some(quota.allow_burst(burst.try_into().ok()?))
        };
        Some(Self {
            address: quota(50, 10)?,
            site: quota(500, 1)?,
            account_from_address: quota(5, 60)?,
            account: quota(1000, 5)?,
        })
    }
}

impl Tries {
    pub fn new() -> Option<Self> {
        Some(Self::by(MonotonicClock, &Limits::new()?))
    }
}

impl<C: Clock + Clone> Tries<C> {
    pub fn by(clock: C, limits: &Limits) -> Self {
        let limit = |quota, cells| Limit::new(quota, clock.clone(), cells);
        Self {
            address: limit(limits.address, CELLS),
            site: limit(limits.site, CELLS),
            account_from_address: limit(limits.account_from_address, CELLS_OF_LOWEST_LIMIT),
            account: limit(limits.account, CELLS),
            known: Known::default(),
            keys: RandomState::new(),
        }
    }

    /// The limits that count this attempt, in order, and the key in each. They depend on nothing
    /// that changes during the attempt, so a counted attempt can be given back. The iterator is lazy: each
    /// is looked up only after those before it have admitted the attempt.
    fn counting(&self, attempt: &Attempt<'_>) -> impl Iterator<Item = (&Limit<C>, u64)> {
        let address = address(&attempt.request().extensions);
        let account = attempt.account();
        let from = address.map(subnet);
        let wide = address.filter(IpAddr::is_ipv6).map(site);
        once_with(move || Some((&self.address, self.key(None, Some(from?)))))
            .chain(once_with(move || Some((&self.site, self.key(None, Some(wide?))))))
            .chain(once_with(move || {
                Some((&self.account_from_address, self.key(Some(account?), from)))
            }))
            .chain(once_with(move || Some((&self.account, self.key(Some(account?), None)))))
            .flatten()
    }

    /// Whether the account has recently logged in from this address.
    fn is_known(&self, attempt: &Attempt<'_>) -> bool {
        let from = address(&attempt.request().extensions).map(subnet);
        attempt.account().is_some_and(|it| self.known.contains(self.key(Some(it), None), from))
    }

    fn key(&self, account: Option<&str>, address: Option<IpAddr>) -> u64 {
        self.keys.hash_one((account, address))
    }
}

impl<C: Clock + Clone + Send + Sync + 'static> Throttle for Tries<C> {
    fn admit(&self, attempt: &Attempt<'_>) -> Result<(), Duration> {
        for (index, (limit, key)) in self.counting(attempt).enumerate() {
            if let Err(wait) = limit.take(key) {
                if std::ptr::eq(limit, &self.account) && self.is_known(attempt) {
                    limit.take_beyond(key);
                    continue;
                }
                // A refused attempt tests no password, so it counts nowhere.
                self.counting(attempt).take(index).for_each(|(limit, key)| limit.give_back(key));
                return Err(wait);
            }
        }
        Ok(())
    }

    fn settle(&self, attempt: &Attempt<'_>, outcome: Outcome) {
        if !outcome.counts() {
            self.counting(attempt).for_each(|(limit, key)| limit.give_back(key));
        }
        if let (Outcome::Succeeded, Some(account)) = (outcome, attempt.account()) {
            let from = address(&attempt.request().extensions).map(subnet);
            self.known.insert(self.key(Some(account), None), from);
        }
    }
}

/// In each of four rows: 2 MiB.
const CELLS: NonZeroUsize = NonZeroUsize::MIN.saturating_add((1 << 16) - 1);
/// 8 MiB. Attempts of others fill the lowest limit, of five, first; see [`Counters`].
const CELLS_OF_LOWEST_LIMIT: NonZeroUsize = NonZeroUsize::MIN.saturating_add((1 << 18) - 1);

/// A number of attempts at once, then one in each period, for each key.
struct Limit<C: Clock> {
    limiter: RateLimiter<u64, Counters, C, NoOpMiddleware<C::Instant>>,
    counters: Counters,
}

impl<C: Clock> Limit<C> {
    fn new(quota: Quota, clock: C, cells: NonZeroUsize) -> Self {
        let counters = Counters::new(quota.replenish_interval().into(), cells);
        Self { limiter: RateLimiter::new(quota, counters.clone(), clock), counters }
    }

    fn take(&self, key: u64) -> Result<(), Duration> {
        let taken = self.limiter.check_key(&key);
        taken.map_err(|not_until| not_until.wait_time_from(self.limiter.clock().now()))
    }

    /// Counts an attempt although the limit is reached.
    fn take_beyond(&self, key: u64) {
        self.counters.charge(key);
    }

    fn give_back(&self, key: u64) {
        self.counters.give_back(key);
    }
}

/// The last eight addresses from which each account logged in. Only a right password adds one, and
/// only to its own account, so an attacker can neither fill the table nor evict what is in it.
///
/// It is kept for as long as the process runs. A real application stores it with the
/// account, or gives browsers a cookie that lists the accounts they have logged in to.
#[derive(Default)]
struct Known(Mutex<HashMap<u64, VecDeque<IpAddr>>>);

impl Known {
    const OF_EACH: usize = 8;

    fn contains(&self, account: u64, address: Option<IpAddr>) -> bool {
        let Some(address) = address else { return false };
        let accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.get(&account).is_some_and(|known| known.contains(&address))
    }

    fn insert(&self, account: u64, address: Option<IpAddr>) {
        let Some(address) = address else { return };
        let mut accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = accounts.entry(account).or_default();
        if known.back() == Some(&address) {
            return;
        }
        known.retain(|other| *other != address);
        if known.len() == Self::OF_EACH {
            known.pop_front();
        }
        known.push_back(address);
    }
}
