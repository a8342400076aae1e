//! Which callers are refused, and with which challenge: C01 to C05.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use http::request::Parts;
use portcullis::policy::{GrantedScopes, all, any, not};
use portcullis::{
    ApiKey, AuthenticateLayer, AuthorizeLayer, Basic, Bearer, BoxPolicy, Decision, Denial, Policy,
    Principal, Problem, Requirement, Users, acr, any_of, anyone, conceal, conceal_unless, max_age,
    policy_fn, resource_fn, role, scope,
};

use crate::support::{Example, Server, get as get_from};
use crate::{USER_NONE, User, bearer, everything, guarded, tokens};

// ==== C01 ====

#[test]
fn c01_anonymous_callers_get_401_and_never_403() {
    // With what a token needs here.
    for (server, bearer) in [
        (guarded(everything(), role("admin")), "Bearer realm=\"test\""),
        (guarded(everything(), scope("a").unwrap()), "Bearer realm=\"test\", scope=\"a\""),
        (guarded(everything(), acr(["mfa"]).unwrap()), "Bearer realm=\"test\", acr_values=\"mfa\""),
        (
            guarded(everything(), all((role("admin"), scope("a").unwrap()))),
            "Bearer realm=\"test\", scope=\"a\"",
        ),
        (
            guarded(everything(), policy_fn(|_: &User, _: &Parts| Decision::Permit)),
            "Bearer realm=\"test\"",
        ),
    ] {
        let answer = get_from(server.address, "/", &[]);
        assert_eq!(answer.status, 401);
        assert_eq!(
            answer.lines("www-authenticate"),
            [
                bearer,
                "ApiKey realm=\"test\", field=\"x-key\"",
                "Basic realm=\"test\", charset=\"UTF-8\"",
            ]
        );
    }
}

#[test]
fn c01_a_stage_and_a_policy_that_require_an_identity_respond_alike() {
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
    let ignore_invalid_credentials =
        Server::start(app().layer(layer().ignore_invalid_credentials()));
    let strict = Server::start(app().layer(layer()));
    for fields in [
        &["authorization: Bearer wrong"][..],
        &["authorization: Bearer w r o n g"],
        &["authorization: Basic dXNlcjp3cm9uZw=="],
        &["x-key: wrong"],
        &[],
    ] {
        assert_eq!(get_from(ignore_invalid_credentials.address, "/open", fields).text(), "open");
        let expected = get_from(strict.address, "/closed", fields).undated();
        assert_eq!(expected.status, 401);
        assert_eq!(
            get_from(ignore_invalid_credentials.address, "/closed", fields).undated(),
            expected,
            "{fields:?}"
        );
        assert_eq!(
            get_from(ignore_invalid_credentials.address, "/handler", fields).undated(),
            expected
        );
    }
}

// ==== C02, C03, C04, C05 ====

#[test]
fn c02_a_known_caller_without_permission_gets_403_without_a_challenge() {
    let refuses = policy_fn(|_: &User, request: &Parts| {
        Decision::permit_if(request.uri.path() != "/").with_detail("Not from your region.")
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
fn c03_a_token_without_the_scopes_gets_all_that_are_needed() {
    let policies: [fn() -> BoxPolicy<User>; 4] = [
        || BoxPolicy::new(all((scope("b").unwrap(), scope("a").unwrap()))),
        || BoxPolicy::new(all((scope("b").unwrap(), scope("a").unwrap(), role("")))),
        || BoxPolicy::new(all((scope("b").unwrap(), any((scope("a").unwrap(), role("admin")))))),
        || BoxPolicy::new(any((all((scope("a").unwrap(), scope("b").unwrap())), role("admin")))),
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
fn c03_a_caller_without_a_token_gets_a_plain_403() {
    let server = guarded(everything(), scope("a").unwrap());
    for field in [USER_NONE, "x-key: none"] {
        let answer = get_from(server.address, "/", &[field]);
        assert_eq!((answer.status, answer.lines("www-authenticate").len()), (403, 0), "{field}");
    }
}

#[test]
fn c03_a_refusal_that_no_scope_would_cure_does_not_say_insufficient_scope() {
    let server = guarded(bearer(), all((scope("a").unwrap(), role("admin"))));
    let answer = get_from(server.address, "/", &["authorization: Bearer none"]);
    assert_eq!((answer.status, answer.lines("www-authenticate").len()), (403, 0));
}

#[test]
fn c03_the_challenge_keeps_the_metadata_and_the_scope_that_was_configured() {
    let url = "https://api.example/.well-known/oauth-protected-resource";
    let identity = Bearer::new("test", tokens()).unwrap();
    let identity = identity.resource_metadata(url).unwrap().scope("basic").unwrap();
    let server = guarded(identity, scope("b").unwrap());
    // Also in the 401 of a caller without a token (C01).
    let plain = format!("Bearer realm=\"test\", resource_metadata=\"{url}\", scope=\"basic b\"");
    assert_eq!(get_from(server.address, "/", &[]).lines("www-authenticate"), [plain.as_str()]);
    let answer = get_from(server.address, "/", &["authorization: Bearer a"]);
    let line = answer.field("www-authenticate").unwrap();
    assert!(line.contains(url) && line.contains("scope=\"basic b\""), "{line}");
    assert_eq!(line.matches("scope=").count(), 1, "{line}");
}

/// A handler and a stage that require a scope of every caller, and a policy that requires one.
fn wanting() -> Router {
    let need = || Requirement::scopes(["b"]).unwrap();
    let wants = resource_fn(move |_: &Parts| Decision::insufficient(need()));
    let inside = || get(|| async { "inside" });
    Router::new()
        .route("/handler", get(move || async move { Denial::insufficient(need()) }))
        .route("/stage", inside().layer(AuthorizeLayer::<User>::new(wants)))
        .route("/scope", inside().layer(AuthorizeLayer::<User>::new(scope("b").unwrap())))
}

#[test]
fn c03_an_anonymous_caller_gets_a_plain_403_even_if_only_bearer_is_offered() {
    let layer = AuthenticateLayer::new(bearer());
    let optional = Server::start(wanting().layer(layer.clone().optional()));
    let ignore_invalid_credentials =
        Server::start(wanting().layer(layer.ignore_invalid_credentials()));
    let nothing: [&[&str]; 4] = [
        &[],
        &["authorization: Bearer"],
        &["authorization: Bearer   "],
        &["authorization: Negotiate abc"],
    ];
    let failed: [&[&str]; 2] = [&["authorization: Bearer wrong"], &["authorization: Bearer a b"]];
    let asked = nothing.iter().map(|fields| (&optional, fields));
    let asked = asked
        .chain(nothing.iter().chain(&failed).map(|fields| (&ignore_invalid_credentials, fields)));
    for (server, fields) in asked {
        for path in ["/handler", "/stage"] {
            let answer = get_from(server.address, path, fields);
            assert_eq!(answer.status, 403, "{path} {fields:?}");
            assert!(answer.lines("www-authenticate").is_empty(), "{path} {fields:?}: {answer:?}");
        }
    }
    let answer = get_from(optional.address, "/handler", &["authorization: Bearer a"]);
    assert_eq!(answer.param("Bearer", "scope").as_deref(), Some("b"), "who came by a token");
}

#[test]
fn c03_a_bare_bearer_beside_an_api_key_is_no_token() {
    let key = || ApiKey::new("test", "x-key".parse().unwrap(), tokens()).unwrap();
    let layer = || AuthenticateLayer::new(any_of((bearer(), key())));
    for (layer, names_scope) in [
        (layer(), false),
        (layer().optional(), false),
        (layer().ignore_invalid_credentials(), true),
    ] {
        let server = Server::start(wanting().layer(layer));
        for bare in ["authorization: Bearer", "authorization: bearer  ", "authorization: Bearerx y"]
        {
            for path in ["/handler", "/stage", "/scope"] {
                let answer = get_from(server.address, path, &[bare, "x-key: a"]);
                assert_eq!(answer.status, 403, "{path} {bare}");
                assert!(answer.lines("www-authenticate").is_empty(), "{path} {bare}: {answer:?}");
            }
            // The error is about the wrong key, not about a token. Where the caller was admitted without
            // a principal, the policy has named its scope.
            let answer = get_from(server.address, "/scope", &[bare, "x-key: wrong"]);
            let bearer =
                if names_scope { "Bearer realm=test|scope=b" } else { "Bearer realm=test" };
            let plain = [bearer, "ApiKey realm=test|field=x-key"];
            assert_eq!(
                (answer.status, answer.challenges()),
                (401, plain.map(str::to_owned).into())
            );
        }
        let answer = get_from(server.address, "/scope", &["authorization: Bearer a"]);
        assert_eq!((answer.status, answer.schemes()), (403, vec!["Bearer".to_owned()]));
    }
}

#[test]
fn c03_a_caller_without_a_token_gets_no_challenge_for_one() {
    let layer = AuthenticateLayer::new(everything()).optional();
    let problem = Problem::new().type_base("https://api.example/problems/");
    let server = Server::start(wanting().layer(layer.respond_with(problem)));
    for fields in [&[][..], &[USER_NONE], &["x-key: none"]] {
        let answer = get_from(server.address, "/handler", fields);
        assert_eq!(answer.status, 403);
        assert!(!answer.everything().contains("insufficient_scope"), "{fields:?}: {answer:?}");
        assert!(!answer.text().contains("token"), "{fields:?}: {}", answer.text());
    }
}

/// The same policy in a handler and in a stage; every other path is missing.
fn in_both(policy: BoxPolicy<User>) -> Server {
    let checked = policy.clone();
    let handler = |Principal(user): Principal<User>, request: axum::extract::Request| async move {
        checked.check(&user, &request.into_parts().0).await
    };
    let app = Router::new()
        .route("/handler", get(handler))
        .route("/stage", get(|| async {}).layer(AuthorizeLayer::<User>::new(policy)))
        .fallback(|| async { Denial::not_found() })
        .layer(AuthenticateLayer::new(everything()));
    Server::start(app)
}

/// A scope policy of another crate.
#[derive(Clone)]
struct Own(&'static str);

impl Policy<User, Parts> for Own {
    async fn decide(&self, user: &User, _: &Parts) -> Decision {
        if user.scopes.contains(&self.0) {
            return Decision::Permit;
        }
        Decision::insufficient(Requirement::scopes([self.0]).unwrap())
    }

    fn granted_scopes(&self, user: &User, held: &mut GrantedScopes) {
        assert!(held.add("two words").is_err(), "that is no scope");
        if user.scopes.contains(&self.0) {
            held.add(self.0).unwrap();
        }
    }
}

#[test]
fn c03_custom_scope_policies_list_the_granted_scopes() {
    let both = || all((Own("b"), Own("a")));
    let policies: [(BoxPolicy<User>, &str); 9] = [
        (BoxPolicy::new(both()), "a b"),
        (BoxPolicy::new(all((Own("a"), scope("b").unwrap()))), "a b"),
        (BoxPolicy::new(all((scope("a").unwrap(), Own("b")))), "a b"),
        (BoxPolicy::new(Arc::new(both())), "a b"),
        (BoxPolicy::new(all(vec![BoxPolicy::new(Own("a")), BoxPolicy::new(Own("b"))])), "a b"),
        (BoxPolicy::new(any((both(), role("admin")))), "a b"),
        (BoxPolicy::new(conceal_unless(anyone(), both())), "a b"),
        (BoxPolicy::new(conceal_unless(Own("a"), both())), "a b"),
        // A scope within `not` is not listed.
        (BoxPolicy::new(all((not(not(Own("a"))), Own("b")))), "b"),
    ];
    for (index, (policy, scopes)) in policies.into_iter().enumerate() {
        let server = in_both(policy);
        for path in ["/handler", "/stage"] {
            let answer = get_from(server.address, path, &["authorization: Bearer a"]);
            assert_eq!(answer.status, 403);
            assert_eq!(answer.error("Bearer").as_deref(), Some("insufficient_scope"));
            assert_eq!(answer.param("Bearer", "scope").as_deref(), Some(scopes), "{index} {path}");
            assert_eq!(get_from(server.address, path, &["authorization: Bearer ab"]).status, 200);
        }
    }
}

/// Panics when it lists the granted scopes.
#[derive(Clone)]
struct PanicsOverHeld;

impl Policy<User, Parts> for PanicsOverHeld {
    async fn decide(&self, _: &User, _: &Parts) -> Decision {
        Decision::insufficient(Requirement::scopes(["b"]).unwrap())
    }

    fn granted_scopes(&self, _: &User, _: &mut GrantedScopes) {
        panic!("granted_scopes of a careless policy")
    }
}

#[test]
fn c03_a_panic_in_granted_scopes_changes_no_refusal() {
    let hidden: [BoxPolicy<User>; 4] = [
        BoxPolicy::new(conceal(PanicsOverHeld)),
        BoxPolicy::new(conceal(all((scope("a").unwrap(), PanicsOverHeld)))),
        BoxPolicy::new(conceal_unless(role("nobody"), PanicsOverHeld)),
        BoxPolicy::new(all((PanicsOverHeld, conceal(role("nobody"))))),
    ];
    let open: [BoxPolicy<User>; 3] = [
        BoxPolicy::new(PanicsOverHeld),
        BoxPolicy::new(all((PanicsOverHeld, anyone()))),
        BoxPolicy::new(conceal_unless(anyone(), PanicsOverHeld)),
    ];
    let token = ["authorization: Bearer a"];
    for server in hidden.map(in_both) {
        let missing = get_from(server.address, "/missing", &token).undated();
        assert_eq!(missing.status, 404);
        for path in ["/handler", "/stage"] {
            assert_eq!(get_from(server.address, path, &token).undated(), missing, "{path}");
        }
    }
    for server in open.map(in_both) {
        for path in ["/handler", "/stage"] {
            let answer = get_from(server.address, path, &token);
            assert_eq!(answer.status, 403, "{path}");
            let expected = format!("Bearer realm=\"test\", {ERROR}, scope=\"b\"");
            assert_eq!(answer.lines("www-authenticate"), [expected.as_str()], "{path}");
        }
    }
}

#[test]
fn c04_only_token_schemes_challenge_for_a_stronger_or_newer_authentication() {
    let policy = all((acr(["mfa"]).unwrap(), max_age(Duration::from_secs(300))));
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
    let server =
        guarded(bearer(), all((acr(["mfa"]).unwrap(), scope("a").unwrap(), scope("b").unwrap())));
    let answer = get_from(server.address, "/", &["authorization: Bearer a"]);
    assert_eq!(answer.status, 401);
    let line = answer.field("www-authenticate").unwrap();
    assert!(line.contains("acr_values=\"mfa\"") && line.contains("scope=\"a b\""), "{line}");
}

#[test]
fn c04_where_no_offered_scheme_can_bring_it_about_it_is_403() {
    let users = Users::new().with("user", "none", User::default());
    let server = guarded(Basic::new("test", users).unwrap(), acr(["mfa"]).unwrap());
    let answer = get_from(server.address, "/", &[USER_NONE]);
    assert_eq!((answer.status, answer.lines("www-authenticate").len()), (403, 0));

    let nothing_in_common =
        all((acr(["mfa"]).unwrap(), acr(["hwk"]).unwrap(), scope("a").unwrap()));
    let server = guarded(bearer(), nothing_in_common);
    let answer = get_from(server.address, "/", &["authorization: Bearer none"]);
    assert_eq!((answer.status, answer.lines("www-authenticate").len()), (403, 0));
}

#[test]
fn c05_a_token_that_expired_is_401_before_its_scopes_are_judged() {
    let server = Example::start("decision_table");
    let answer = get_from(server.address, "/reports", &["authorization: Bearer bob-expired"]);
    assert_eq!(answer.status, 401);
    assert!(answer.lines("www-authenticate")[0].contains("error=\"invalid_token\""));
}
