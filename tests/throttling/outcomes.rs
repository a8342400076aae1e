//! What a throttle is told, and what becomes of one that panics.

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
use portcullis::{
    Attempt, AuthenticateLayer, Basic, Cause, Denial, Identity, IdentityInfo, Login, Outcome,
    ResponseHeaders, Throttle, Unauthenticated, Verify, async_verify_fn, identity_fn, verify_fn,
};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::login;

/// Writes down what it is told.
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

type Why = fn() -> Unauthenticated;

/// Says so, at once or after a wait.
struct Says(Option<Why>, bool);

impl Verify<Login> for Says {
    type Principal = ();

    async fn verify(&self, _: &Login) -> Result<(), Unauthenticated> {
        tokio::task::yield_now().await;
        self.0.map_or(Ok(()), |why| Err(why()))
    }

    fn verify_now(&self, _: &Login) -> Option<Result<(), Unauthenticated>> {
        self.1.then(|| self.0.map_or(Ok(()), |why| Err(why())))
    }
}

fn request(field: &str) -> Request<()> {
    let mut request = Request::new(());
    if let Some((name, value)) = field.split_once(": ") {
        let name: HeaderName = name.parse().unwrap();
        request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
    }
    request
}

/// The innermost service.
async fn inside(_: Request<()>) -> Result<http::Response<http_body_util::Full<bytes::Bytes>>, ()> {
    Ok(http::Response::default())
}

async fn status(identity: impl Identity, field: &str) -> u16 {
    let service = AuthenticateLayer::new(identity).layer(service_fn(inside));
    service.oneshot(request(field)).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a18_only_credentials_that_are_wrong_have_failed() {
    let outcomes: [(Option<Why>, &str); 10] = [
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
    for (why, outcome) in outcomes {
        let told = ["admit Some(\"alice\")".to_owned(), format!("{outcome} Some(\"alice\")")];
        let log = Log::default();
        status(Basic::new("t", Says(why, true)).unwrap().throttled(log.clone()), &sent).await;
        assert_eq!(log.take(), told);
        status(Basic::new("t", Says(why, false)).unwrap().throttled(log.clone()), &sent).await;
        let deferred = [told[0].clone(), "Deferred Some(\"alice\")".to_owned()];
        assert_eq!(log.take(), [deferred, told].concat(), "asked anew, once it may wait");
    }
}

#[tokio::test]
async fn a18_what_is_no_attempt_is_not_told() {
    let log = Log::default();
    let basic = || Basic::new("t", Says(None, true)).unwrap().throttled(log.clone());
    for sent in ["", "authorization: Bearer x", "authorization: ", "x-api-key: x", "cookie: a=b"] {
        assert_eq!(status(basic(), sent).await, 401);
        assert_eq!(log.take(), [""; 0], "{sent}");
    }
    // Malformed, it names no account, and may be told by the address.
    assert_eq!(status(basic(), "authorization: Basic ???").await, 401);
    assert_eq!(log.take(), ["admit None", "NotTested None"]);
    assert_eq!(status(basic(), &login("", "x")).await, 200);
    assert_eq!(log.take(), ["admit Some(\"\")", "Succeeded Some(\"\")"]);

    // Who reads the connection is always asked.
    let challenge = Challenge::builder("Certificate").realm("t").build().unwrap();
    let identity = identity_fn(challenge, |_: &Parts| Ok(())).reads_headers([]);
    assert_eq!(status(identity.throttled(log.clone()), "").await, 200);
    assert_eq!(log.take(), ["admit None", "Succeeded None"]);
}

#[test]
fn a18_what_tested_a_secret_or_may_have_counts_and_nothing_else() {
    let counts = [Outcome::Failed, Outcome::Cancelled, Outcome::Panicked];
    let given_back =
        [Outcome::Succeeded, Outcome::NotTested, Outcome::Unavailable, Outcome::Deferred];
    assert!(counts.iter().all(|it| it.counts()) && !given_back.iter().any(|it| it.counts()));
}

/// Never answers.
fn never() -> impl Verify<Login, Principal = ()> {
    async_verify_fn(|_: &Login| std::future::pending())
}

/// Polls once.
fn is_pending<F: Future>(future: &mut Pin<Box<F>>) -> bool {
    future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending()
}

#[tokio::test]
async fn a21_a_cancelled_attempt_is_an_outcome_of_its_own() {
    let log = Log::default();
    let identity = Basic::new("t", never()).unwrap().throttled(log.clone());
    let mut service = AuthenticateLayer::new(identity).layer(service_fn(inside));
    // Before it was polled, it was not admitted to wait.
    drop(service.call(request(&login("alice", "x"))));
    assert_eq!(log.take(), ["admit Some(\"alice\")", "Deferred Some(\"alice\")"]);

    let mut answer = Box::pin(service.call(request(&login("alice", "x"))));
    assert!(is_pending(&mut answer));
    assert_eq!(log.take().len(), 3, "once in vain, and once that waits");
    drop(answer);
    assert_eq!(log.take(), ["Cancelled Some(\"alice\")"]);
}

#[tokio::test(start_paused = true)]
async fn a19_an_attempt_that_is_out_of_time_was_not_cancelled() {
    let log = Log::default();
    let identity = Basic::new("t", never()).unwrap().throttled(log.clone());
    let layer = AuthenticateLayer::new(identity).time_limit(Duration::from_secs(1));
    let mut service = layer.layer(service_fn(inside));
    let answer = service.call(request(&login("alice", "x"))).await.unwrap();
    assert_eq!(answer.status(), 503);
    assert_eq!(log.take()[3..], ["Unavailable Some(\"alice\")"]);
    // One that is cancelled before the time is over was.
    let mut answer = Box::pin(service.call(request(&login("alice", "x"))));
    assert!(is_pending(&mut answer));
    drop(answer);
    assert_eq!(log.take()[3..], ["Cancelled Some(\"alice\")"]);
}

#[tokio::test]
async fn a18_a_handler_limits_attempts_that_it_judges_itself() {
    let log = Log::default();
    let (parts, ()) = Request::new(()).into_parts();
    let attempt = || Attempt::new(&parts, Some("alice".to_owned()));
    let answers: [(Result<(), Unauthenticated>, &str); 3] = [
        (Ok(()), "Succeeded"),
        (Err(Unauthenticated::invalid()), "Failed"),
        (Err(Unauthenticated::unavailable()), "Unavailable"),
    ];
    for (answer, outcome) in answers {
        let cause = answer.as_ref().err().map(Unauthenticated::cause);
        let told = attempt().limited_by(&log, || ready(answer)).await;
        assert_eq!(told.err().map(|it| it.cause()), cause);
        assert_eq!(log.take()[1], format!("{outcome} Some(\"alice\")"));
    }
    let mut cancelled = Box::pin(attempt().limited_by(&log, std::future::pending::<Result<(), _>>));
    assert!(is_pending(&mut cancelled));
    drop(cancelled);
    assert_eq!(log.take()[1], "Cancelled Some(\"alice\")");

    let judge = || -> Ready<Result<(), Unauthenticated>> { panic!("it was refused") };
    let throttle: &dyn Throttle = &Never;
    let refused = Denial::from(attempt().limited_by(throttle, judge).await.unwrap_err());
    let answer = refused.clone().into_http_response::<Bytes>();
    assert_eq!((refused.cause(), answer.status().as_u16()), (Cause::Throttled, 429));
}

/// Panics where it is told to.
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
async fn a20_a_throttle_that_panics_permits_nobody() {
    let sent = login("alice", "right");
    for panics in [Panics::Admitting, Panics::Settling] {
        for now in [true, false] {
            let identity = Basic::new("t", Says(None, now)).unwrap().throttled(panics);
            assert_eq!(status(identity, &sent).await, 500);
        }
        // Both panic, one while the other one's panic is on its way.
        let users = verify_fn(|_: &Login| bug());
        assert_eq!(status(Basic::new("t", users).unwrap().throttled(panics), &sent).await, 500);
    }
}

fn bug() -> Result<(), Unauthenticated> {
    panic!("a bug")
}

#[tokio::test]
async fn a20_an_identity_that_panics_is_not_given_its_attempt_back() {
    let sent = login("alice", "right");
    let log = Log::default();
    let told = |outcome| [format!("admit {ALICE}"), format!("{outcome} {ALICE}")];
    let now = verify_fn(|_: &Login| bug());
    assert_eq!(status(Basic::new("t", now).unwrap().throttled(log.clone()), &sent).await, 500);
    assert_eq!(log.take(), told("Panicked"));
    let later = async_verify_fn(|_: &Login| async {
        tokio::task::yield_now().await;
        bug()
    });
    assert_eq!(status(Basic::new("t", later).unwrap().throttled(log.clone()), &sent).await, 500);
    assert_eq!(log.take(), [told("Deferred"), told("Panicked")].concat());
}

/// Puts a field on the answer that tells whether the credentials were right.
struct Tells;

impl Identity for Tells {
    type Principal = ();

    fn describe(&self) -> IdentityInfo {
        let challenge = Challenge::builder("Ticket").realm("t").build().unwrap();
        IdentityInfo::new(challenge).adds_response_headers()
    }

    fn identify_now(&self, request: &Parts) -> Option<Result<(), Unauthenticated>> {
        let fields = ResponseHeaders::of(&request.extensions).unwrap();
        fields.insert(HeaderName::from_static("x-right"), HeaderValue::from_static("yes"));
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
async fn a18_what_is_throttled_is_not_asked_so_no_field_tells_what_it_would_have_said() {
    let mut request = Request::new(());
    request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_static("Ticket 1"));
    let ask = |request| async {
        let log = Arc::new(Log::default());
        let right = AuthenticateLayer::new(Tells.throttled(log)).layer(service_fn(inside));
        let never = AuthenticateLayer::new(Tells.throttled(Never)).layer(service_fn(inside));
        let request: Request<()> = request;
        [right.oneshot(request.clone()).await.unwrap().headers().contains_key("x-right"), {
            let answer = never.oneshot(request).await.unwrap();
            assert_eq!(answer.status(), 429);
            answer.headers().contains_key("x-right")
        }]
    };
    assert_eq!(ask(request).await, [true, false]);
}
