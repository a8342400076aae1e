//! H04: the memory that the replay store takes, to the byte, for any sequence of nonces.

use std::time::{Duration, SystemTime};

use counting::held;
use portcullis::identity::{MemoryReplayStore, NonceCountStatus, NonceUse, ReplayStore};

/// A different nonce for each number, with a MAC that looks as random as a real one.
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

fn record(store: &MemoryReplayStore, number: u64, expires: SystemTime) -> NonceCountStatus {
    let nonce_use = NonceUse::new(nonce(number), 1, expires);
    store.record_now(&nonce_use).expect("a store that does not wait").expect("a status")
}

/// Records this many nonces, of which `per_second` expire each second. Returns the most bytes that
/// were held.
fn flood(store: &MemoryReplayStore, nonces: u64, per_second: u64) -> i64 {
    let before = held();
    let first = SystemTime::now() + Duration::from_secs(300);
    let mut most = 0;
    for number in 0..nonces {
        let expires = first + Duration::from_millis(number * 1000 / per_second);
        // `Forgotten` if one that expires in the same millisecond was evicted.
        let _ = record(store, number, expires);
        most = most.max(held() - before);
    }
    most
}

/// As many nonces as a debug build records in a few seconds; `PORTCULLIS_NONCES=10000000` for more.
fn nonces() -> u64 {
    let wanted = std::env::var("PORTCULLIS_NONCES").ok().and_then(|wanted| wanted.parse().ok());
    wanted.unwrap_or(400_000)
}

#[test]
fn h04_distinct_nonces_take_bounded_memory() {
    let store = MemoryReplayStore::new();
    let most = flood(&store, nonces(), 1_000);
    let each = most / 65_536;
    println!("{} nonces: {most} bytes at most, {each} for each that is stored", nonces());
    assert_eq!(store.len(), 65_536);
    assert!(most <= 9 << 20, "{most} bytes");
    // An evicted nonce does not become valid again.
    let long_ago = SystemTime::now() + Duration::from_secs(301);
    assert_eq!(record(&store, 0, long_ago), NonceCountStatus::Forgotten);
}

#[test]
fn h04_nonces_of_one_millisecond_or_in_any_order_take_no_more() {
    let store = MemoryReplayStore::new();
    let most = flood(&store, nonces() / 4, 1_000_000_000);
    assert!(store.len() <= 65_536 && most <= 9 << 20, "{most} bytes");

    let store = MemoryReplayStore::new();
    let before = held();
    let now = SystemTime::now();
    for number in 0..nonces() / 2 {
        let [.., a, b, c] = nonce(number);
        let after = u64::from(u32::from_be_bytes([0, a, b, c]));
        let _ = record(&store, number, now + Duration::from_millis(300_000 + after));
    }
    let most = held() - before;
    assert!(store.len() <= 65_536 && most <= 9 << 20, "{most} bytes");
}

#[test]
fn h04_expired_nonces_are_evicted() {
    let store = MemoryReplayStore::with_max_nonces(1_000);
    let past = SystemTime::now() - Duration::from_secs(60);
    for number in 0..900 {
        assert_eq!(
            record(&store, number, past + Duration::from_millis(number)),
            NonceCountStatus::First
        );
        assert!(store.len() < 5);
    }
}
