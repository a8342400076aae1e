//! A small limit on failed logins. The example `passwords` has one for use in earnest, and says what this
//! one leaves open.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use portcullis::{Attempt, Outcome, Throttle};

const AT_ONCE: f64 = 5.0;
const A_SECOND: f64 = 0.5;

/// Admits five failed logins of an account at once, then one in two seconds.
pub struct Tries {
    /// Accounts share a counter by their hash, so that invented names fill no memory.
    counters: Mutex<Vec<Counter>>,
    keys: RandomState,
}

#[derive(Clone)]
struct Counter {
    failed: f64,
    at: Instant,
}

impl Tries {
    pub fn new() -> Self {
        let counter = Counter { failed: 0.0, at: Instant::now() };
        Self { counters: Mutex::new(vec![counter; 4096]), keys: RandomState::new() }
    }

    fn with<T>(&self, attempt: &Attempt<'_>, change: impl FnOnce(&mut Counter) -> T) -> T {
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        let index = self.keys.hash_one(attempt.account()) as usize % counters.len();
        let counter = &mut counters[index];
        let passed = counter.at.elapsed().as_secs_f64();
        counter.failed = (counter.failed - passed * A_SECOND).max(0.0);
        counter.at = Instant::now();
        change(counter)
    }
}

impl Throttle for Tries {
    fn admit(&self, attempt: &Attempt<'_>) -> Result<(), Duration> {
        self.with(attempt, |counter| {
            if counter.failed + 1.0 > AT_ONCE {
                let excess = counter.failed + 1.0 - AT_ONCE;
                return Err(Duration::from_secs_f64(excess / A_SECOND));
            }
            counter.failed += 1.0;
            Ok(())
        })
    }

    fn settle(&self, attempt: &Attempt<'_>, outcome: Outcome) {
        if !outcome.counts() {
            self.with(attempt, |counter| counter.failed = (counter.failed - 1.0).max(0.0));
        }
    }
}
