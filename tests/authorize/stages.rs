//! Stages that are missing, out of order, of another type, or one inside the other: C09, C12.

use std::convert::Infallible;
use std::future::pending;
use std::sync::mpsc;
use std::time::Duration;

use axum::Router;
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{any as any_method, get};
use bytes::Bytes;
use http::request::Parts;
use http_body_util::Full;
use hyper::body::Incoming;
use portcullis::{
    ApiKey, AuthenticateLayer, AuthorizeLayer, Bearer, BoxPolicy, Cause, Decision, Denial,
    Identity, Principal, Requirement, Unauthenticated, acr, anyone, async_policy_fn,
    async_verify_fn, authenticated, conceal, policy_fn, resource_fn, role, scope,
};
use tower::ServiceBuilder;

use crate::support::{Decisions, Events, Server, get as get_from, send};
use crate::{User, bearer, everything, hint, tokens};

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
    // A denial that needs no challenge is complete without a stage.
    for (path, status) in [("/forbidden", 403), ("/missing", 404)] {
        let answer = get_from(server.address, path, &[]);
        assert_eq!(answer.status, status);
        assert_eq!(answer.json()["status"], status);
        assert_eq!(answer.field("cache-control"), Some("no-store"));
    }
}

// ==== what happens to a denial on its way ====

/// A stage inside and one outside, and a middleware between them.
macro_rules! between {
    ($middleware:expr) => {
        Server::start(
            Router::new()
                .route(
                    "/stage",
                    get(|| async { "inside" }).layer(AuthorizeLayer::<User>::new(role("admin"))),
                )
                .route("/handler", get(|| async { Denial::forbidden() }))
                .layer(map_response($middleware))
                .layer(AuthenticateLayer::new(bearer())),
        )
    };
}

const NONE: &str = "authorization: Bearer none";

#[test]
fn c09_copies_of_a_denial_do_not_report_themselves() {
    let events = Events::capture();
    let (gone, are_gone) = mpsc::channel();
    let server = between!(move |response: Response| {
        // Like a middleware that logs extensions, or keeps them for later.
        let copies = [response.extensions().clone(), response.extensions().clone()];
        drop(copies.clone());
        let gone = gone.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(1)).await;
            drop(copies);
            gone.send(()).unwrap();
        });
        async { response }
    });
    for path in ["/stage", "/handler"] {
        assert_eq!(get_from(server.address, path, &[NONE]).status, 403);
        // The copies that were kept.
        are_gone.recv_timeout(Duration::from_secs(60)).unwrap();
        assert_eq!(events.only().fields["message"], "denied");
    }
}

#[test]
fn c09_a_response_that_goes_on_as_a_copy_is_not_unclaimed() {
    let events = Events::capture();
    let server = between!(|response: Response| async {
        // Like a middleware that builds a new response.
        let mut copy = Response::new(axum::body::Body::empty());
        *copy.status_mut() = response.status();
        *copy.extensions_mut() = response.extensions().clone();
        drop(response);
        copy
    });
    for path in ["/stage", "/handler"] {
        assert_eq!(get_from(server.address, path, &[NONE]).status, 403);
        let event = events.only();
        assert_eq!((event.level, &*event.fields["message"]), (tracing::Level::INFO, "denied"));
    }
}

#[test]
fn c09_a_denial_that_a_middleware_throws_away_is_reported() {
    let events = Events::capture();
    let server = between!(|_: Response| async { "instead" });
    for (path, stage) in [("/stage", "authorize"), ("/handler", "handler")] {
        assert_eq!(get_from(server.address, path, &[NONE]).text(), "instead");
        let event = events.only();
        assert_eq!((event.level, &*event.fields["stage"]), (tracing::Level::ERROR, stage));
        assert!(event.fields["message"].contains("a layer between them replaced the response"));
        assert_eq!(event.fields["cause"], "forbidden");
    }
    // A response to a permitted request may be replaced without an event.
    get_from(server.address, "/stage", &["authorization: Bearer admin"]);
    assert!(events.take().is_empty());
}

// ==== without a framework ====

/// Denials by path, as a handler creates them.
fn denial(path: &str) -> Denial {
    match path {
        "/forbidden" => Denial::forbidden().with_detail("Not on Sundays."),
        "/identity" => Denial::identity_needed(),
        "/again" => Denial::reauthenticate(),
        "/scope" => Denial::insufficient(Requirement::scopes(["a"]).unwrap()),
        "/step-up" => Denial::insufficient(Requirement::max_age(Duration::from_secs(60))),
        "/concealed" => Denial::forbidden().with_source("it is there").concealed(),
        "/gone" => Denial::gone(),
        "/unavailable" => Denial::unavailable().with_retry_after(Duration::from_secs(3)),
        "/fault" => Denial::internal_error(),
        _ => Denial::not_found(),
    }
}

/// The status of each denial, with a stage outside and without.
const DENIALS: [(&str, u16, u16); 10] = [
    ("/forbidden", 403, 403),
    ("/identity", 401, 500),
    ("/again", 401, 500),
    ("/scope", 403, 403),
    ("/step-up", 401, 403),
    ("/concealed", 404, 404),
    ("/gone", 410, 410),
    ("/unavailable", 503, 503),
    ("/fault", 500, 500),
    ("/missing", 404, 404),
];

/// A handler of plain hyper: no framework, no extractor.
async fn plain(
    request: http::Request<Incoming>,
) -> Result<http::Response<Full<Bytes>>, Infallible> {
    Ok(denial(request.uri().path()).into_http_response())
}

#[test]
fn c12_a_denial_of_plain_hyper_is_rendered_as_any_other() {
    let decisions = Decisions::default();
    let layer = || AuthenticateLayer::new(everything()).optional().on_decision(decisions.hook());
    let service = ServiceBuilder::new().layer(layer()).service_fn(plain);
    let hyper = Server::start(service);
    let handler = |uri: http::Uri| async move { denial(uri.path()) };
    let axum = Server::start(Router::new().fallback(handler).layer(layer()));
    for (path, status, _) in DENIALS {
        for fields in [&[NONE][..], &["x-key: none"], &[]] {
            for method in ["GET", "HEAD", "POST"] {
                let one = send(hyper.address, method, path, fields).undated();
                let other = send(axum.address, method, path, fields).undated();
                assert_eq!(one, other, "{method} {path} {fields:?}");
                assert_eq!(one.status, status, "{method} {path}");
                let [one, other] = &decisions.take()[..] else { panic!("one decision each") };
                assert_eq!(one, other, "{method} {path}");
            }
        }
    }
}

#[test]
fn c12_plain_hyper_and_a_stage_refuse_alike() {
    let policies: [(&str, BoxPolicy<User>); 6] = [
        (
            "/forbidden",
            BoxPolicy::new(policy_fn(|_: &User, _: &Parts| {
                Decision::forbidden().with_detail("Not on Sundays.")
            })),
        ),
        ("/identity", BoxPolicy::new(resource_fn(|_: &Parts| Decision::identity_needed()))),
        ("/scope", BoxPolicy::new(scope("a").unwrap())),
        ("/step-up", BoxPolicy::new(portcullis::max_age(Duration::from_secs(60)))),
        ("/concealed", BoxPolicy::new(conceal(role("admin")))),
        ("/missing", BoxPolicy::new(conceal(acr(["mfa"]).unwrap()))),
    ];
    let layer = || AuthenticateLayer::new(everything()).optional();
    let hyper = Server::start(ServiceBuilder::new().layer(layer()).service_fn(plain));
    for (path, policy) in policies {
        let stage = Server::start(
            ServiceBuilder::new()
                .layer(layer())
                .layer(AuthorizeLayer::<User>::new(policy))
                .service_fn(plain),
        );
        let one = get_from(hyper.address, path, &[NONE]).undated();
        assert_eq!(get_from(stage.address, "/gone", &[NONE]).undated(), one, "{path}");
    }
}

#[test]
fn c09_a_denial_of_plain_hyper_without_a_stage_is_never_a_401() {
    let events = Events::capture();
    let server = Server::start(tower::service_fn(plain));
    for (path, _, status) in DENIALS {
        for method in ["GET", "HEAD"] {
            let answer = send(server.address, method, path, &[NONE]);
            assert_eq!(answer.status, status, "{path}");
            assert!(answer.lines("www-authenticate").is_empty(), "{path}");
            assert_eq!(answer.field("cache-control"), Some("no-store"), "{path}");
            assert_eq!(answer.field("content-type"), Some("application/problem+json"), "{path}");
            assert!(!answer.everything().contains("it is there"), "{path}");
            let event = events.only();
            assert_eq!(event.level, tracing::Level::ERROR, "{path}");
            assert!(event.fields["message"].contains("AuthenticateLayer"), "{path}");
        }
    }
    let concealed = get_from(server.address, "/concealed", &[]).undated();
    assert_eq!(concealed, get_from(server.address, "/missing", &[]).undated());
}

// ==== one stage inside another ====

/// Keys of the same users, for the stage outside.
fn keys() -> impl Identity<Principal = User> {
    ApiKey::new("outside", "x-key".parse().unwrap(), tokens()).unwrap()
}

const KEY: &str = "x-key: admin";

/// Tokens of the same users, whose verifier waits.
fn waiting() -> impl Identity<Principal = User> {
    let verifier = async_verify_fn(|token: &str| {
        let token = token.to_owned();
        async move {
            tokio::task::yield_now().await;
            match &*token {
                "none" => Ok(User::default()),
                _ => Err(Unauthenticated::invalid()),
            }
        }
    });
    Bearer::new("test", verifier).unwrap()
}

#[test]
fn c01_a_caller_unknown_to_the_inner_stage_is_anonymous_inside_it() {
    let routes = || {
        let who = |caller: Option<Principal<User>>| async move {
            caller.map_or("nobody".to_owned(), |Principal(user)| format!("role {:?}", user.role))
        };
        let inside = || get(|| async { "inside" });
        Router::new()
            .route("/handler", get(who))
            .route("/extracted", get(|_: Principal<User>| async { "inside" }))
            .route("/policy", inside().layer(AuthorizeLayer::<User>::new(authenticated())))
            .route("/role", inside().layer(AuthorizeLayer::<User>::new(role("admin"))))
            .route("/hidden", inside().layer(AuthorizeLayer::<User>::new(conceal(role("admin")))))
            .fallback(|| async { Denial::not_found() })
    };
    let inner = [
        (routes().layer(AuthenticateLayer::new(bearer()).optional()), false),
        (routes().layer(AuthenticateLayer::new(bearer()).ignore_invalid_credentials()), true),
        (routes().layer(AuthenticateLayer::new(waiting()).optional()), false),
        (routes().layer(AuthenticateLayer::new(waiting()).ignore_invalid_credentials()), true),
    ];
    for (app, is_lenient) in inner {
        for outer in [AuthenticateLayer::new(keys()), AuthenticateLayer::new(keys()).optional()] {
            let server = Server::start(app.clone().layer(outer));
            let nothing = (&[KEY][..], None);
            let failed = (&[KEY, "authorization: Bearer wrong"][..], Some("invalid_token"));
            for (fields, error) in [nothing, failed].into_iter().take(1 + usize::from(is_lenient)) {
                assert_eq!(get_from(server.address, "/handler", fields).text(), "nobody");
                for path in ["/extracted", "/policy", "/role"] {
                    let answer = get_from(server.address, path, fields);
                    assert_eq!((answer.status, answer.schemes()), (401, vec!["Bearer".to_owned()]));
                    assert_eq!(answer.error("Bearer").as_deref(), error, "{path}");
                }
                let hidden = get_from(server.address, "/hidden", fields).undated();
                let missing = get_from(server.address, "/missing", fields).undated();
                assert_eq!((hidden.status, &hidden), (404, &missing));
            }
            // If both stages know the caller, the principal is the inner one's.
            let both = [KEY, NONE];
            assert_eq!(get_from(server.address, "/handler", &both).text(), "role \"\"");
            assert_eq!(get_from(server.address, "/policy", &both).text(), "inside");
            assert_eq!(get_from(server.address, "/role", &both).status, 403);
        }
    }
}

#[test]
fn c12_a_refusal_that_a_stage_has_rendered_is_left_alone_by_the_one_outside() {
    let events = Events::capture();
    let (inside, outside) = (Decisions::default(), Decisions::default());
    let routes = |hook: &Decisions| {
        let handler = |uri: http::Uri| async move {
            match uri.path() {
                "/permitted" => Ok("inside"),
                path => Err(denial(path)),
            }
        };
        let refused = get(|| async { "inside" }).layer(AuthorizeLayer::<User>::new(role("owner")));
        let hidden =
            get(|| async { "inside" }).layer(AuthorizeLayer::<User>::new(conceal(role("owner"))));
        Router::new()
            .route("/stage/refused", refused)
            .route("/stage/hidden", hidden)
            .fallback(handler)
            .layer(AuthenticateLayer::new(bearer()).on_decision(hook.hook()))
    };
    let alone = Server::start(routes(&Decisions::default()));
    let outer = || AuthenticateLayer::new(keys()).optional().on_decision(outside.hook());
    let nested = Server::start(routes(&inside).layer(outer()));

    let paths =
        DENIALS.map(|(path, ..)| path).into_iter().chain(["/stage/refused", "/stage/hidden"]);
    let shapes: [&[&str]; 4] =
        [&[NONE], &[], &["authorization: Bearer wrong"], &["authorization: Bearer", NONE]];
    for path in paths {
        for fields in shapes {
            let expected = get_from(alone.address, path, fields).undated();
            events.take();
            for fields in [fields.to_vec(), [fields, &[KEY]].concat()] {
                let answer = get_from(nested.address, path, &fields).undated();
                assert_eq!(answer, expected, "{path} {fields:?}");
                assert_eq!(inside.take().len(), 1, "{path} {fields:?}");
                // Passed on: no denial of this stage (K02).
                let passed = outside.take();
                assert_eq!((passed.len(), passed[0].cause), (1, None), "{path} {fields:?}");
                assert_eq!(events.only().fields["message"], "denied", "{path} {fields:?}");
            }
        }
    }
    // Both see the response to a permitted request, and both add cache headers.
    let answer = get_from(nested.address, "/permitted", &[NONE, KEY]);
    assert_eq!((answer.status, answer.field("cache-control")), (200, Some("private")));
    assert_eq!(answer.members("vary"), ["x-key"]);
    assert_eq!(inside.take().len(), 1);
    let decided = outside.take();
    assert_eq!(
        (decided.len(), decided[0].cause, decided[0].scheme.as_deref()),
        (1, None, Some("ApiKey"))
    );
    assert!(events.take().is_empty());
}

#[test]
fn d01_hidden_behind_two_stages_and_missing_behind_one_or_two_are_the_same_bytes() {
    let hidden = || {
        any_method(|| async { "inside" }).layer(AuthorizeLayer::<User>::new(conceal(role("owner"))))
    };
    let inner = Router::new()
        .route("/hidden", hidden())
        .route("/object", any_method(|| async { Denial::forbidden().concealed() }))
        .route("/missing", any_method(|| async { Denial::not_found() }))
        .layer(AuthenticateLayer::new(bearer()).optional());
    let app = Router::new()
        .nest("/inner", inner)
        .fallback(|| async { Denial::not_found() })
        .layer(AuthenticateLayer::new(keys()).optional());
    let server = Server::start(app);
    for fields in [&[][..], &[NONE], &[KEY], &[NONE, KEY]] {
        for method in ["GET", "HEAD", "POST", "OPTIONS", "FROB"] {
            let missing = send(server.address, method, "/nothing", fields).undated();
            assert_eq!(missing.status, 404);
            for path in ["/inner/hidden", "/inner/object", "/inner/missing", "/inner/nothing"] {
                let answer = send(server.address, method, path, fields).undated();
                assert_eq!(answer, missing, "{method} {path} {fields:?}");
            }
        }
    }
}

#[test]
fn c12_an_inner_stage_that_ran_out_of_time_is_left_alone_as_well() {
    let events = Events::capture();
    let never = || {
        let verifier = async_verify_fn(|_: &str| pending::<Result<User, Unauthenticated>>());
        let layer = AuthenticateLayer::new(Bearer::new("test", verifier).unwrap());
        let layer = layer.time_limit(Duration::from_millis(1));
        Router::new().route("/", get(|| async { "inside" })).layer(layer)
    };
    let outside = Decisions::default();
    let alone = Server::start(never());
    let outer = AuthenticateLayer::new(keys()).optional().on_decision(outside.hook());
    let nested = Server::start(never().layer(outer));
    let expected = get_from(alone.address, "/", &[NONE]).undated();
    assert_eq!(expected.status, 503);
    events.take();
    for fields in [&[NONE][..], &[NONE, KEY]] {
        assert_eq!(get_from(nested.address, "/", fields).undated(), expected, "{fields:?}");
        let passed = outside.take();
        assert_eq!((passed.len(), passed[0].cause), (1, None), "{fields:?}");
        assert_eq!(events.only().fields["cause"], Cause::Unavailable.as_str());
    }
}
