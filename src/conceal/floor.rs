//! A floor in time: what is missing does not answer before it (D07).
//!
//! The timer is one with a thread of its own, and not Tokio's. That one goes by milliseconds, and
//! how far beyond its tick it wakes depends on when the runtime began to sleep, which is when
//! the work was done: ten thousand requests tell. A thread that sleeps to the moment does not know.

use std::future::Future;
use std::ops::RangeInclusive;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use futures_timer::Delay;
use http::Request;

use super::deferred_drop::{BodyGuard, DeferredDropBody};
use super::timing::{LimitReached, NoTimer, ReleaseTiming, sealed};
use crate::catch_panic::{Panicked, catch_panic};

/// A 404 leaves at a tick of a time floor; made by
/// [`ConcealLayer::time_floor`](crate::ConcealLayer::time_floor).
#[derive(Clone, Debug)]
pub struct TimeFloor(Arc<Floor>);

impl TimeFloor {
    /// What a floor may be. Some end it must have: the moment of a tick has to be one that the
    /// clock can tell.
    pub(super) const FLOORS: RangeInclusive<Duration> =
        Duration::from_millis(1)..=Duration::from_secs(3600);

    /// How many requests may be allowed to arrive in one period.
    pub(super) const LIMITS: RangeInclusive<u32> = 1..=ArrivalCounter::COUNT_MASK as u32;

    /// A floor with the default limit: 10,000 requests in a period.
    pub(super) fn new(floor: Duration) -> Self {
        Self::with(floor, 10_000)
    }

    /// The same floor, with another limit.
    pub(super) fn with_limit(&self, requests: u32) -> Self {
        Self::with(self.0.length, requests)
    }

    fn with(length: Duration, limit: u32) -> Self {
        Self(Arc::new(Floor { length, limit, arrivals: ArrivalCounter::in_periods_of(length) }))
    }
}

impl sealed::Sealed for TimeFloor {}

impl ReleaseTiming for TimeFloor {
    const LEVELS: bool = true;

    type Body<B> = DeferredDropBody<B>;
    type Arrival = Instant;
    type Slot<B> = (FloorSlot, Option<BodyGuard<B>>);
    type Release<B> = (DelayedRelease, Option<BodyGuard<B>>);

    fn wrap_outside<B>(request: Request<B>) -> Request<DeferredDropBody<B>> {
        request.map(DeferredDropBody::unguarded)
    }

    fn arrive() -> Instant {
        Instant::now()
    }

    fn admit<B>(&self, arrived: Instant) -> Result<Self::Slot<B>, LimitReached> {
        let stay = self.0.enter(arrived).ok_or(LimitReached(self.0.limit))?;
        Ok((stay, None))
    }

    fn wrap_inside<B>(
        request: Request<B>,
        (_, kept): &mut Self::Slot<B>,
    ) -> Request<DeferredDropBody<B>> {
        request.map(|body| {
            let (body, holding) = DeferredDropBody::guarded(body);
            *kept = Some(holding);
            body
        })
    }

    fn release<B>((stay, holding): Self::Slot<B>) -> Self::Release<B> {
        (stay.until_tick(), holding)
    }

    fn poll<B>(
        (wait, _): &mut Self::Release<B>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), NoTimer>> {
        wait.poll(cx)
    }
}

/// How long a 404 takes at least, and how many requests may arrive in each period.
#[derive(Debug)]
struct Floor {
    length: Duration,
    limit: u32,
    arrivals: ArrivalCounter,
}

/// Counts the requests that arrive in each period.
///
/// Arrivals and not requests under way: a client can hold a request open for as long as it likes,
/// by a body that it never finishes, and would hold a place of the limit with it. Nor answers that
/// wait: a client that fills the limit could then tell when an answer became ready. When a request
/// arrived depends on its client alone.
#[derive(Debug)]
struct ArrivalCounter {
    started: Instant,
    period: Duration,
    /// The number of the latest period, and below it how many requests have arrived in it.
    latest: AtomicU64,
}

impl ArrivalCounter {
    /// Periods of a millisecond have numbers for 34 years.
    const COUNT_BITS: u32 = 24;
    const COUNT_MASK: u64 = (1 << Self::COUNT_BITS) - 1;

    /// A flood that has ended keeps others out for no longer than this.
    const LONGEST: Duration = Duration::from_millis(100);

    fn in_periods_of(floor: Duration) -> Self {
        let period = floor.min(Self::LONGEST);
        Self { started: Instant::now(), period, latest: AtomicU64::new(0) }
    }

    /// Counts a request, unless `limit` requests have arrived in its period already.
    fn count(&self, arrived: Instant, limit: u32) -> bool {
        let elapsed = arrived.saturating_duration_since(self.started).as_nanos();
        let now = u64::try_from(elapsed / self.period.as_nanos().max(1)).unwrap_or(u64::MAX);
        let counted = self.latest.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |latest| {
            let (period, count) = (latest >> Self::COUNT_BITS, latest & Self::COUNT_MASK);
            // A request of an earlier period that is a moment late counts in the latest one.
            let count = if now > period { 0 } else { count };
            (count < u64::from(limit)).then_some(now.max(period) << Self::COUNT_BITS | (count + 1))
        });
        counted.is_ok()
    }
}

/// A request that may have to wait.
#[derive(Debug)]
pub struct FloorSlot {
    floor: Duration,
    arrived: Instant,
}

/// The wait of an answer.
#[derive(Debug)]
pub struct DelayedRelease {
    delay: Delay,
    due: Instant,
}

/// The last leg of every wait. A processor that has worked a moment ago wakes a little faster than
/// one that has slept all the time; so it is woken before the tick, and sleeps once more, whatever
/// it has done before.
const FINAL_SLEEP: Duration = Duration::from_micros(500);

impl DelayedRelease {
    /// Ready at the tick.
    ///
    /// # Errors
    ///
    /// The timer has no thread, and nothing can wait.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), NoTimer>> {
        // A timer whose thread is gone panics.
        let polled = catch_panic(|| {
            loop {
                ready!(Pin::new(&mut self.delay).poll(cx));
                let left = self.due.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Poll::Ready(());
                }
                self.delay.reset(left);
            }
        });
        match polled {
            Ok(poll) => poll.map(Ok),
            Err(Panicked) => Poll::Ready(Err(NoTimer)),
        }
    }
}

impl Floor {
    /// Lets a request in; `None` if too many have arrived in its period.
    ///
    /// It is asked before anything inside sees the request, so that a full period depends on no
    /// answer.
    fn enter(&self, arrived: Instant) -> Option<FloorSlot> {
        let has_room = self.arrivals.count(arrived, self.limit);
        has_room.then_some(FloorSlot { floor: self.length, arrived })
    }
}

impl FloorSlot {
    /// The wait until the next tick.
    fn until_tick(self) -> DelayedRelease {
        let elapsed = self.arrived.elapsed();
        let tick = self.tick(elapsed);
        let first_leg = tick.saturating_sub(elapsed).saturating_sub(FINAL_SLEEP);
        DelayedRelease { delay: Delay::new(first_leg), due: self.arrived + tick }
    }

    /// When an answer leaves that is ready now: a whole number of times the floor after its
    /// request arrived, so that work beyond it shows in steps alone.
    fn tick(&self, elapsed: Duration) -> Duration {
        let floor = self.floor.as_nanos().max(1);
        let steps = elapsed.as_nanos().div_ceil(floor).max(1);
        self.floor.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOOR: Duration = Duration::from_millis(5);

    #[test]
    fn d07_an_answer_leaves_at_the_next_multiple_of_the_floor() {
        let stay = FloorSlot { floor: FLOOR, arrived: Instant::now() };
        for (elapsed, tick) in [(0, 5), (1, 5), (4_999, 5), (5_000, 5), (5_001, 10), (12_000, 15)] {
            let elapsed = Duration::from_micros(elapsed);
            assert_eq!(stay.tick(elapsed), Duration::from_millis(tick), "{elapsed:?}");
        }
    }

    #[test]
    fn d16_so_many_requests_may_arrive_in_one_period_and_no_more() {
        let TimeFloor(floor) = TimeFloor::with(FLOOR, 2);
        let started = floor.arrivals.started;
        let enter = |periods: f64| floor.enter(started + FLOOR.mul_f64(periods)).is_some();
        assert_eq!([enter(0.0), enter(0.2), enter(0.9), enter(0.99)], [true, true, false, false]);
        // The next period begins anew, and one that is far away does.
        assert_eq!([enter(1.0), enter(1.5), enter(1.9)], [true, true, false]);
        assert_eq!([enter(1e9), enter(1e9), enter(1e9)], [true, true, false]);
        // The clocks of two threads: one that is a moment late does not begin a period again.
        assert!(!enter(1e9 - 1.0));
        // A clock that goes back before the start is the start.
        let earlier = started.checked_sub(FLOOR).unwrap_or(started);
        assert!(TimeFloor::with(FLOOR, 1).0.enter(earlier).is_some());
    }

    #[test]
    fn d16_threads_that_enter_at_once_are_no_more_than_may() {
        let TimeFloor(floor) = TimeFloor::with(Duration::from_secs(3600), 1_000);
        let now = Instant::now();
        let entered = || (0..1_000).filter(|_| floor.enter(now).is_some()).count();
        let all: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(entered)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(all, 1_000);
    }

    #[test]
    fn d16_a_period_is_as_long_as_the_floor_and_100_ms_at_most() {
        for (floor, period) in [(1, 1), (20, 20), (100, 100), (101, 100), (3_600_000, 100)] {
            let TimeFloor(floor) = TimeFloor::new(Duration::from_millis(floor));
            assert_eq!(floor.arrivals.period, Duration::from_millis(period));
            assert_eq!(floor.limit, 10_000);
        }
        assert_eq!(*TimeFloor::LIMITS.end(), 16_777_215);
    }
}
