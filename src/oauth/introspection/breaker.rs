//! [`Breaker`]: no calls to an endpoint that fails.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// After so many failures in succession, no calls are made for a time.
const FAILURES: u32 = 5;
/// The first pause. Each trial that fails doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Counts failures in succession. After five, it permits no call for a second, then a single one as a trial.
/// If that fails too, the pause doubles, up to 30 s.
pub(super) struct Breaker(Mutex<State>);

#[derive(Clone, Copy)]
enum State {
    Closed { failures: u32 },
    Open { until: Instant, pause: Duration },
    Trial { pause: Duration },
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// With an answer.
    Well,
    /// With a response that other tokens need not get.
    WithRefusalOfTheToken,
    /// Otherwise.
    Badly,
}

/// What changed at the end of a call, for the operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Opened { pause: Duration },
    Closed,
}

impl Breaker {
    pub(super) fn new() -> Self {
        Self(Mutex::new(State::Closed { failures: 0 }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long to wait, if no call is permitted now.
    pub(super) fn pause(&self) -> Option<Duration> {
        match *self.state() {
            State::Closed { .. } => None,
            State::Open { until, .. } => {
                Some(until.saturating_duration_since(Instant::now())).filter(|wait| !wait.is_zero())
            }
            State::Trial { pause } => Some(pause),
        }
    }

    /// Permits a call, or says how long to wait.
    pub(super) fn enter(&self) -> Result<Call<'_>, Duration> {
        let mut state = self.state();
        let is_trial = match *state {
            State::Closed { .. } => false,
            State::Open { until, pause } => {
                let wait = until.saturating_duration_since(Instant::now());
                if !wait.is_zero() {
                    return Err(wait);
                }
                *state = State::Trial { pause };
                true
            }
            State::Trial { pause } => return Err(pause),
        };
        Ok(Call { breaker: self, is_trial, is_over: false })
    }
}

/// A call that was permitted. It has failed if it is dropped before its [`end`](Self::end).
pub(super) struct Call<'a> {
    breaker: &'a Breaker,
    is_trial: bool,
    is_over: bool,
}

impl Call<'_> {
    pub(super) fn end(mut self, ended: Ended) -> Option<Change> {
        self.finish(ended)
    }

    fn finish(&mut self, ended: Ended) -> Option<Change> {
        self.is_over = true;
        let mut state = self.breaker.state();
        let opened = |pause| State::Open { until: Instant::now() + pause, pause };
        let (next, change) = match (*state, ended) {
            (State::Closed { .. }, Ended::Well) => (State::Closed { failures: 0 }, None),
            (State::Closed { .. }, Ended::WithRefusalOfTheToken) => return None,
            (State::Closed { failures }, Ended::Badly) if failures + 1 < FAILURES => {
                (State::Closed { failures: failures + 1 }, None)
            }
            (State::Closed { .. }, Ended::Badly) => {
                (opened(FIRST_PAUSE), Some(Change::Opened { pause: FIRST_PAUSE }))
            }
            // Also a call that began before the pause: the endpoint answers.
            (_, Ended::Well) => (State::Closed { failures: 0 }, Some(Change::Closed)),
            // The endpoint is there. A caller cannot keep the breaker open with a token of this kind.
            (_, Ended::WithRefusalOfTheToken) if self.is_trial => {
                (State::Closed { failures: 0 }, Some(Change::Closed))
            }
            (State::Trial { pause }, Ended::Badly) if self.is_trial => {
                let pause = (pause * 2).min(LONGEST_PAUSE);
                (opened(pause), Some(Change::Opened { pause }))
            }
            // A call that began before the pause.
            (_, Ended::Badly | Ended::WithRefusalOfTheToken) => return None,
        };
        *state = next;
        change
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.finish(Ended::Badly);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn fail(breaker: &Breaker) -> Option<Change> {
        breaker.enter().ok().unwrap().end(Ended::Badly)
    }

    #[tokio::test(start_paused = true)]
    async fn j62_after_five_failures_the_pause_doubles_up_to_thirty_seconds() {
        let breaker = Breaker::new();
        for _ in 0..4 {
            assert_eq!(fail(&breaker), None);
        }
        for seconds in [1, 2, 4, 8, 16, 30, 30] {
            let pause = Duration::from_secs(seconds);
            assert_eq!(breaker.pause(), None);
            assert_eq!(fail(&breaker), Some(Change::Opened { pause }));
            assert_eq!(breaker.enter().err(), Some(pause));
            advance(pause - Duration::from_millis(1)).await;
            assert_eq!(breaker.pause(), Some(Duration::from_millis(1)));
            assert!(breaker.enter().is_err());
            advance(Duration::from_millis(1)).await;
        }
        let trial = breaker.enter().ok().unwrap();
        // One trial at a time.
        assert!(breaker.enter().is_err() && breaker.pause().is_some());
        assert_eq!(trial.end(Ended::Well), Some(Change::Closed));
        for _ in 0..4 {
            assert_eq!(fail(&breaker), None);
        }
        // A success in between begins the count anew.
        assert_eq!(breaker.enter().ok().unwrap().end(Ended::Well), None);
        for _ in 0..4 {
            assert_eq!(fail(&breaker), None);
        }
        assert_eq!(breaker.pause(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn j62_responses_to_tokens_of_a_stranger_neither_open_it_nor_keep_it_open() {
        let breaker = Breaker::new();
        for _ in 0..100 {
            let call = breaker.enter().ok().unwrap();
            assert_eq!(call.end(Ended::WithRefusalOfTheToken), None);
        }
        for _ in 0..5 {
            fail(&breaker);
        }
        advance(FIRST_PAUSE).await;
        let trial = breaker.enter().ok().unwrap();
        assert_eq!(trial.end(Ended::WithRefusalOfTheToken), Some(Change::Closed));
        assert!(breaker.enter().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn j62_calls_that_began_before_the_pause_do_not_prolong_it_and_a_dropped_trial_has_failed()
     {
        let breaker = Breaker::new();
        let calls: Vec<_> = (0..20).map(|_| breaker.enter().ok().unwrap()).collect();
        drop(calls);
        assert_eq!(breaker.pause(), Some(FIRST_PAUSE));
        advance(FIRST_PAUSE).await;
        drop(breaker.enter().ok().unwrap());
        assert_eq!(breaker.pause(), Some(FIRST_PAUSE * 2));
    }
}
