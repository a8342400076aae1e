//! Right tokens in the wrong place: signed by the right key, or active, and still no access tokens for
//! this resource.

use std::net::SocketAddr;

use crate::issuers::{OIDC_PROVIDER, glewlwyd};
use crate::support::{Answer, get};
use crate::{oauth4webapi, resource_server};

/// Asks for the notes with this token.
pub fn with_token(address: SocketAddr, token: &str) -> Answer {
    get(address, "/notes", &[&format!("authorization: Bearer {token}")])
}

/// The token is refused, and named as the reason.
#[track_caller]
pub fn invalid(address: SocketAddr, what: &str, token: &str) {
    let answer = with_token(address, token);
    assert_eq!(answer.status, 401, "{what}: {}", answer.everything());
    assert_eq!(answer.error("Bearer").as_deref(), Some("invalid_token"), "{what}");
}

#[test]
fn a06_only_access_tokens_for_this_resource() {
    let Some(issuer) = &*OIDC_PROVIDER else { return };
    let introspection = format!("{}/token/introspection", issuer.url);
    let opaque = [
        ("ISSUER", &*issuer.url),
        ("INTROSPECTION_URL", &introspection),
        ("CLIENT_ID", "resource-server"),
        ("CLIENT_SECRET", "secret"),
    ];
    for (client, variables) in [("ES256", &opaque[..1]), ("opaque", &opaque)] {
        let (server, resource) = resource_server(variables);
        let tokens = oauth4webapi(&[&resource, client, "tokens", &issuer.url]).remove(0);
        let others = oauth4webapi(&[&format!("{resource}/more"), client, "tokens", &issuer.url]);
        let token = |name: &str| tokens[name].as_str().expect("a token");
        let send = |token| with_token(server.address, token).status;
        assert_eq!(send(token("access_token")), 200, "{client}");
        // A JWT: where tokens are introspected, this endpoint answers 400 `unsupported_token_type` (J61).
        invalid(server.address, "id_token", token("id_token"));
        invalid(server.address, "refresh_token", token("refresh_token"));
        let other = others[0]["access_token"].as_str().expect("a token");
        invalid(server.address, "for another resource", other);
        // None of them stands in the way of a right one.
        assert_eq!(send(token("access_token")), 200, "{client}");
    }
}

/// Where no resource was asked for, its `aud` is the list of scopes.
#[test]
fn a06_a_token_whose_audience_is_its_scope() {
    let Some(issuer) = glewlwyd() else { return };
    let (server, resource) = resource_server(&[("ISSUER", &issuer.url)]);
    let tokens = issuer.say(&resource);
    for kind in ["access_token", "id_token", "refresh_token"] {
        invalid(server.address, kind, tokens[kind].as_str().expect("a token"));
    }
}
