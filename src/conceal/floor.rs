//! A floor in time: what is missing does not answer before it (D07).
//!
//! The timer is one with a thread of its own, and not Tokio's. That one goes by milliseconds, and
//! how far beyond its tick it wakes depends on when the runtime began to sleep, which is when
//! the work was done: ten thousand requests tell. A thread that sleeps to the moment does not know.

use std::future::Future;
use std::ops::RangeInclusive;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use futures_timer::Delay;
use http::Request;

use super::held::{HeldBody, Holding};
use super::pace::{Entered, NoRoom, NoTimer, Pace, sealed};
use crate::guard::{Panicked, guard};

/// A 404 leaves at a tick of a time floor; made by
/// [`ConcealLayer::time_floor`](crate::ConcealLayer::time_floor).
#[derive(Clone, Debug)]
pub struct Floored(Arc<Floor>);

impl Floored {
    /// What a floor may be. Some end it must have: the moment of a tick has to be one that the
    /// clock can tell.
    pub(super) const FLOORS: RangeInclusive<Duration> =
        Duration::from_millis(1)..=Duration::from_secs(3600);

    pub(super) fn new(quantum: Duration, room: usize) -> Self {
        Self(Arc::new(Floor { quantum, room, taken: AtomicUsize::new(0) }))
    }

    /// The same floor, with another room.
    pub(super) fn with_room(&self, room: usize) -> Self {
        Self::new(self.0.quantum, room)
    }
}

impl sealed::Sealed for Floored {}

impl Pace for Floored {
    const LEVELS: bool = true;

    type Body<B> = HeldBody<B>;
    type Arrival = Instant;
    type Stay<B> = (Stay, Holding<B>);
    type Wait<B> = (Wait, Holding<B>);

    fn outside<B>(request: Request<B>) -> Request<HeldBody<B>> {
        request.map(HeldBody::free)
    }

    fn arrive() -> Instant {
        Instant::now()
    }

    fn enter<B>(&self, request: Request<B>, arrived: Instant) -> Result<Entered<Self, B>, NoRoom> {
        let stay = self.0.enter(arrived).ok_or(NoRoom(self.0.room))?;
        let (parts, body) = request.into_parts();
        let (body, holding) = HeldBody::held(body);
        Ok((Request::from_parts(parts, body), (stay, holding)))
    }

    fn wait<B>((stay, holding): Self::Stay<B>) -> Self::Wait<B> {
        (stay.until_tick(), holding)
    }

    fn poll<B>((wait, _): &mut Self::Wait<B>, cx: &mut Context<'_>) -> Poll<Result<(), NoTimer>> {
        wait.poll(cx)
    }
}

/// How long a 404 takes, and how many requests there is room for meanwhile.
#[derive(Debug)]
struct Floor {
    quantum: Duration,
    room: usize,
    taken: AtomicUsize,
}

/// A request that may have to wait, and its place in the room.
#[derive(Debug)]
pub struct Stay {
    floor: Arc<Floor>,
    arrived: Instant,
}

/// The wait of an answer, which keeps its place in the room meanwhile.
#[derive(Debug)]
pub struct Wait {
    delay: Delay,
    due: Instant,
    _stay: Stay,
}

/// The last leg of every wait. A processor that has worked a moment ago wakes a little faster than
/// one that has slept all the time; so it is woken before the tick, and sleeps once more, whatever
/// it has done before.
const LAST_LEG: Duration = Duration::from_micros(500);

impl Wait {
    /// Ready at the tick.
    ///
    /// # Errors
    ///
    /// The timer has no thread, and nothing can wait.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), NoTimer>> {
        // A timer whose thread is gone panics.
        let polled = guard(|| {
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
    /// Takes a place for a request that has arrived; `None` if there is none left.
    ///
    /// It is taken before anybody knows what the answer will be. If only those that have to wait
    /// needed one, a full room would tell who they are.
    fn enter(self: &Arc<Self>, arrived: Instant) -> Option<Stay> {
        let stay = Stay { floor: self.clone(), arrived };
        // Counted first: dropping the stay takes it back, whichever way this ends.
        let before = self.taken.fetch_add(1, Ordering::Relaxed);
        (before < self.room).then_some(stay)
    }

    /// When an answer leaves that is ready now: a whole number of times the floor after it
    /// arrived, so that work beyond it shows in steps alone.
    fn tick(&self, elapsed: Duration) -> Duration {
        let quantum = self.quantum.as_nanos().max(1);
        let steps = elapsed.as_nanos().div_ceil(quantum).max(1);
        self.quantum.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX))
    }
}

impl Stay {
    /// The wait until the next tick.
    fn until_tick(self) -> Wait {
        let elapsed = self.arrived.elapsed();
        let tick = self.floor.tick(elapsed);
        let first_leg = tick.saturating_sub(elapsed).saturating_sub(LAST_LEG);
        Wait { delay: Delay::new(first_leg), due: self.arrived + tick, _stay: self }
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        self.floor.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d07_an_answer_leaves_at_the_next_multiple_of_the_floor() {
        let Floored(floor) = Floored::new(Duration::from_millis(5), 1);
        for (elapsed, tick) in [(0, 5), (1, 5), (4_999, 5), (5_000, 5), (5_001, 10), (12_000, 15)] {
            let elapsed = Duration::from_micros(elapsed);
            assert_eq!(floor.tick(elapsed), Duration::from_millis(tick), "{elapsed:?}");
        }
    }

    #[test]
    fn d07_there_is_room_for_so_many_and_no_more() {
        let Floored(floor) = Floored::new(Duration::from_millis(5), 2);
        let enter = || floor.enter(Instant::now());
        let (one, two) = (enter(), enter());
        assert!(one.is_some() && two.is_some());
        assert!(enter().is_none() && enter().is_none());
        drop(one);
        assert!(enter().is_some());
        drop(two);
        assert_eq!(floor.taken.load(Ordering::Relaxed), 0);
    }
}
