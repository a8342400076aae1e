//! K07: how long identity and policies take. Each step takes at least as long as it sleeps, and the test
//! compares with that alone, so it does not depend on the load of the machine.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::Request;
use http::request::Parts;
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Bearer, Decision, Unauthenticated, async_policy_fn,
    async_verify_fn, policy_fn, verify_fn,
};
use tower::ServiceExt;

use crate::{Recorder, User, bearer, keys};

const STEP: Duration = Duration::from_millis(30);

fn request(token: &str) -> Request<Body> {
    let request = Request::get("/").header("authorization", format!("Bearer {token}"));
    request.header("x-key", "user").body(Body::empty()).unwrap()
}

fn sleeping_token() -> Bearer<impl portcullis::Verify<str, Principal = User>> {
    let verify = async_verify_fn(|token: &str| {
        let is_right = token == "user";
        async move {
            tokio::time::sleep(STEP).await;
            is_right.then_some(User { role: "user" }).ok_or(Unauthenticated::invalid())
        }
    });
    Bearer::new("test", verify).unwrap()
}

fn blocking_token() -> Bearer<impl portcullis::Verify<str, Principal = User>> {
    let verify = verify_fn(|token: &str| {
        std::thread::sleep(STEP);
        (token == "user").then_some(User { role: "user" }).ok_or(Unauthenticated::invalid())
    });
    Bearer::new("test", verify).unwrap()
}

#[tokio::test]
async fn k07_identity_is_measured_until_it_is_known_or_has_failed() {
    let recorder = Recorder::measuring();
    let slow = || get(|| async { tokio::time::sleep(8 * STEP).await });
    let site = || Router::new().route("/", slow());
    let sleeping = AuthenticateLayer::new(sleeping_token()).observe(recorder.clone());
    let blocking = AuthenticateLayer::new(blocking_token()).observe(recorder.clone());
    for app in [site().layer(sleeping), site().layer(blocking)] {
        for token in ["user", "wrong"] {
            let start = Instant::now();
            app.clone().oneshot(request(token)).await.unwrap();
            let all = start.elapsed();
            let times = recorder.only().times.expect("times");
            assert!(times.identity() >= STEP, "{times:?}");
            // Not the handler: it ran after that.
            let handler = if token == "user" { 8 * STEP } else { Duration::ZERO };
            assert!(times.identity() + handler <= all, "{times:?} of {all:?}");
            assert_eq!(times.policy(), Duration::ZERO);
        }
    }
}

#[tokio::test]
async fn k07_an_identity_that_runs_out_of_time_has_taken_that_time() {
    let recorder = Recorder::measuring();
    let never = async_verify_fn(|_: &str| std::future::pending::<Result<User, Unauthenticated>>());
    let layer = AuthenticateLayer::new(Bearer::new("test", never).unwrap()).time_limit(STEP);
    let app = Router::new().route("/", get(|| async {})).layer(layer.observe(recorder.clone()));
    assert_eq!(app.oneshot(request("user")).await.unwrap().status(), 503);
    let times = recorder.only().times.expect("times");
    assert!(times.identity() >= STEP, "{times:?}");
}

#[tokio::test]
async fn k07_policies_of_all_stages_inside_are_summed_also_those_that_deny_or_run_out_of_time() {
    let inner = Recorder::measuring();
    let outer = Recorder::measuring();
    let asleep = |permits: bool| {
        async_policy_fn(move |_: &User, _: &Parts| async move {
            tokio::time::sleep(STEP).await;
            if permits { Decision::Permit } else { Decision::forbidden() }
        })
    };
    let blocks = |permits: bool| {
        policy_fn(move |_: &User, _: &Parts| {
            std::thread::sleep(STEP);
            if permits { Decision::Permit } else { Decision::forbidden() }
        })
    };
    let site = Router::new().route("/", get(|| async { "hello" }));
    let never = AuthorizeLayer::<User>::new(async_policy_fn(|_: &User, _: &Parts| {
        std::future::pending::<Decision>()
    }));
    let apps = [
        (200, site.clone().layer(AuthorizeLayer::<User>::new(asleep(true)))),
        (403, site.clone().layer(AuthorizeLayer::<User>::new(asleep(false)))),
        (403, site.clone().layer(AuthorizeLayer::<User>::new(blocks(false)))),
        (503, site.layer(never.time_limit(STEP))),
    ];
    for (status, app) in apps {
        let app = app
            .layer(AuthenticateLayer::new(keys("x-key")).observe(inner.clone()))
            .layer(AuthorizeLayer::<User>::new(blocks(true)))
            .layer(AuthenticateLayer::new(blocking_token()).observe(outer.clone()));
        let start = Instant::now();
        let response = app.oneshot(request("user")).await.unwrap();
        let all = start.elapsed();
        assert_eq!(response.status(), status);
        let (inner, outer) = (inner.only().times.unwrap(), outer.only().times.unwrap());
        assert!(inner.policy() >= STEP, "{status}: {inner:?}");
        assert!(outer.policy() >= inner.policy() + STEP, "{status}: {inner:?} {outer:?}");
        assert!(outer.identity() + outer.policy() <= all, "{status}: {outer:?} of {all:?}");
    }
}

#[tokio::test]
async fn k07_the_time_of_a_policy_ends_when_it_has_decided() {
    let recorder = Recorder::measuring();
    let kept = Arc::new(Mutex::new(Vec::new()));
    let (now, later) = (kept.clone(), kept.clone());
    let at_once = policy_fn(move |_: &User, request: &Parts| {
        now.lock().unwrap().push(request.extensions.clone());
        std::thread::sleep(STEP);
        Decision::Permit
    });
    let waiting = async_policy_fn(move |_: &User, request: &Parts| {
        later.lock().unwrap().push(request.extensions.clone());
        async {
            tokio::time::sleep(STEP).await;
            Decision::Permit
        }
    });
    let site = || Router::new().route("/", get(|| async { tokio::time::sleep(8 * STEP).await }));
    for app in [
        site().layer(AuthorizeLayer::<User>::new(at_once)),
        site().layer(AuthorizeLayer::<User>::new(waiting)),
    ] {
        let app = app.layer(AuthenticateLayer::new(keys("x-key")).observe(recorder.clone()));
        let start = Instant::now();
        app.oneshot(request("user")).await.unwrap();
        let all = start.elapsed();
        let times = recorder.only().times.unwrap();
        assert!(times.policy() >= STEP, "{times:?}");
        assert!(times.policy() + 8 * STEP <= all, "{times:?} of {all:?}");
        // What the policy has kept of the request changes nothing.
        kept.lock().unwrap().clear();
    }
}

#[tokio::test]
async fn k07_a_policy_that_ran_out_of_time_and_keeps_a_copy_of_the_request_has_taken_that_time() {
    let recorder = Recorder::measuring();
    let kept = Arc::new(Mutex::new(Vec::new()));
    let copies = kept.clone();
    let never = async_policy_fn(move |_: &User, request: &Parts| {
        copies.lock().unwrap().push(request.extensions.clone());
        std::future::pending::<Decision>()
    });
    let app = Router::new()
        .route("/", get(|| async { "hello" }))
        .layer(AuthorizeLayer::<User>::new(never).time_limit(STEP))
        .layer(AuthenticateLayer::new(keys("x-key")).observe(recorder.clone()));
    assert_eq!(app.oneshot(request("user")).await.unwrap().status(), 503);
    let times = recorder.only().times.unwrap();
    assert!(times.policy() >= STEP, "{times:?}");
    assert!(!kept.lock().unwrap().is_empty());
}

#[tokio::test]
async fn k07_the_time_of_a_policy_that_sends_a_request_of_its_own_is_counted_once() {
    let recorder = Recorder::measuring();
    let asleep = async_policy_fn(|_: &User, _: &Parts| async {
        tokio::time::sleep(STEP).await;
        Decision::Permit
    });
    let directory = Router::new()
        .route("/", get(|| async { "yes" }))
        .layer(AuthorizeLayer::<User>::new(asleep));
    let asks = async_policy_fn(move |_: &User, head: &Parts| {
        let mut asked = request("user");
        asked.extensions_mut().clone_from(&head.extensions);
        let answer = directory.clone().oneshot(asked);
        async move {
            let is_permitted = answer.await.unwrap().status() == 200;
            if is_permitted { Decision::Permit } else { Decision::forbidden() }
        }
    });
    let app = Router::new()
        .route("/", get(|| async { "hello" }))
        .layer(AuthorizeLayer::<User>::new(asks))
        .layer(AuthenticateLayer::new(keys("x-key")).observe(recorder.clone()));
    let start = Instant::now();
    assert_eq!(app.oneshot(request("user")).await.unwrap().status(), 200);
    let all = start.elapsed();
    let times = recorder.only().times.unwrap();
    assert!((STEP..=all).contains(&times.policy()), "{times:?} of {all:?}");
}

#[tokio::test]
async fn k42_an_exempt_preflight_which_no_policy_judges_has_no_time_in_policies() {
    let recorder = Recorder::measuring();
    let layer = AuthenticateLayer::new(bearer()).exempt_preflights();
    let app = Router::new()
        .route("/", get(|| async { "hello" }))
        .layer(AuthorizeLayer::<User>::new(policy_fn(|_: &User, _: &Parts| -> Decision {
            unreachable!("no policy is asked")
        })))
        .layer(layer.observe(recorder.clone()));
    let preflight = Request::options("/")
        .header("origin", "https://app.example")
        .header("access-control-request-method", "GET");
    let response = app.oneshot(preflight.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(recorder.only().times.unwrap().policy(), Duration::ZERO);
}

#[tokio::test]
async fn k07_without_asking_there_are_no_times() {
    let (outer, inner) = (Recorder::measuring(), Recorder::default());
    let app = Router::new()
        .route("/", get(|| async { "hello" }))
        .layer(AuthenticateLayer::new(keys("x-key")).observe(inner.clone()))
        .layer(AuthenticateLayer::new(blocking_token()).observe(outer.clone()));
    app.oneshot(request("user")).await.unwrap();
    assert_eq!(inner.only().times, None);
    assert!(outer.only().times.is_some());
}
