//! [`Remote`]: keys that are fetched, one flight at a time.
//!
//! A *flight* is one attempt to fetch the keys, which includes the metadata if they are needed. It is a
//! task of its own, so that it survives the request that has caused it. When it has landed, the task
//! waits until the keys are due and begins the next one. A flight that begins in another task takes this
//! over. Flights are numbered; a request that needs keys of a later time waits for a flight with a higher
//! number than the last one that has begun before it.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::budget::{Budget, Reason};
use super::flight::{self, Landing};
use super::source::Source;
use super::{FetchKeysError, KeySet, KeysUnavailable, Settings, report};
use crate::timeout::{TimedOut, Timeout};

/// How many requests wait for keys at once. More get 503 at once: an issuer that hangs must not fill the
/// memory.
pub(super) const MAX_WAITING: usize = 1024;

/// What a client is asked to wait if there is no other figure.
const SOON: Duration = Duration::from_secs(1);

/// How long after its time limit a flight may land. One that has not done so by then is on a runtime that
/// does not run any more.
const GRACE: Duration = Duration::from_secs(1);

/// Keys that are fetched from their issuer.
pub(super) struct Remote {
    pub(super) issuer: Arc<str>,
    pub(super) source: Arc<Source>,
    pub(super) settings: Settings,
    keys: RwLock<Option<Arc<KeySet>>>,
    state: Mutex<State>,
    /// The number of the last flight that has landed.
    landed: watch::Sender<u64>,
    waiting: AtomicUsize,
    created: Instant,
    /// When the keys are due, in milliseconds after `created`. `u64::MAX` during a flight.
    due: AtomicU64,
}

struct State {
    /// How many flights have begun.
    begun: u64,
    in_flight: Option<InFlight>,
    budget: Budget,
    /// Why the last flight has failed, if it has.
    failure: Option<FetchKeysError>,
    /// The task that flies, or waits for the next flight.
    task: Option<AbortHandle>,
}

#[derive(Clone, Copy)]
struct InFlight {
    number: u64,
    deadline: Instant,
}

impl Remote {
    pub(super) fn new(issuer: Arc<str>, source: Arc<Source>, settings: Settings) -> Self {
        Self {
            issuer,
            source,
            settings,
            keys: RwLock::new(None),
            state: Mutex::new(State {
                begun: 0,
                in_flight: None,
                budget: Budget::new(settings.burst, settings.refill),
                failure: None,
                task: None,
            }),
            landed: watch::Sender::new(0),
            waiting: AtomicUsize::new(0),
            created: Instant::now(),
            due: AtomicU64::new(u64::MAX),
        }
    }

    /// The same keys with other settings, and nothing loaded.
    pub(super) fn with_settings(&self, settings: Settings) -> Self {
        Self::new(self.issuer.clone(), self.source.clone(), settings)
    }

    /// The keys that are loaded.
    pub(super) fn keys(&self) -> Option<Arc<KeySet>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The keys that are loaded. Begins a flight if they are due: the runtime of the task that waits for
    /// this moment may not run any more.
    pub(super) fn current(self: &Arc<Self>) -> Option<Arc<KeySet>> {
        let keys = self.keys()?;
        if self.due.load(Ordering::Relaxed) <= self.millis(Instant::now()) {
            let _ = self.join(Reason::Due, u64::MAX);
        }
        Some(keys)
    }

    /// The number of the last flight that has begun.
    pub(super) fn begun(&self) -> u64 {
        self.lock().begun
    }

    pub(super) fn failure(&self) -> Option<FetchKeysError> {
        self.lock().failure.clone()
    }

    /// Why [`join`](Self::join) would fail, if it would. Without a runtime it fails as well, and says so to
    /// operators.
    pub(super) fn cannot_join(&self) -> Option<KeysUnavailable> {
        let reason = self.reason();
        let now = Instant::now();
        if self.waiting.load(Ordering::Relaxed) >= MAX_WAITING {
            return Some(KeysUnavailable { retry_after: SOON });
        }
        let state = self.lock();
        if state.in_flight.is_some_and(|it| it.deadline > now) {
            return None;
        }
        state.budget.check(reason, now).err().map(|retry_after| KeysUnavailable { retry_after })
    }

    /// Why keys would be fetched for a token whose key is not there.
    pub(super) fn reason(&self) -> Reason {
        if self.keys().is_some() { Reason::UnknownKey } else { Reason::Due }
    }

    /// The number of a flight to wait for: the one that flies, or that has begun after the flight `after`, or
    /// a new one.
    pub(super) fn join(
        self: &Arc<Self>,
        reason: Reason,
        after: u64,
    ) -> Result<u64, KeysUnavailable> {
        let now = Instant::now();
        let mut state = self.lock();
        match state.in_flight {
            Some(flight) if flight.deadline > now => return Ok(flight.number),
            Some(_) => return Err(self.fail(state, FetchKeysError::Aborted, now)),
            None if state.begun > after => return Ok(state.begun),
            None => {}
        }
        state.budget.check(reason, now).map_err(|retry_after| KeysUnavailable { retry_after })?;
        let Ok(runtime) = Handle::try_current() else {
            return Err(self.fail(state, FetchKeysError::NoRuntime, now));
        };
        let number = self.begin(&mut state, reason, now);
        drop(state);
        // Not while the state is locked: a runtime that shuts down drops the task at once.
        let task = runtime.spawn(flight::fly(Landing::new(self.clone(), number))).abort_handle();
        let mut state = self.lock();
        let outdated = if state.begun == number { state.task.replace(task) } else { Some(task) };
        drop(state);
        if let Some(outdated) = outdated {
            outdated.abort();
        }
        Ok(number)
    }

    /// Begins the next flight in the task of the flight `last`, unless another task has taken over.
    pub(super) fn begin_after(&self, last: u64) -> Option<u64> {
        let now = Instant::now();
        let mut state = self.lock();
        let is_last = state.begun == last && state.in_flight.is_none();
        is_last.then(|| self.begin(&mut state, Reason::Due, now))
    }

    fn begin(&self, state: &mut State, reason: Reason, now: Instant) -> u64 {
        state.budget.take(reason, now);
        state.begun += 1;
        let limit = self.settings.time_limit.saturating_add(GRACE);
        let far = Duration::from_secs(60 * 60 * 24);
        let deadline = now.checked_add(limit).unwrap_or(now + far);
        state.in_flight = Some(InFlight { number: state.begun, deadline });
        self.due.store(u64::MAX, Ordering::Relaxed);
        state.begun
    }

    /// Lands the flight. Returns the wait until the next one, unless this one was given up.
    pub(super) fn land(
        &self,
        number: u64,
        outcome: Result<KeySet, FetchKeysError>,
    ) -> Option<Duration> {
        let now = Instant::now();
        let mut state = self.lock();
        if state.in_flight.is_none_or(|flight| flight.number != number) {
            return None;
        }
        match outcome {
            Ok(keys) => {
                let wait = self.settings.refresh_after;
                state.budget.succeeded();
                let last_failure = state.failure.take();
                self.publish(keys);
                self.schedule(&mut state, wait, now);
                drop(state);
                if let Some(failure) = last_failure {
                    report::recovered(&self.issuer, &failure);
                }
                Some(wait)
            }
            Err(failure) => Some(self.fail(state, failure, now).retry_after),
        }
    }

    /// Ends the flight, if there is one, as a failure. The keys stay.
    fn fail(
        &self,
        mut state: MutexGuard<'_, State>,
        failure: FetchKeysError,
        now: Instant,
    ) -> KeysUnavailable {
        state.budget.failed(now);
        state.failure = Some(failure.clone());
        let retry_after = state.budget.backoff(now);
        self.schedule(&mut state, retry_after, now);
        // A subscriber of the event may ask for the last failure.
        drop(state);
        report::failed(&self.issuer, &failure, self.keys().is_some());
        KeysUnavailable { retry_after }
    }

    fn schedule(&self, state: &mut State, wait: Duration, now: Instant) {
        state.in_flight = None;
        let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        self.due.store(self.millis(now).saturating_add(wait), Ordering::Relaxed);
        self.landed.send_replace(state.begun);
    }

    /// Makes these the keys that every request finds, and then retires those that are gone.
    fn publish(&self, keys: KeySet) {
        let keys = Arc::new(keys);
        let previous = {
            let mut current = self.keys.write().unwrap_or_else(PoisonError::into_inner);
            current.replace(keys.clone())
        };
        if let Some(previous) = previous {
            previous.retire_missing_in(&keys);
        }
    }

    /// Waits until this flight has landed.
    pub(super) async fn landed(&self, number: u64) -> Result<(), KeysUnavailable> {
        let _waiting = Waiting::new(&self.waiting)?;
        let mut landed = self.landed.subscribe();
        let limit = self.settings.time_limit.saturating_add(GRACE);
        let waited = {
            let landing = async { landed.wait_for(|landed| *landed >= number).await.is_ok() };
            Timeout::new(landing, limit).await
        };
        let has_landed = match waited {
            Ok(has_landed) => has_landed,
            Err(TimedOut::Elapsed) => false,
            // The flight lands at once for the same reason, or is on another runtime, which has one.
            Err(TimedOut::NoTimer) => landed.wait_for(|landed| *landed >= number).await.is_ok(),
        };
        let state = self.lock();
        if has_landed && state.failure.is_none() {
            return Ok(());
        }
        let retry_after = state.budget.backoff(Instant::now()).max(SOON);
        Err(KeysUnavailable { retry_after })
    }

    /// Ends the task. To be called when nothing uses the keys any more.
    pub(super) fn stop(&self) {
        let mut state = self.lock();
        state.in_flight = None;
        let task = state.task.take();
        drop(state);
        if let Some(task) = task {
            task.abort();
        }
    }

    fn millis(&self, time: Instant) -> u64 {
        let millis = time.saturating_duration_since(self.created).as_millis();
        u64::try_from(millis).unwrap_or(u64::MAX)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change of the state is complete before anything can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a request that waits.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Result<Self, KeysUnavailable> {
        let waiting = Self(count);
        let others = count.fetch_add(1, Ordering::Relaxed);
        if others < MAX_WAITING { Ok(waiting) } else { Err(KeysUnavailable { retry_after: SOON }) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
