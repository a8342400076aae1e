//! How long does a user with a remembered login wait while others try wrong passwords?
//!
//! This is a measurement, which does not run with the tests:
//!
//! ```sh
//! cargo build --release --example passwords
//! cargo test --release --test throttling -- --ignored --nocapture flood
//! ```

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::login;
use crate::support::{Connection, Example, Waits, load_average, request};

const FLOOD: usize = 32;
const QUIET: Duration = Duration::from_secs(2);
const FLOODED: Duration = Duration::from_secs(10);
const EVERY: Duration = Duration::from_millis(4);

#[test]
#[ignore = "it measures, for 13 seconds"]
fn a07_flood() {
    // Without the throttle, which would keep the flood away from the hashes.
    let example = Example::start_with("passwords", &[("THROTTLE", "off")]);
    let address = example.address;
    println!("load average {}", load_average());
    println!("quiet    {}", ask_right_login(address, QUIET));

    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let flood: Vec<_> = (0..FLOOD)
            .map(|index| {
                scope.spawn({
                    let stop = &stop;
                    move || try_wrong_passwords(address, index, stop)
                })
            })
            .collect();
        let waits = ask_right_login(address, FLOODED);
        stop.store(true, Ordering::Relaxed);
        let mut statuses = BTreeMap::new();
        for (status, tries) in flood.into_iter().flat_map(|it| it.join().unwrap()) {
            *statuses.entry(status).or_default() += tries;
        }
        let tries: usize = statuses.values().sum();
        println!(
            "{FLOOD} connections tried {} passwords a second: {statuses:?}",
            tries as u64 / FLOODED.as_secs()
        );
        println!("flooded  {waits}");
    });
    println!("load average {}", load_average());
}

fn ask_right_login(address: SocketAddr, how_long: Duration) -> Waits {
    let sent = request("GET", "/", &[login("alice", "wonderland").as_bytes()]);
    let begun = Instant::now();
    Waits::of(address, &sent, EVERY, || begun.elapsed() >= how_long)
}

fn try_wrong_passwords(
    address: SocketAddr,
    index: usize,
    stop: &AtomicBool,
) -> BTreeMap<u16, usize> {
    let mut statuses = BTreeMap::new();
    let mut connection = Connection::open(address);
    // For accounts that exist, and one that does not.
    for (guess, user) in ["alice", "bob", "nobody"].iter().cycle().enumerate() {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let sent = login(user, &format!("guess {index} {guess}"));
        let status = connection.send(&request("GET", "/", &[sent.as_bytes()])).status;
        *statuses.entry(status).or_default() += 1;
    }
    statuses
}
