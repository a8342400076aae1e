//! How often may a password be tried? Limits by `governor`, kept in a bounded `moka` cache.

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use axum::extract::ConnectInfo;
use governor::clock::{Clock, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::{Quota, RateLimiter};
use moka::ops::compute::Op;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use portcullis::{Attempt, Outcome, Throttle};

/// Limits the failed tries of an account as tried from one address, of an account from anywhere,
/// and of an address.
///
/// The first is the narrow one, so that who tries somebody's password does not lock out somebody
/// who sits elsewhere. The second slows down those who have many addresses, the third those who
/// try many accounts.
pub struct Tries<C: Clock = MonotonicClock> {
    account_from_address: Limit<C>,
    account: Limit<C>,
    address: Limit<C>,
    /// Names come from strangers: eight bytes are kept of each, and which depends on the process.
    names: RandomState,
}

impl Tries {
    pub fn new() -> Option<Self> {
        let quota = |burst: u32, then_one_in| {
            Some(
                Quota::with_period(Duration::from_secs(then_one_in))?
                    .allow_burst(burst.try_into().ok()?),
            )
        };
        Some(Self::by(MonotonicClock, quota(5, 60)?, quota(100, 10)?, quota(50, 10)?))
    }
}

impl<C: Clock + Clone> Tries<C> {
    pub fn by(clock: C, account_from_address: Quota, account: Quota, address: Quota) -> Self {
        Self {
            account_from_address: Limit::new(account_from_address, clock.clone()),
            account: Limit::new(account, clock.clone()),
            address: Limit::new(address, clock),
            names: RandomState::new(),
        }
    }

    /// The limits that count this attempt, and as whose they count it.
    fn counting(&self, attempt: &Attempt<'_>) -> impl Iterator<Item = (&Limit<C>, u64)> {
        let connection = attempt.request().extensions.get::<ConnectInfo<SocketAddr>>();
        let address = connection.map(|ConnectInfo(address)| network(address.ip()));
        let name = |limit, name: &_| (limit, self.names.hash_one::<&(Option<&str>, _)>(name));
        let account = attempt.account();
        [
            account.map(|it| name(&self.account_from_address, &(Some(it), address))),
            account.map(|it| name(&self.account, &(Some(it), None))),
            address.map(|it| name(&self.address, &(None, Some(it)))),
        ]
        .into_iter()
        .flatten()
    }
}

/// Who has an IPv6 address has 2⁶⁴ of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(it) => Ipv6Addr::from_bits(it.to_bits() >> 64 << 64).into(),
        it => it,
    }
}

impl<C: Clock + Clone + Send + Sync + 'static> Throttle for Tries<C> {
    fn admit(&self, attempt: &Attempt<'_>) -> Result<(), Duration> {
        for (index, (limit, whose)) in self.counting(attempt).enumerate() {
            if let Err(wait) = limit.take(whose) {
                // What is refused is not tried, so it counts nowhere.
                self.counting(attempt)
                    .take(index)
                    .for_each(|(limit, whose)| limit.give_back(whose));
                return Err(wait);
            }
        }
        Ok(())
    }

    fn settle(&self, attempt: &Attempt<'_>, outcome: Outcome) {
        if !outcome.counts() {
            self.counting(attempt).for_each(|(limit, whose)| limit.give_back(whose));
        }
    }
}

/// So many tries at once, then one in a while, for each of many.
struct Limit<C: Clock> {
    limiter: RateLimiter<u64, Tried, C, NoOpMiddleware<C::Instant>>,
    tried: Tried,
    one: Nanos,
}

impl<C: Clock> Limit<C> {
    fn new(quota: Quota, clock: C) -> Self {
        let one = quota.replenish_interval();
        let tried = Tried::new(one * quota.burst_size().get());
        Self { limiter: RateLimiter::new(quota, tried.clone(), clock), tried, one: one.into() }
    }

    fn take(&self, whose: u64) -> Result<(), Duration> {
        let taken = self.limiter.check_key(&whose);
        taken.map_err(|not_until| not_until.wait_time_from(self.limiter.clock().now()))
    }

    fn give_back(&self, whose: u64) {
        let earlier = |until: Option<Nanos>| until.map(|it| ((), it.saturating_sub(self.one)));
        // Who is not remembered has nothing to get back.
        let _ = self.tried.measure_and_replace(&whose, |until| earlier(until).ok_or(()));
    }
}

/// What `governor` has to remember of each: the time until which their tries are used up.
///
/// It is a store of our own, since those of `governor` grow with every name, and cannot give back.
/// A thousand tries a second for a hundred seconds push the oldest out; the limit of addresses,
/// of which there are fewer, makes that hard.
#[derive(Clone)]
struct Tried(Cache<u64, Nanos>);

impl Tried {
    /// Whoever did nothing for this long is as good as new.
    fn new(all_is_back: Duration) -> Self {
        let cache = Cache::builder().max_capacity(100_000).time_to_idle(all_is_back);
        Self(cache.eviction_policy(EvictionPolicy::lru()).build())
    }
}

impl StateStore for Tried {
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, whose: &u64, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut measured = None;
        self.0.entry_by_ref(whose).and_compute_with(|entry| {
            match measure(entry.map(|entry| entry.into_value())) {
                Ok((value, next)) => {
                    measured = Some(Ok(value));
                    Op::Put(next)
                }
                Err(error) => {
                    measured = Some(Err(error));
                    Op::Nop
                }
            }
        });
        measured.expect("measured, once")
    }
}
