//! J35–J37: the issuer is killed under load, and comes back.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::issuer::{Issuer, Signer};
use crate::load::{End, Statuses, send_until, wrong_token};
use crate::resource_server::{Counted, ResourceServer};
use crate::service::{ask_once, ask_until_served, assert_unavailable, request_with, wait_until};
use crate::support::{Waits, load_average};
use crate::{duration, turn};

/// How many tokens are remembered when the issuer goes.
const REMEMBERED: usize = 100;

#[test]
#[ignore = "it takes a minute and a half"]
fn j37_an_issuer_is_killed_for_a_minute_under_load() {
    let _turn = turn();
    let mut issuer = Issuer::start(&["old"]);
    let client = Counted::new();
    // So that keys are due at once.
    let keys = client.keys_of(&issuer).refresh_after(Duration::from_secs(1));
    let server = ResourceServer::start(keys.clone());
    let address = server.server.address;
    let (old, new) = (Signer::new(&issuer.name(), "old"), Signer::new(&issuer.name(), "new"));
    let remembered: Vec<_> = (0..REMEMBERED).map(|id| old.token(id as u64)).collect();
    for token in &remembered {
        assert_eq!(ask_once(&server.server, token).status, 200);
    }
    let request = request_with(&remembered[0]);
    let ids = AtomicU64::new(1000);
    let next = || ids.fetch_add(1, Ordering::Relaxed);
    println!("load average {}", load_average());

    issuer.kill();
    let fetched = client.fetches();
    let killed = Instant::now();
    // What was on its way has arrived.
    wait_until("a fetch fails", || keys.last_failure().is_some());
    let end = End::default();
    let recovery = End::default();
    thread::scope(|scope| {
        let (over, recovered) = (end.when_dropped(), recovery.when_dropped());
        // These go on until the new key is served.
        let mut tokens = remembered.iter().cycle();
        let known = scope.spawn({
            let recovery = &recovery;
            move || {
                let token = || tokens.next().unwrap().clone();
                send_until(recovery, address, token, |answer| assert_eq!(answer.status, 200))
            }
        });
        let fresh = scope.spawn(|| {
            let token = || old.token(next());
            send_until(&recovery, address, token, |answer| assert_eq!(answer.status, 200))
        });
        let wrong = scope.spawn(|| {
            let token = || wrong_token(&old, "old", next());
            send_until(&recovery, address, token, |answer| assert_eq!(answer.status, 401))
        });
        let waits = scope.spawn(|| {
            let pause = Duration::from_millis(5);
            Waits::of(address, request.as_bytes(), pause, || recovery.is_over())
        });
        // And this one until the issuer is back.
        let unknown =
            scope.spawn(|| send_until(&end, address, || new.token(next()), assert_unavailable));

        wait_until_elapsed(killed, duration());
        drop(over);
        let unknown = unknown.join().unwrap();
        let fetches = client.fetches() - fetched;
        assert!(keys.is_loaded());
        // After 1, 2, 4, 8 and 16 s, and then after 30 s each time.
        let most = 7 + usize::try_from(killed.elapsed().as_secs() / 30).unwrap();
        assert!((1..=most).contains(&fetches), "{fetches}");

        issuer.set_keys(&["old", "new"]);
        issuer.start_again();
        let back = Instant::now();
        ask_until_served(&server.server, &new.token(0));
        let waited = back.elapsed();
        // A token whose key the issuer does not publish is refused again.
        let never = wrong_token(&old, "never", 0);
        wait_until("a refusal", || ask_once(&server.server, &never).status == 401);
        assert!(keys.last_failure().is_none());
        drop(recovered);
        let count = |statuses: &Statuses| statuses.values().sum::<usize>();
        let [known, fresh, wrong] = [known, fresh, wrong].map(|caller| caller.join().unwrap());
        println!(
            "without the issuer for {} s, {fetches} fetches that failed; the new key was served {:.1} s \
             after its return\n  known tokens: {} × 200\n  new tokens of a known key: {} × 200\n  tokens of \
             an unknown key: {} × 503\n  wrong signatures: {} × 401\n  a known token: {}\nload average {}",
            duration().as_secs(),
            waited.as_secs_f64(),
            count(&known),
            count(&fresh),
            count(&unknown),
            count(&wrong),
            waits.join().unwrap(),
            load_average(),
        );
        for statuses in [known, fresh, wrong, unknown] {
            assert!(count(&statuses) > 0);
        }
    });
}

fn wait_until_elapsed(since: Instant, time: Duration) {
    thread::sleep(time.saturating_sub(since.elapsed()));
}
