//! J01, J02: what the metadata says, and which requests get it.

use http::StatusCode;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW,
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HOST,
};
use portcullis::oauth::{InvalidMember, InvalidUrl, Resource};
use portcullis::{AuthenticateLayer, ConcealLayer};
use serde_json::json;

use super::{WELL_KNOWN, inside, json, notes, request, send, tokens};

#[tokio::test]
async fn j01_the_metadata_has_what_was_configured_and_nothing_else() {
    let bare = Resource::new("https://api.example.com").unwrap();
    let app = inside().layer(bare.layer());
    let response = send(&app, request("GET", WELL_KNOWN)).await;
    let expected =
        json!({ "resource": "https://api.example.com", "bearer_methods_supported": ["header"] });
    assert_eq!(json(&response), expected);

    let full = notes().authorization_server("https://other.example.com/realms/a").unwrap();
    let full = full.authorization_server("https://login.example.com").unwrap();
    let full = full.name("Notes \"of\" all").member("resource_name#de", "Notizen").unwrap();
    let full = full.documentation("https://example.com/docs?a#tokens").unwrap();
    let full = full.policy("https://example.com/policy").unwrap();
    let full = full.terms_of_service("https://example.com/tos").unwrap();
    let app = inside().layer(full.layer());
    let response = send(&app, request("GET", &format!("{WELL_KNOWN}/notes"))).await;
    let expected = json!({
        "resource": "https://api.example.com/notes",
        "authorization_servers": ["https://login.example.com", "https://other.example.com/realms/a"],
        "scopes_supported": ["notes:read", "notes:write"],
        "bearer_methods_supported": ["header"],
        "resource_name": "Notes \"of\" all",
        "resource_name#de": "Notizen",
        "resource_documentation": "https://example.com/docs?a#tokens",
        "resource_policy_uri": "https://example.com/policy",
        "resource_tos_uri": "https://example.com/tos",
    });
    assert_eq!(json(&response), expected);
}

#[test]
fn j01_wrong_configuration_is_refused_with_what_to_do() {
    let message = Resource::new("http://api.example.com").unwrap_err().to_string();
    assert!(message.contains("must begin with `https://`"), "{message}");
    assert!(notes().authorization_server("https://login.example.com/?a=b").is_err());
    assert!(notes().authorization_server("login.example.com").is_err());
    assert!(notes().scopes(["notes:read notes:write"]).is_err());
    assert!(notes().documentation("javascript:alert(1)").is_err());
    let look_alike = "https://api.example.com/?scope=a";
    assert_eq!(Resource::new(look_alike), Err(InvalidUrl::LookAlike(look_alike.to_owned())));
    for name in ["resource", "signed_metadata", "dpop_bound_access_tokens_required"] {
        let refused = notes().member(name, true).unwrap_err();
        assert_eq!(refused, InvalidMember::Reserved(name.to_owned()));
    }
}

#[tokio::test]
async fn j02_get_and_head_are_answered_outside_the_stages() {
    let stage = AuthenticateLayer::new(tokens());
    let app = inside().layer(stage).layer(notes().layer());
    let path = format!("{WELL_KNOWN}/notes");
    let got = send(&app, request("GET", &path)).await;
    assert_eq!(got.status(), StatusCode::OK);
    assert_eq!(got.headers()[CONTENT_TYPE], "application/json");
    assert_eq!(got.headers()[CONTENT_LENGTH], got.body().len().to_string());
    assert_eq!(got.headers()[CACHE_CONTROL], "public, max-age=3600");
    assert_eq!(got.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    let head = send(&app, request("HEAD", &path)).await;
    assert_eq!((head.status(), head.headers()), (got.status(), got.headers()));
    assert!(head.body().is_empty());
    assert_eq!(send(&app, request("GET", "/notes")).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn j02_options_is_answered_and_other_methods_are_405() {
    let app = inside().layer(notes().layer());
    let path = format!("{WELL_KNOWN}/notes");
    let mut preflight = request("OPTIONS", &path);
    for (name, value) in [
        ("origin", "https://app.example"),
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "mcp-protocol-version"),
    ] {
        preflight.headers_mut().insert(name, value.parse().unwrap());
    }
    for request in [preflight, request("OPTIONS", &path)] {
        let response = send(&app, request).await;
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
        assert_eq!(response.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert_eq!(response.headers()[ACCESS_CONTROL_ALLOW_METHODS], "GET, HEAD, OPTIONS");
        assert_eq!(response.headers()[ACCESS_CONTROL_ALLOW_HEADERS], "*");
        assert_eq!(response.headers()[ALLOW], "GET, HEAD, OPTIONS");
    }
    for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE", "QUERY", "get", "FROB", "CONNECT"] {
        let response = send(&app, request(method, &path)).await;
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(response.headers()[ALLOW], "GET, HEAD, OPTIONS", "{method}");
        assert_eq!(response.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], "*", "{method}");
        assert!(response.body().is_empty(), "{method}");
    }
}

#[tokio::test]
async fn j02_another_spelling_of_the_path_passes_through_as_it_was_sent() {
    let app = inside().layer(notes().layer());
    let passing = [
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/",
        "/.well-known/oauth-protected-resource/notes/",
        "/.well-known/oauth-protected-resource//notes",
        "/.well-known/oauth-protected-resource/Notes",
        "/.well-known/oauth-protected-resource/notes;a",
        "/.well-known/oauth-protected-resource/./notes",
        "/.well-known/oauth-protected-resource/x/../notes",
        "/.well-known/oauth-protected-resource/%6eotes",
        "/.well-known/oauth-protected-resource%2fnotes",
        "/.well-known/oauth-protected-resourcenotes",
        "/.well-known/oauth-authorization-server/notes",
        "//.well-known/oauth-protected-resource/notes",
        "/notes/.well-known/oauth-protected-resource",
        "/notes",
        "*",
    ];
    for target in passing {
        for method in ["GET", "OPTIONS", "POST"] {
            let response = send(&app, request(method, target)).await;
            assert_eq!(response.status(), StatusCode::OK, "{target}");
            assert_eq!(response.body(), target.as_bytes());
            assert!(!response.headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN), "{target}");
        }
    }
    let found = [
        "/.well-known/oauth-protected-resource/notes",
        "/.well-known/oauth-protected-resource/notes?",
        "/.well-known/oauth-protected-resource/notes?any=thing",
        "https://api.example.com/.well-known/oauth-protected-resource/notes",
        "http://other.example:81/.well-known/oauth-protected-resource/notes",
    ];
    for target in found {
        let response = send(&app, request("GET", target)).await;
        assert_eq!(json(&response)["resource"], "https://api.example.com/notes", "{target}");
    }
}

#[tokio::test]
async fn j02_nothing_of_a_request_is_in_the_metadata() {
    let app = inside().layer(notes().layer());
    let path = format!("{WELL_KNOWN}/notes");
    let usual = send(&app, request("GET", &path)).await;
    for name in [HOST.as_str(), "x-forwarded-host", "forwarded", "origin", "x-forwarded-proto"] {
        let mut forged = request("GET", &format!("http://evil.example{path}"));
        forged.headers_mut().insert(name, "evil.example".parse().unwrap());
        let response = send(&app, forged).await;
        assert_eq!(response.body(), usual.body(), "{name}");
        assert_eq!(response.headers(), usual.headers(), "{name}");
    }
}

#[tokio::test]
async fn j02_a_resource_with_a_query_has_its_own_metadata() {
    let with =
        |query: &str| Resource::new(&format!("https://api.example.com/notes{query}")).unwrap();
    // Each of the layers serves its own; what is not its own it passes through.
    let app = inside().layer(with("?tenant=a").layer()).layer(with("?tenant=b").layer());
    let path = format!("{WELL_KNOWN}/notes");
    for (query, resource) in [("?tenant=a", with("?tenant=a")), ("?tenant=b", with("?tenant=b"))] {
        let response = send(&app, request("GET", &format!("{path}{query}"))).await;
        assert_eq!(json(&response)["resource"], resource.identifier());
    }
    for query in ["", "?tenant=c", "?tenant=a&x", "?Tenant=a"] {
        let response = send(&app, request("GET", &format!("{path}{query}"))).await;
        assert_eq!(response.body(), format!("{path}{query}").as_bytes());
    }
}

#[tokio::test]
async fn j02_a_concealed_area_has_no_effect_on_the_metadata_outside_it() {
    let stage = AuthenticateLayer::new(tokens()).optional();
    let hidden = inside().layer(stage).layer(ConcealLayer::everywhere());
    let plain = inside().layer(notes().layer());
    let app = hidden.layer(notes().layer());
    for method in ["GET", "HEAD", "OPTIONS", "POST"] {
        let path = format!("{WELL_KNOWN}/notes");
        let (here, there) =
            (send(&app, request(method, &path)).await, send(&plain, request(method, &path)).await);
        assert_eq!(here.status(), there.status(), "{method}");
        assert_eq!((here.headers(), here.body()), (there.headers(), there.body()), "{method}");
    }
}
