//! Clients that learn from each refusal what to ask for: no request is refused twice for one reason.

use serde_json::{Value, json};

use crate::issuers::{OIDC_PROVIDER, glewlwyd};
use crate::{oauth4webapi, resource_server};

/// Asks for what its tokens do not permit yet, and then for what they permitted before.
const CLIENT: [&str; 3] = ["GET", "POST", "GET"];
const USER: [&str; 4] = ["GET", "POST", "DELETE", "GET"];

/// Nothing was sent: no `error`, but the scope to begin with.
fn first() -> Value {
    json!({ "status": 401, "scope": "notes:read" })
}

/// The scopes of both, so that the next token is good for both.
fn wider() -> Value {
    json!({ "status": 403, "error": "insufficient_scope", "scope": "notes:read notes:write" })
}

fn step_up() -> Value {
    let error = "insufficient_user_authentication";
    json!({ "status": 401, "error": error, "acr_values": "mfa", "max_age": "300" })
}

fn status(status: u16) -> Value {
    json!({ "status": status })
}

fn as_client() -> Vec<Value> {
    vec![first(), status(200), wider(), status(201), status(200)]
}

fn as_user() -> Vec<Value> {
    let before = [first(), status(200), wider(), status(201)];
    [&before[..], &[step_up(), status(204), status(200)]].concat()
}

#[test]
fn c03_a_client_finds_the_issuer_by_the_401_and_needs_one_wider_token() {
    let Some(issuer) = &*OIDC_PROVIDER else { return };
    let (_server, resource) = resource_server(&[("ISSUER", &issuer.url)]);
    for algorithm in ["ES256", "RS256", "Ed25519"] {
        let call = [&[&resource, algorithm, "client"], &CLIENT[..]].concat();
        assert_eq!(oauth4webapi(&call), as_client(), "{algorithm}");
    }
}

#[test]
fn c04_a_user_logs_in_again_for_what_needs_it() {
    let Some(issuer) = &*OIDC_PROVIDER else { return };
    let (_server, resource) = resource_server(&[("ISSUER", &issuer.url)]);
    for algorithm in ["ES256", "Ed25519"] {
        let call = [&[&resource, algorithm, "user"], &USER[..]].concat();
        assert_eq!(oauth4webapi(&call), as_user(), "{algorithm}");
    }
}

#[test]
fn c03_c04_the_same_with_opaque_tokens() {
    let Some(issuer) = &*OIDC_PROVIDER else { return };
    let introspection = format!("{}/token/introspection", issuer.url);
    let (_server, resource) = resource_server(&[
        ("ISSUER", &issuer.url),
        ("INTROSPECTION_URL", &introspection),
        ("CLIENT_ID", "resource-server"),
        ("CLIENT_SECRET", "secret"),
    ]);
    let call =
        |grant, methods: &[_]| oauth4webapi(&[&[&resource, "opaque", grant], methods].concat());
    assert_eq!(call("client", &CLIENT), as_client());
    assert_eq!(call("user", &USER), as_user());
}

#[test]
fn c03_jwts_and_opaque_tokens_at_one_resource() {
    let Some(issuer) = &*OIDC_PROVIDER else { return };
    let (keys, introspection) = ("/jwks", "/token/introspection");
    let [keys, introspection] = [keys, introspection].map(|path| format!("{}{path}", issuer.url));
    let (_server, resource) = resource_server(&[
        ("ISSUER", &issuer.url),
        ("JWKS_URL", &keys),
        ("INTROSPECTION_URL", &introspection),
        ("CLIENT_ID", "resource-server"),
        ("CLIENT_SECRET", "secret"),
    ]);
    for client in ["RS256", "opaque"] {
        let call = [&[&resource, client, "client"], &CLIENT[..]].concat();
        assert_eq!(oauth4webapi(&call), as_client(), "{client}");
    }
}

/// Its issuer has a path, and the path of its keys begins with two slashes.
#[test]
fn c03_the_same_with_another_issuer() {
    let Some(issuer) = glewlwyd() else { return };
    let (_server, resource) = resource_server(&[("ISSUER", &issuer.url)]);
    issuer.say(&resource);
    let call = [&[&resource, "ES256", "client"], &CLIENT[..]].concat();
    assert_eq!(oauth4webapi(&call), as_client());

    // It introspects its JWTs as well, if they are for a client that may ask.
    let introspection = format!("{}/introspect", issuer.url);
    let (server, resource) = resource_server(&[
        ("ISSUER", &issuer.url),
        ("INTROSPECTION_URL", &introspection),
        ("CLIENT_ID", "ES256"),
        ("CLIENT_SECRET", "secret"),
    ]);
    let tokens = issuer.say(&resource);
    let call = [&[&resource, "ES256", "client"], &CLIENT[..]].concat();
    assert_eq!(oauth4webapi(&call), as_client());
    // To its endpoint, these are as active as an access token.
    for kind in ["refresh_token", "id_token"] {
        let token = tokens[kind].as_str().expect("a token");
        crate::refused::invalid(server.address, kind, token);
    }
}
