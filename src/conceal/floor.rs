//! The time floor: the layer releases a 404 at a whole number of floors after its request (D07).
//!
//! The timer has a thread of its own and is not Tokio's. Tokio's has a resolution of a millisecond,
//! and how late it wakes depends on when the runtime went to sleep, which is when the work was done:
//! ten thousand requests show the difference. A thread that sleeps until the tick does not show it.

use std::future::Future;
use std::ops::RangeInclusive;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker, ready};
use std::time::{Duration, Instant};

use futures_timer::Delay;
use http::Request;

use super::deferred_drop::{BodyGuard, DeferredDropBody};
use super::timing::{LimitReached, NoTimer, ReleaseTiming, sealed};
use crate::catch_panic::{Panicked, catch_panic};

/// Releases a 404 at a tick of a time floor.
/// [`ConcealLayer::time_floor`](crate::ConcealLayer::time_floor) makes it.
#[derive(Clone, Debug)]
pub struct TimeFloor(Arc<Floor>);

impl TimeFloor {
    /// The floors that are accepted. The upper bound keeps a tick within what [`Instant`] can hold.
    pub(super) const FLOORS: RangeInclusive<Duration> =
        Duration::from_millis(1)..=Duration::from_secs(3600);

    /// The limits on requests in one period that are accepted.
    pub(super) const LIMITS: RangeInclusive<u32> = 1..=ArrivalCounter::COUNT_MASK as u32;

    /// A floor with the default limit of 10,000 requests in a period.
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
    type Body<B> = DeferredDropBody<B>;
    type RequestTiming<B> = FloorTiming<B>;

    const HAS_FLOOR: bool = true;

    fn arrive<B>() -> FloorTiming<B> {
        let (arrived, floor) = (Instant::now(), Duration::ZERO);
        FloorTiming { arrived, floor, timer: None, body: None }
    }

    fn admit<B>(&self, timing: &mut FloorTiming<B>) -> Result<(), LimitReached> {
        let Floor { length, limit, arrivals } = &*self.0;
        timing.floor = *length;
        arrivals.count(timing.arrived, *limit).then_some(()).ok_or(LimitReached(*limit))
    }

    fn inner_request<B>(
        request: Request<B>,
        timing: Option<&mut FloorTiming<B>>,
    ) -> Request<DeferredDropBody<B>> {
        request.map(|body| match timing {
            Some(timing) => {
                let (body, guard) = DeferredDropBody::guarded(body);
                timing.body = Some(guard);
                body
            }
            None => DeferredDropBody::unguarded(body),
        })
    }

    fn start_timer<B>(timing: &mut FloorTiming<B>) -> Result<(), NoTimer> {
        timing.start()
    }

    fn poll_release<B>(
        timing: &mut FloorTiming<B>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), NoTimer>> {
        timing.poll(cx)
    }
}

/// The floor's length, and how many requests may arrive in each period.
#[derive(Debug)]
struct Floor {
    length: Duration,
    limit: u32,
    arrivals: ArrivalCounter,
}

/// Counts the requests that arrive in each period.
///
/// It does not count requests in flight: a client could keep one open for ever by a body that it
/// never finishes, and so use up the limit. Nor does it count responses that wait: a client that
/// fills the limit could then tell when a response became ready. The time of arrival depends on the
/// client alone.
#[derive(Debug)]
struct ArrivalCounter {
    started: Instant,
    period: Duration,
    /// The number of the latest period in the upper bits, and the count of its arrivals in the lower.
    latest: AtomicU64,
}

impl ArrivalCounter {
    /// The 40 bits above number periods of a millisecond for 34 years.
    const COUNT_BITS: u32 = 24;
    const COUNT_MASK: u64 = (1 << Self::COUNT_BITS) - 1;

    /// The longest period. A flood refuses other requests for no longer than this once it is over.
    const MAX_PERIOD: Duration = Duration::from_millis(100);

    fn in_periods_of(floor: Duration) -> Self {
        let period = floor.min(Self::MAX_PERIOD);
        Self { started: Instant::now(), period, latest: AtomicU64::new(0) }
    }

    /// Counts a request, unless `limit` requests have arrived in its period already.
    fn count(&self, arrived: Instant, limit: u32) -> bool {
        let elapsed = arrived.saturating_duration_since(self.started).as_nanos();
        let now = u64::try_from(elapsed / self.period.as_nanos().max(1)).unwrap_or(u64::MAX);
        let counted = self.latest.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |latest| {
            let (period, count) = (latest >> Self::COUNT_BITS, latest & Self::COUNT_MASK);
            // A late request of an earlier period counts in the latest one.
            let count = if now > period { 0 } else { count };
            (count < u64::from(limit)).then_some(now.max(period) << Self::COUNT_BITS | (count + 1))
        });
        counted.is_ok()
    }
}

/// When a request to the area arrived, and the timer until its response is released.
#[derive(Debug)]
pub struct FloorTiming<B> {
    arrived: Instant,
    floor: Duration,
    /// The timer and the tick. The tick is chosen by the first poll. It also starts the timer, unless there is
    /// an observer, which has to know before whether it runs.
    timer: Option<(Delay, Option<Instant>)>,
    /// Keeps the request body until the response is released.
    body: Option<BodyGuard<B>>,
}

/// The timer wakes this long before the tick, and then once more at the tick. A CPU that was busy a
/// moment ago wakes faster than an idle one; sleeping twice removes that difference.
const FINAL_SLEEP: Duration = Duration::from_micros(500);

impl<B> FloorTiming<B> {
    /// Starts the timer, whose tick is chosen later.
    fn start(&mut self) -> Result<(), NoTimer> {
        let (delay, _) = self.timer.insert((Delay::new(self.floor), None));
        // A timer whose thread could not be started panics, each time.
        let poll = || Pin::new(delay).poll(&mut Context::from_waker(Waker::noop()));
        catch_panic(poll).map(drop).map_err(|Panicked| NoTimer)
    }

    /// Ready at the tick.
    ///
    /// # Errors
    ///
    /// The timer has no thread.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), NoTimer>> {
        // A timer whose thread is gone panics.
        let polled = catch_panic(|| {
            let (delay, tick) = self.at_tick();
            loop {
                ready!(Pin::new(&mut *delay).poll(cx));
                let left = tick.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Poll::Ready(());
                }
                delay.reset(left);
            }
        });
        match polled {
            Ok(poll) => poll.map(Ok),
            Err(Panicked) => Poll::Ready(Err(NoTimer)),
        }
    }

    /// The timer that wakes shortly before the tick, and that tick. The first call chooses it.
    fn at_tick(&mut self) -> (&mut Delay, Instant) {
        let (arrived, floor) = (self.arrived, self.floor);
        match &mut self.timer {
            Some((delay, Some(tick))) => (delay, *tick),
            timer => {
                let elapsed = arrived.elapsed();
                let tick = next_tick(floor, elapsed);
                let first_sleep = tick.saturating_sub(elapsed).saturating_sub(FINAL_SLEEP);
                let delay = match timer.take() {
                    Some((mut started, _)) => {
                        started.reset(first_sleep);
                        started
                    }
                    None => Delay::new(first_sleep),
                };
                let tick = arrived + tick;
                (&mut timer.insert((delay, Some(tick))).0, tick)
            }
        }
    }
}

/// When a response that is ready now is released: a whole number of floors after its request
/// arrived, so that longer work shows only in steps of the floor.
fn next_tick(floor: Duration, elapsed: Duration) -> Duration {
    let nanos = floor.as_nanos().max(1);
    let steps = elapsed.as_nanos().div_ceil(nanos).max(1);
    floor.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOOR: Duration = Duration::from_millis(5);

    #[test]
    fn d07_a_response_is_released_at_the_next_multiple_of_the_floor() {
        for (elapsed, tick) in [(0, 5), (1, 5), (4_999, 5), (5_000, 5), (5_001, 10), (12_000, 15)] {
            let elapsed = Duration::from_micros(elapsed);
            assert_eq!(next_tick(FLOOR, elapsed), Duration::from_millis(tick), "{elapsed:?}");
        }
    }

    #[test]
    fn k24_a_timer_that_was_started_for_an_observer_is_the_one_that_waits_for_the_tick() {
        let floor = Duration::from_secs(3600);
        for is_observed in [false, true] {
            let mut timing = TimeFloor::arrive::<()>();
            TimeFloor::new(floor).admit(&mut timing).unwrap();
            if is_observed {
                TimeFloor::start_timer(&mut timing).unwrap();
                assert!(matches!(timing.timer, Some((_, None))), "no tick is chosen");
            }
            let mut cx = Context::from_waker(Waker::noop());
            assert!(TimeFloor::poll_release(&mut timing, &mut cx).is_pending());
            let Some((_, tick)) = timing.timer else { panic!("no timer") };
            assert_eq!(tick, Some(timing.arrived + floor), "observed: {is_observed}");
        }
    }

    #[test]
    fn d07_a_tick_is_chosen_by_the_first_poll_and_not_when_the_timer_starts() {
        let floor = Duration::from_millis(1);
        let mut timing = TimeFloor::arrive::<()>();
        TimeFloor::new(floor).admit(&mut timing).unwrap();
        TimeFloor::start_timer(&mut timing).unwrap();
        // As long as an observer takes, and until the timer has fired.
        std::thread::sleep(floor * 5);
        let polled = Instant::now();
        let mut cx = Context::from_waker(Waker::noop());
        while TimeFloor::poll_release(&mut timing, &mut cx).is_pending() {
            std::thread::yield_now();
        }
        let Some((_, Some(tick))) = timing.timer else { panic!("no tick") };
        assert!(tick >= polled && Instant::now() >= tick);
    }

    #[test]
    fn d16_no_more_requests_than_the_limit_are_admitted_in_one_period() {
        let TimeFloor(floor) = TimeFloor::with(FLOOR, 2);
        let started = floor.arrivals.started;
        let admits = |periods: f64| floor.arrivals.count(started + FLOOR.mul_f64(periods), 2);
        assert_eq!(
            [admits(0.0), admits(0.2), admits(0.9), admits(0.99)],
            [true, true, false, false]
        );
        // The count begins again in the next period, and in one that is far away.
        assert_eq!([admits(1.0), admits(1.5), admits(1.9)], [true, true, false]);
        assert_eq!([admits(1e9), admits(1e9), admits(1e9)], [true, true, false]);
        // Threads may read the clock out of order: a late request does not begin a period again.
        assert!(!admits(1e9 - 1.0));
        // A time before the start counts as the start.
        let earlier = started.checked_sub(FLOOR).unwrap_or(started);
        assert!(TimeFloor::with(FLOOR, 1).0.arrivals.count(earlier, 1));
    }

    #[test]
    fn d16_concurrent_threads_do_not_exceed_the_limit() {
        let TimeFloor(floor) = TimeFloor::with(Duration::from_secs(3600), 1_000);
        let now = Instant::now();
        let admitted = || (0..1_000).filter(|_| floor.arrivals.count(now, floor.limit)).count();
        let all: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(admitted)).collect();
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
