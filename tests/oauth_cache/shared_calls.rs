//! J55, J56: requests with one token share one call.

use std::time::Duration;

use portcullis::oauth::{FetchError, TokenError};
use portcullis::{Cause, Verify};
use tokio::task::JoinSet;
use tokio::time::{advance, sleep};

use crate::fake::{Fake, active, inactive};
use crate::times::TTL;
use crate::{introspection, is_unavailable, verdict};

const A_WHILE: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn j56_requests_with_one_token_share_one_call_and_its_result() {
    let fake = Fake::right();
    fake.wait(A_WHILE);
    let tokens = introspection(&fake).cached(100, TTL);
    for (token, expected) in
        [("right", Ok("right".to_owned())), ("wrong", Err(TokenError::Inactive))]
    {
        let before = fake.calls();
        let mut requests = JoinSet::new();
        for _ in 0..100 {
            let tokens = tokens.clone();
            requests.spawn(async move { verdict(tokens.verify(token).await) });
        }
        assert!(requests.join_all().await.iter().all(|verdict| *verdict == expected));
        assert_eq!(fake.calls(), before + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn j56_a_failure_is_shared_and_the_next_request_asks_again() {
    let fake = Fake::new(|_| Err(FetchError::new("connection refused")));
    fake.wait(A_WHILE);
    let tokens = introspection(&fake).cached(100, TTL);
    let mut requests = JoinSet::new();
    for _ in 0..100 {
        let tokens = tokens.clone();
        requests.spawn(async move { is_unavailable(tokens.verify("right").await) });
    }
    assert!(requests.join_all().await.into_iter().all(|is_unavailable| is_unavailable));
    assert_eq!(fake.calls(), 1);
    fake.answer(|token| Ok(active(token)));
    assert!(tokens.verify("right").await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn j56_a_call_outlives_the_request_that_began_it() {
    let fake = Fake::right();
    fake.wait(A_WHILE);
    let tokens = introspection(&fake).cached(100, TTL);
    let begin = || {
        let tokens = tokens.clone();
        tokio::spawn(async move { tokens.verify("right").await })
    };
    let first = begin();
    sleep(A_WHILE / 4).await;
    let second = begin();
    sleep(A_WHILE / 4).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    assert!(second.await.unwrap().is_ok());
    assert_eq!(fake.calls(), 1);
    // Also if no request waits for it.
    tokens.forget("right");
    let third = begin();
    sleep(A_WHILE / 4).await;
    third.abort();
    sleep(A_WHILE).await;
    assert!(tokens.verify_now("right").unwrap().is_ok());
    assert_eq!(fake.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn j56_a_panic_of_the_http_client_is_an_error_of_the_service_and_is_not_remembered() {
    let fake = Fake::new(|_| panic!("a mistake"));
    let tokens = introspection(&fake).cached(100, TTL);
    let plain = introspection(&fake);
    for _ in 0..2 {
        assert_eq!(tokens.verify("a").await.unwrap_err().cause(), Cause::InternalError);
        assert_eq!(plain.verify("a").await.unwrap_err().cause(), Cause::InternalError);
    }
    assert!(format!("{tokens:?}").contains("checks_in_progress: 0"), "{tokens:?}");
}

#[tokio::test(start_paused = true)]
async fn j55_a_request_after_forgetting_does_not_join_a_call_from_before() {
    let fake = Fake::right();
    fake.wait(A_WHILE);
    let tokens = introspection(&fake).cached(100, TTL);
    for everything in [false, true] {
        fake.answer(|token| Ok(active(token)));
        let before = {
            let tokens = tokens.clone();
            tokio::spawn(async move { tokens.verify("right").await })
        };
        sleep(A_WHILE / 2).await;
        // Logged out: the token is revoked, then forgotten.
        if everything {
            tokens.forget_where(|_| true)
        } else {
            tokens.forget("right")
        }
        let after = {
            let tokens = tokens.clone();
            tokio::spawn(async move { tokens.verify("right").await })
        };
        assert!(before.await.unwrap().is_ok());
        assert!(tokens.verify_now("right").is_none(), "a call from before was stored");
        fake.answer(|_| Ok(inactive()));
        assert_eq!(verdict(after.await.unwrap()), Err(TokenError::Inactive));
        advance(Duration::from_secs(6)).await;
    }
    assert_eq!(fake.calls(), 4);
}

/// A runtime that shuts down drops a task at once, in the thread that spawns it.
#[test]
fn j56_a_runtime_that_shuts_down_is_an_error_and_no_deadlock() {
    let (done, result) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let handle = runtime.handle().clone();
        drop(runtime);
        let _entered = handle.enter();
        let tokens = introspection(&Fake::right()).cached(100, TTL);
        let is_refused = |token| {
            let mut verifying = std::pin::pin!(tokens.verify(token));
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            match verifying.as_mut().poll(&mut context) {
                std::task::Poll::Ready(verdict) => verdict.is_err(),
                std::task::Poll::Pending => false,
            }
        };
        let _ = done.send((is_refused("right"), is_refused("right"), format!("{tokens:?}")));
    });
    let (first, second, printed) =
        result.recv_timeout(Duration::from_secs(60)).expect("a deadlock");
    assert!(first && second);
    assert!(printed.contains("checks_in_progress: 0"), "{printed}");
}
