//! [`MemoryReplayStore`]: the replay store of one process.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use super::nonce::millis;
use super::{NonceCountStatus, NonceUse, ReplayStore};
use crate::denial::Unauthenticated;

/// Records nonce counts in memory, for a bounded number of nonces.
///
/// For each nonce it keeps the highest count, and which of the 256 counts up to it were used: that
/// many requests may overtake each other. A lower count is
/// [forgotten](NonceCountStatus::Forgotten).
///
/// A nonce is stored from the first right response until it expires. If the store is full, it
/// evicts the nonce that expires first. An evicted nonce is outdated, and so is every unknown nonce
/// that expires no later, so that a forgotten request cannot be replayed. An honest client only
/// needs one more round trip (`stale=true`).
///
/// The 65,536 nonces of [`new`](Self::new) take 8 MB, 122 bytes each, and never more than 9 MiB, as
/// measured with ten million of them.
pub struct MemoryReplayStore {
    max_nonces: usize,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    /// Ordered by expiry.
    nonces: BTreeMap<Key, Window>,
    /// The latest expiry of an evicted nonce. An unknown nonce that expires no later may have been
    /// evicted.
    evicted_until: u64,
}

/// The expiry of a nonce in milliseconds since 1970, and the MAC in it, which differs in each.
type Key = (u64, [u8; 16]);

impl MemoryReplayStore {
    /// A store of at most 65,536 nonces.
    pub fn new() -> Self {
        Self::with_max_nonces(65_536)
    }

    /// A store of at most this many nonces, and at least one. Choose the number of clients within
    /// the lifetime of a nonce: with fewer, clients have to take another nonce more often.
    pub fn with_max_nonces(max_nonces: usize) -> Self {
        Self { max_nonces: max_nonces.max(1), table: Mutex::default() }
    }

    /// How many nonces are stored.
    pub fn len(&self) -> usize {
        self.table().nonces.len()
    }

    /// Whether no nonce is stored.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn record_at(&self, nonce_use: &NonceUse, now: SystemTime) -> NonceCountStatus {
        let key = (millis(nonce_use.expires()), nonce_use.proof());
        let mut table = self.table();
        if let Some(window) = table.nonces.get_mut(&key) {
            return window.record(nonce_use.count());
        }
        if key.0 <= table.evicted_until {
            return NonceCountStatus::Forgotten;
        }
        table.make_room(self.max_nonces, millis(now));
        table.nonces.insert(key, Window::of(nonce_use.count()));
        NonceCountStatus::First
    }

    /// Locks the table. A panic of another holder leaves it consistent, so that poison is ignored.
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// Evicts expired nonces, and the one that expires first if the table is full.
    fn make_room(&mut self, max_nonces: usize, now: u64) {
        // At most four for each new one: expired nonces are evicted faster than new ones come, and no
        // request waits for a long cleanup.
        for _ in 0..4 {
            let Some(first) = self.nonces.first_entry() else { return };
            let expires = first.key().0;
            if self.nonces.len() < max_nonces && expires > now {
                return;
            }
            self.nonces.pop_first();
            self.evicted_until = self.evicted_until.max(expires);
        }
    }
}

/// Which of the last [`WIDTH`] counts of a nonce were used.
#[derive(Clone, Copy)]
struct Window {
    highest: u32,
    /// One bit for each count up to the highest, at the count modulo [`WIDTH`].
    used: [u64; WORDS],
}

const WORDS: usize = 4;
const WIDTH: u32 = 64 * WORDS as u32;

impl Window {
    fn of(count: u32) -> Self {
        let mut window = Self { highest: count, used: [0; WORDS] };
        window.mark(count);
        window
    }

    fn record(&mut self, count: u32) -> NonceCountStatus {
        match count.checked_sub(self.highest) {
            None if self.highest - count >= WIDTH => return NonceCountStatus::Forgotten,
            None | Some(0) => {
                if self.is_marked(count) {
                    return NonceCountStatus::Repeated;
                }
            }
            Some(ahead) => {
                if ahead >= WIDTH {
                    self.used = [0; WORDS];
                } else {
                    // These bits belonged to counts that are too old now.
                    (self.highest + 1..=count).for_each(|skipped| self.clear(skipped));
                }
                self.highest = count;
            }
        }
        self.mark(count);
        NonceCountStatus::First
    }

    fn mark(&mut self, count: u32) {
        let (word, bit) = position(count);
        self.used[word] |= bit;
    }

    fn clear(&mut self, count: u32) {
        let (word, bit) = position(count);
        self.used[word] &= !bit;
    }

    fn is_marked(&self, count: u32) -> bool {
        let (word, bit) = position(count);
        self.used[word] & bit != 0
    }
}

/// The index of the word that holds the bit of a count, and the bit.
fn position(count: u32) -> (usize, u64) {
    ((count % WIDTH / 64) as usize, 1 << (count % 64))
}

impl ReplayStore for MemoryReplayStore {
    fn record_now(
        &self,
        nonce_use: &NonceUse,
    ) -> Option<Result<NonceCountStatus, Unauthenticated>> {
        Some(Ok(self.record_at(nonce_use, SystemTime::now())))
    }
}

impl Default for MemoryReplayStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryReplayStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryReplayStore").field("len", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use super::{MemoryReplayStore, NonceCountStatus, NonceUse, WIDTH, Window};
    use NonceCountStatus::{First, Forgotten, Repeated};

    fn at(millis: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(millis)
    }

    /// The first request with a nonce that expires at this time.
    fn first_of(nonce: u8, expires: u64) -> NonceUse {
        NonceUse::new([nonce; 32], 1, at(expires))
    }

    #[test]
    fn h04_a_full_store_evicts_the_nonce_that_expires_first() {
        let store = MemoryReplayStore::with_max_nonces(2);
        assert!(store.is_empty());
        for nonce in [1, 2] {
            assert_eq!(store.record_at(&first_of(nonce, 10 * u64::from(nonce)), at(0)), First);
        }
        assert_eq!(store.record_at(&first_of(1, 10), at(0)), Repeated);
        assert_eq!((store.len(), store.is_empty()), (2, false));
        assert_eq!(store.record_at(&first_of(3, 30), at(0)), First);
        assert_eq!(store.record_at(&first_of(1, 10), at(0)), Forgotten);
        assert_eq!(store.record_at(&first_of(4, 10), at(0)), Forgotten, "it may have been evicted");
        assert_eq!(store.record_at(&first_of(2, 20), at(0)), Repeated);
        assert_eq!(store.record_at(&first_of(3, 30), at(0)), Repeated);
        assert_eq!(store.len(), 2);
        assert_eq!(format!("{store:?}"), "MemoryReplayStore { len: 2, .. }");
    }

    #[test]
    fn h04_expired_nonces_are_evicted_a_few_at_a_time() {
        let store = MemoryReplayStore::with_max_nonces(100);
        for nonce in 1..=6 {
            assert_eq!(store.record_at(&first_of(nonce, 100), at(99)), First);
        }
        assert_eq!(store.len(), 6, "a millisecond before they expire");
        assert_eq!(store.record_at(&first_of(7, 200), at(100)), First);
        assert_eq!(store.len(), 3, "four of the six, and the new one");
        assert_eq!(store.record_at(&first_of(8, 200), at(100)), First);
        assert_eq!(store.len(), 2);
    }

    /// The results of recording these counts, one after the other.
    fn record(counts: &[u32]) -> Vec<NonceCountStatus> {
        let (first, rest) = counts.split_first().unwrap();
        let mut window = Window::of(*first);
        rest.iter().map(|count| window.record(*count)).collect()
    }

    #[test]
    fn h04_a_window_accepts_every_count_once_in_any_order() {
        assert_eq!(record(&[1, 3, 2, 3, 2, 1]), [First, First, Repeated, Repeated, Repeated]);
        assert_eq!(record(&[5, 5]), [Repeated]);
        assert_eq!(record(&[0, 0, 1]), [Repeated, First]);
    }

    #[test]
    fn h04_a_window_forgets_older_counts_and_no_others() {
        assert_eq!(
            record(&[1, WIDTH, 1, 2, WIDTH + 1, 1, 2]),
            [First, Repeated, First, First, Forgotten, Repeated]
        );
        assert_eq!(record(&[7, 7 + WIDTH, 7, 8]), [First, Forgotten, First]);
        assert_eq!(
            record(&[7, u32::MAX, u32::MAX, u32::MAX - WIDTH + 1, u32::MAX - WIDTH]),
            [First, Repeated, First, Forgotten]
        );
    }

    #[test]
    fn h04_a_window_agrees_with_a_table_of_all_counts() {
        // A small generator of its own, so that every run has the same order.
        let mut state = 1_u64;
        let mut random = |below: u64| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            u32::try_from((state >> 33) % below).unwrap()
        };
        let mut used = std::collections::HashSet::from([1]);
        let (mut window, mut highest) = (Window::of(1), 1_u32);
        for _ in 0..100_000 {
            let leap = if random(50) == 0 { 600 } else { 4 };
            let count = (highest + random(leap)).saturating_sub(random(300));
            let expected = match count {
                _ if count.saturating_add(WIDTH) <= highest => Forgotten,
                _ if used.insert(count) => First,
                _ => Repeated,
            };
            assert_eq!(window.record(count), expected, "{count}, and {highest} was the highest");
            highest = highest.max(count);
        }
    }
}
