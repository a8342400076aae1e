//! A18: throttling. The limits and the password hashing are those of the example `passwords`.

#[path = "../support/mod.rs"]
mod support;

#[path = "../../examples/passwords/accounts.rs"]
mod accounts;
#[path = "../../examples/passwords/app.rs"]
mod app;
#[path = "../../examples/passwords/argon.rs"]
#[allow(dead_code, reason = "the tests use parameters that take no time")]
mod argon;
#[path = "../../examples/passwords/caller.rs"]
mod caller;
#[path = "../../examples/passwords/counters.rs"]
mod counters;
#[path = "../../examples/passwords/hashing.rs"]
#[allow(dead_code, reason = "the tests say how many at once")]
mod hashing;
#[path = "../../examples/passwords/queue.rs"]
mod queue;
#[path = "../../examples/passwords/tries.rs"]
#[allow(dead_code, reason = "the clock here is set by hand")]
mod tries;
#[path = "../../examples/passwords/verified.rs"]
mod verified;

mod attacks;
mod cancelled;
mod flood;
mod limits;
mod memory;
mod outcomes;
mod passwords;
mod sharing;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The line of `Authorization: Basic` for a user and a password.
fn login(user: &str, password: &str) -> String {
    format!("authorization: Basic {}", STANDARD.encode(format!("{user}:{password}")))
}
