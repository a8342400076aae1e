//! Hashes passwords on dedicated threads, a few at a time, with a bounded queue.

use std::net::IpAddr;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, available_parallelism};
use std::{io, mem};

use argon2::Block;
use tokio::sync::oneshot;

use crate::queue::SharedQueue;

/// Runs work that takes a core and much memory for some time.
///
/// Each thread keeps the memory that argon2 works in, so all of them together take 19 MiB for each
/// thread. With short-lived threads, or with an allocation for each hash, the allocator
/// keeps a multiple of that.
///
/// A cancelled request gives up its place in the queue at once. Work that has begun is
/// completed.
pub struct Hashing {
    shared: Arc<Shared>,
    waiting: usize,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    begun: AtomicU64,
}

struct State {
    /// By the site of the client.
    queue: SharedQueue<Option<IpAddr>, Box<dyn Job>>,
    /// The number of threads that wait for work.
    idle: usize,
    ended: bool,
}

/// The memory that argon2 works in on one thread.
#[derive(Default)]
pub struct Memory(Vec<Block>);

impl Memory {
    /// This number of blocks, with arbitrary contents.
    pub fn blocks(&mut self, count: usize) -> &mut [Block] {
        if self.0.len() < count {
            // Free the old memory before the new memory is allocated.
            drop(mem::take(&mut self.0));
            self.0.resize(count, Block::new());
        }
        &mut self.0[..count]
    }
}

/// The queue has no place for the request.
#[derive(Debug, thiserror::Error)]
#[error("too many passwords are waiting to be checked")]
pub struct Busy;

impl Hashing {
    /// Hashes `at_once` passwords at a time, and lets `waiting` more wait.
    ///
    /// # Errors
    ///
    /// If a thread cannot be started.
    pub fn new(at_once: usize, waiting: usize) -> io::Result<Self> {
        let state = State { queue: SharedQueue::new(), idle: at_once, ended: false };
        let (changed, begun) = (Condvar::new(), AtomicU64::new(0));
        let shared = Arc::new(Shared { state: Mutex::new(state), changed, begun });
        let hashing = Self { shared: shared.clone(), waiting };
        for number in 0..at_once {
            let shared = shared.clone();
            let thread = thread::Builder::new().name(format!("hashing-{number}"));
            thread.spawn(move || shared.work())?;
        }
        Ok(hashing)
    }

    /// Leaves a core to requests that need no hash. The last in the queue waits for 32 hashes, which is
    /// about a second; a client that waits longer retries anyway.
    pub fn beside_the_service() -> io::Result<Self> {
        let cores = available_parallelism().map_or(1, NonZero::get);
        let at_once = cores.saturating_sub(1).max(1);
        Self::new(at_once, 32 * at_once)
    }

    /// Runs the work when it is its turn: each site has one turn in each round.
    ///
    /// # Errors
    ///
    /// [`Busy`] if the queue is full and this site has at least as many places in it as others; also
    /// later, if another site takes its place.
    pub async fn run<T: Send + 'static>(
        &self,
        site: Option<IpAddr>,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let (done, result) = oneshot::channel();
        let pushed_out = {
            let mut state = self.shared.lock();
            // Requests that have ended need no place in the queue.
            state.queue.retain(|job| job.is_wanted());
            let room = state.idle + self.waiting;
            state.queue.push(site, Box::new(Task { work, done }), room)
        };
        self.shared.changed.notify_one();
        // Dropping a task closes its channel, which makes its request fail with `Busy`. The task may be
        // the one that was just made.
        drop(pushed_out);
        match result.await {
            Ok(result) => Ok(result.unwrap_or_else(|panicked| resume_unwind(panicked))),
            Err(_) => Err(Busy),
        }
    }

    /// The number of passwords that were hashed or are being hashed.
    pub fn begun(&self) -> u64 {
        self.shared.begun.load(Ordering::Relaxed)
    }

    /// The number of passwords that wait.
    pub fn waiting(&self) -> usize {
        let mut state = self.shared.lock();
        state.queue.retain(|job| job.is_wanted());
        state.queue.len()
    }
}

impl Drop for Hashing {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The loop of each thread.
    fn work(&self) {
        let mut memory = Memory::default();
        while let Some(job) = self.next() {
            let result = job.is_wanted().then(|| {
                self.begun.fetch_add(1, Ordering::Relaxed);
                job.run(&mut memory)
            });
            // Before the request gets the result, since its client may send the next one at once.
            self.lock().idle += 1;
            if let Some(result) = result {
                result();
            }
        }
    }

    fn next(&self) -> Option<Box<dyn Job>> {
        let mut state = self.lock();
        loop {
            if state.ended {
                return None;
            }
            if let Some(job) = state.queue.pop() {
                state.idle -= 1;
                return Some(job);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

trait Job: Send {
    /// Whether the request still waits for the result.
    fn is_wanted(&self) -> bool;

    /// Does the work. The returned closure sends the result to the request.
    fn run(self: Box<Self>, memory: &mut Memory) -> Box<dyn FnOnce()>;
}

struct Task<F, T> {
    work: F,
    done: oneshot::Sender<thread::Result<T>>,
}

impl<F: FnOnce(&mut Memory) -> T + Send, T: Send + 'static> Job for Task<F, T> {
    fn is_wanted(&self) -> bool {
        !self.done.is_closed()
    }

    fn run(self: Box<Self>, memory: &mut Memory) -> Box<dyn FnOnce()> {
        let Self { work, done } = *self;
        // A bug is not an outage: the request panics as well, and gets 500.
        let result = catch_unwind(AssertUnwindSafe(|| work(memory)));
        Box::new(move || {
            // The request may have ended in the meantime.
            let _ = done.send(result);
        })
    }
}
