//! Where passwords are hashed: beside the executor, a few at a time, with a queue that ends.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::available_parallelism;

use tokio::sync::{AcquireError, Semaphore};
use tokio::task::spawn_blocking;

/// Runs what takes a core for a while.
///
/// A request that ends early gives up its place in the queue at once, but its turn only once the
/// work is done, since that goes on.
pub struct Hashing {
    turns: Arc<Semaphore>,
    /// For those that have a turn, and those that wait for one.
    places: Arc<Semaphore>,
    begun: AtomicU64,
}

/// The queue is full.
#[derive(Debug, thiserror::Error)]
#[error("too many passwords are waiting to be checked")]
pub struct Busy;

impl Hashing {
    /// So many at once, and so many that wait.
    pub fn new(at_once: usize, waiting: usize) -> Self {
        let places = Arc::new(Semaphore::new(at_once + waiting));
        Self { turns: Arc::new(Semaphore::new(at_once)), places, begun: AtomicU64::new(0) }
    }

    /// Leaves a core to those who need none of this. The last in the queue waits for as long as 32
    /// passwords take, which is about a second; a client that waits longer tries again anyway.
    pub fn beside_the_service() -> Self {
        let cores = available_parallelism().map_or(1, NonZero::get);
        let at_once = cores.saturating_sub(1).max(1);
        Self::new(at_once, 32 * at_once)
    }

    /// Runs the work when its turn has come.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| Busy)?;
        let turn = self.turns.clone().acquire_owned().await;
        let turn = turn.map_err(|_: AcquireError| Busy)?;
        self.begun.fetch_add(1, Ordering::Relaxed);
        let done = spawn_blocking(move || {
            let _until_it_is_done = (place, turn);
            work()
        });
        // A bug is a bug, and no outage: 500.
        Ok(done.await.unwrap_or_else(|panicked| resume_unwind(panicked.into_panic())))
    }

    /// How often it was somebody's turn.
    pub fn begun(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }
}
