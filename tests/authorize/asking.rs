//! When a policy runs, and how often, in a stage and in a handler: C10, C12, C13, E06.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use http_body_util::Full;
use portcullis::policy::{all, any, not};
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, BoxPolicy, Decision, Denial, Policy, Principal, acr, anyone,
    conceal, conceal_unless, resource_fn, role, scope,
};
use tower::{ServiceBuilder, ServiceExt};

use crate::support::{self, Connection, Decisions, Server, get as get_from, request, send};
use crate::{USER_NONE, User, bearer, everything};

// ==== C10 ====

/// An app that responds 405, 415, 413, 304 or 412 to permitted requests.
fn picky(policy: impl Policy<User, Parts> + 'static) -> Router {
    let inner = Router::new()
        .route("/", get(|| async { (http::StatusCode::NOT_MODIFIED, "") }))
        .route("/json", post(|_: axum::Json<u32>| async { "inside" }))
        .route("/number/{n}", get(|Path(_): Path<u32>| async { "inside" }));
    Router::new()
        .fallback_service(inner)
        .layer(AuthorizeLayer::<User>::new(policy))
        .layer(AuthenticateLayer::new(bearer()).optional())
}

#[test]
fn c10_the_policy_runs_before_anything_inside_checks_the_request() {
    let open = Server::start(picky(anyone()));
    let closed = Server::start(picky(role("admin")));
    let shapes: [(&str, &str, &[&str], u16); 5] = [
        ("GET", "/", &[], 304),
        ("DELETE", "/json", &[], 405),
        ("POST", "/json", &["content-type: text/plain"], 415),
        ("GET", "/number/x", &[], 400),
        ("GET", "/nothing", &[], 404),
    ];
    for (method, path, fields, status) in shapes {
        assert_eq!(send(open.address, method, path, fields).status, status, "{method} {path}");
        let answer = send(closed.address, method, path, fields);
        assert_eq!(answer.status, 401, "{method} {path}");
        assert!(answer.lines("allow").is_empty());
        let fields = [fields, &["authorization: Bearer none"]].concat();
        assert_eq!(send(closed.address, method, path, &fields).status, 403, "{method} {path}");
    }
}

#[test]
fn c10_the_body_is_not_read_and_no_100_continue_is_sent() {
    let read = Arc::new(AtomicUsize::new(0));
    let counter = read.clone();
    let app = Router::new()
        .route(
            "/",
            post(move |body: String| async move {
                counter.fetch_add(body.len(), Ordering::Relaxed);
            }),
        )
        .layer(AuthorizeLayer::<User>::new(role("admin")))
        .layer(AuthenticateLayer::new(bearer()));
    let server = Server::start(app);
    let expecting = |token: &str| -> Vec<u8> {
        let token = format!("authorization: Bearer {token}");
        let fields: [&[u8]; 3] = [token.as_bytes(), b"expect: 100-continue", b"content-length: 4"];
        request("POST", "/", &fields)
    };
    for (token, status) in [("none", 403), ("wrong", 401)] {
        let answer = Connection::open(server.address).send(&expecting(token));
        assert_eq!((answer.status, answer.interim), (status, vec![]));
    }
    assert_eq!(read.load(Ordering::Relaxed), 0);

    let mut connection = Connection::open(server.address);
    connection.write(&[expecting("admin"), b"body".to_vec()].concat());
    assert_eq!(connection.answer(false).status, 200);
    assert_eq!(read.load(Ordering::Relaxed), 4);
}

/// How often parts ran.
#[derive(Clone, Default)]
struct Asked(Arc<AtomicUsize>);

impl Asked {
    /// A part that decides at once, for every caller.
    fn part(&self, decision: Decision) -> impl Policy<User, Parts> + 'static {
        let Self(asked) = self.clone();
        resource_fn(move |_: &Parts| {
            asked.fetch_add(1, Ordering::Relaxed);
            decision.clone()
        })
    }

    /// Runs a policy with one such part in a layer and in a handler, for a known and an anonymous caller.
    async fn count(&self, policy: impl Policy<User, Parts> + 'static) -> [usize; 4] {
        let policy = Arc::new(policy);
        let service = ServiceBuilder::new()
            .layer(AuthenticateLayer::new(bearer()).optional())
            .layer(AuthorizeLayer::<User>::new(policy.clone()))
            .service_fn(|_: Request<()>| async {
                Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
            });
        let taken = || self.0.swap(0, Ordering::Relaxed);
        let token = Request::builder().header("authorization", "Bearer admin").body(()).unwrap();
        let (parts, ()) = Request::new(()).into_parts();
        let _ = service.clone().oneshot(token).await;
        let known = taken();
        let _ = service.oneshot(Request::new(())).await;
        let unknown = taken();
        let _ = policy.check(&User::default(), &parts).await;
        let checked = taken();
        let _ = policy.check(None, &parts).await;
        [known, unknown, checked, taken()]
    }
}

/// A part that waits.
fn waiting(decision: Decision) -> impl Policy<User, Parts> + Clone + 'static {
    #[derive(Clone)]
    struct Waiting(Decision);
    impl Policy<User, Parts> for Waiting {
        async fn decide(&self, _: &User, _: &Parts) -> Decision {
            tokio::task::yield_now().await;
            self.0.clone()
        }

        async fn decide_anonymous(&self, _: &Parts) -> Decision {
            tokio::task::yield_now().await;
            self.0.clone()
        }
    }
    Waiting(decision)
}

#[tokio::test]
async fn e06_a_part_beside_one_that_waits_runs_twice_at_most_however_deep_it_is() {
    use Decision::Permit;
    let no = Decision::forbidden;
    let asked = Asked::default();
    let twice = [2; 4];

    let policy = all((asked.part(Permit), waiting(Permit)));
    assert_eq!(asked.count(policy).await, twice);
    let policy = all((anyone(), all((anyone(), all((asked.part(Permit), waiting(Permit)))))));
    assert_eq!(asked.count(policy).await, twice, "all");
    let policy = any((role("x"), any((role("x"), any((asked.part(no()), waiting(no())))))));
    assert_eq!(asked.count(policy).await, twice, "any");
    let policy = not(not(not(all((asked.part(Permit), waiting(Permit))))));
    assert_eq!(asked.count(policy).await, twice, "not");
    let policy = conceal(conceal(conceal(all((asked.part(Permit), waiting(Permit))))));
    assert_eq!(asked.count(policy).await, twice, "conceal");
    let policy = all((asked.part(Permit), any((role("x"), not(conceal(waiting(Permit)))))));
    assert_eq!(asked.count(policy).await, twice, "mixed");

    let boxed = BoxPolicy::new(all((asked.part(Permit), waiting(Permit))));
    let boxed = BoxPolicy::new(all(vec![BoxPolicy::new(anyone()), boxed]));
    let boxed = BoxPolicy::new(any(vec![BoxPolicy::new(role("x")), boxed]));
    assert_eq!(asked.count(boxed).await, twice, "boxed");
}

#[tokio::test]
async fn e06_a_part_below_conceal_unless_runs_twice_at_most_however_deep_it_is() {
    use Decision::Permit;
    let no = Decision::forbidden;
    let asked = Asked::default();
    let few = |counts: [usize; 4]| counts.iter().all(|count| (1..=2).contains(count));

    let one = conceal_unless(anyone(), all((asked.part(no()), waiting(no()))));
    let one = asked.count(one).await;

    let three = conceal_unless(anyone(), all((asked.part(Permit), waiting(Permit))));
    let three = conceal_unless(anyone(), conceal_unless(anyone(), three));
    let three = asked.count(three).await;

    let see = all((asked.part(Permit), waiting(Permit)));
    let see = conceal_unless(anyone(), conceal_unless(anyone(), see));
    let see = asked.count(conceal_unless(see, role("x"))).await;

    let all = few(one) && few(three) && few(see);
    assert!(all, "one level: {one:?}, three: {three:?}, in what may see: {see:?}");
}

// ==== C12, C13 ====

#[test]
fn c12_a_refusal_looks_the_same_wherever_it_was_made() {
    let decisions = Decisions::default();
    let stage = |policy: BoxPolicy<User>| {
        get(|| async { "inside" }).layer(AuthorizeLayer::<User>::new(policy))
    };
    let handler = |policy: BoxPolicy<User>| {
        get(move |caller: Option<Principal<User>>, request: axum::extract::Request| async move {
            let (parts, _) = request.into_parts();
            let caller = caller.as_ref().map(|Principal(user)| user);
            policy.check(caller, &parts).await?;
            Ok::<_, Denial>("inside")
        })
    };
    let policies: [fn() -> BoxPolicy<User>; 7] = [
        || BoxPolicy::new(role("admin")),
        || BoxPolicy::new(conceal(role("admin"))),
        || BoxPolicy::new(conceal_unless(scope("a").unwrap(), role("admin"))),
        || BoxPolicy::new(all((scope("a").unwrap(), scope("b").unwrap()))),
        || BoxPolicy::new(acr(["mfa"]).unwrap()),
        || BoxPolicy::new(resource_fn(|_: &Parts| Decision::unavailable())),
        || BoxPolicy::new(all(())),
    ];
    for policy in policies {
        let app = Router::new()
            .route("/stage", stage(policy()))
            .route("/handler", handler(policy()))
            .layer(AuthenticateLayer::new(everything()).optional().on_decision(decisions.hook()));
        let server = Server::start(app);
        let tokens =
            ["admin", "a", "ab", "none", "mfa"].map(|it| format!("authorization: Bearer {it}"));
        let mut shapes: Vec<Vec<&str>> = tokens.iter().map(|it| vec![it.as_str()]).collect();
        shapes.extend([vec![], vec![USER_NONE], vec!["x-key: none"]]);
        for fields in shapes {
            let one = get_from(server.address, "/stage", &fields).undated();
            let other = get_from(server.address, "/handler", &fields).undated();
            assert_eq!(one, other, "{fields:?}");
            let decided = decisions.take();
            assert_eq!(decided.len(), 2);
            let unstaged = |it: &support::Decided| support::Decided { stage: None, ..it.clone() };
            assert_eq!(unstaged(&decided[0]), unstaged(&decided[1]));
        }
    }
}

#[test]
fn c13_gone_is_410_for_callers_who_may_know_it_and_the_same_404_for_others() {
    let app = Router::new()
        .route(
            "/repos/{name}",
            get(|caller: Option<Principal<User>>, Path(name): Path<String>| async move {
                let caller = caller.as_ref().map(|Principal(user)| user);
                if name != "attic" {
                    return Err::<(), _>(Denial::not_found());
                }
                conceal(role("admin")).check(caller, &()).await?;
                Err(Denial::gone())
            }),
        )
        .layer(AuthenticateLayer::new(bearer()).optional());
    let server = Server::start(app);
    let admin = ["authorization: Bearer admin"];
    let answer = get_from(server.address, "/repos/attic", &admin);
    assert_eq!((answer.status, answer.json()["title"].as_str()), (410, Some("Gone")));
    for fields in [&[][..], &["authorization: Bearer none"]] {
        let gone = get_from(server.address, "/repos/attic", fields).undated();
        let missing = get_from(server.address, "/repos/never", fields).undated();
        assert_eq!((gone.status, &gone), (404, &missing));
    }
}
