//! H04: what the replay store holds, to the byte, whatever comes.

use std::time::{Duration, SystemTime};

use counting::{Counting, held};
use portcullis::{MemoryReplayStore, NonceCountStatus, NonceUse, ReplayStore};

#[global_allocator]
static COUNTING: Counting = Counting;

/// Another nonce for each number, with a proof that looks as random as a real one.
fn nonce(number: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    let mut mixed = number;
    for part in bytes.chunks_exact_mut(8) {
        mixed = mixed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = mixed;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        part.copy_from_slice(&(word ^ (word >> 31)).to_be_bytes());
    }
    bytes
}

fn note(store: &MemoryReplayStore, number: u64, expires: SystemTime) -> NonceCountStatus {
    let count = NonceUse::new(nonce(number), 1, expires);
    store.record_now(&count).expect("an answer at once").expect("an answer")
}

/// Sends so many nonces, of which `per_second` expire each second, and returns the most that was
/// held.
fn flood(store: &MemoryReplayStore, nonces: u64, per_second: u64) -> i64 {
    let before = held();
    let first = SystemTime::now() + Duration::from_secs(300);
    let mut most = 0;
    for number in 0..nonces {
        let expires = first + Duration::from_millis(number * 1000 / per_second);
        // Those that were given up with another of the same millisecond are refused.
        let _ = note(store, number, expires);
        most = most.max(held() - before);
    }
    most
}

/// As many as a debug build does in a few seconds; `PORTCULLIS_NONCES=10000000` for more.
fn nonces() -> u64 {
    let wanted = std::env::var("PORTCULLIS_NONCES").ok().and_then(|wanted| wanted.parse().ok());
    wanted.unwrap_or(400_000)
}

#[test]
fn h04_distinct_nonces_take_no_more_than_there_is_room_for() {
    let store = MemoryReplayStore::new();
    let most = flood(&store, nonces(), 1_000);
    let each = most / 65_536;
    println!("{} nonces: {most} bytes at most, {each} for each that is known", nonces());
    assert_eq!(store.len(), 65_536);
    assert!(most <= 9 << 20, "{most} bytes");
    // What was given up is not good again.
    let long_ago = SystemTime::now() + Duration::from_secs(301);
    assert_eq!(note(&store, 0, long_ago), NonceCountStatus::Forgotten);
}

#[test]
fn h04_nonces_in_one_millisecond_or_in_any_order_take_no_more_either() {
    let store = MemoryReplayStore::new();
    let most = flood(&store, nonces() / 4, 1_000_000_000);
    assert!(store.len() <= 65_536 && most <= 9 << 20, "{most} bytes");

    let store = MemoryReplayStore::new();
    let before = held();
    let now = SystemTime::now();
    for number in 0..nonces() / 2 {
        let [.., a, b, c] = nonce(number);
        let after = u64::from(u32::from_be_bytes([0, a, b, c]));
        let _ = note(&store, number, now + Duration::from_millis(300_000 + after));
    }
    let most = held() - before;
    assert!(store.len() <= 65_536 && most <= 9 << 20, "{most} bytes");
}

#[test]
fn h04_what_has_expired_makes_room() {
    let store = MemoryReplayStore::with_max_nonces(1_000);
    let past = SystemTime::now() - Duration::from_secs(60);
    for number in 0..900 {
        assert_eq!(
            note(&store, number, past + Duration::from_millis(number)),
            NonceCountStatus::First
        );
        assert!(store.len() < 5);
    }
}
