//! The task that fetches the keys, again and again.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use super::FetchKeysError;
use super::KeySet;
use super::remote::Remote;
use crate::catch_panic::{CatchPanic, Panicked};
use crate::timeout::{TimedOut, Timeout};

/// Flies, and waits for the next flight, until another task takes over.
pub(super) async fn fly(mut landing: Landing) {
    loop {
        let outcome = fetch(&landing.remote).await;
        let Some(wait) = landing.land(outcome) else { return };
        // Outlives no runtime: without a time driver it ends at once.
        let slept = Timeout::new(pending::<()>(), wait).await;
        if matches!(slept, Err(TimedOut::NoTimer)) || !landing.begin_next() {
            return;
        }
    }
}

async fn fetch(remote: &Remote) -> Result<KeySet, FetchKeysError> {
    let limit = remote.settings.time_limit;
    let fetching = CatchPanic::new(remote.source.fetch(remote.keys(), limit));
    match Timeout::new(fetching, limit).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(Panicked)) => Err(FetchKeysError::Aborted),
        Err(TimedOut::Elapsed) => Err(FetchKeysError::TimedOut(limit)),
        Err(TimedOut::NoTimer) => Err(FetchKeysError::NoRuntime),
    }
}

/// A flight that lands in any case: as a failure if its task is dropped, with its runtime.
pub(super) struct Landing {
    remote: Arc<Remote>,
    number: u64,
    has_landed: bool,
}

impl Landing {
    pub(super) fn new(remote: Arc<Remote>, number: u64) -> Self {
        Self { remote, number, has_landed: false }
    }

    fn land(&mut self, outcome: Result<KeySet, FetchKeysError>) -> Option<Duration> {
        self.has_landed = true;
        self.remote.land(self.number, outcome)
    }

    fn begin_next(&mut self) -> bool {
        let next = self.remote.begin_after(self.number);
        if let Some(number) = next {
            *self = Self { number, has_landed: false, remote: self.remote.clone() };
        }
        next.is_some()
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        if !self.has_landed {
            let _ = self.remote.land(self.number, Err(FetchKeysError::Aborted));
        }
    }
}
