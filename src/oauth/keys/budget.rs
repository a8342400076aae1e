//! [`Budget`]: when the keys of an issuer may be fetched.

use std::time::Duration;

use tokio::time::Instant;

/// The wait after the first of several failures. It doubles with each.
const FIRST_BACKOFF: Duration = Duration::from_secs(1);

/// The longest wait after a failure.
const MAX_BACKOFF: Duration = Duration::from_secs(30);

/// Why the keys are fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// None are loaded, or they are old. Strangers have no influence on it.
    Due,
    /// A token names a key that is not loaded. Every stranger can send one.
    UnknownKey,
}

/// A token bucket for the fetches that strangers can cause, and a wait after failures for all.
#[derive(Debug)]
pub(super) struct Budget {
    burst: u32,
    refill: Duration,
    /// When the bucket is full again.
    full_at: Option<Instant>,
    failures: u32,
    retry_at: Option<Instant>,
}

impl Budget {
    pub(super) fn new(burst: u32, refill: Duration) -> Self {
        Self { burst, refill, full_at: None, failures: 0, retry_at: None }
    }

    /// Whether a fetch may begin.
    ///
    /// # Errors
    ///
    /// The time after which it may.
    pub(super) fn check(&self, reason: Reason, now: Instant) -> Result<(), Duration> {
        let wait = self.backoff(now).max(match reason {
            Reason::Due => Duration::ZERO,
            Reason::UnknownKey => self.until_token(now),
        });
        if wait.is_zero() { Ok(()) } else { Err(wait) }
    }

    /// Counts a fetch that begins.
    pub(super) fn take(&mut self, reason: Reason, now: Instant) {
        if reason == Reason::UnknownKey {
            let full_at = self.full_at.map_or(now, |full_at| full_at.max(now));
            self.full_at = full_at.checked_add(self.refill);
        }
    }

    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
        self.retry_at = None;
    }

    pub(super) fn failed(&mut self, now: Instant) {
        let doubled = FIRST_BACKOFF.saturating_mul(1 << self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        self.retry_at = now.checked_add(doubled.min(MAX_BACKOFF));
    }

    /// The rest of the wait after a failure.
    pub(super) fn backoff(&self, now: Instant) -> Duration {
        self.retry_at.map_or(Duration::ZERO, |retry_at| retry_at.saturating_duration_since(now))
    }

    /// The time until the bucket holds a token.
    fn until_token(&self, now: Instant) -> Duration {
        let Some(full_at) = self.full_at else { return Duration::ZERO };
        let others = self.refill.saturating_mul(self.burst.saturating_sub(1));
        full_at.saturating_duration_since(now).saturating_sub(others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn j35_a_burst_is_free_and_then_one_fetch_per_period() {
        let start = Instant::now();
        let mut budget = Budget::new(3, 30 * SECOND);
        for _ in 0..3 {
            assert_eq!(budget.check(Reason::UnknownKey, start), Ok(()));
            budget.take(Reason::UnknownKey, start);
        }
        assert_eq!(budget.check(Reason::UnknownKey, start), Err(30 * SECOND));
        assert_eq!(budget.check(Reason::Due, start), Ok(()), "strangers do not delay a refresh");
        assert_eq!(budget.check(Reason::UnknownKey, start + 29 * SECOND), Err(SECOND));
        assert_eq!(budget.check(Reason::UnknownKey, start + 30 * SECOND), Ok(()));
        budget.take(Reason::UnknownKey, start + 30 * SECOND);
        assert_eq!(budget.check(Reason::UnknownKey, start + 30 * SECOND), Err(30 * SECOND));
        // Full again, and no fuller, after a long time.
        let later = start + 10_000 * SECOND;
        for _ in 0..3 {
            assert_eq!(budget.check(Reason::UnknownKey, later), Ok(()));
            budget.take(Reason::UnknownKey, later);
        }
        assert_eq!(budget.check(Reason::UnknownKey, later), Err(30 * SECOND));
    }

    #[test]
    fn j36_the_wait_after_failures_doubles_up_to_30_seconds_for_every_reason() {
        let now = Instant::now();
        let mut budget = Budget::new(3, 30 * SECOND);
        for seconds in [1, 2, 4, 8, 16, 30, 30] {
            budget.failed(now);
            assert_eq!(budget.check(Reason::Due, now), Err(seconds * SECOND));
            assert_eq!(budget.check(Reason::UnknownKey, now), Err(seconds * SECOND));
        }
        for _ in 0..100 {
            budget.failed(now);
        }
        assert_eq!(budget.backoff(now), 30 * SECOND);
        budget.succeeded();
        assert_eq!(budget.check(Reason::Due, now), Ok(()));
        budget.failed(now);
        assert_eq!(budget.backoff(now), SECOND);
    }

    #[test]
    fn extreme_settings_do_not_panic() {
        let now = Instant::now();
        for (burst, refill) in [(0, Duration::MAX), (u32::MAX, Duration::MAX), (1, Duration::ZERO)]
        {
            let mut budget = Budget::new(burst, refill);
            for _ in 0..3 {
                budget.take(Reason::UnknownKey, now);
                let _ = budget.check(Reason::UnknownKey, now);
            }
        }
    }
}
