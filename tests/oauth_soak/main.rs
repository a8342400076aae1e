//! A resource server for a minute without its issuer, and for a minute under floods of tokens, over sockets.
//!
//! These measurements do not run with the tests, because they take six minutes:
//!
//! ```sh
//! cargo test --release --all-features --test oauth_soak -- --ignored --nocapture
//! ```
//!
//! `SOAK_SECONDS` sets another duration than a minute: an hour, before a release.

#[path = "../oauth_keys/issuer.rs"]
#[allow(dead_code, reason = "the tests of keys use the rest")]
mod issuer;
#[path = "../oauth_keys/service.rs"]
#[allow(dead_code, reason = "the tests of keys use the rest")]
mod service;
#[path = "../support/mod.rs"]
mod support;

mod floods;
mod load;
mod outage;
mod resource_server;

use std::env;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use counting::Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

/// How long each of them takes.
fn duration() -> Duration {
    let seconds = env::var("SOAK_SECONDS").ok();
    Duration::from_secs(seconds.map_or(60, |seconds| seconds.parse().expect("SOAK_SECONDS")))
}

/// One after the other: each needs the whole machine.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}
