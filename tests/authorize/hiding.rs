//! Concealed resources, and policies that cannot decide: C06, C07, C08, and A19 for policies.

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::{MethodRouter, any as any_method, get};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use portcullis::policy::{all, any, not};
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, BoxPolicy, Decision, Denial, Policy, anyone,
    async_policy_fn, conceal, conceal_unless, policy_fn, resource_fn, role,
};
use tokio::time::Instant;
use tower::{ServiceBuilder, ServiceExt};

use crate::support::{Events, Example, Server, get as get_from, send};
use crate::{User, bearer, everything, guarded};

// ==== C06, C07, C08 ====

#[test]
fn c06_a_concealed_resource_is_404_and_c07_one_that_may_be_seen_is_403() {
    let server = Example::start("decision_table");
    let bob = "authorization: Basic Ym9iOmJ1aWxkZXI=";
    let get = |path, fields: &[&str]| get_from(server.address, path, fields).status;
    let put = |path, fields: &[&str]| send(server.address, "PUT", path, fields).status;
    assert_eq!((get("/repos/castle", &[bob]), put("/repos/castle", &[bob])), (200, 204));
    assert_eq!((get("/repos/wonder", &[bob]), put("/repos/wonder", &[bob])), (404, 404));
    assert_eq!((get("/repos/public", &[bob]), put("/repos/public", &[bob])), (200, 403));
    assert_eq!((get("/repos/public", &[]), put("/repos/public", &[])), (200, 401));
    assert_eq!((get("/repos/wonder", &[]), put("/repos/wonder", &[])), (404, 404));
}

#[test]
fn c08_a_policy_that_cannot_decide_is_503_without_a_challenge() {
    let events = Events::capture();
    let down = || {
        async_policy_fn(|_: &User, _: &Parts| async {
            tokio::task::yield_now().await;
            Decision::unavailable().with_source("engine: connection refused")
        })
    };
    let server = guarded(everything(), down());
    let answer = get_from(server.address, "/", &["authorization: Bearer admin"]);
    assert_eq!(answer.status, 503);
    assert_eq!(answer.field("retry-after"), Some("10"));
    assert!(answer.lines("www-authenticate").is_empty());
    assert!(!answer.everything().contains("engine"), "{answer:?}");
    let event = events.only();
    assert_eq!(event.level, tracing::Level::WARN);
    assert_eq!(event.fields["cause"], "unavailable");
    assert!(event.fields["reasons"].contains("engine: connection refused"));

    let concealed = guarded(everything(), conceal(down()));
    let answer = get_from(concealed.address, "/", &["authorization: Bearer admin"]);
    assert_eq!((answer.status, answer.field("retry-after")), (404, None));
    let event = events.only();
    assert_eq!((&*event.fields["cause"], &*event.fields["status"]), ("unavailable", "404"));

    let telling = guarded(everything(), conceal(down()).except_outages());
    assert_eq!(get_from(telling.address, "/", &["authorization: Bearer admin"]).status, 503);
}

#[test]
fn c08_the_time_to_wait_is_the_stages_own() {
    let app = Router::new()
        .route("/", get(|| async { "inside" }))
        .layer(AuthorizeLayer::<User>::new(resource_fn(|_: &Parts| Decision::abstain())))
        .layer(AuthenticateLayer::new(bearer()).optional().retry_after(Duration::from_secs(77)));
    let answer = get_from(Server::start(app).address, "/", &[]);
    assert_eq!((answer.status, answer.field("retry-after")), (503, Some("77")));
}

#[tokio::test(start_paused = true)]
async fn a19_c08_a_policy_that_waits_too_long_is_unavailable() {
    let never = async_policy_fn(|_: &User, _: &Parts| std::future::pending::<Decision>());
    let service = ServiceBuilder::new()
        .layer(AuthenticateLayer::new(bearer()))
        .layer(AuthorizeLayer::<User>::new(never).time_limit(Duration::from_secs(3)))
        .service_fn(|_: Request<()>| async {
            Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("inside")))
        });
    let started = tokio::time::Instant::now();
    let request = Request::builder().header("authorization", "Bearer admin").body(()).unwrap();
    let response = service.oneshot(request).await.unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "10");
    assert_eq!(started.elapsed(), Duration::from_secs(3), "the paused clock went on by the limit");
}

/// Never decides, for any caller.
#[derive(Clone)]
struct Never;

impl Policy<User, Parts> for Never {
    async fn decide(&self, _: &User, _: &Parts) -> Decision {
        pending().await
    }

    async fn decide_anonymous(&self, _: &Parts) -> Decision {
        pending().await
    }
}

/// A route behind a policy with a time limit of a millisecond.
fn hurried(policy: impl Policy<User, Parts> + 'static) -> MethodRouter {
    let layer = AuthorizeLayer::<User>::new(policy).time_limit(Duration::from_millis(1));
    any_method(|| async { "inside" }).layer(layer)
}

/// An administrator, another user, and an anonymous caller.
const CALLERS: [&[&str]; 3] =
    [&["authorization: Bearer admin"], &["authorization: Bearer none"], &[]];

#[test]
fn a19_c08_a_policy_that_conceals_still_conceals_after_its_time_limit() {
    let events = Events::capture();
    let admin = || role("admin");
    let boxed = |policy| BoxPolicy::<User>::new(policy);
    let routes = [
        ("/conceal", hurried(conceal(Never))),
        ("/shared", hurried(Arc::new(conceal(Never)))),
        ("/boxed", hurried(boxed(conceal(Never)))),
        ("/all", hurried(all((admin(), conceal(Never))))),
        ("/all-turned", hurried(all((conceal(Never), admin())))),
        ("/all-boxed", hurried(BoxPolicy::new(all((admin(), conceal(Never)))))),
        ("/all-listed", hurried(all(vec![BoxPolicy::new(admin()), boxed(conceal(Never))]))),
        ("/any", hurried(any((role("nobody"), conceal(Never))))),
        ("/not", hurried(not(conceal(Never)))),
        ("/deep", hurried(all((anyone(), any((role("nobody"), all((conceal(Never),)))))))),
        ("/unless", hurried(conceal_unless(admin(), Never))),
        ("/unless-slow", hurried(conceal_unless(Never, role("nobody")))),
        ("/unless-both", hurried(conceal_unless(Never, Never))),
        ("/unless-boxed", hurried(BoxPolicy::new(conceal_unless(admin(), Never)))),
        ("/unless-in-all", hurried(all((anyone(), conceal_unless(admin(), Never))))),
    ];
    let paths = routes.each_ref().map(|(path, _)| *path);
    let app = routes.into_iter().fold(Router::new(), |app, (path, route)| app.route(path, route));
    let app = app
        .fallback(|| async { Denial::not_found() })
        .layer(AuthenticateLayer::new(bearer()).optional());
    let server = Server::start(app);
    for fields in CALLERS {
        let missing = get_from(server.address, "/missing", fields).undated();
        assert_eq!(missing.status, 404);
        events.take();
        for path in paths {
            let hidden = get_from(server.address, path, fields).undated();
            assert_eq!(hidden, missing, "{path} {fields:?}");
            let event = events.only();
            assert_eq!(event.level, tracing::Level::WARN, "{path}");
            assert_eq!(
                (&*event.fields["cause"], &*event.fields["concealed"]),
                ("unavailable", "true")
            );
        }
    }
}

#[test]
fn a19_c08_a_time_limit_is_503_if_outages_are_not_concealed() {
    let telling = || conceal(Never).except_outages();
    let routes = [
        ("/plain", hurried(Never)),
        ("/conceal", hurried(telling())),
        ("/shared", hurried(Arc::new(telling()))),
        ("/boxed", hurried(BoxPolicy::<User>::new(telling()))),
        ("/all", hurried(all((role("admin"), telling())))),
        ("/all-boxed", hurried(BoxPolicy::new(all((role("admin"), telling()))))),
        ("/any", hurried(any((role("nobody"), telling())))),
    ];
    let paths = routes.each_ref().map(|(path, _)| *path);
    let app = routes.into_iter().fold(Router::new(), |app, (path, route)| app.route(path, route));
    let server = Server::start(app.layer(AuthenticateLayer::new(bearer()).optional()));
    for path in paths {
        for fields in CALLERS {
            let answer = get_from(server.address, path, fields);
            assert_eq!((answer.status, answer.field("retry-after")), (503, Some("10")), "{path}");
            assert!(answer.lines("www-authenticate").is_empty(), "{path}");
        }
    }
}

/// The response to an administrator behind a policy with a time limit of three seconds, without a
/// socket. The service inside responds 404.
async fn answer(policy: impl Policy<User, Parts> + 'static) -> (StatusCode, HeaderMap, Bytes) {
    let service = ServiceBuilder::new()
        .layer(AuthenticateLayer::new(bearer()))
        .layer(AuthorizeLayer::<User>::new(policy).time_limit(Duration::from_secs(3)))
        .service_fn(|_: Request<()>| async {
            Ok::<_, Infallible>(Denial::not_found().into_http_response::<Full<Bytes>>())
        });
    let request = Request::builder().header("authorization", "Bearer admin").body(()).unwrap();
    let (parts, body) = service.oneshot(request).await.unwrap().into_parts();
    (parts.status, parts.headers, body.collect().await.unwrap().to_bytes())
}

#[tokio::test(start_paused = true)]
async fn a19_c08_a_hidden_policy_is_waited_for_as_long_as_any_other() {
    let missing = answer(anyone()).await;
    assert_eq!(missing.0, 404);
    let policies: [BoxPolicy<User>; 3] = [
        BoxPolicy::new(conceal(Never)),
        BoxPolicy::new(all((role("admin"), conceal(Never)))),
        BoxPolicy::new(conceal_unless(anyone(), Never)),
    ];
    for policy in policies {
        let started = Instant::now();
        assert_eq!(answer(policy).await, missing);
        assert_eq!(started.elapsed(), Duration::from_secs(3), "by the paused clock");
    }
    let started = Instant::now();
    assert_eq!(answer(conceal(Never).except_outages()).await.0, 503);
    assert_eq!(started.elapsed(), Duration::from_secs(3), "by the paused clock");
}

#[test]
fn a19_a_limit_without_a_timer_is_a_fault_that_conceal_hides() {
    let events = Events::capture();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let missing = runtime.block_on(answer(anyone()));
    events.take();
    let hidden: [BoxPolicy<User>; 4] = [
        BoxPolicy::new(conceal(Never)),
        BoxPolicy::new(all((role("admin"), conceal(Never)))),
        BoxPolicy::new(conceal_unless(anyone(), Never)),
        BoxPolicy::new(any((role("nobody"), not(conceal(Never))))),
    ];
    for policy in hidden {
        assert_eq!(runtime.block_on(answer(policy)), missing);
        let event = events.only();
        assert_eq!((event.level, &*event.fields["status"]), (tracing::Level::ERROR, "404"));
        assert!(event.fields["source"].contains("enable_time"), "{event:?}");
    }
    let not_concealed: [BoxPolicy<User>; 3] = [
        BoxPolicy::new(Never),
        BoxPolicy::new(conceal(Never).except_outages()),
        BoxPolicy::new(all((role("admin"), conceal(Never).except_outages()))),
    ];
    for policy in not_concealed {
        let (status, headers, _) = runtime.block_on(answer(policy));
        assert_eq!(status, 500);
        assert!(!headers.contains_key("www-authenticate") && !headers.contains_key("retry-after"));
        let event = events.only();
        assert_eq!(
            (event.level, &*event.fields["cause"]),
            (tracing::Level::ERROR, "internal_error")
        );
        assert!(event.fields["source"].contains("enable_time"), "{event:?}");
    }
}

// ==== what operators see of it ====

/// Waits for ever, and panics in `timed_out`.
#[derive(Clone)]
struct PanicsOutOfTime;

impl Policy<User, Parts> for PanicsOutOfTime {
    async fn decide(&self, _: &User, _: &Parts) -> Decision {
        pending().await
    }

    fn timed_out(&self) -> Decision {
        panic!("out_of_time of a careless policy")
    }
}

#[tokio::test(start_paused = true)]
async fn a20_a_panic_over_being_out_of_time_is_a_fault_and_neither_permit_nor_crash() {
    for policy in [
        BoxPolicy::new(PanicsOutOfTime),
        BoxPolicy::new(not(PanicsOutOfTime)),
        BoxPolicy::new(any((PanicsOutOfTime, role("nobody")))),
    ] {
        assert_eq!(answer(policy).await.0, 500);
    }
    for policy in [
        BoxPolicy::new(conceal(PanicsOutOfTime)),
        BoxPolicy::new(conceal(all((role("admin"), PanicsOutOfTime)))),
        BoxPolicy::new(conceal_unless(PanicsOutOfTime, PanicsOutOfTime)),
    ] {
        assert_eq!(answer(policy).await.0, 404);
    }
}

#[test]
fn e07_the_reason_of_see_is_kept_and_its_failure_sets_the_level_of_the_event() {
    fn down() -> BoxPolicy<User> {
        BoxPolicy::new(async_policy_fn(|_: &User, _: &Parts| async {
            tokio::task::yield_now().await;
            Decision::unavailable().with_source("engine: connection refused")
        }))
    }
    fn panics() -> BoxPolicy<User> {
        BoxPolicy::new(policy_fn(|_: &User, _: &Parts| std::panic::panic_any(())))
    }
    fn boxed(name: &str) -> BoxPolicy<User> {
        BoxPolicy::new(role(name))
    }
    const DOWN: &str = "unavailable (engine: connection refused)";
    const PANICKED: &str = "internal_error (panicked)";
    const MEMBER: &str = "role `member`: forbidden";
    const WRITER: &str = "role `writer`: forbidden";
    use tracing::Level;

    let events = Events::capture();
    // The `see` policy, the policy, the level of the event, and its reasons.
    let cases = [
        (boxed("member"), boxed("writer"), Level::INFO, [WRITER, MEMBER]),
        (down(), boxed("writer"), Level::WARN, [WRITER, DOWN]),
        (panics(), boxed("writer"), Level::ERROR, [WRITER, PANICKED]),
        (boxed("member"), down(), Level::WARN, [DOWN, MEMBER]),
        (boxed("member"), panics(), Level::ERROR, [PANICKED, MEMBER]),
        (panics(), down(), Level::ERROR, [DOWN, PANICKED]),
    ];
    for (see, policy, level, notes) in cases {
        let policy = || conceal_unless(see.clone(), policy.clone());
        let inside = || get(|| async { "inside" });
        let app = Router::new()
            .route("/alone", inside().layer(AuthorizeLayer::<User>::new(policy())))
            .route(
                "/in-all",
                inside().layer(AuthorizeLayer::<User>::new(all((anyone(), policy())))),
            )
            .fallback(|| async { Denial::not_found() })
            .layer(AuthenticateLayer::new(bearer()).optional());
        let server = Server::start(app);
        let fields = ["authorization: Bearer none"];
        let missing = get_from(server.address, "/missing", &fields).undated();
        events.take();
        for path in ["/alone", "/in-all"] {
            assert_eq!(get_from(server.address, path, &fields).undated(), missing, "{notes:?}");
            let event = events.only();
            assert_eq!(event.fields["reasons"], notes.join("; "));
            assert_eq!((event.level, &*event.fields["status"]), (level, "404"), "{notes:?}");
            assert_eq!(event.fields["concealed"], "true");
        }
    }
}

#[test]
fn e07_a_caller_who_may_see_is_refused_openly_and_the_only_reason_is_the_policys() {
    let events = Events::capture();
    let server = guarded(bearer(), conceal_unless(role("admin"), role("owner")));
    assert_eq!(get_from(server.address, "/", &["authorization: Bearer admin"]).status, 403);
    assert_eq!(events.only().fields["reasons"], "role `owner`: forbidden");
}
