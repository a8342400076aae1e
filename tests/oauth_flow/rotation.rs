//! Keys that an issuer replaces, or does not serve.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use crate::issuers::oidc_provider;
use crate::refused::{invalid, with_token};
use crate::support::get;
use crate::{oauth4webapi, resource_server};

#[test]
fn a_new_key_is_found_and_a_removed_one_takes_its_tokens_along() {
    let Some(issuer) = oidc_provider() else { return };
    let (server, resource) = resource_server(&[("ISSUER", &issuer.url)]);
    let token = || {
        let tokens = oauth4webapi(&[&resource, "ES256", "tokens", &issuer.url]);
        tokens[0]["access_token"].as_str().expect("a token").to_owned()
    };
    let send = |token: &str| with_token(server.address, token).status;

    let first = token();
    assert_eq!(send(&first), 200);
    issuer.say("second first");
    let second = token();
    assert_eq!(send(&second), 200, "its key is new");
    assert_eq!(send(&first), 200, "its key is still there");
    issuer.say("third second");
    let third = token();
    // Known, so that nothing is fetched for it.
    assert_eq!(send(&first), 200);
    assert_eq!(send(&third), 200);
    invalid(server.address, "its key was removed", &first);
    assert_eq!(send(&second), 200);
}

/// It starts, and refuses what it can judge without keys.
#[test]
fn a07_without_its_issuer_it_serves_what_needs_no_key() {
    // Bound and not listening: connections are refused.
    let port = tokio::net::TcpSocket::new_v4().expect("a socket");
    port.bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let issuer = format!("http://{}", port.local_addr().expect("an address"));
    let (server, resource) = resource_server(&[("ISSUER", &issuer)]);
    let token = |audience: &str| {
        let claims = json!({
            "iss": issuer, "aud": audience, "sub": "alice", "client_id": "demo", "jti": "1",
            "scope": "notes:read", "iat": 1, "exp": 10_000_000_000_u64,
        });
        let header = json!({ "alg": "ES256", "kid": "1", "typ": "at+jwt" });
        let [header, claims] = [header, claims].map(|it| URL_SAFE_NO_PAD.encode(it.to_string()));
        format!("{header}.{claims}.{}", "A".repeat(86))
    };

    assert_eq!(get(server.address, "/notes", &[]).status, 401);
    let metadata = get(server.address, "/.well-known/oauth-protected-resource/notes", &[]);
    assert_eq!(metadata.json()["authorization_servers"], json!([issuer]));
    invalid(server.address, "for another resource", &token("http://localhost/other"));
    let answer = with_token(server.address, &token(&resource));
    assert_eq!(answer.status, 503, "{}", answer.everything());
    assert!(answer.field("retry-after").is_some(), "{}", answer.everything());
    assert!(answer.schemes().is_empty(), "{}", answer.everything());
}
