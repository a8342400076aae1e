//! The scopes that a 401 names: C01, C03.

use std::time::Duration;

use axum::Router;
use axum::routing::get as on_get;
use http::request::Parts;
use portcullis::challenge::Challenge;
use portcullis::policy::{all, any};
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Basic, Bearer, BoxPolicy, Decision, Denial, Digest,
    DigestUsers, HasAuthentication, HasRoles, HasScopes, Identity, Login, Policy, Principal,
    Requirement, Unauthenticated, acr, any_of, conceal, max_age, role, scope, verify_fn,
};

use crate::support::{Answer, Server, get};

/// A token with one scope.
#[derive(Clone)]
struct Token(String);

impl HasScopes for Token {
    fn has_scope(&self, scope: &str) -> bool {
        self.0 == scope
    }
}

impl HasRoles for Token {
    fn has_role(&self, _: &str) -> bool {
        false
    }
}

impl HasAuthentication for Token {
    fn acr(&self) -> Option<&str> {
        None
    }

    fn authenticated_at(&self) -> Option<std::time::SystemTime> {
        None
    }
}

fn tokens() -> Bearer<impl portcullis::Verify<str, Principal = Token> + Clone> {
    let tokens = verify_fn(|token: &str| match token.strip_prefix("has-") {
        Some(scope) => Ok(Token(scope.replace('_', ":"))),
        None => Err(Unauthenticated::invalid()),
    });
    Bearer::new("x", std::sync::Arc::new(tokens)).unwrap()
}

fn identity() -> impl Identity<Principal = Token> {
    let users = verify_fn(|_: &Login| Ok(Token(String::new())));
    any_of((Basic::new("x", users).unwrap(), tokens()))
}

fn policy(path: &str) -> BoxPolicy<Token> {
    let scope = |name| scope(name).unwrap();
    match path {
        "/one" => BoxPolicy::new(scope("files:write")),
        "/all" => BoxPolicy::new(all((scope("b"), role("admin"), scope("a")))),
        "/any" => BoxPolicy::new(any((all((scope("a"), scope("b"))), scope("c")))),
        "/role" => BoxPolicy::new(role("admin")),
        "/hidden" => BoxPolicy::new(conceal(scope("secret"))),
        "/fresh" => BoxPolicy::new(all((
            scope("a"),
            acr(["mfa", "hwk"]).unwrap(),
            max_age(Duration::from_secs(300)),
        ))),
        "/never" => BoxPolicy::new(all((scope("a"), acr(["x"]).unwrap(), acr(["y"]).unwrap()))),
        "/by-hand" => BoxPolicy::new(all((scope("a"), ByHand))),
        other => panic!("{other}"),
    }
}

/// Says neither which scopes it looks at nor that it looks at none.
struct ByHand;

impl Policy<Token> for ByHand {
    async fn decide(&self, _: &Token, _: &Parts) -> Decision {
        Decision::Permit
    }
}

const PATHS: [&str; 8] =
    ["/one", "/all", "/any", "/role", "/hidden", "/fresh", "/never", "/by-hand"];

fn site() -> Router {
    let mut site = Router::new();
    for path in PATHS {
        let guarded = Router::new().route(path, on_get(|| async { "in" }));
        site = site.merge(guarded.layer(AuthorizeLayer::<Token>::new(policy(path))));
    }
    let write = || async {
        let needed = Requirement::scopes(["files:write"]).unwrap();
        Err::<(), _>(Denial::identity_needed_for(needed))
    };
    site.route("/handler", on_get(write))
}

fn bearer_line(answer: &Answer) -> String {
    answer
        .lines("www-authenticate")
        .into_iter()
        .find(|line| line.starts_with("Bearer"))
        .unwrap()
        .into()
}

const PLAIN: &str = r#"Bearer realm="x""#;

#[test]
fn c01_a_401_names_the_scopes_that_the_route_requires_without_an_error() {
    let layer = AuthenticateLayer::new(identity());
    let lenient = Server::start(site().layer(layer.clone().ignore_invalid_credentials()));
    let optional = Server::start(site().layer(layer.optional()));
    let cases = [
        ("/one", r#", scope="files:write""#),
        ("/handler", r#", scope="files:write""#),
        ("/all", r#", scope="a b""#),
        ("/any", r#", scope="c""#),
        ("/role", ""),
        ("/fresh", r#", acr_values="mfa hwk", max_age="300", scope="a""#),
        ("/never", ""),
        ("/by-hand", ""),
    ];
    for (path, terms) in cases {
        for server in [&optional, &lenient] {
            let answer = get(server.address, path, &[]);
            assert_eq!(answer.status, 401, "{path}");
            assert_eq!(bearer_line(&answer), format!("{PLAIN}{terms}"), "{path}");
            // Basic takes no scopes. Two parsers agree on all of it.
            assert_eq!(answer.challenges()[1], "Basic realm=x|charset=UTF-8", "{path}");
            assert_eq!(answer.json()["detail"], "This resource requires authentication.");
        }
        // C01: credentials that failed, and were admitted as anonymous.
        let answer = get(lenient.address, path, &["authorization: Bearer nope"]);
        let error = r#", error="invalid_token", error_description="The access token is not valid""#;
        assert_eq!(bearer_line(&answer), format!("{PLAIN}{error}{terms}"), "{path}");
        // They failed at once, so the policy was not asked.
        let answer = get(optional.address, path, &["authorization: Bearer nope"]);
        assert_eq!(bearer_line(&answer), format!("{PLAIN}{error}"), "{path}");
    }
    // The scopes that it names are enough.
    let token = "authorization: Bearer has-files_write";
    assert_eq!(get(optional.address, "/one", &[token]).text(), "in");
    assert_eq!(get(optional.address, "/any", &["authorization: Bearer has-c"]).text(), "in");
}

#[test]
fn d04_a_concealed_answer_names_no_scopes() {
    let server = Server::start(site().layer(AuthenticateLayer::new(identity()).optional()));
    let answer = get(server.address, "/hidden", &[]);
    assert_eq!((answer.status, answer.lines("www-authenticate").len()), (404, 0));
    assert!(!answer.everything().contains("secret"), "{answer:?}");
}

#[test]
fn c01_the_stage_names_scopes_where_no_policy_is_asked() {
    let layer = AuthenticateLayer::new(identity());
    let layer = layer.challenge_scope("files:read files:write").unwrap();
    let required = Server::start(site().layer(layer.clone()));
    let optional = Server::start(site().layer(layer.optional()));
    let scoped = format!(r#"{PLAIN}, scope="files:read files:write""#);
    let answer = get(required.address, "/one", &[]);
    assert_eq!(bearer_line(&answer), scoped);
    assert_eq!(answer.challenges()[1], "Basic realm=x|charset=UTF-8");
    let answer = get(required.address, "/one", &["authorization: Bearer nope"]);
    let error = r#", error="invalid_token", error_description="The access token is not valid""#;
    assert_eq!(bearer_line(&answer), format!("{scoped}{error}"));
    // A policy knows better, and where it does not, the stage's hint stays.
    assert_eq!(
        bearer_line(&get(optional.address, "/one", &[])),
        r#"Bearer realm="x", scope="files:write""#
    );
    assert_eq!(bearer_line(&get(optional.address, "/role", &[])), scoped);

    for wrong in ["", "a  b", "a\"b", "\u{e9}", "a\r\nb"] {
        assert!(AuthenticateLayer::new(identity()).challenge_scope(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn c01_the_scopes_of_the_stage_do_not_replace_those_of_the_request() {
    let challenge = |request: &Parts| {
        let own = Challenge::bearer("x").ok()?.to_builder();
        match request.uri.path() {
            "/one" => own.param("scope", "repository:one:pull").build().ok(),
            "/all" => own.param("service", "registry").build().ok(),
            _ => None,
        }
    };
    let layer = AuthenticateLayer::new(tokens().challenge_by(challenge));
    let layer = layer.challenge_scope("base").unwrap();
    let required = Server::start(site().layer(layer.clone()));
    let optional = Server::start(site().layer(layer.optional()));
    let named = |server: &Server, path: &str| {
        get(server.address, path, &[]).param("Bearer", "scope").unwrap()
    };
    assert_eq!(named(&required, "/one"), "repository:one:pull");
    assert_eq!(named(&required, "/all"), "base");
    assert_eq!(named(&required, "/role"), "base");
    assert_eq!(named(&optional, "/one"), "repository:one:pull");
    assert_eq!(named(&optional, "/all"), "a b");
}

#[test]
fn c01_the_scopes_of_the_stage_replace_those_of_the_identity_also_beside_digest() {
    let digest =
        Digest::from_users(DigestUsers::new("x").with("alice", "wonderland", Token(String::new())));
    let identity = any_of((tokens().scope("base").unwrap(), digest.unwrap()));
    let layer = AuthenticateLayer::new(identity).challenge_scope("files:write").unwrap();
    let server = Server::start(site().layer(layer));
    for sent in [&[][..], &["authorization: Bearer nope"]] {
        let answer = get(server.address, "/one", sent);
        assert_eq!(answer.param("Bearer", "scope").as_deref(), Some("files:write"), "{sent:?}");
        assert_eq!(answer.error("Bearer").is_some(), !sent.is_empty(), "{sent:?}");
    }
}

#[test]
fn a15_the_scopes_of_the_request_stay_when_its_token_is_not_valid() {
    let own = Challenge::builder("Bearer").realm("x").param("scope", "repository:one:pull");
    let own = own.build().unwrap();
    let layer = AuthenticateLayer::new(tokens().challenge_by(move |_: &Parts| Some(own.clone())));
    let server = Server::start(site().layer(layer.ignore_invalid_credentials()));
    let named = |token: &[&str]| get(server.address, "/one", token).param("Bearer", "scope");
    assert_eq!(named(&[]).as_deref(), Some("repository:one:pull"));
    assert_eq!(named(&["authorization: Bearer nope"]).as_deref(), Some("repository:one:pull"));
    // What is lacking is what the policy says (C03).
    assert_eq!(named(&["authorization: Bearer has-none"]).as_deref(), Some("files:write"));
}

#[test]
fn c03_a_configured_scope_is_not_named_as_one_that_is_lacking() {
    let identity = tokens().scope("base").unwrap();
    let server = Server::start(site().layer(AuthenticateLayer::new(identity).optional()));
    let token = "authorization: Bearer has-nothing";
    let answer = get(server.address, "/one", &[token]);
    assert_eq!((answer.status, answer.param("Bearer", "scope")), (403, Some("files:write".into())));
    let answer = get(server.address, "/by-hand", &[token]);
    assert_eq!(answer.error("Bearer").as_deref(), Some("insufficient_scope"));
    assert_eq!(answer.param("Bearer", "scope"), None);
}

#[test]
fn b01_a_proxy_names_scopes_as_well() {
    let layer = AuthenticateLayer::new(tokens()).challenge_scope("tunnel").unwrap();
    let server = Server::start(site().layer(layer.at_proxy().unwrap()));
    let answer = get(server.address, "/one", &[]);
    assert_eq!((answer.status, answer.param("Bearer", "scope")), (407, Some("tunnel".into())));
}

#[test]
fn c01_a_handler_that_wants_a_principal_names_no_scopes() {
    async fn needy(_: Principal<Token>) {}
    let router = Router::new().route("/", on_get(needy));
    let server = Server::start(router.layer(AuthenticateLayer::new(tokens()).optional()));
    assert_eq!(bearer_line(&get(server.address, "/", &[])), PLAIN);
}

#[test]
fn c03_of_two_issuers_both_challenges_name_the_scopes() {
    let issuer = |realm, prefix: &'static str| {
        let tokens = verify_fn(move |token: &str| match token.strip_prefix(prefix) {
            Some(scope) => Ok(Token(scope.to_owned())),
            None => Err(Unauthenticated::invalid()),
        });
        Bearer::new(realm, tokens).unwrap()
    };
    let identity = any_of((issuer("a", "a-"), issuer("b", "b-")));
    let server = Server::start(site().layer(AuthenticateLayer::new(identity).optional()));
    let expected = ["a", "b"].map(|realm| {
        format!(
            "Bearer realm={realm}|error=insufficient_scope|error_description=The access token \
             lacks a scope that this requires|scope=files:write"
        )
    });
    for token in ["a-read", "b-read"] {
        let answer = get(server.address, "/one", &[&format!("authorization: Bearer {token}")]);
        assert_eq!((answer.status, answer.challenges()), (403, expected.to_vec()), "{token}");
    }
    let plain = ["Bearer realm=a|scope=files:write", "Bearer realm=b|scope=files:write"];
    assert_eq!(get(server.address, "/one", &[]).challenges(), plain);
}
