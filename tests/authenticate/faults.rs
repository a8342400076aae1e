//! Identities that wait too long, and identities that panic: A19, A20.

use std::future::pending;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use portcullis::challenge::Challenge;
use portcullis::{
    AuthenticateLayer, Basic, Bearer, Cause, Identity, IdentityInfo, Login, Unauthenticated,
    Verify, any_of, async_identity_fn, async_verify_fn, identity_fn, verify_fn,
};
use tokio::time::Instant;
use tower::{Layer, ServiceExt, service_fn};

use crate::support::{Decisions, Events, Server, get};
use crate::{Name, Waiting, basic, bearer, login, site};

fn ticket() -> Challenge {
    Challenge::builder("Ticket").realm("fair").build().unwrap()
}

/// The innermost service of a stack that is called without a socket.
async fn through(_: Request<()>) -> Result<Response<Full<Bytes>>, std::convert::Infallible> {
    Ok(Response::new(Full::default()))
}

fn with_token(token: &str) -> Request<()> {
    Request::builder().header(AUTHORIZATION, format!("Bearer {token}")).body(()).unwrap()
}

/// Verifies after as many seconds as the token says.
struct Slow;

impl Verify<str> for Slow {
    type Principal = Name;

    async fn verify(&self, seconds: &str) -> Result<Name, Unauthenticated> {
        tokio::time::sleep(Duration::from_secs(seconds.parse().unwrap())).await;
        Ok("slow")
    }
}

#[tokio::test(start_paused = true)]
async fn a19_an_identity_that_waits_too_long_is_an_outage() {
    let decisions = Decisions::default();
    let identity = Bearer::new("test", Slow).unwrap();
    let layer = AuthenticateLayer::new(identity)
        .retry_after(Duration::from_secs(3))
        .on_decision(decisions.hook())
        .time_limit(Duration::from_secs(5));
    let service = layer.layer(service_fn(through));

    let start = Instant::now();
    let answer = service.clone().oneshot(with_token("6")).await.unwrap();
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["retry-after"], "3");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert!(!answer.headers().contains_key("www-authenticate"));
    assert_eq!(start.elapsed().as_secs(), 5, "by the paused clock");
    assert_eq!(decisions.take()[0].cause, Some(Cause::Unavailable));

    let answer = service.clone().oneshot(with_token("4")).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(start.elapsed().as_secs(), 9, "by the paused clock");
}

#[tokio::test(start_paused = true)]
async fn a19_the_limit_applies_to_identities_that_never_complete_on_optional_stages_too() {
    let tokens = async_verify_fn(|_: &str| pending::<Result<Name, Unauthenticated>>());
    let identity = any_of((Bearer::new("test", tokens).unwrap(), basic()));
    let layer = AuthenticateLayer::new(identity)
        .ignore_invalid_credentials()
        .time_limit(Duration::from_millis(1));
    let service = layer.layer(service_fn(through));
    let answer = service.clone().oneshot(with_token("a"));
    let answer = tokio::time::timeout(Duration::from_secs(3600), answer).await;
    assert_eq!(answer.expect("an answer, by the paused clock").unwrap().status(), 503);
    // The limit does not apply to the service.
    let slowly = service_fn(|_: Request<()>| async {
        tokio::time::sleep(Duration::from_secs(60)).await;
        through(Request::new(())).await
    });
    let answer = layer.layer(slowly).oneshot(Request::new(())).await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn a19_a_future_that_is_never_idle_does_not_stop_the_clock_of_its_limit() {
    let tokens = async_verify_fn(|_: &str| async {
        loop {
            tokio::task::consume_budget().await;
        }
        #[expect(unreachable_code, reason = "it names the type")]
        Err::<Name, _>(Unauthenticated::invalid())
    });
    let layer = AuthenticateLayer::new(Bearer::new("test", tokens).unwrap())
        .time_limit(Duration::from_millis(20));
    let answer = layer.layer(service_fn(through)).oneshot(with_token("a"));
    let answer = tokio::time::timeout(Duration::from_secs(60), answer).await;
    assert_eq!(answer.expect("an answer in time").unwrap().status(), 503);
}

#[tokio::test(start_paused = true)]
async fn a19_no_limit_is_too_long() {
    let identity = Bearer::new("test", Slow).unwrap();
    let layer = AuthenticateLayer::new(identity).time_limit(Duration::MAX);
    let answer = layer.layer(service_fn(through)).oneshot(with_token("4")).await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[test]
fn a19_a_limit_without_a_timer_is_a_fault_and_not_a_permit() {
    let events = Events::capture();
    let verifier = Waiting::<str>(|_| Ok("reader"));
    let identity = Bearer::new("test", verifier).unwrap();
    let layer = AuthenticateLayer::new(identity).time_limit(Duration::from_secs(5));
    let ask = || layer.layer(service_fn(through)).oneshot(with_token("a"));

    // A runtime without its time driver.
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let answer = runtime.block_on(async { ask().await }).unwrap();
    assert_eq!(answer.status(), 500);
    assert!(!answer.headers().contains_key("www-authenticate"));
    let happened = events.take();
    assert_eq!(happened.len(), 1);
    assert_eq!(happened[0].level, tracing::Level::ERROR);
    assert!(happened[0].fields["source"].contains("enable_time"), "{happened:?}");

    // No runtime at all.
    let mut answer = pin!(ask());
    let mut polled = answer.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    if polled.is_pending() {
        polled = answer.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }
    let Poll::Ready(Ok(answer)) = polled else { panic!("no answer") };
    assert_eq!(answer.status(), 500);
}

/// Panics in the synchronous method, when the future is created, and after a wait.
fn panicking() -> [Server; 9] {
    fn stop<T>() -> T {
        panic!("a panic that quotes hunter2")
    }
    struct InNow;
    impl Verify<str> for InNow {
        type Principal = Name;
        async fn verify(&self, _: &str) -> Result<Name, Unauthenticated> {
            Ok("let in by the other way")
        }
        fn verify_now(&self, _: &str) -> Option<Result<Name, Unauthenticated>> {
            stop()
        }
    }
    struct InAsync;
    impl Verify<str> for InAsync {
        type Principal = Name;
        async fn verify(&self, _: &str) -> Result<Name, Unauthenticated> {
            stop()
        }
    }
    struct Fields;
    impl Identity for Fields {
        type Principal = Name;
        fn identify(
            &self,
            _: &Parts,
        ) -> impl Future<Output = Result<Name, Unauthenticated>> + Send {
            let name: Name = stop();
            async move { Ok(name) }
        }
        fn describe(&self) -> IdentityInfo {
            IdentityInfo::new(ticket())
        }
    }
    macro_rules! serve {
        ($identity:expr) => {
            Server::start(
                site().layer(AuthenticateLayer::new($identity).ignore_invalid_credentials()),
            )
        };
    }
    [
        serve!(identity_fn(ticket(), |_: &Parts| stop::<Result<Name, _>>())),
        serve!(Bearer::new("t", verify_fn(|_: &str| stop::<Result<Name, _>>())).unwrap()),
        serve!(Bearer::new("t", InNow).unwrap()),
        serve!(Bearer::new("t", InAsync).unwrap()),
        serve!(Bearer::new("t", Waiting::<str>(|_| stop())).unwrap()),
        serve!(Fields),
        serve!(async_identity_fn(ticket(), |_: &Parts| {
            stop::<std::future::Ready<Result<Name, Unauthenticated>>>()
        })),
        serve!(bearer().map(|_| stop::<Name>())),
        serve!(any_of((
            Bearer::new("t", Waiting::<str>(|_| Ok("reader"))).unwrap().map(|_| stop::<Name>()),
            Basic::new("t", verify_fn(|_: &Login| Ok::<Name, _>("user"))).unwrap(),
        ))),
    ]
}

#[test]
fn a20_a_panic_is_500_wherever_it_happens_and_operators_see_it() {
    let events = Events::capture();
    for (index, server) in panicking().iter().enumerate() {
        let answer = get(server.address, "/", &["authorization: Bearer tok-read"]);
        assert_eq!(answer.status, 500, "{index}");
        assert_eq!(answer.lines("www-authenticate"), [""; 0], "{index}");
        assert_eq!(answer.field("retry-after"), None);
        assert_eq!(answer.field("cache-control"), Some("no-store"));
        assert!(!answer.everything().contains("hunter2"));

        let happened = events.take();
        assert_eq!(happened.len(), 1, "{index}");
        assert_eq!(happened[0].level, tracing::Level::ERROR);
        assert_eq!(happened[0].fields["cause"], "internal_error");
        assert_eq!(happened[0].fields["status"], "500");
        assert!(!format!("{happened:?}").contains("hunter2"));
    }
    // The service still serves callers whose identity does not panic.
    let server = &panicking()[8];
    assert_eq!(get(server.address, "/", &["authorization: Bearer x"]).status, 500);
    assert_eq!(get(server.address, "/", &[&login("user", "x")]).text(), "user");
}

#[tokio::test]
async fn a20_a_panic_under_a_time_limit_is_500() {
    let identity = Bearer::new("t", Waiting::<str>(|_| panic!("a panic"))).unwrap();
    let layer = AuthenticateLayer::new(identity).time_limit(Duration::from_secs(60));
    let answer = layer.layer(service_fn(through)).oneshot(with_token("a")).await.unwrap();
    assert_eq!(answer.status(), 500);
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    assert!(body.starts_with(b"{\"type\":\"about:blank\""), "{body:?}");
}

#[test]
fn a20_a_hook_that_panics_does_not_affect_the_response() {
    let layer = AuthenticateLayer::new(any_of((bearer(), basic())));
    let layer = layer.on_decision(|_| panic!("a counter overflowed"));
    let server = Server::start(site().layer(layer));
    let answer = get(server.address, "/", &["authorization: Bearer tok-read"]);
    assert_eq!((answer.status, answer.text()), (200, "reader"));
    let answer = get(server.address, "/", &["authorization: Bearer nope"]);
    assert_eq!((answer.status, answer.schemes().len()), (401, 2));
}
