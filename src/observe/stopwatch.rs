//! How long identity and policies take, for an observer that asks for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http::Extensions;

use super::Times;
use crate::preflight::ExemptPreflight;

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

/// Request extension while a policy decides, in place of the [`PolicyClock`]. It runs until it is stopped, or
/// dropped with the head of the request: if the policy runs out of time, or is cancelled.
#[derive(Debug)]
pub(crate) struct PolicyTimer(Option<Running>);

#[derive(Debug)]
struct Running {
    clock: PolicyClock,
    start: Instant,
}

impl Stopwatch {
    /// Tells the authorize stages of the process that there may be a clock in a request.
    pub(crate) fn enable() {
        IS_IN_USE.store(true, Ordering::Relaxed);
    }

    pub(crate) fn start() -> Self {
        Self { arrival: now(), identity: None, policy: None }
    }

    /// The identity is known now.
    pub(crate) fn identified(&mut self) {
        self.identity = Some(now().duration_since(self.arrival));
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
            identity: self.identity.unwrap_or_else(|| now().duration_since(self.arrival)),
            policy: Duration::from_nanos(policy),
        }
    }
}

impl PolicyTimer {
    /// Starts a timer, if a stage outside measures, and says whether it does. Reads one static, if no stage of
    /// the process does.
    #[inline(always)]
    pub(crate) fn start(extensions: &mut Extensions) -> bool {
        IS_IN_USE.load(Ordering::Relaxed) && Self::start_if_measured(extensions)
    }

    /// Stops the timer, if there is one, once the policy has decided.
    #[inline(always)]
    pub(crate) fn stop_if_any(extensions: &mut Extensions) {
        if IS_IN_USE.load(Ordering::Relaxed) {
            Self::stop(extensions);
        }
    }

    #[cold]
    fn start_if_measured(extensions: &mut Extensions) -> bool {
        // No policy judges an exempt preflight (F09).
        if ExemptPreflight::is_on(extensions) {
            return false;
        }
        let Some(clock) = extensions.remove::<PolicyClock>() else { return false };
        extensions.insert(Self(Some(Running { clock, start: now() })));
        true
    }

    /// Stops the timer, once the policy has decided.
    #[cold]
    pub(crate) fn stop(extensions: &mut Extensions) {
        if let Some(Self(Some(running))) = extensions.remove() {
            extensions.insert(running.clock.clone());
        }
    }
}

impl Clone for PolicyTimer {
    /// `Extensions` require `Clone`. A policy can keep a copy of them, or send it with a request of its own: the
    /// copy measures nothing, so that no time is lost, or counted twice.
    fn clone(&self) -> Self {
        Self(None)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let elapsed =
            u64::try_from(now().duration_since(self.start).as_nanos()).unwrap_or(u64::MAX);
        let mut next = Some(&self.clock);
        while let Some(PolicyClock(time)) = next {
            time.nanoseconds.fetch_add(elapsed, Ordering::Relaxed);
            next = time.outer.as_ref();
        }
    }
}

/// Every reading of the clock.
fn now() -> Instant {
    #[cfg(test)]
    tests::READINGS.set(tests::READINGS.get() + 1);
    Instant::now()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::convert::Infallible;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use bytes::Bytes;
    use http::request::Parts;
    use http::{Request, Response};
    use http_body_util::Full;
    use tower::{Layer, Service, service_fn};

    use crate::observe::{Event, Observe};
    use crate::{AuthenticateLayer, AuthorizeLayer, Bearer, Decision, Tokens, policy_fn};

    thread_local! {
        pub(super) static READINGS: Cell<usize> = const { Cell::new(0) };
    }

    struct Asks(bool);

    impl Observe for Asks {
        type Context = ();

        fn measures_time(&self) -> bool {
            self.0
        }

        fn begin(&self, _: &Parts) {}

        fn decided(&self, (): (), event: &Event<'_>) {
            assert_eq!(event.times().is_some(), self.0);
        }
    }

    /// How often a request reads the clock.
    fn readings<O: Observe>(observer: O, token: &str) -> usize {
        let tokens = Tokens::new().with("right", ());
        let policy = policy_fn(|(): &(), _: &Parts| Decision::Permit);
        let layer = AuthenticateLayer::new(Bearer::new("test", tokens).unwrap()).observe(observer);
        let inner = service_fn(|_: Request<()>| async {
            Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
        });
        let mut service = layer.layer(AuthorizeLayer::<()>::new(policy).layer(inner));
        let request = Request::get("/").header("authorization", format!("Bearer {token}"));
        let before = READINGS.get();
        let response = pin!(service.call(request.body(()).unwrap()));
        assert!(matches!(
            response.poll(&mut Context::from_waker(Waker::noop())),
            Poll::Ready(Ok(_))
        ));
        READINGS.get() - before
    }

    #[test]
    fn k12_a_stage_whose_observer_does_not_ask_for_times_reads_no_clock() {
        // Two for the identity, and two for the policy, which authorize stages look for from now on.
        assert_eq!(readings(Asks(true), "right"), 4);
        assert_eq!(readings(Asks(true), "wrong"), 2);
        for token in ["right", "wrong"] {
            assert_eq!(readings((), token), 0);
            assert_eq!(readings(Asks(false), token), 0);
        }
    }
}
