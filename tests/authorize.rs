//! Section C: the authorize stage, and handlers that ask.

mod support;

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::Path;
use axum::routing::{any as any_method, get, post};
use http::request::Parts;
use http::{Request, Response};
use portcullis::{
    ApiKey, AuthenticateLayer, AuthorizeLayer, Basic, Bearer, Decision, Denial, HasAuthentication,
    HasRoles, HasScopes, Identity, Policy, Principal, Tokens, Users, acr, all, any, any_of, anyone,
    async_policy_fn, conceal, conceal_unless, max_age, policy_fn, resource_fn, role, scope,
};
use support::{Connection, Decisions, Events, Example, Server, get as get_from, request, send};
use tower::{ServiceBuilder, ServiceExt};

#[derive(Clone, Default)]
struct User {
    role: &'static str,
    scopes: &'static [&'static str],
    acr: Option<&'static str>,
}

impl HasRoles for User {
    fn has_role(&self, role: &str) -> bool {
        self.role == role
    }
}

impl HasScopes for User {
    fn has_scope(&self, scope: &str) -> bool {
        self.scopes.contains(&scope)
    }
}

impl HasAuthentication for User {
    fn acr(&self) -> Option<&str> {
        self.acr
    }

    fn authenticated_at(&self) -> Option<SystemTime> {
        self.acr.map(|_| SystemTime::now())
    }
}

fn tokens() -> Tokens<User> {
    Tokens::new()
        .with("admin", User { role: "admin", ..User::default() })
        .with("ab", User { scopes: &["a", "b"], ..User::default() })
        .with("a", User { scopes: &["a"], ..User::default() })
        .with("mfa", User { acr: Some("mfa"), ..User::default() })
        .with("none", User::default())
}

fn bearer() -> impl Identity<Principal = User> {
    Bearer::new("test", tokens()).unwrap()
}

/// Bearer, Basic (`user:none`) and a key in `x-key`, all of the same users.
fn everything() -> impl Identity<Principal = User> {
    let users = Users::new().with("user", "none", User::default());
    any_of((
        ApiKey::new("test", "x-key".parse().unwrap(), tokens()).unwrap(),
        Basic::new("test", users).unwrap(),
        Bearer::new("test", tokens()).unwrap(),
    ))
}

const USER_NONE: &str = "authorization: Basic dXNlcjpub25l";

/// One route, `/`, behind a policy and an optional stage of these identities.
fn guarded<I: Identity<Principal = User>>(
    identity: I,
    policy: impl Policy<User, Parts> + 'static,
) -> Server {
    let app = Router::new()
        .route("/", any_method(|| async { "inside" }))
        .layer(AuthorizeLayer::<User>::new(policy))
        .layer(AuthenticateLayer::new(identity).optional());
    Server::start(app)
}

// ==== C01 ====

#[test]
fn c01_anonymous_callers_are_asked_who_they_are_and_never_told_403() {
    for server in [
        guarded(everything(), role("admin")),
        guarded(everything(), scope("a")),
        guarded(everything(), acr(["mfa"])),
        guarded(everything(), all((role("admin"), scope("a")))),
        guarded(everything(), policy_fn(|_: &User, _: &Parts| Decision::Permit)),
    ] {
        let answer = get_from(server.address, "/", &[]);
        assert_eq!(answer.status, 401);
        assert_eq!(
            answer.lines("www-authenticate"),
            [
                "Bearer realm=\"test\"",
                "ApiKey realm=\"test\", field=\"x-key\"",
                "Basic realm=\"test\", charset=\"UTF-8\"",
            ]
        );
    }
}

#[test]
fn c01_the_stage_that_required_an_identity_and_the_policy_that_needs_one_answer_alike() {
    let app = || Router::new().route("/", get(|| async { "inside" }));
    let required = Server::start(app().layer(AuthenticateLayer::new(bearer())));
    let needed = guarded(bearer(), role("admin"));
    assert_eq!(
        get_from(required.address, "/", &[]).undated(),
        get_from(needed.address, "/", &[]).undated()
    );
}

#[test]
fn c01_failed_credentials_that_were_let_through_are_named_once_an_identity_is_needed() {
    let layer = || AuthenticateLayer::new(everything());
    let app = || {
        Router::new()
            .route("/open", get(|| async { "open" }))
            .route(
                "/closed",
                get(|| async { "closed" }).layer(AuthorizeLayer::<User>::new(role("admin"))),
            )
            .route("/handler", get(|Principal(_): Principal<User>| async { "handler" }))
    };
    let lenient = Server::start(app().layer(layer().lenient()));
    let strict = Server::start(app().layer(layer()));
    for fields in [
        &["authorization: Bearer wrong"][..],
        &["authorization: Bearer w r o n g"],
        &["authorization: Basic dXNlcjp3cm9uZw=="],
        &["x-key: wrong"],
        &[],
    ] {
        assert_eq!(get_from(lenient.address, "/open", fields).text(), "open");
        let expected = get_from(strict.address, "/closed", fields).undated();
        assert_eq!(expected.status, 401);
        assert_eq!(get_from(lenient.address, "/closed", fields).undated(), expected, "{fields:?}");
        assert_eq!(get_from(lenient.address, "/handler", fields).undated(), expected);
    }
}

// ==== C02, C03, C04, C05 ====

#[test]
fn c02_who_is_known_and_may_not_gets_403_without_a_challenge() {
    let refuses = policy_fn(|_: &User, request: &Parts| {
        Decision::permit_if(request.uri.path() != "/").detail("Not from your region.")
    });
    let server = guarded(everything(), refuses);
    let answer = get_from(server.address, "/", &["authorization: Bearer admin"]);
    assert_eq!(answer.status, 403);
    assert!(answer.lines("www-authenticate").is_empty());
    assert_eq!(answer.json()["detail"], "Not from your region.");
    assert_eq!(answer.json()["status"], 403);

    let server = guarded(everything(), role("admin"));
    let answer = get_from(server.address, "/", &["authorization: Bearer none"]);
    assert_eq!((answer.status, answer.lines("www-authenticate").len()), (403, 0));
    assert!(!answer.everything().contains("admin"), "which role it takes is not published");
}

const ERROR: &str = "error=\"insufficient_scope\", \
                     error_description=\"The access token lacks a scope that this requires\"";

#[test]
fn c03_a_token_without_the_scopes_is_told_all_that_are_needed() {
    let policies: [fn() -> portcullis::BoxPolicy<User>; 4] = [
        || portcullis::BoxPolicy::new(all((scope("b"), scope("a")))),
        || portcullis::BoxPolicy::new(all((scope("b"), scope("a"), role("")))),
        || portcullis::BoxPolicy::new(all((scope("b"), any((scope("a"), role("admin")))))),
        || portcullis::BoxPolicy::new(any((all((scope("a"), scope("b"))), role("admin")))),
    ];
    for policy in policies {
        let server = guarded(everything(), policy());
        let answer = get_from(server.address, "/", &["authorization: Bearer a"]);
        assert_eq!(answer.status, 403);
        let expected = format!("Bearer realm=\"test\", {ERROR}, scope=\"a b\"");
        assert_eq!(answer.lines("www-authenticate"), [expected.as_str()]);
        let answer = get_from(server.address, "/", &["authorization: Bearer ab"]);
        assert_eq!(answer.status, 200);
    }
}

#[test]
fn c03_who_did_not_come_by_a_token_gets_a_plain_403() {
    let server = guarded(everything(), scope("a"));
    for field in [USER_NONE, "x-key: none"] {
        let answer = get_from(server.address, "/", &[field]);
        assert_eq!((answer.status, answer.lines("www-authenticate").len()), (403, 0), "{field}");
    }
}

#[test]
fn c03_a_refusal_that_no_scope_would_cure_does_not_say_insufficient_scope() {
    let server = guarded(bearer(), all((scope("a"), role("admin"))));
    let answer = get_from(server.address, "/", &["authorization: Bearer none"]);
    assert_eq!((answer.status, answer.lines("www-authenticate").len()), (403, 0));
}

#[test]
fn c03_the_challenge_keeps_the_metadata_and_replaces_the_scope_that_was_configured() {
    let url = "https://api.example/.well-known/oauth-protected-resource";
    let identity = Bearer::new("test", tokens()).unwrap();
    let identity = identity.resource_metadata(url).unwrap().scope("basic").unwrap();
    let server = guarded(identity, scope("b"));
    let plain = format!("Bearer realm=\"test\", resource_metadata=\"{url}\", scope=\"basic\"");
    assert_eq!(get_from(server.address, "/", &[]).lines("www-authenticate"), [plain.as_str()]);
    let answer = get_from(server.address, "/", &["authorization: Bearer a"]);
    let line = answer.field("www-authenticate").unwrap();
    assert!(line.contains(url) && line.contains("scope=\"b\""), "{line}");
    assert_eq!(line.matches("scope=").count(), 1, "{line}");
}

#[test]
fn c04_a_weak_or_old_authentication_is_asked_for_a_better_one_by_tokens_alone() {
    let policy = all((acr(["mfa"]), max_age(Duration::from_secs(300))));
    let server = guarded(everything(), policy);
    for field in ["authorization: Bearer none", USER_NONE, "x-key: none"] {
        let answer = get_from(server.address, "/", &[field]);
        assert_eq!(answer.status, 401, "{field}");
        let line = answer.field("www-authenticate").expect("one challenge, and no Basic");
        assert!(
            line.starts_with("Bearer realm=\"test\", error=\"insufficient_user_authentication\"")
        );
        assert!(line.ends_with("acr_values=\"mfa\", max_age=\"300\""), "{line}");
    }
    assert_eq!(get_from(server.address, "/", &["authorization: Bearer mfa"]).status, 200);
}

#[test]
fn c04_missing_scopes_are_named_beside_the_better_authentication() {
    let server = guarded(bearer(), all((acr(["mfa"]), scope("a"), scope("b"))));
    let answer = get_from(server.address, "/", &["authorization: Bearer a"]);
    assert_eq!(answer.status, 401);
    let line = answer.field("www-authenticate").unwrap();
    assert!(line.contains("acr_values=\"mfa\"") && line.contains("scope=\"a b\""), "{line}");
}

#[test]
fn c04_where_no_offered_scheme_can_bring_it_about_it_is_403() {
    let users = Users::new().with("user", "none", User::default());
    let server = guarded(Basic::new("test", users).unwrap(), acr(["mfa"]));
    let answer = get_from(server.address, "/", &[USER_NONE]);
    assert_eq!((answer.status, answer.lines("www-authenticate").len()), (403, 0));

    let nothing_in_common = all((acr(["mfa"]), acr(["hwk"]), scope("a")));
    let server = guarded(bearer(), nothing_in_common);
    let answer = get_from(server.address, "/", &["authorization: Bearer none"]);
    assert_eq!((answer.status, answer.lines("www-authenticate").len()), (403, 0));
}

#[test]
fn c05_a_token_that_expired_is_401_before_its_scopes_are_judged() {
    let quickstart = Example::start("quickstart");
    let answer = get_from(quickstart.address, "/reports", &["authorization: Bearer bob-expired"]);
    assert_eq!(answer.status, 401);
    assert!(answer.lines("www-authenticate")[0].contains("error=\"invalid_token\""));
}

// ==== C06, C07, C08 ====

#[test]
fn c06_a_concealed_resource_is_404_and_c07_one_that_may_be_seen_is_403() {
    let quickstart = Example::start("quickstart");
    let bob = "authorization: Basic Ym9iOmJ1aWxkZXI=";
    let get = |path, fields: &[&str]| get_from(quickstart.address, path, fields).status;
    let put = |path, fields: &[&str]| send(quickstart.address, "PUT", path, fields).status;
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
            Decision::unavailable().because("engine: connection refused")
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
    assert!(event.fields["notes"].contains("engine: connection refused"));

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
            Ok::<_, Infallible>(Response::new("inside".to_owned()))
        });
    let started = tokio::time::Instant::now();
    let request = Request::builder().header("authorization", "Bearer admin").body(()).unwrap();
    let response = service.oneshot(request).await.unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["retry-after"], "10");
    assert_eq!(started.elapsed(), Duration::from_secs(3), "the paused clock went on by the limit");
}

// ==== C09 ====

fn hint(events: &Events) -> String {
    let happened = events.take();
    let error = happened.iter().find(|it| it.level == tracing::Level::ERROR);
    let error = error.unwrap_or_else(|| panic!("an error event: {happened:?}"));
    format!("{} {}", error.fields["message"], error.fields.get("source").map_or("", |it| it))
}

#[test]
fn c09_an_authorize_stage_alone_is_500_and_an_event_says_what_to_do() {
    let events = Events::capture();
    let layers: [fn(Router) -> Router; 4] = [
        |app| app.layer(AuthorizeLayer::<User>::new(role("admin"))),
        |app| app.layer(AuthorizeLayer::<User>::new(conceal(role("admin")))),
        |app| app.layer(AuthorizeLayer::<User>::new(anyone())),
        |app| {
            app.layer(AuthorizeLayer::<User>::new(conceal(async_policy_fn(
                |_: &User, _: &Parts| async { Decision::Permit },
            ))))
        },
    ];
    for layer in layers {
        let server = Server::start(layer(Router::new().route("/", get(|| async { "inside" }))));
        let answer = get_from(server.address, "/", &["authorization: Bearer admin"]);
        assert_eq!(answer.status, 500);
        assert_eq!(answer.json()["status"], 500);
        assert_eq!(answer.field("cache-control"), Some("no-store"));
        assert!(!answer.everything().contains("AuthenticateLayer"), "no internals");
        let hint = hint(&events);
        assert!(hint.contains("AuthenticateLayer") && hint.contains("User"), "{hint}");
    }
}

#[test]
fn c09_stages_in_the_wrong_order_are_500() {
    let events = Events::capture();
    let app = Router::new()
        .route("/", get(|| async { "inside" }))
        .layer(AuthenticateLayer::new(bearer()).optional())
        .layer(AuthorizeLayer::<User>::new(role("admin")));
    let answer = get_from(Server::start(app).address, "/", &["authorization: Bearer admin"]);
    assert_eq!(answer.status, 500);
    assert!(hint(&events).contains("AuthenticateLayer"));
}

#[test]
fn c09_a_principal_of_another_type_is_500_anonymous_or_not() {
    #[derive(Clone)]
    struct Other;
    let events = Events::capture();
    let identity = bearer().map(|_| Other);
    let app = Router::new()
        .route("/", get(|| async { "inside" }))
        .layer(AuthorizeLayer::<User>::new(conceal(anyone())))
        .layer(AuthenticateLayer::new(identity).optional());
    let server = Server::start(app);
    for fields in [&[][..], &["authorization: Bearer admin"]] {
        let answer = get_from(server.address, "/", fields);
        assert_eq!(answer.status, 500, "{fields:?}");
        assert!(hint(&events).contains("User"));
    }
}

#[test]
fn c09_a_denial_that_needs_a_challenge_and_meets_no_stage_is_500() {
    let events = Events::capture();
    let app = Router::new()
        .route("/again", get(|| async { Denial::reauthenticate() }))
        .route("/who", get(|| async { Denial::identity_needed() }))
        .route("/extracted", get(|_: Principal<User>| async {}))
        .route("/perhaps", get(|_: Option<Principal<User>>| async {}))
        .route("/forbidden", get(|| async { Denial::forbidden() }))
        .route("/missing", get(|| async { Denial::not_found() }));
    let server = Server::start(app);
    for path in ["/again", "/who", "/extracted", "/perhaps"] {
        let answer = get_from(server.address, path, &[]);
        assert_eq!((answer.status, answer.lines("www-authenticate").len()), (500, 0), "{path}");
        assert!(hint(&events).contains("AuthenticateLayer"), "{path}");
    }
    // What needs no challenge is complete without a stage.
    for (path, status) in [("/forbidden", 403), ("/missing", 404)] {
        let answer = get_from(server.address, path, &[]);
        assert_eq!(answer.status, status);
        assert_eq!(answer.json()["status"], status);
        assert_eq!(answer.field("cache-control"), Some("no-store"));
    }
}

// ==== C10 ====

/// An app that would answer 405, 415, 413, 304 or 412 to whoever gets in.
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
fn c10_the_policy_is_asked_before_anything_inside_checks_the_request() {
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
fn c10_the_body_is_not_read_and_nobody_is_told_to_go_on_sending_it() {
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

// ==== C12, C13 ====

#[test]
fn c12_a_refusal_looks_the_same_wherever_it_was_made() {
    let decisions = Decisions::default();
    let stage = |policy: portcullis::BoxPolicy<User>| {
        get(|| async { "inside" }).layer(AuthorizeLayer::<User>::new(policy))
    };
    let handler = |policy: portcullis::BoxPolicy<User>| {
        get(move |caller: Option<Principal<User>>, request: axum::extract::Request| async move {
            let (parts, _) = request.into_parts();
            let caller = caller.as_ref().map(|Principal(user)| user);
            policy.check(caller, &parts).await?;
            Ok::<_, Denial>("inside")
        })
    };
    let policies: [fn() -> portcullis::BoxPolicy<User>; 7] = [
        || portcullis::BoxPolicy::new(role("admin")),
        || portcullis::BoxPolicy::new(conceal(role("admin"))),
        || portcullis::BoxPolicy::new(conceal_unless(scope("a"), role("admin"))),
        || portcullis::BoxPolicy::new(all((scope("a"), scope("b")))),
        || portcullis::BoxPolicy::new(acr(["mfa"])),
        || portcullis::BoxPolicy::new(resource_fn(|_: &Parts| Decision::unavailable())),
        || portcullis::BoxPolicy::new(all(())),
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
            let told = decisions.take();
            assert_eq!(told.len(), 2);
            let unstaged = |it: &support::Decided| support::Decided { stage: None, ..it.clone() };
            assert_eq!(unstaged(&told[0]), unstaged(&told[1]));
        }
    }
}

#[test]
fn c13_gone_is_410_for_who_may_know_it_and_the_same_404_for_others() {
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
