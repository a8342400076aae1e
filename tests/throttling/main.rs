//! A18: throttled. The limits and the passwords are those of the example `passwords`.

#[path = "../support/mod.rs"]
mod support;

#[path = "../../examples/passwords/accounts.rs"]
mod accounts;
#[path = "../../examples/passwords/hashing.rs"]
#[allow(dead_code, reason = "the tests say how many at once")]
mod hashing;
#[path = "../../examples/passwords/tries.rs"]
#[allow(dead_code, reason = "the limits here are narrower")]
mod tries;
#[path = "../../examples/passwords/verified.rs"]
mod verified;

mod cancelled;
mod flood;
mod limits;
mod outcomes;
mod passwords;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// `Authorization: Basic` for a user and a password.
fn login(user: &str, password: &str) -> String {
    format!("authorization: Basic {}", STANDARD.encode(format!("{user}:{password}")))
}
