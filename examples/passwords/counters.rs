//! Counts how much of its limit each key has used, in a fixed amount of memory without eviction.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use governor::nanos::Nanos;
use governor::state::StateStore;

const ROWS: usize = 4;
/// The distance between the bits of a key that select its cells.
const APART: u32 = u64::BITS / ROWS as u32;

/// The state of a `governor` for any number of keys, in a fixed amount of memory: a count-min sketch.
///
/// A key has one cell in each row, which it shares with other keys. An attempt is added to all of
/// its cells, and the lowest of them decides. So a key may be charged for attempts of others, but
/// never for fewer than its own: no request resets the counter of another caller.
/// A cache with eviction can be made to forget a counter, and the stores of `governor` grow with each
/// key.
///
/// The cost: cells hold sums, so many keys that are each far below their limit can together fill
/// the four cells of a key that has made no attempt, which is then refused. With `n` attempts that
/// are still counted in rows of `w` cells, a cell has `n / w` on average, and a key with a limit of
/// `k` is refused if all four have `k` or more. With a limit of five and rows of 2^18 cells,
/// 1,320,000 attempts refuse one key in ten: `main.rs` has the measurements. No caller can choose
/// which keys, since keys are hashed with a random key of the process.
#[derive(Clone)]
pub struct Counters {
    /// The time, in nanoseconds, until which the limit is used up; row after row.
    cells: Arc<Mutex<Box<[u64]>>>,
    in_a_row: usize,
    one: u64,
}

impl Counters {
    /// Unused counters: `in_a_row` of them in each of four rows, of 8 bytes each. One attempt uses the
    /// limit for the time `one`.
    pub fn new(one: Nanos, in_a_row: NonZeroUsize) -> Self {
        let in_a_row = in_a_row.get();
        let cells = vec![0; ROWS * in_a_row].into_boxed_slice();
        Self { cells: Arc::new(Mutex::new(cells)), in_a_row, one: one.into() }
    }

    /// Counts an attempt of a key, also if its limit is reached.
    pub fn charge(&self, key: u64) {
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        for place in self.places(key) {
            cells[place] = cells[place].saturating_add(self.one);
        }
    }

    /// Uncounts one attempt.
    pub fn give_back(&self, key: u64) {
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        for place in self.places(key) {
            cells[place] = cells[place].saturating_sub(self.one);
        }
    }

    /// The cell of a key in each row, selected by bits of the key that begin 16 higher for each row.
    fn places(&self, key: u64) -> [usize; ROWS] {
        std::array::from_fn(|row| {
            let bits = key.rotate_right(APART * row as u32) as usize;
            row * self.in_a_row + bits % self.in_a_row
        })
    }
}

impl StateStore for Counters {
    /// A hash of the counted key.
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, key: &u64, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        let least = self.places(*key).map(|place| cells[place]).into_iter().min().unwrap_or(0);
        let (value, next) = measure(Some(least.into()))?;
        for place in self.places(*key) {
            // The cells above the least one, raised by other keys, count this attempt as well.
            cells[place] = (cells[place] + self.one).max(next.into());
        }
        Ok(value)
    }
}
