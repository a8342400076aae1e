//! Runtimes that end, do not run, or are not there.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread;

use tokio::runtime::{Builder, Runtime};

use super::*;

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}

#[test]
fn j41_without_a_runtime_there_is_an_error() {
    let issuer = Issuer::with_keys(&["a"]);
    let keys = issuer.keys();
    assert!(keys.current().is_none());
    // The attempt is made, because it says what is missing.
    assert_eq!(keys.cannot_fetch(), None);
    let polled = pin!(has(&keys, "a")).poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(polled, Poll::Ready(unavailable(1)));
    let error = keys.last_failure().unwrap().to_string();
    assert!(error.contains("enable_all()"), "{error}");
    assert!(keys.cannot_fetch().is_some());
    assert!(issuer.asked().is_empty());
}

#[test]
fn j41_without_a_time_driver_there_is_an_error() {
    let issuer = Issuer::with_keys(&["a"]);
    let keys = issuer.keys();
    let runtime = Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(has(&keys, "a")), unavailable(1));
    let error = keys.last_failure().unwrap().to_string();
    assert!(error.contains("enable_all()"), "{error}");
}

#[test]
fn j41_a_runtime_that_has_ended_is_replaced() {
    let issuer = Issuer::with_keys(&["a"]);
    let keys = issuer.keys().refresh_after(SECOND);
    // `load` in `main`, and the service on another runtime.
    runtime().block_on(keys.load()).unwrap();
    issuer.set_keys(&["b"]);
    thread::sleep(SECOND + SECOND / 10);
    runtime().block_on(async {
        assert_eq!(has(&keys, "a").await, Ok(true), "no request waits for a refresh");
        sleep(SECOND / 2).await;
        assert!(key(&keys.current().unwrap(), "b").is_some());
    });
}

#[test]
fn j41_a_runtime_that_ends_during_a_fetch_is_replaced() {
    let issuer = Issuer::empty();
    issuer.set(KEYS_URL, Reply::Hangs);
    let keys = issuer.keys();
    runtime().block_on(async {
        tokio::select! {
            _ = has(&keys, "a") => unreachable!(),
            () = sleep(SECOND) => {}
        }
    });
    issuer.set_keys(&["a"]);
    assert_eq!(
        keys.last_failure().map(|it| it.to_string()[..21].to_owned()).as_deref(),
        Some("the fetch was aborted")
    );
    runtime().block_on(async {
        sleep(2 * SECOND).await;
        assert_eq!(has(&keys, "a").await, Ok(true));
    });
}

#[test]
fn j41_a_runtime_that_does_not_run_is_replaced() {
    let issuer = Issuer::with_keys(&["a"]);
    let keys = issuer.keys().time_limit(Duration::ZERO);
    let stopped = Builder::new_current_thread().enable_all().build().unwrap();
    {
        let _entered = stopped.enter();
        let polled = pin!(has(&keys, "a")).poll(&mut Context::from_waker(Waker::noop()));
        assert!(polled.is_pending());
    }
    let running = Builder::new_current_thread().enable_all().build().unwrap();
    running.block_on(async {
        assert_eq!(has(&keys, "a").await, unavailable(1), "after the time limit and a second");
        assert_eq!(has(&keys, "a").await, unavailable(1), "the fetch is given up");
    });
    assert!(issuer.asked().is_empty());
    let error = keys.last_failure().unwrap().to_string();
    assert!(error.starts_with("the fetch was aborted"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn j41_a_poisoned_lock_does_not_panic() {
    let (_issuer, keys) = Issuer::loaded(&["a"]).await;
    let copy = keys.clone();
    // `find` runs code of its caller.
    let panicked = tokio::spawn(async move { copy.find(|_| -> Option<()> { panic!() }).await });
    assert!(panicked.await.is_err());
    assert_eq!(has(&keys, "a").await, Ok(true));
    assert_eq!(has(&keys, "b").await, Ok(false));
}
