//! J19, J35, J51: floods of invented tokens, and of right tokens that are all different.

use std::thread;
use std::time::{Duration, Instant};

use crate::issuer::{Issuer, Signer};
use crate::load::{End, Statuses, send_until, sum, wrong_token};
use crate::resource_server::{Counted, ResourceServer};
use crate::service::{assert_unavailable, request_with};
use crate::support::{Waits, load_average};
use crate::{duration, turn};

const CONNECTIONS: u64 = 4;

/// How far apart the requests of the caller with a right token are.
const PAUSE: Duration = Duration::from_millis(5);

/// How much the memory of the server may differ between a sixth of the time and its end, in bytes.
const MARGIN: i64 = 2 << 20;

struct Flooded {
    statuses: Statuses,
    fetches: usize,
}

/// Sends these tokens for a minute, over four connections. Beside it, one caller sends a right token again and
/// again, which is always accepted, and the memory of the server does not grow.
fn flood(name: &str, token: impl Fn(&Signer, u64) -> String + Sync) -> Flooded {
    let _turn = turn();
    let issuer = Issuer::start(&["a"]);
    let client = Counted::new();
    let server = ResourceServer::start(client.keys_of(&issuer));
    let address = server.server.address;
    let signer = Signer::new(&issuer.name(), "a");
    let right = signer.token(0);
    let request = request_with(&right);
    let end = End::default();
    println!("{name}; load average {}", load_average());
    let begun = Instant::now();
    let start = server.used(&right);
    thread::scope(|scope| {
        let over = end.when_dropped();
        let callers: Vec<_> = (0..CONNECTIONS)
            .map(|caller| {
                let (token, signer, end) = (&token, &signer, &end);
                scope.spawn(move || {
                    let mut ids = (caller * 1_000_000_000 + 1)..;
                    let next = || token(signer, ids.next().unwrap());
                    send_until(end, address, next, |answer| match answer.status {
                        200 | 401 => {}
                        _ => assert_unavailable(answer),
                    })
                })
            })
            .collect();
        let caller =
            scope.spawn(|| Waits::of(address, request.as_bytes(), PAUSE, || end.is_over()));
        thread::sleep(duration() / 6);
        let early = server.used(&right);
        thread::sleep(duration() * 5 / 6);
        let late = server.used(&right);
        let elapsed = begun.elapsed();
        drop(over);
        let statuses = sum(callers.into_iter().map(|caller| caller.join().unwrap()));
        let waits = caller.join().unwrap();
        let count: usize = statuses.values().sum();
        let processor = late.processor - start.processor;
        let grown = late.held - early.held;
        println!(
            "  {count} tokens in {:.0} s: {statuses:?}\n  {:.0} a second, {:.0} a second of the server's \
             processor\n  the server holds {} KiB, {:+} since a sixth of the time; the process {:+} KiB\n  \
             {} fetches of the keys\n  a right token beside it: {waits}\n  load average {}",
            elapsed.as_secs_f64(),
            count as f64 / elapsed.as_secs_f64(),
            count as f64 / processor.as_secs_f64(),
            late.held >> 10,
            grown >> 10,
            late.resident - early.resident,
            client.fetches(),
            load_average(),
        );
        assert!(grown < MARGIN, "{grown} bytes");
        Flooded { statuses, fetches: client.fetches() }
    })
}

#[test]
#[ignore = "it takes a minute"]
fn j19_a_flood_of_garbage() {
    let flooded = flood("garbage", |_, id| format!("eyJ{id:020}.eyJ{id:040}.{id:086}"));
    assert!(flooded.statuses.keys().eq([&401]));
    assert_eq!(flooded.fetches, 1);
}

#[test]
#[ignore = "it takes a minute"]
fn j19_a_flood_of_wrong_signatures() {
    let flooded = flood("wrong signatures", |signer, id| wrong_token(signer, "a", id));
    assert!(flooded.statuses.keys().eq([&401]));
    assert_eq!(flooded.fetches, 1);
}

#[test]
#[ignore = "it takes a minute"]
fn j35_a_flood_of_random_kids() {
    let flooded =
        flood("a random `kid`", |signer, id| wrong_token(signer, &format!("random {id}"), id));
    assert!(flooded.statuses.keys().eq([&401, &503]), "{:?}", flooded.statuses);
    // One for the start, five at once, and one in each 30 s, of which the last may be late.
    let periods = usize::try_from(duration().as_secs() / 30).unwrap();
    assert!((6..=7 + periods).contains(&flooded.fetches), "{}", flooded.fetches);
}

#[test]
#[ignore = "it takes a minute"]
fn j51_a_flood_of_right_tokens() {
    let flooded = flood("right tokens, all different", Signer::token);
    assert!(flooded.statuses.keys().eq([&200]));
    assert_eq!(flooded.fetches, 1);
}
