//! Where passwords are hashed: on threads of their own, a few at a time, with a bounded queue.

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

/// Runs what takes a core and much memory for a while.
///
/// Each thread keeps the memory that argon2 works in, so the whole takes as many times 19 MiB as
/// there are threads. On threads that come and go, or that allocate anew each time, the allocator
/// keeps a multiple of that.
///
/// A request that ends early gives up its place in the queue at once. Work that has begun is done
/// to its end.
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
    /// By where the request comes from.
    queue: SharedQueue<Option<IpAddr>, Box<dyn Job>>,
    /// How many threads wait for work.
    idle: usize,
    ended: bool,
}

/// The memory that argon2 works in, of one thread.
#[derive(Default)]
pub struct Memory(Vec<Block>);

impl Memory {
    /// So many blocks, with anything in them.
    pub fn blocks(&mut self, count: usize) -> &mut [Block] {
        if self.0.len() < count {
            // Not beside what it had.
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
    /// So many at once, and so many that wait.
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

    /// Leaves a core to requests that need no hash. The last in the queue waits for as long as 32
    /// passwords take, which is about a second; a client that waits longer tries again anyway.
    pub fn beside_the_service() -> io::Result<Self> {
        let cores = available_parallelism().map_or(1, NonZero::get);
        let at_once = cores.saturating_sub(1).max(1);
        Self::new(at_once, 32 * at_once)
    }

    /// Runs the work when it is its turn: `site` has one in each round.
    ///
    /// # Errors
    ///
    /// [`Busy`] if the queue is full, and this site has no fewer places in it than others; also
    /// later, when others need its place.
    pub async fn run<T: Send + 'static>(
        &self,
        site: Option<IpAddr>,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let (done, answer) = oneshot::channel();
        let pushed_out = {
            let mut state = self.shared.lock();
            // Requests that have ended need no place.
            state.queue.retain(|job| job.is_wanted());
            let room = state.idle + self.waiting;
            state.queue.push(site, Box::new(Task { work, done }), room)
        };
        self.shared.changed.notify_one();
        // Without its task, a request hears that there is no answer. This may be that request.
        drop(pushed_out);
        match answer.await {
            Ok(answer) => Ok(answer.unwrap_or_else(|panicked| resume_unwind(panicked))),
            Err(_) => Err(Busy),
        }
    }

    /// How many were hashed, or are now.
    pub fn begun(&self) -> u64 {
        self.shared.begun.load(Ordering::Relaxed)
    }

    /// How many wait.
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

    /// What each thread does.
    fn work(&self) {
        let mut memory = Memory::default();
        while let Some(job) = self.next() {
            let answer = job.is_wanted().then(|| {
                self.begun.fetch_add(1, Ordering::Relaxed);
                job.run(&mut memory)
            });
            // Before the request hears, which may ask again at once.
            self.lock().idle += 1;
            if let Some(answer) = answer {
                answer();
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
    /// Whether the request still waits for the answer.
    fn is_wanted(&self) -> bool;

    /// Does the work. What it returns tells the request.
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
        // A bug is not an outage: the request panics as well, and is answered with 500.
        let answer = catch_unwind(AssertUnwindSafe(|| work(memory)));
        Box::new(move || {
            // The request may have ended meanwhile.
            let _ = done.send(answer);
        })
    }
}
