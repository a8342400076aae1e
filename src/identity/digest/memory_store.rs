//! The replay store of one process.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use super::nonce::millis;
use super::{NonceCountStatus, NonceUse, ReplayStore};
use crate::denial::Unauthenticated;

/// Remembers nonce counts in memory, and never more nonces than it has room for.
///
/// Of each nonce it keeps the highest count and which of the 256 counts up to it were used: as
/// many requests may overtake each other. A count below that is
/// [forgotten](NonceCountStatus::Forgotten).
///
/// A nonce takes room once a right response came with it, until it expires. Where there is no
/// room the nonce that expires first is given up: it is outdated from then on, like every
/// unknown one that expires no later, so that nothing which was forgotten can be replayed. An
/// honest client notices nothing but one more round trip (`stale=true`).
///
/// The 65,536 nonces of [`new`](Self::new) take 8 MB, 122 bytes each, and never more than 9 MiB
/// however many come and go: ten million of them were sent to see.
pub struct MemoryReplayStore {
    room: usize,
    known: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    /// Those that expire first come first.
    nonces: BTreeMap<Key, Window>,
    /// When the nonce expires that was given up last. Those up to it may have been known.
    given_up: u64,
}

/// When it expires, in milliseconds; and the proof in it, which differs in each.
type Key = (u64, [u8; 16]);

impl MemoryReplayStore {
    /// Room for 65,536 nonces.
    pub fn new() -> Self {
        Self::with_room_for(65_536)
    }

    /// Room for so many nonces, at least one. Take as many as clients come within the lifetime of
    /// a nonce: with less they are asked for another nonce more often.
    pub fn with_room_for(nonces: usize) -> Self {
        Self { room: nonces.max(1), known: Mutex::default() }
    }

    /// How many nonces it remembers at present.
    pub fn len(&self) -> usize {
        self.known().nonces.len()
    }

    /// Whether it remembers none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn note(&self, count: &NonceUse, now: SystemTime) -> NonceCountStatus {
        let key = (millis(count.expires()), count.proof());
        let mut known = self.known();
        if let Some(window) = known.nonces.get_mut(&key) {
            return window.note(count.count());
        }
        if key.0 <= known.given_up {
            return NonceCountStatus::Forgotten;
        }
        known.make_room(self.room, millis(now));
        known.nonces.insert(key, Window::of(count.count()));
        NonceCountStatus::First
    }

    /// A panic while they were held has left nothing half done.
    fn known(&self) -> MutexGuard<'_, Table> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// For one more.
    fn make_room(&mut self, room: usize, now: u64) {
        // What has expired goes faster than it comes, but no request waits for all of it.
        for _ in 0..4 {
            let Some(first) = self.nonces.first_entry() else { return };
            let expires = first.key().0;
            if self.nonces.len() < room && expires > now {
                return;
            }
            self.nonces.pop_first();
            self.given_up = self.given_up.max(expires);
        }
    }
}

/// Which of the last counts were used.
#[derive(Clone, Copy)]
struct Window {
    highest: u32,
    /// A bit for each count up to the highest, at the count's remainder.
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

    fn note(&mut self, count: u32) -> NonceCountStatus {
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
                    // The bits of these stood for counts that are too old now.
                    (self.highest + 1..=count).for_each(|passed| self.clear(passed));
                }
                self.highest = count;
            }
        }
        self.mark(count);
        NonceCountStatus::First
    }

    fn mark(&mut self, count: u32) {
        let (word, bit) = place(count);
        self.used[word] |= bit;
    }

    fn clear(&mut self, count: u32) {
        let (word, bit) = place(count);
        self.used[word] &= !bit;
    }

    fn is_marked(&self, count: u32) -> bool {
        let (word, bit) = place(count);
        self.used[word] & bit != 0
    }
}

/// The word of a count, and its bit there.
fn place(count: u32) -> (usize, u64) {
    ((count % WIDTH / 64) as usize, 1 << (count % 64))
}

impl ReplayStore for MemoryReplayStore {
    fn record_now(&self, count: &NonceUse) -> Option<Result<NonceCountStatus, Unauthenticated>> {
        Some(Ok(self.note(count, SystemTime::now())))
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
    fn h04_a_full_store_gives_up_the_nonce_that_expires_first() {
        let store = MemoryReplayStore::with_room_for(2);
        assert!(store.is_empty());
        for nonce in [1, 2] {
            assert_eq!(store.note(&first_of(nonce, 10 * u64::from(nonce)), at(0)), First);
        }
        assert_eq!(store.note(&first_of(1, 10), at(0)), Repeated);
        assert_eq!((store.len(), store.is_empty()), (2, false));
        assert_eq!(store.note(&first_of(3, 30), at(0)), First);
        assert_eq!(store.note(&first_of(1, 10), at(0)), Forgotten);
        assert_eq!(store.note(&first_of(4, 10), at(0)), Forgotten, "it may have been known");
        assert_eq!(store.note(&first_of(2, 20), at(0)), Repeated);
        assert_eq!(store.note(&first_of(3, 30), at(0)), Repeated);
        assert_eq!(store.len(), 2);
        assert_eq!(format!("{store:?}"), "MemoryReplayStore { len: 2, .. }");
    }

    #[test]
    fn h04_what_has_expired_goes_a_few_at_a_time() {
        let store = MemoryReplayStore::with_room_for(100);
        for nonce in 1..=6 {
            assert_eq!(store.note(&first_of(nonce, 100), at(99)), First);
        }
        assert_eq!(store.len(), 6, "a millisecond before they expire");
        assert_eq!(store.note(&first_of(7, 200), at(100)), First);
        assert_eq!(store.len(), 3, "four of the six, and the new one");
        assert_eq!(store.note(&first_of(8, 200), at(100)), First);
        assert_eq!(store.len(), 2);
    }

    /// What a window says of these counts, one after the other.
    fn note(counts: &[u32]) -> Vec<NonceCountStatus> {
        let (first, rest) = counts.split_first().unwrap();
        let mut window = Window::of(*first);
        rest.iter().map(|count| window.note(*count)).collect()
    }

    #[test]
    fn h04_a_window_takes_every_count_once_in_any_order() {
        assert_eq!(note(&[1, 3, 2, 3, 2, 1]), [First, First, Repeated, Repeated, Repeated]);
        assert_eq!(note(&[5, 5]), [Repeated]);
        assert_eq!(note(&[0, 0, 1]), [Repeated, First]);
    }

    #[test]
    fn h04_a_window_forgets_what_is_behind_it_and_nothing_else() {
        assert_eq!(
            note(&[1, WIDTH, 1, 2, WIDTH + 1, 1, 2]),
            [First, Repeated, First, First, Forgotten, Repeated]
        );
        assert_eq!(note(&[7, 7 + WIDTH, 7, 8]), [First, Forgotten, First]);
        assert_eq!(
            note(&[7, u32::MAX, u32::MAX, u32::MAX - WIDTH + 1, u32::MAX - WIDTH]),
            [First, Repeated, First, Forgotten]
        );
    }

    #[test]
    fn h04_a_window_agrees_with_a_table_of_all_counts() {
        // A small generator, so that the order is the same every time.
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
            assert_eq!(window.note(count), expected, "{count}, and {highest} was the highest");
            highest = highest.max(count);
        }
    }
}
