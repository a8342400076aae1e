//! The scopes that a challenge names: C01, C03, C04.

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

/// A token with several scopes.
#[derive(Clone)]
struct Granted(String);

impl HasScopes for Granted {
    fn has_scope(&self, scope: &str) -> bool {
        self.0.split(' ').any(|granted| granted == scope)
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
    // What a policy requires is added, once.
    assert_eq!(bearer_line(&get(optional.address, "/one", &[])), scoped);
    assert_eq!(bearer_line(&get(optional.address, "/role", &[])), scoped);
    assert_eq!(
        bearer_line(&get(optional.address, "/all", &[])),
        format!(r#"{PLAIN}, scope="files:read files:write a b""#)
    );
    // Where the policy cannot tell, or cannot be satisfied, the stage's hint stays.
    assert_eq!(bearer_line(&get(optional.address, "/by-hand", &[])), scoped);
    assert_eq!(bearer_line(&get(optional.address, "/never", &[])), scoped);

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
    assert_eq!(named(&optional, "/one"), "repository:one:pull files:write");
    assert_eq!(named(&optional, "/all"), "base a b");
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
    let named =
        |path, token: &[&str]| get(server.address, path, token).param("Bearer", "scope").unwrap();
    assert_eq!(named("/role", &[]), "repository:one:pull");
    assert_eq!(named("/role", &["authorization: Bearer nope"]), "repository:one:pull");
    // What the policy requires is added (C01, C03).
    let both = "repository:one:pull files:write";
    assert_eq!(named("/one", &[]), both);
    assert_eq!(named("/one", &["authorization: Bearer nope"]), both);
    assert_eq!(named("/one", &["authorization: Bearer has-none"]), both);
    // A policy that cannot tell its scopes has no effect on the identity's own.
    assert_eq!(named("/by-hand", &["authorization: Bearer has-none"]), "repository:one:pull");
}

#[test]
fn c03_the_configured_scopes_are_named_beside_all_that_are_needed() {
    let identity = tokens().scope("base files:write").unwrap();
    let server = Server::start(site().layer(AuthenticateLayer::new(identity).optional()));
    let token = "authorization: Bearer has-nothing";
    let named = |path: &str| {
        let answer = get(server.address, path, &[token]);
        assert_eq!(answer.status, 403, "{path}");
        assert_eq!(answer.error("Bearer").as_deref(), Some("insufficient_scope"), "{path}");
        answer.param("Bearer", "scope")
    };
    assert_eq!(named("/one").as_deref(), Some("base files:write"));
    assert_eq!(named("/any").as_deref(), Some("base files:write c"));
    // A policy cannot tell which scopes it requires.
    assert_eq!(named("/by-hand"), None);
}

#[test]
fn c03_a_client_that_requests_exactly_the_named_scopes_gets_in_with_the_second_token() {
    // As the SDKs of MCP do: the scopes of the last challenge replace those before.
    let tokens = verify_fn(|token: &str| Ok(Granted(token.replace('-', " ").replace('_', ":"))));
    let identity = Bearer::new("x", tokens).unwrap();
    let layer = AuthenticateLayer::new(identity).challenge_scope("base").unwrap();
    let stage = AuthorizeLayer::<Granted>::new(scope("base").unwrap());
    let handler = |Principal(caller): Principal<Granted>, head: Parts| async move {
        scope("files:write").unwrap().check(&caller, &head).await.map(|()| "in")
    };
    let routes = Router::new().route("/", on_get(handler)).layer(stage).layer(layer);
    let server = Server::start(routes);

    let mut asked = vec![get(server.address, "/", &[]).param("Bearer", "scope").unwrap()];
    loop {
        let token = asked.last().unwrap().replace(' ', "-").replace(':', "_");
        let answer = get(server.address, "/", &[&format!("authorization: Bearer {token}")]);
        if answer.status == 200 {
            break;
        }
        assert_eq!((answer.status, asked.len()), (403, 1), "{asked:?}");
        asked.push(answer.param("Bearer", "scope").unwrap());
    }
    assert_eq!(asked, ["base", "base files:write"]);
}

#[test]
fn c04_a_step_up_names_the_configured_scopes_only_if_scopes_are_missing_too() {
    let policy = |path: &str| {
        let acr = acr(["mfa"]).unwrap();
        match path {
            "/acr" => BoxPolicy::new(acr),
            "/held" => BoxPolicy::new(all((acr, scope("a").unwrap()))),
            "/lacking" => BoxPolicy::new(all((acr, scope("b").unwrap()))),
            "/untold" => BoxPolicy::new(all((acr, scope("b").unwrap(), ByHand))),
            other => panic!("{other}"),
        }
    };
    let mut site = Router::new();
    for path in ["/acr", "/held", "/lacking", "/untold"] {
        let guarded = Router::new().route(path, on_get(|| async { "in" }));
        site = site.merge(guarded.layer(AuthorizeLayer::<Token>::new(policy(path))));
    }
    let identity = tokens().scope("base").unwrap();
    let url = "https://api.example/.well-known/oauth-protected-resource";
    let identity = identity.resource_metadata(url).unwrap();
    let server = Server::start(site.layer(AuthenticateLayer::new(identity)));
    let cases = [("/acr", None), ("/held", None), ("/lacking", Some("base b")), ("/untold", None)];
    for (path, scope) in cases {
        let answer = get(server.address, path, &["authorization: Bearer has-a"]);
        let error = answer.error("Bearer");
        assert_eq!(error.as_deref(), Some("insufficient_user_authentication"), "{path}");
        assert_eq!(answer.param("Bearer", "scope").as_deref(), scope, "{path}");
        assert_eq!(answer.param("Bearer", "acr_values").as_deref(), Some("mfa"), "{path}");
        assert_eq!(answer.param("Bearer", "resource_metadata").as_deref(), Some(url), "{path}");
    }
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
