//! How long identity and policies take, for an observer that asks for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http::Extensions;

use super::Times;

/// Whether any stage of the process measures. Otherwise no authorize stage looks for a [`PolicyClock`].
static IS_IN_USE: AtomicBool = AtomicBool::new(false);

/// The times of one request. [`Instant`] does not go back, whatever the wall clock does.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    arrival: Instant,
    identity: Option<Duration>,
    policy: Option<PolicyClock>,
}

/// Request extension: where the authorize stages inside add the time that their policies take.
#[derive(Clone, Debug)]
pub(crate) struct PolicyClock(Arc<PolicyTime>);

#[derive(Debug)]
struct PolicyTime {
    nanoseconds: AtomicU64,
    /// That of the nearest stage outside that measures as well.
    outer: Option<PolicyClock>,
}

/// Adds the time from its creation until it is dropped: also if the policy is cancelled or panics.
#[derive(Debug)]
pub(crate) struct PolicyTimer {
    clock: PolicyClock,
    start: Instant,
}

impl Stopwatch {
    /// Tells the authorize stages of the process that there may be a clock in a request.
    pub(crate) fn enable() {
        IS_IN_USE.store(true, Ordering::Relaxed);
    }

    pub(crate) fn start() -> Self {
        Self { arrival: Instant::now(), identity: None, policy: None }
    }

    /// The identity is known now.
    pub(crate) fn identified(&mut self) {
        self.identity = Some(self.arrival.elapsed());
    }

    /// Inserts the clock for policies into a request that goes on.
    pub(crate) fn insert_policy_clock(&mut self, extensions: &mut Extensions) {
        let outer = extensions.remove::<PolicyClock>();
        let clock = PolicyClock(Arc::new(PolicyTime { nanoseconds: AtomicU64::new(0), outer }));
        extensions.insert(clock.clone());
        self.policy = Some(clock);
    }

    pub(crate) fn times(self) -> Times {
        let policy = self.policy.map_or(0, |clock| clock.0.nanoseconds.load(Ordering::Relaxed));
        Times {
            // Without a result of the identity, the stage refuses at once.
            identity: self.identity.unwrap_or_else(|| self.arrival.elapsed()),
            policy: Duration::from_nanos(policy),
        }
    }
}

impl PolicyTimer {
    /// Whether any stage of the process measures: a reading of one static, for stages that do not.
    #[inline(always)]
    pub(crate) fn is_in_use() -> bool {
        IS_IN_USE.load(Ordering::Relaxed)
    }

    /// Starts a timer, if a stage outside measures.
    pub(crate) fn start(extensions: &Extensions) -> Option<Box<Self>> {
        let clock = extensions.get::<PolicyClock>()?.clone();
        Some(Box::new(Self { clock, start: Instant::now() }))
    }
}

impl Drop for PolicyTimer {
    fn drop(&mut self) {
        let elapsed = u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let mut next = Some(&self.clock);
        while let Some(PolicyClock(time)) = next {
            time.nanoseconds.fetch_add(elapsed, Ordering::Relaxed);
            next = time.outer.as_ref();
        }
    }
}
