//! The calls that a throttle gets, and throttles that panic.

use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Request};
use portcullis::challenge::Challenge;
use portcullis::identity::ResponseHeaders;
use portcullis::{
    Attempt, AuthenticateLayer, Basic, Cause, Denial, Identity, IdentityInfo, Login, Outcome,
    Throttle, Unauthenticated, Verify, async_verify_fn, identity_fn, verify_fn,
};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::login;

/// Records its calls.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Throttle for Log {
    fn admit(&self, attempt: &Attempt<'_>) -> Result<(), Duration> {
        assert_eq!(format!("{attempt:?}"), "Attempt { .. }");
        self.0.lock().unwrap().push(format!("admit {:?}", attempt.account()));
        Ok(())
    }

    fn settle(&self, attempt: &Attempt<'_>, outcome: Outcome) {
        self.0.lock().unwrap().push(format!("{outcome:?} {:?}", attempt.account()));
    }
}

const ALICE: &str = "Some(\"alice\")";

type MakeError = fn() -> Unauthenticated;

/// A verifier with this result. The flag: without waiting.
struct Returns(Option<MakeError>, bool);

impl Verify<Login> for Returns {
    type Principal = ();

    async fn verify(&self, _: &Login) -> Result<(), Unauthenticated> {
        tokio::task::yield_now().await;
        self.0.map_or(Ok(()), |error| Err(error()))
    }

    fn verify_now(&self, _: &Login) -> Option<Result<(), Unauthenticated>> {
        self.1.then(|| self.0.map_or(Ok(()), |error| Err(error())))
    }
}

fn request(header: &str) -> Request<()> {
    let mut request = Request::new(());
    if let Some((name, value)) = header.split_once(": ") {
        let name: HeaderName = name.parse().unwrap();
        request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
    }
    request
}

/// The service.
async fn service(_: Request<()>) -> Result<http::Response<http_body_util::Full<bytes::Bytes>>, ()> {
    Ok(http::Response::default())
}

async fn status(identity: impl Identity, header: &str) -> u16 {
    let service = AuthenticateLayer::new(identity).layer(service_fn(service));
    service.oneshot(request(header)).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a18_only_credentials_that_are_wrong_have_failed() {
    let outcomes: [(Option<MakeError>, &str); 10] = [
        (None, "Succeeded"),
        (Some(Unauthenticated::invalid), "Failed"),
        (Some(Unauthenticated::missing), "Failed"),
        (Some(Unauthenticated::malformed), "NotTested"),
        (Some(Unauthenticated::expired), "NotTested"),
        (Some(Unauthenticated::stale), "NotTested"),
        (Some(Unauthenticated::invalid_request), "NotTested"),
        (Some(Unauthenticated::suspended), "NotTested"),
        (Some(Unauthenticated::unavailable), "Unavailable"),
        (Some(|| Unauthenticated::throttled(Duration::ZERO)), "NotTested"),
    ];
    let sent = login("alice", "guess");
    for (error, outcome) in outcomes {
        let calls = ["admit Some(\"alice\")".to_owned(), format!("{outcome} Some(\"alice\")")];
        let log = Log::default();
        status(Basic::new("t", Returns(error, true)).unwrap().throttled(log.clone()), &sent).await;
        assert_eq!(log.take(), calls);
        status(Basic::new("t", Returns(error, false)).unwrap().throttled(log.clone()), &sent).await;
        let deferred = [calls[0].clone(), "Deferred Some(\"alice\")".to_owned()];
        assert_eq!(log.take(), [deferred, calls].concat(), "admitted again when it may wait");
    }
}

#[tokio::test]
async fn a18_a_request_that_is_no_attempt_does_not_reach_the_throttle() {
    let log = Log::default();
    let basic = || Basic::new("t", Returns(None, true)).unwrap().throttled(log.clone());
    for sent in ["", "authorization: Bearer x", "authorization: ", "x-api-key: x", "cookie: a=b"] {
        assert_eq!(status(basic(), sent).await, 401);
        assert_eq!(log.take(), [""; 0], "{sent}");
    }
    // Malformed credentials name no account, but are an attempt from their address.
    assert_eq!(status(basic(), "authorization: Basic ???").await, 401);
    assert_eq!(log.take(), ["admit None", "NotTested None"]);
    assert_eq!(status(basic(), &login("", "x")).await, 200);
    assert_eq!(log.take(), ["admit Some(\"\")", "Succeeded Some(\"\")"]);

    // An identity that reads only the connection is always called.
    let challenge = Challenge::builder("Certificate").realm("t").build().unwrap();
    let identity = identity_fn(challenge, |_: &Parts| Ok(())).reads_headers([]);
    assert_eq!(status(identity.throttled(log.clone()), "").await, 200);
    assert_eq!(log.take(), ["admit None", "Succeeded None"]);
}

#[test]
fn a18_outcomes_that_may_have_tested_a_secret_count_and_no_others() {
    let counts = [Outcome::Failed, Outcome::Cancelled, Outcome::Panicked];
    let given_back =
        [Outcome::Succeeded, Outcome::NotTested, Outcome::Unavailable, Outcome::Deferred];
    assert!(counts.iter().all(|it| it.counts()) && !given_back.iter().any(|it| it.counts()));
}

/// A verifier that waits forever.
fn never() -> impl Verify<Login, Principal = ()> {
    async_verify_fn(|_: &Login| std::future::pending())
}

/// Polls once, and tells whether the future is pending.
fn is_pending<F: Future>(future: &mut Pin<Box<F>>) -> bool {
    future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending()
}

#[tokio::test]
async fn a21_a_cancelled_attempt_is_an_outcome_of_its_own() {
    let log = Log::default();
    let identity = Basic::new("t", never()).unwrap().throttled(log.clone());
    let mut service = AuthenticateLayer::new(identity).layer(service_fn(service));
    // An unpolled future has admitted nothing, only the call without waiting has.
    drop(service.call(request(&login("alice", "x"))));
    assert_eq!(log.take(), ["admit Some(\"alice\")", "Deferred Some(\"alice\")"]);

    let mut answer = Box::pin(service.call(request(&login("alice", "x"))));
    assert!(is_pending(&mut answer));
    assert_eq!(log.take().len(), 3, "one deferred attempt, and one that waits");
    drop(answer);
    assert_eq!(log.take(), ["Cancelled Some(\"alice\")"]);
}

#[tokio::test(start_paused = true)]
async fn a19_an_attempt_that_is_out_of_time_was_not_cancelled() {
    let log = Log::default();
    let identity = Basic::new("t", never()).unwrap().throttled(log.clone());
    let layer = AuthenticateLayer::new(identity).time_limit(Duration::from_secs(1));
    let mut service = layer.layer(service_fn(service));
    let answer = service.call(request(&login("alice", "x"))).await.unwrap();
    assert_eq!(answer.status(), 503);
    assert_eq!(log.take()[3..], ["Unavailable Some(\"alice\")"]);
    // An attempt that is cancelled before the time limit counts as cancelled.
    let mut answer = Box::pin(service.call(request(&login("alice", "x"))));
    assert!(is_pending(&mut answer));
    drop(answer);
    assert_eq!(log.take()[3..], ["Cancelled Some(\"alice\")"]);
}

#[tokio::test]
async fn a18_a_handler_limits_attempts_that_it_verifies_itself() {
    let log = Log::default();
    let (parts, ()) = Request::new(()).into_parts();
    let attempt = || Attempt::new(&parts, Some("alice".to_owned()));
    let results: [(Result<(), Unauthenticated>, &str); 3] = [
        (Ok(()), "Succeeded"),
        (Err(Unauthenticated::invalid()), "Failed"),
        (Err(Unauthenticated::unavailable()), "Unavailable"),
    ];
    for (result, outcome) in results {
        let cause = result.as_ref().err().map(Unauthenticated::cause);
        let returned = attempt().limited_by(&log, || ready(result)).await;
        assert_eq!(returned.err().map(|it| it.cause()), cause);
        assert_eq!(log.take()[1], format!("{outcome} Some(\"alice\")"));
    }
    let mut cancelled = Box::pin(attempt().limited_by(&log, std::future::pending::<Result<(), _>>));
    assert!(is_pending(&mut cancelled));
    drop(cancelled);
    assert_eq!(log.take()[1], "Cancelled Some(\"alice\")");

    let verify = || -> Ready<Result<(), Unauthenticated>> { panic!("it was refused") };
    let throttle: &dyn Throttle = &Never;
    let refused = Denial::from(attempt().limited_by(throttle, verify).await.unwrap_err());
    let answer = refused.clone().into_http_response::<Bytes>();
    assert_eq!((refused.cause(), answer.status().as_u16()), (Cause::Throttled, 429));
}

/// Panics in one of its methods.
#[derive(Clone, Copy, PartialEq)]
enum Panics {
    Admitting,
    Settling,
}

impl Throttle for Panics {
    fn admit(&self, _: &Attempt<'_>) -> Result<(), Duration> {
        assert!(*self != Self::Admitting);
        Ok(())
    }

    fn settle(&self, _: &Attempt<'_>, _: Outcome) {
        assert!(*self != Self::Settling);
    }
}

#[tokio::test]
async fn a20_a_throttle_that_panics_permits_nothing() {
    let sent = login("alice", "right");
    for panics in [Panics::Admitting, Panics::Settling] {
        for now in [true, false] {
            let identity = Basic::new("t", Returns(None, now)).unwrap().throttled(panics);
            assert_eq!(status(identity, &sent).await, 500);
        }
        // Both panic: the throttle panics while the verifier's panic unwinds.
        let users = verify_fn(|_: &Login| bug());
        assert_eq!(status(Basic::new("t", users).unwrap().throttled(panics), &sent).await, 500);
    }
}

fn bug() -> Result<(), Unauthenticated> {
    panic!("a bug")
}

#[tokio::test]
async fn a20_an_attempt_in_which_the_identity_panics_stays_counted() {
    let sent = login("alice", "right");
    let log = Log::default();
    let calls = |outcome| [format!("admit {ALICE}"), format!("{outcome} {ALICE}")];
    let now = verify_fn(|_: &Login| bug());
    assert_eq!(status(Basic::new("t", now).unwrap().throttled(log.clone()), &sent).await, 500);
    assert_eq!(log.take(), calls("Panicked"));
    let later = async_verify_fn(|_: &Login| async {
        tokio::task::yield_now().await;
        bug()
    });
    assert_eq!(status(Basic::new("t", later).unwrap().throttled(log.clone()), &sent).await, 500);
    assert_eq!(log.take(), [calls("Deferred"), calls("Panicked")].concat());
}

/// Adds a response header that reveals whether the credentials were right.
struct Reveals;

impl Identity for Reveals {
    type Principal = ();

    fn describe(&self) -> IdentityInfo {
        let challenge = Challenge::builder("Ticket").realm("t").build().unwrap();
        IdentityInfo::new(challenge).adds_response_headers()
    }

    fn identify_now(&self, request: &Parts) -> Option<Result<(), Unauthenticated>> {
        let headers = ResponseHeaders::of(&request.extensions).unwrap();
        headers.insert(HeaderName::from_static("x-right"), HeaderValue::from_static("yes"));
        Some(Ok(()))
    }
}

struct Never;

impl Throttle for Never {
    fn admit(&self, _: &Attempt<'_>) -> Result<(), Duration> {
        Err(Duration::from_secs(1))
    }

    fn settle(&self, _: &Attempt<'_>, _: Outcome) {
        panic!("it was not admitted");
    }
}

#[tokio::test]
async fn a18_a_throttled_identity_is_not_called_so_no_header_reveals_its_result() {
    let mut request = Request::new(());
    request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_static("Ticket 1"));
    let ask = |request| async {
        let log = Arc::new(Log::default());
        let right = AuthenticateLayer::new(Reveals.throttled(log)).layer(service_fn(service));
        let never = AuthenticateLayer::new(Reveals.throttled(Never)).layer(service_fn(service));
        let request: Request<()> = request;
        [right.oneshot(request.clone()).await.unwrap().headers().contains_key("x-right"), {
            let answer = never.oneshot(request).await.unwrap();
            assert_eq!(answer.status(), 429);
            answer.headers().contains_key("x-right")
        }]
    };
    assert_eq!(ask(request).await, [true, false]);
}
