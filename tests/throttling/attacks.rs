//! Attacks on the limits of the example `passwords`, over real connections. Each client has its own
//! address in 127.0.0.0/8.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use governor::clock::FakeRelativeClock;

use crate::app::app;
use crate::hashing::Hashing;
use crate::login;
use crate::passwords::{PATIENCE, stored, until_dropped};
use crate::support::{Connection, Example, Server, request};
use crate::tries::{Limits, Tries};

/// The application of the example, with fast hashes and a stopped clock.
struct World {
    server: Server,
    hashing: Arc<Hashing>,
}

impl World {
    fn start(waiting: usize) -> Self {
        let hashing = Arc::new(Hashing::new(1, waiting).unwrap());
        let accounts = stored(&hashing, 1000, PATIENCE);
        let tries = Tries::by(FakeRelativeClock::default(), &Limits::new().unwrap());
        let app = app(accounts, hashing.clone(), Some(tries)).unwrap();
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        let server = Server::running(|listener| async move { axum::serve(listener, app).await });
        Self { server, hashing }
    }

    /// Keeps the only hashing thread busy until the returned sender is dropped.
    fn hold(&self) -> Sender<()> {
        let (hold, end) = channel();
        let begun = self.hashing.begun();
        let hashing = self.hashing.clone();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(hashing.run(None, until_dropped(end)))
        });
        self.until(|hashing| hashing.begun() > begun);
        hold
    }

    #[track_caller]
    fn until(&self, condition: impl Fn(&Hashing) -> bool) {
        until(|| condition(&self.hashing));
    }
}

fn send(address: SocketAddr, from: [u8; 4], user: &str, password: &str) -> Connection {
    let mut connection = Connection::open_from(from, address);
    connection.write(&request("GET", "/", &[login(user, password).as_bytes()]));
    connection
}

/// The status of one request over a new connection.
#[track_caller]
fn ask(address: SocketAddr, from: [u8; 4], user: &str, password: &str) -> u16 {
    send(address, from, user, password).answer(false).status
}

const GUESSER: [u8; 4] = [127, 0, 0, 2];

fn other(number: u8) -> [u8; 4] {
    [127, 0, 1, number]
}

#[test]
fn a21_a_client_that_cancels_is_limited_like_one_that_fails() {
    let world = World::start(8);
    let address = world.server.address;
    let hold = world.hold();
    for _ in 0..5 {
        let connection = send(address, GUESSER, "alice", "guess");
        world.until(|hashing| hashing.waiting() == 1);
        drop(connection);
        world.until(|hashing| hashing.waiting() == 0);
    }
    assert_eq!(ask(address, GUESSER, "alice", "wonderland"), 429);
    // Only this account from this address is limited.
    drop(hold);
    assert_eq!(ask(address, other(1), "alice", "wonderland"), 200);
    assert_eq!(ask(address, GUESSER, "user-1", "password"), 200);
}

/// How many passwords were hashed, and how many wait.
type Hashed = (u64, usize);

#[track_caller]
fn until(condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "the condition is never true");
        thread::sleep(Duration::from_millis(1));
    }
}

/// Asserts that cancelled requests have used up the attempts of the guesser's address. The example
/// restores one in ten seconds, and the machine may be slow.
#[track_caller]
fn assert_is_limited(address: SocketAddr) {
    let more = (0..25).find(|number| ask(address, GUESSER, &format!("more-{number}"), "x") == 429);
    assert!(more.is_some(), "cancelled requests were not counted");
}

/// The first attack on the example: send other names and hang up, then continue to guess.
#[track_caller]
fn evict_and_guess_on(address: SocketAddr, hashed: impl Fn() -> Hashed) {
    for _ in 0..5 {
        assert_eq!(ask(address, GUESSER, "alice", "guess"), 401);
    }
    for number in 0..45 {
        assert_eq!(ask(address, GUESSER, "alice", "guess"), 429, "after {number} names");
        let (begun, _) = hashed();
        let connection = send(address, GUESSER, &format!("name-{number}"), "guess");
        until(|| hashed().0 > begun || hashed().1 > 0);
        drop(connection);
        until(|| hashed().1 == 0);
    }
    assert_is_limited(address);
    assert_eq!(ask(address, GUESSER, "alice", "wonderland"), 429);
    assert_eq!(ask(address, other(1), "alice", "wonderland"), 200);
}

#[test]
fn a18_an_address_that_cancels_cannot_reset_the_counter_of_an_account() {
    let world = World::start(32);
    evict_and_guess_on(world.server.address, || (world.hashing.begun(), world.hashing.waiting()));
    assert!(world.hashing.begun() <= 50 + 1, "{} were hashed", world.hashing.begun());
}

#[test]
fn a18_an_address_that_cancels_cannot_reset_a_counter_of_the_running_example() {
    let example = Example::start("passwords");
    let address = example.address;
    // The example shows these numbers to users whose login it remembers.
    assert_eq!(ask(address, other(1), "alice", "wonderland"), 200);
    evict_and_guess_on(address, || {
        let page = send(address, other(1), "alice", "wonderland").answer(false);
        let words: Vec<_> = page.text().split_whitespace().collect();
        let ["hello,", "alice;", begun, .., waiting, "wait"] = words[..] else {
            panic!("{page:?}")
        };
        (begun.parse().unwrap(), waiting.parse().unwrap())
    });
}

#[test]
fn a07_an_address_that_fills_the_queue_keeps_none_from_a_first_login() {
    let world = World::start(8);
    let address = world.server.address;
    let hold = world.hold();
    let mut flood: Vec<_> =
        (0..8).map(|number| send(address, GUESSER, &format!("name-{number}"), "x")).collect();
    world.until(|hashing| hashing.waiting() == 8);
    assert_eq!(ask(address, GUESSER, "one-more", "x"), 503, "it has the whole queue");
    // The queue stays full, while others take places in it.
    let others: Vec<_> = (1..=7)
        .map(|number| {
            let connection = send(address, other(number), &format!("user-{number}"), "password");
            let pushed_out = flood.pop().unwrap().answer(false);
            assert_eq!((pushed_out.status, pushed_out.field("retry-after")), (503, Some("1")));
            connection
        })
        .collect();
    assert_eq!(world.hashing.waiting(), 8);
    drop(hold);
    for mut connection in others {
        assert_eq!(connection.answer(false).status, 200);
    }
    assert_eq!(flood.pop().unwrap().answer(false).status, 401);
}

/// One address keeps the queue full: it cancels requests and sends others. Meanwhile 49 other
/// addresses log in for the first time.
#[track_caller]
fn starve(address: SocketAddr, login: impl Fn(u8) -> (String, &'static str, u16)) {
    let stop = AtomicBool::new(false);
    let sent = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut open = VecDeque::new();
                while !stop.load(Ordering::Relaxed) {
                    let number = sent.fetch_add(1, Ordering::Relaxed);
                    if number > 3000 {
                        break;
                    }
                    open.push_back(send(address, GUESSER, &format!("name-{number}"), "guess"));
                    // Four threads together send more than the queue holds.
                    if open.len() > 16 {
                        open.pop_front();
                    }
                }
            });
        }
        let _stopped = StopWhenDropped(&stop);
        until(|| sent.load(Ordering::Relaxed) >= 64);
        for number in 1..=49 {
            let (user, password, status) = login(number);
            assert_eq!(ask(address, other(number), &user, password), status, "{user}");
        }
    });
    assert_is_limited(address);
}

/// Stops the threads even if the test fails, because the scope waits for them.
struct StopWhenDropped<'a>(&'a AtomicBool);

impl Drop for StopWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a07_first_logins_succeed_while_one_address_cancels_as_fast_as_it_can() {
    let world = World::start(8);
    starve(world.server.address, |number| (format!("user-{number}"), "password", 200));
}

/// The example has two accounts. For all others it hashes the password and then refuses.
#[test]
fn a07_first_logins_at_the_running_example_succeed_while_one_address_cancels() {
    let example = Example::start("passwords");
    starve(example.address, |number| match number {
        20 => ("alice".to_owned(), "wonderland", 200),
        40 => ("bob".to_owned(), "builder", 200),
        number => (format!("unknown-{number}"), "guess", 401),
    });
}

/// Guesses alice's password, five times from each of these addresses.
#[track_caller]
fn guess_from(address: SocketAddr, addresses: std::ops::Range<u8>, status: u16) {
    for number in addresses {
        let mut connection = Connection::open_from([127, 0, 2, number], address);
        for guess in 0..5 {
            let sent = login("alice", &format!("guess {guess}"));
            let answer = connection.send(&request("GET", "/", &[sent.as_bytes()]));
            assert_eq!(answer.status, status, "from {number}");
        }
    }
}

#[test]
fn a18_twenty_addresses_do_not_lock_an_account_and_no_number_locks_out_its_known_addresses() {
    let world = World::start(8);
    let address = world.server.address;
    let (home, elsewhere) = (other(1), other(2));
    assert_eq!(ask(address, home, "alice", "wonderland"), 200);
    guess_from(address, 0..20, 401);
    assert_eq!(ask(address, elsewhere, "alice", "wonderland"), 200);
    // Two hundred addresses lock the account, but only for addresses that never logged in before.
    guess_from(address, 20..200, 401);
    guess_from(address, 200..201, 429);
    assert_eq!(ask(address, other(3), "alice", "wonderland"), 429);
    for known in [home, elsewhere] {
        assert_eq!(ask(address, known, "alice", "wonderland"), 200);
    }
    // A guesser at the owner's address has the limit of one address.
    for status in [401, 401, 401, 401, 401, 429] {
        assert_eq!(ask(address, home, "alice", "guess"), status);
    }
}
