//! Passwords of users: argon2 on dedicated threads, a cache of right logins, and limits on attempts.
//!
//! - A password is hashed by argon2 with the parameters that OWASP recommends (19 MiB, two passes),
//!   which takes a core for some 20 ms. `hashing.rs` has a fixed number of threads for it, each with
//!   memory of its own, and leaves a core to the service.
//! - Logins that wait for a hash share a bounded queue by the address of the client (`queue.rs`).
//!   One address can fill it only while no other needs a place. If it is full, the response is 503.
//! - A right login is cached for five minutes and needs no hash (`verified.rs`). So a
//!   flood of wrong passwords delays only users whose login is not in the cache.
//! - Wrong attempts, and those that the client cancels, are limited by address, by account and
//!   address, and by account (`tries.rs`): 429, before any look-up, and whatever the
//!   password. The counters have a fixed size and are never evicted (`counters.rs`).
//! - A new password is valid at once. If an account changes in another way (suspended, deleted, changed
//!   by another process), call `Verified::forget`, or wait five minutes.
//!
//! What remains possible:
//!
//! - Users who share an address with a guesser (one office, one provider's NAT) are refused with it:
//!   after 50 wrong or cancelled attempts, one attempt in ten seconds is admitted for the whole address.
//!   A user who cancels five logins in a row waits up to a minute.
//! - 200 addresses at once, or 20 for two hours, or 13 or more for long enough, lock
//!   an account for as long as they continue. Its owner can still log in from the last eight addresses
//!   from which it logged in since the process began.
//! - That many addresses get 1000 guesses at an account, and then 17,280 a day. Long passwords, and
//!   lists of those that are too common, are the remedy.
//! - As many addresses as the queue has places (32 for each hashing thread) can keep it full until
//!   each has used its 50 attempts, which is less than a minute; some 400 for each thread, at 40 hashes a
//!   second, can do so for longer. Then first logins get 503; cached logins do not need the queue.
//! - Counters are shared (`counters.rs`), and their cells hold sums. So a guesser with very many
//!   addresses can make first logins of others fail, though each of its own keys is below its limit.
//!   Measured with the clock stopped, of 2000 first logins from new addresses: after 660,000
//!   attempts of 1320 IPv6 networks of 48 bits 3 are refused, after 1,320,000 of 2640 networks 194,
//!   after 2,640,000 of 5280 networks 1775. When the table for accounts from addresses was as large as
//!   the others it was 0, 210 and 1794 after 165,000, 330,000 and 660,000 attempts. Time empties the
//!   cells: each of that table by one attempt a minute.
//! - The limits are per process, and a restart forgets them.
//!
//! `cargo run --release --example passwords`, then try the lines that it prints. `THROTTLE=off`
//! disables the limits, to show what the flood of passwords alone does.

mod accounts;
mod app;
mod argon;
mod caller;
mod counters;
mod hashing;
mod queue;
mod tries;
mod verified;

use std::env;
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use accounts::Accounts;
use hashing::Hashing;
use tokio::net::TcpListener;
use tries::Tries;
use verified::Verified;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_env_filter(env::var("RUST_LOG").unwrap_or_else(|_| "portcullis=warn".to_owned()))
        .with_writer(io::stderr)
        .init();
    let hashing = Arc::new(Hashing::beside_the_service()?);
    let users = [("alice", "wonderland"), ("bob", "builder")];
    let verified = Verified::new(10_000, Duration::from_secs(300))?;
    let accounts = Accounts::new(argon::recommended()?, users, hashing.clone(), verified)?;
    let tries = match env::var("THROTTLE").as_deref() {
        Ok("off") => None,
        _ => Some(Tries::new().ok_or("a limit of zero")?),
    };
    let app = app::app(Arc::new(accounts), hashing, tries)?;

    let port: u16 = env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = format!("http://{}", listener.local_addr()?);
    println!("listening on {address}");
    println!("{}", TRY.replace("ADDRESS", &address));
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}

const TRY: &str = "
curl -i ADDRESS/                                                   # 401, with challenges
curl -i -u alice:wonderland ADDRESS/                               # 200, after a hash
curl -i -u alice:wonderland ADDRESS/                               # 200, without a hash
curl -i -u bob:builder -X PUT -d rebuilder ADDRESS/password        # 204
curl -i -u bob:builder ADDRESS/                                    # 401, the old password
curl -i -u bob:rebuilder ADDRESS/                                  # 200
curl -i -u alice:guess-1 ADDRESS/                                  # 401
curl -i -u alice:guess-2 ADDRESS/                                  # 401
curl -i -u alice:guess-3 ADDRESS/                                  # 401
curl -i -u alice:guess-4 ADDRESS/                                  # 401
curl -i -u alice:guess-5 ADDRESS/                                  # 401
curl -i -u alice:guess-6 ADDRESS/                                  # 429, with Retry-After
curl -i -u alice:wonderland ADDRESS/                               # 429, right or wrong
curl -i -u nobody:guess-1 ADDRESS/                                 # 401
curl -i -u nobody:guess-2 ADDRESS/                                 # 401
curl -i -u nobody:guess-3 ADDRESS/                                 # 401
curl -i -u nobody:guess-4 ADDRESS/                                 # 401
curl -i -u nobody:guess-5 ADDRESS/                                 # 401
curl -i -u nobody:guess-6 ADDRESS/                                 # 429, as for an account
curl -i -u bob:rebuilder ADDRESS/                                  # 200, others are not limited
";
