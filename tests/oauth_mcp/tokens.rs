//! Which tokens do, and what a client reads in a refusal.

use serde_json::{Value, json};

use crate::support::get;
use crate::{INITIALIZE, Site, bearer, call};

impl Site {
    /// `resource_metadata` of a challenge.
    fn metadata(&self) -> String {
        format!("http://{}/.well-known/oauth-protected-resource/mcp", self.address())
    }
}

#[test]
fn without_a_token_the_challenge_says_where_to_go() {
    let site = Site::start();
    for method in ["GET", "DELETE"] {
        assert_eq!(site.send(method, &[], "").status, 401);
    }
    let answer = site.post(&[], INITIALIZE);
    let metadata = site.metadata();
    let challenge =
        format!(r#"Bearer realm="notes", scope="notes:read", resource_metadata="{metadata}""#);
    assert_eq!((answer.status, answer.field("www-authenticate")), (401, Some(&*challenge)));

    let answer = get(site.address(), "/.well-known/oauth-protected-resource/mcp", &[]);
    let issuer = format!("http://{}", site.address());
    let Value::Object(metadata) = answer.json() else { panic!("{answer:#?}") };
    assert_eq!(metadata["resource"], site.resource);
    assert_eq!(metadata["authorization_servers"], json!([issuer]));
    // The least that is useful (MCP): a client that reads no challenge asks for all of them.
    assert_eq!(metadata["scopes_supported"], json!(["notes:read"]));
}

/// In a session and without one: 403, not a JSON-RPC error, and all scopes that the call needs.
#[test]
fn a_tool_without_its_scope_is_refused_in_http() {
    let site = Site::start();
    let token = site.token("alice", "notes:read");
    let session = site.begin(&token);
    let metadata = site.metadata();
    let challenge = format!(
        r#"Bearer realm="notes", error="insufficient_scope", error_description="The access token lacks a scope that this requires", scope="notes:read notes:write", resource_metadata="{metadata}""#
    );
    let stateless = call("add_note", r#"{"text": "a"}"#).replace(r#""params": {"#, META);
    let [version, method, name] = HEADERS;
    for (fields, message) in [
        (vec![&*token, &*session], call("add_note", r#"{"text": "a"}"#)),
        (vec![&*token, version, method, name], stateless),
    ] {
        let answer = site.post(&fields, &message);
        assert_eq!(answer.status, 403, "{message}: {answer:#?}");
        let found = answer.field("www-authenticate").expect("a challenge");
        assert_eq!(sorted(found), sorted(&challenge), "{message}");
        assert!(!answer.text().contains("jsonrpc"), "{answer:#?}");
    }
    // Nothing was done.
    let listed = site.post(&[&token, &session], &call("list_notes", "{}"));
    assert!(listed.status == 200 && !listed.text().contains(r#""text":"a""#), "{listed:#?}");
}

/// What a request has since 2026-07-28, in its body and in its headers.
const META: &str = r#""params": {"_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"}, "io.modelcontextprotocol/clientCapabilities": {}}, "#;
const HEADERS: [&str; 3] =
    ["MCP-Protocol-Version: 2026-07-28", "Mcp-Method: tools/call", "Mcp-Name: add_note"];

/// The parameters of a challenge; their order has no meaning.
fn sorted(challenge: &str) -> Vec<&str> {
    let (_, parameters) = challenge.split_once(' ').expect("parameters");
    let mut parameters: Vec<_> = parameters.split(", ").collect();
    parameters.sort_unstable();
    parameters
}

/// The scope that every request needs.
#[test]
fn a_token_without_the_least_scope_is_refused() {
    let site = Site::start();
    let answer = site.post(&[&site.token("alice", "notes:write")], INITIALIZE);
    assert_eq!(answer.status, 403);
    assert!(
        answer.field("www-authenticate").is_some_and(|it| it.contains(r#"scope="notes:read""#))
    );
}

/// A token for another resource is not for this server, whoever issued it. Nor is one that has expired, or
/// whose claims were changed.
#[test]
fn a_token_for_another_resource_is_refused() {
    let site = Site::start();
    let sign = |resource: &str, seconds| {
        site.issuer.sign("alice", "test", "notes:read", resource, seconds)
    };
    let right = sign(&site.resource, 300);
    assert_eq!(site.post(&[&bearer(&right)], INITIALIZE).status, 200);

    let [header, _, signature]: [&str; 3] =
        right.split('.').collect::<Vec<_>>().try_into().expect("three parts");
    let other = sign("https://other.example/mcp", 300);
    let claims = site.issuer.sign("bob", "test", "notes:read", &site.resource, 300);
    let changed = format!("{header}.{}.{signature}", claims.split('.').nth(1).expect("claims"));
    let origin = site.resource.trim_end_matches("/mcp").to_owned();
    for (why, token) in [
        ("another resource", other),
        ("the origin of this one", sign(&origin, 300)),
        ("expired", sign(&site.resource, -3600)),
        ("changed", changed),
        (
            "another issuer",
            Site::start().issuer.sign("alice", "test", "notes:read", &site.resource, 300),
        ),
    ] {
        let answer = site.post(&[&bearer(&token)], INITIALIZE);
        assert_eq!(answer.status, 401, "{why}: {answer:#?}");
        let challenge = answer.field("www-authenticate").expect("a challenge");
        assert!(challenge.contains(r#"error="invalid_token""#), "{why}: {challenge}");
        assert_eq!(answer.field("mcp-session-id"), None, "{why}");
    }
}
