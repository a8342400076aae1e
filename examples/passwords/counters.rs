//! How much of its limit each key has used, in a fixed space without eviction.

use std::sync::{Arc, Mutex, PoisonError};

use governor::nanos::Nanos;
use governor::state::StateStore;

const ROWS: usize = 4;
/// Per row; as many as 16 bits of a key can name.
const CELLS: usize = 1 << 16;

/// The state of a `governor` for any number of keys, in 2 MiB: a count-min sketch.
///
/// A key has one cell in each row, which it shares with other keys. An attempt is added to all of
/// its cells, and the lowest of them decides. So a key may be charged for attempts of others, but
/// never for fewer than its own: nothing that a stranger sends resets the counter of another caller.
/// A cache that evicts can be made to forget a counter, and the stores of `governor` grow with each
/// key.
///
/// A key is refused without an attempt of its own only if others are over the limit in all of its
/// cells. With 10,000 keys over their limit that happens to 0.04 % of all keys, and no caller
/// can choose which, since keys are hashed under a random key of the process.
#[derive(Clone)]
pub struct Counters {
    /// The time, in nanoseconds, until which the limit is used up. Rows one after the other.
    cells: Arc<Mutex<Box<[u64]>>>,
    one: u64,
}

impl Counters {
    /// All unused. One attempt uses the limit for as long as `one`.
    pub fn new(one: Nanos) -> Self {
        let cells = vec![0; ROWS * CELLS].into_boxed_slice();
        Self { cells: Arc::new(Mutex::new(cells)), one: one.into() }
    }

    /// Counts an attempt of a key whose limit is reached.
    pub fn charge(&self, key: u64) {
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        for place in places(key) {
            cells[place] = cells[place].saturating_add(self.one);
        }
    }

    /// Takes back one attempt that was counted.
    pub fn give_back(&self, key: u64) {
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        for place in places(key) {
            cells[place] = cells[place].saturating_sub(self.one);
        }
    }
}

impl StateStore for Counters {
    /// A hash of what is counted.
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, key: &u64, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        let least = places(*key).map(|place| cells[place]).into_iter().min().unwrap_or(0);
        let (value, next) = measure(Some(least.into()))?;
        for place in places(*key) {
            // Cells above the least one, which others have raised, count this attempt as well.
            cells[place] = (cells[place] + self.one).max(next.into());
        }
        Ok(value)
    }
}

/// A cell in each row, by 16 bits of the hash for each.
fn places(key: u64) -> [usize; ROWS] {
    std::array::from_fn(|row| row * CELLS + (key >> (16 * row)) as usize % CELLS)
}
