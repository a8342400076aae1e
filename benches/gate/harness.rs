//! How a case is run, and how its time is told from the machine's noise.
//!
//! All cases take turns in batches of about 100 µs, in several processes one after the other, so
//! that whatever slows the machine down slows all of them down. In each process a case has the
//! median of its batches; what counts is the median of the processes' *ratios*.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::pin::pin;
use std::process::{Command, Stdio};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use std::{env, io};

use counting::allocations;
use tower::Service;

use crate::cases::Case;
use crate::world::Request;

const PROCESSES: usize = 9;
/// For each case, in each process.
const TIME: Duration = Duration::from_millis(220);
const BATCH: Duration = Duration::from_micros(100);

/// Requests that are made before the clock starts: few enough to stay in the cache.
const AHEAD: usize = 16;

/// Something to measure.
pub trait Run {
    /// Does it once for each request that was [prepared](Run::prepare).
    fn run(&mut self);

    /// Makes requests ahead of [`run`](Run::run).
    fn prepare(&mut self, count: usize);

    /// Its future's size; zero for what has none.
    fn future_bytes(&self) -> usize;

    fn allocations(&mut self) -> u64 {
        self.prepare(1);
        self.run();
        self.prepare(1);
        allocations(|| self.run())
    }
}

/// A service, and the requests that it gets.
pub struct Exchange<S, F> {
    service: S,
    request: F,
    ahead: Vec<Request>,
}

impl<S, F> Exchange<S, F> {
    pub fn new(service: S, request: F) -> Self {
        Self { service, request, ahead: Vec::with_capacity(AHEAD) }
    }
}

impl<S: Service<Request>, F: FnMut() -> Request> Run for Exchange<S, F> {
    fn run(&mut self) {
        for request in self.ahead.drain(..) {
            exchange(&mut self.service, request);
        }
    }

    fn prepare(&mut self, count: usize) {
        self.ahead.extend(std::iter::repeat_with(&mut self.request).take(count));
    }

    fn future_bytes(&self) -> usize {
        size_of::<S::Future>()
    }
}

/// One request and its answer, dropped.
#[inline(never)]
pub fn exchange<S: Service<Request>>(service: &mut S, request: Request) {
    let mut cx = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut cx).is_ready());
    let mut future = pin!(service.call(request));
    loop {
        if let Poll::Ready(answer) = future.as_mut().poll(&mut cx) {
            black_box(&answer);
            return;
        }
    }
}

/// Any other work, for comparison.
pub struct Work<F> {
    work: F,
    count: usize,
}

impl<F: FnMut()> Work<F> {
    pub fn new(work: F) -> Self {
        Self { work, count: 0 }
    }
}

impl<F: FnMut()> Run for Work<F> {
    fn run(&mut self) {
        for _ in 0..self.count {
            (self.work)();
        }
    }

    fn prepare(&mut self, count: usize) {
        self.count = count;
    }

    fn future_bytes(&self) -> usize {
        0
    }
}

/// Nanoseconds of each case, in one process.
pub type Times = BTreeMap<String, f64>;

/// What a child process does: all cases take turns, and the medians go to standard output.
pub fn measure(cases: &[Case]) {
    let mut running: Vec<_> = cases.iter().map(|case| (case, case.build(), Vec::new())).collect();
    let end = Instant::now() + TIME * cases.len() as u32;
    let mut warm = false;
    while Instant::now() < end {
        for (_, run, batches) in &mut running {
            let batch = batch(&mut **run);
            if warm {
                batches.push(batch);
            }
        }
        warm = true;
    }
    for (case, _, batches) in &mut running {
        println!("{}\t{}", case.name, median(batches));
    }
}

/// The time of one run, in nanoseconds.
fn batch(run: &mut dyn Run) -> f64 {
    let (mut spent, mut runs) = (Duration::ZERO, 0.0);
    while spent < BATCH {
        run.prepare(AHEAD);
        let start = Instant::now();
        run.run();
        spent += start.elapsed();
        runs += AHEAD as f64;
    }
    spent.as_secs_f64() * 1e9 / runs
}

/// Runs the children, one after the other.
pub fn measure_in_children(texts: &[String]) -> io::Result<Vec<Times>> {
    let this = env::current_exe()?;
    let child = |process| {
        eprint!("\rprocess {process} of {PROCESSES} …");
        let mut child = Command::new(&this);
        let output = child.arg("--child").args(texts).stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            return Err(io::Error::other("a measuring process failed"));
        }
        let lines = String::from_utf8_lossy(&output.stdout);
        let read = |line: &str| {
            let (name, time) = line.split_once('\t')?;
            Some((name.to_owned(), time.parse().ok()?))
        };
        Ok(lines.lines().filter_map(read).collect())
    };
    let times = (1..=PROCESSES).map(child).collect();
    eprintln!();
    times
}

pub fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        _ if values.is_empty() => f64::NAN,
        0 => (values[middle - 1] + values[middle]) / 2.0,
        _ => values[middle],
    }
}
