//! How long identity and policies take, for an observer that asks for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http::Extensions;

use super::Times;

/// Whether any stage of the process measures. Otherwise no authorize stage looks for a [`PolicyClock`], which
/// costs a hash.
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

/// Request extension while a policy decides. It runs until it is stopped, or dropped with the head of the
/// request: if the policy runs out of time, or is cancelled.
#[derive(Clone, Debug)]
pub(crate) struct PolicyTimer(Arc<Running>);

#[derive(Debug)]
struct Running {
    clock: PolicyClock,
    start: Instant,
    is_stopped: AtomicBool,
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
    /// Starts a timer, if a stage outside measures. Reads one static, if no stage of the process does.
    #[inline(always)]
    pub(crate) fn start(extensions: &mut Extensions) {
        if IS_IN_USE.load(Ordering::Relaxed) {
            Self::start_if_measured(extensions);
        }
    }

    /// Stops the timer, once the policy has decided.
    #[inline(always)]
    pub(crate) fn stop(extensions: &mut Extensions) {
        if IS_IN_USE.load(Ordering::Relaxed) {
            Self::stop_if_measured(extensions);
        }
    }

    #[cold]
    fn start_if_measured(extensions: &mut Extensions) {
        if let Some(clock) = extensions.get::<PolicyClock>().cloned() {
            let running =
                Running { clock, start: Instant::now(), is_stopped: AtomicBool::new(false) };
            extensions.insert(Self(Arc::new(running)));
        }
    }

    #[cold]
    fn stop_if_measured(extensions: &mut Extensions) {
        // The policy may have kept a copy of the extensions.
        if let Some(Self(running)) = extensions.remove() {
            running.stop();
        }
    }
}

impl Running {
    fn stop(&self) {
        if self.is_stopped.swap(true, Ordering::Relaxed) {
            return;
        }
        let elapsed = u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        let mut next = Some(&self.clock);
        while let Some(PolicyClock(time)) = next {
            time.nanoseconds.fetch_add(elapsed, Ordering::Relaxed);
            next = time.outer.as_ref();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}
