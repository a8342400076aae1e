//! I20 and I22: records of data, and faults of the server, that only look like refusals.

use super::wire::seen;

const ID20: &str = "soft-refusal";
const ID22: &str = "fault-for-credentials";

#[track_caller]
fn soft(path: &str, media: &str, body: &str) -> String {
    seen(ID20, &format!("GET {path}"), &format!("200\ncontent-type: {media}\n\n{body}"))
}

#[test]
fn i20_one_record_of_data_is_no_refusal() {
    for (path, body) in [
        (
            "/api/events/9",
            r#"{"type":"login","result":"failure","reason":"Invalid password","timestamp":"2026-01-01"}"#,
        ),
        ("/api/events/9", r#"{"result":"failure","message":"Invalid password"}"#),
        ("/jobs/7", r#"{"status":"failed","error":"permission denied","time":12}"#),
        ("/jobs/7", r#"{"status":"done","message":"forbidden"}"#),
        ("/api/http-codes?code=403", r#"{"code":403,"message":"Forbidden"}"#),
        ("/api/errors?a=b&name=access-denied", r#"{"message":"Access denied"}"#),
        ("/rooms/12", r#"{"code":401,"title":"Forbidden","description":"No entry, only exit."}"#),
    ] {
        assert_eq!(soft(path, "application/json", body), "", "{path} {body}");
    }
    for (body, place) in [
        (r#"{"status":"error","message":"Unauthorized"}"#, r#""message":"Unauthorized""#),
        (r#"{"status":"fail","message":"Unauthorized"}"#, r#""message":"Unauthorized""#),
        (r#"{"result":"error","message":"Unauthorized"}"#, r#""message":"Unauthorized""#),
        (r#"{"result":"Access denied","code":401,"msg":"x"}"#, r#""code":401"#),
        (
            r#"{"type":"https://tools.ietf.org/html/rfc9110#section-15.5.2","title":"Unauthorized","status":401}"#,
            r#""status":401"#,
        ),
        (
            r#"{"type":"AuthenticationError","message":"Invalid token"}"#,
            r#""message":"Invalid token""#,
        ),
        (
            r#"{"error":{"type":"invalid_request","message":"Invalid API key"}}"#,
            r#""error":{"type":"invalid_request","message":"Invalid API key"}"#,
        ),
        // The status is that of a refusal, whatever the word beside it.
        (r#"{"status":"failed","code":401,"message":"x"}"#, r#""code":401"#),
    ] {
        let found = format!("warning body `{place}`");
        assert_eq!(soft("/reports", "application/json", body), found, "{body}");
    }
}

#[test]
fn i20_a_page_about_something_of_that_name_is_no_refusal() {
    for page in [
        "<title>Forbidden | Cinema</title><h1>Forbidden</h1><p>A film of 1932.</p>",
        "<title>Unauthorized - Books</title><h1>Unauthorized</h1><p>A novel. Out of print.</p>",
        "<title>Cinema</title><h1>Forbidden</h1><p>A film of 1932.</p>",
    ] {
        assert_eq!(soft("/movies/12", "text/html", page), "", "{page}");
    }
    for (page, place) in [
        ("<title>Forbidden | Cinema</title><h1>Forbidden</h1>", "Forbidden | Cinema"),
        (
            "<title>Forbidden | Cinema</title><p>You are not allowed to see this page.</p>",
            "Forbidden | Cinema",
        ),
        ("<title>403 Forbidden</title><h1>403 Forbidden</h1><hr>nginx", "403 Forbidden"),
        ("<title>Cinema</title><h1>Unauthorized</h1><p>Please log in.</p>", "Unauthorized"),
    ] {
        assert_eq!(soft("/movies/12", "text/html", page), format!("warning body `{place}`"));
    }
}

#[test]
fn i20_a_login_to_a_site_and_json_behind_a_mark_are_found() {
    for title in ["Sign in to Example", "Log in to Example – Home", "Login to Example"] {
        let page = format!("<title>{title}</title><input type=password>");
        assert_eq!(soft("/x", "text/html", &page), format!("warning body `{title}`"));
        assert_eq!(soft("/x", "text/html", &format!("<title>{title}</title>")), "", "{title}");
    }
    let page = "<title>Sign into what you feel</title><input type=password>";
    assert_eq!(soft("/x", "text/html", page), "");
    let marked = "\u{feff}{\"error\":\"unauthorized\"}";
    for media in ["application/json", "text/html"] {
        assert_eq!(soft("/x", media, marked), "warning body `\"error\":\"unauthorized\"`");
    }
    // The mark itself is no JSON (RFC 8259 §8.1).
    let problem = "401\ncontent-type: application/problem+json\n\n\u{feff}{\"status\":401}";
    assert_eq!(seen("problem-mismatch", "", problem), "error body `\u{feff}`");
}

#[test]
fn i22_a_body_that_is_no_login_has_no_credentials() {
    let fault = "500\ncontent-type: application/json\n\n{\"message\":\"Invalid credentials\"}";
    // The server may have failed at a service behind it.
    for request in [
        "POST /orders\ncontent-type: application/json",
        "POST /contact\ncontent-type: application/x-www-form-urlencoded",
    ] {
        assert_eq!(seen(ID22, request, fault), "", "{request}");
    }
    for request in [
        "POST /login\ncontent-type: application/json",
        "POST /oauth/token\ncontent-type: application/x-www-form-urlencoded",
        "POST /token\ncontent-type: application/x-www-form-urlencoded",
        "POST /orders\ncontent-type: application/json\nauthorization: Bearer abc",
    ] {
        let found = "warning body `\"message\":\"Invalid credentials\"`";
        assert_eq!(seen(ID22, request, fault), found, "{request}");
    }
}

#[test]
fn i22_credentials_that_were_masked_are_unknown() {
    for value in [
        "Basic ***",
        "Basic *",
        "Basic YWxp****",
        "Basic <redacted>",
        "Basic [hidden]",
        "Basic {credentials}",
        "Basic REDACTED",
        "Basic xxxxxxxx",
        "Basic XXX",
        "Basic ...",
        "Basic YWxp...",
        "Bearer <token>",
        "Bearer ****",
        "Digest ***",
        "<redacted>",
        "***",
    ] {
        let request = format!("GET /a\nauthorization: {value}");
        assert_eq!(seen(ID22, &request, "500"), "", "{value}");
    }
}

#[test]
fn i29_a_message_about_what_was_sent_is_right() {
    let id = "internals-shown";
    let text = "content-type: text/plain\n\n/etc/nginx/nginx.conf:3: unknown directive \"a\"";
    let sent = "POST /lint\ncontent-type: text/plain";
    for status in ["400", "422"] {
        assert_eq!(seen(id, sent, &format!("{status}\n{text}")), "", "{status}");
    }
    let found = "warning body `/etc/nginx/nginx.conf`";
    assert_eq!(seen(id, sent, &format!("500\n{text}")), found);
    assert_eq!(seen(id, "GET /lint", &format!("422\n{text}")), found);
    // Words of a system or a runtime are those of the server.
    let missing = "422\ncontent-type: text/plain\n\nENOENT: /srv/app/a.conf";
    assert_eq!(seen(id, sent, missing), "warning body `/srv/app/a.conf`");
    let trace = "422\ncontent-type: text/plain\n\nTraceback (most recent call last)";
    assert_eq!(seen(id, sent, trace), "warning body `Traceback (most recent call last)`");
}
