//! J51, J52, J65: what the cache holds, and what it does not.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::time::Duration;

use counting::{allocations, held};
use portcullis::Verify;
use portcullis::oauth::ClientAuth;

use crate::SECRET;
use crate::fake::{Fake, active, inactive};
use crate::introspection;
use crate::same_answers::Numbers;
use crate::times::TTL;

/// As long as the JWTs of most issuers.
fn long_token(kind: &str, id: u64) -> String {
    format!("{kind}-{id:0600}")
}

#[tokio::test]
async fn j51_a_look_up_allocates_nothing() {
    let fake = Fake::right();
    let tokens = introspection(&fake).cached(100, TTL);
    for token in [long_token("right", 1), "right".to_owned()] {
        let token = &*token;
        assert!(tokens.verify(token).await.is_ok());
        assert_eq!(allocations(|| assert!(tokens.verify_now(token).unwrap().is_ok())), 0);
        assert_eq!(allocations(|| assert!(tokens.verify_now("unknown").is_none())), 0);
    }
}

#[test]
fn j51_memory_does_not_grow_with_the_number_of_tokens() {
    const MARGIN: i64 = 2 << 20;
    // With a million it was the same, in a minute and a half.
    const TOKENS: u64 = 300_000;
    // The paused clock costs less, and the refusals stay.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let fake = Fake::new(|token| {
            Ok(if token.ends_with('7') { active("a subject of some length") } else { inactive() })
        });
        let tokens = introspection(&fake).cached(500, Duration::from_secs(3600));
        let flood = async |from: u64, to: u64| {
            for id in from..to {
                let _ = tokens.verify(&format!("token-{id:060}")).await;
            }
            held()
        };
        let begun = held();
        let full = flood(0, 100_000).await;
        assert!(full - begun < 4 << 20, "{} bytes", full - begun);
        let after = flood(100_000, TOKENS).await;
        assert!((after - full).abs() < MARGIN, "{full}, then {after}");
        assert!((after - begun) < 4 << 20, "{begun}, then {after}");
        assert!(tokens.len() <= 500, "{tokens:?}");
    });
}

#[test]
fn j65_neither_debug_nor_an_error_prints_a_credential() {
    let auth = [
        ClientAuth::basic("the-client", SECRET),
        ClientAuth::post("the-client", SECRET),
        ClientAuth::bearer(SECRET).unwrap(),
    ];
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let fake = Fake::right();
    let tokens = introspection(&fake);
    let plain = format!("{tokens:?} {tokens:#?}");
    let cached = tokens.cached(100, TTL);
    let right = runtime.block_on(cached.verify("right-token")).unwrap();
    let wrong = runtime.block_on(cached.verify("wrong-token")).unwrap_err();
    let printed = format!("{auth:?} {auth:#?} {plain} {cached:?} {cached:#?} {wrong:?} {wrong}");
    let base64 = "bm90ZXM6dDBwLXMzY3JldA";
    for secret in [SECRET, "the-client", base64, "right-token", "wrong-token"] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
    for name in ["Basic", "post", "Bearer", "Introspection", "Cached", "refusals: 1"] {
        assert!(printed.contains(name), "{name} not in {printed}");
    }
    drop(right);
}

/// Characters of which each is masked, so that the search does not find the masked copy.
struct Masked(Vec<u8>);

const MASK: u8 = 0x5A;

impl Masked {
    fn random() -> Self {
        let mut seed = [0; 8];
        getrandom::fill(&mut seed).unwrap();
        let mut numbers = Numbers(u64::from_le_bytes(seed));
        Self((0..43).map(|_| (b'A' + u8::try_from(numbers.below(26)).unwrap()) ^ MASK).collect())
    }

    fn occurs_in(&self, memory: &[u8]) -> bool {
        memory.windows(self.0.len()).any(|at| at.iter().zip(&self.0).all(|(a, b)| *a == b ^ MASK))
    }

    /// The token, which the caller overwrites.
    fn token(&self) -> String {
        // In the middle, because the allocator overwrites the beginning of what was given back.
        let mut token = String::with_capacity(1024);
        token.push_str("right");
        token.push_str(&"x".repeat(400));
        token.extend(self.0.iter().map(|masked| char::from(masked ^ MASK)));
        token.push_str(&"x".repeat(400));
        token
    }
}

fn overwrite(token: String) {
    let mut bytes = token.into_bytes();
    bytes.iter_mut().for_each(|byte| *std::hint::black_box(byte) = 0);
    std::hint::black_box(&bytes);
}

/// Whether the memory of this process that can be written contains it.
fn is_in_memory(needle: &Masked) -> bool {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let mut memory = File::open("/proc/self/mem").unwrap();
    let mut buffer = vec![0; 1 << 20];
    for line in maps.lines() {
        let (range, rest) = line.split_once(' ').unwrap();
        if !rest.starts_with("rw") || rest.contains("[vvar") {
            continue;
        }
        let (from, to) = range.split_once('-').unwrap();
        let mut at = u64::from_str_radix(from, 16).unwrap();
        let to = u64::from_str_radix(to, 16).unwrap();
        while at < to {
            let size = usize::try_from((to - at).min(1 << 20)).unwrap();
            let read =
                memory.seek(SeekFrom::Start(at)).and_then(|_| memory.read(&mut buffer[..size]));
            let Ok(read @ 1..) = read else { break };
            if needle.occurs_in(&buffer[..read]) {
                return true;
            }
            // So that what lies across two reads is found.
            let step = if read == size && at + (read as u64) < to { read - 64 } else { read };
            at += step.max(1) as u64;
        }
    }
    false
}

#[test]
fn j52_no_credential_is_in_the_memory_of_the_process_once_its_request_is_over() {
    if !std::path::Path::new("/proc/self/mem").exists() {
        return println!("skipped: no /proc/self/mem");
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let needle = Masked::random();
    // The subject would be a copy that the test makes.
    let fake = Fake::new(|_| Ok(active("ann")));
    let tokens = introspection(&fake).cached(100, TTL);
    let token = needle.token();
    runtime.block_on(async { tokens.verify(&token).await.unwrap() });
    fake.keep_no_request();
    assert!(is_in_memory(&needle), "the search does not find what is there");
    assert!(tokens.verify_now(&token).unwrap().is_ok());
    overwrite(token);
    assert!(!is_in_memory(&needle), "a copy of the token is left");
    // It is remembered all the same.
    let again = needle.token();
    assert!(tokens.verify_now(&again).unwrap().is_ok());
    overwrite(again);
    assert_eq!(fake.calls(), 1);
}
