//! The memory that password hashing takes.
#![cfg(target_os = "linux")]

use std::num::NonZero;
use std::thread::{self, available_parallelism};

use crate::login;
use crate::support::{Connection, Example, request};

const MIB: u64 = 1024 * 1024;
/// The memory of one argon2 hash with the parameters of the example.
const BLOCKS: u64 = 19 * MIB;

/// The peak memory of a process, in bytes.
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kib * 1024
}

#[test]
fn a07_hashing_takes_the_memory_of_its_threads_and_no_more() {
    let example = Example::start_with("passwords", &[("THROTTLE", "off")]);
    let at_once = available_parallelism().map_or(1, NonZero::get) as u64 - 1;
    let before = peak(example.id());
    thread::scope(|scope| {
        for connection in 0..16 {
            let address = example.address;
            scope.spawn(move || {
                let mut client = Connection::open(address);
                for guess in 0..6 {
                    let sent = login("alice", &format!("guess {connection} {guess}"));
                    let answer = client.send(&request("GET", "/", &[sent.as_bytes()]));
                    assert!([401, 503].contains(&answer.status));
                }
            });
        }
    });
    let grown = peak(example.id()) - before;
    // Everything but argon2: connections, and the allocator's arenas of each thread.
    let others = 32 * MIB;
    assert!(grown <= at_once.max(1) * BLOCKS + others, "{} MiB more", grown / MIB);
}
