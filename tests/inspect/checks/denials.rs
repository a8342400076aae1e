//! I20: refusals with a status of success. I22: faults that are refusals.

use super::wire::{bytes_seen, seen};

const ID20: &str = "soft-refusal";
const ID22: &str = "fault-for-credentials";

fn json(body: &str) -> String {
    format!("200\ncontent-type: application/json; charset=utf-8\n\n{body}")
}

fn html(body: &str) -> String {
    format!("200\ncontent-type: text/html\n\n{body}")
}

#[test]
fn i20_json_that_denies_is_found() {
    for (body, place) in [
        (r#"{"status":401}"#, r#""status":401"#),
        (r#"{"code":403}"#, r#""code":403"#),
        (r#"{ "statusCode" : 401, "message": "nope" }"#, r#""statusCode" : 401"#),
        (r#"{"code":"403","msg":"no","data":null}"#, r#""code":"403""#),
        (r#"{"status":"401 Unauthorized","message":"x"}"#, r#""status":"401 Unauthorized""#),
        (r#"{"error":"unauthorized"}"#, r#""error":"unauthorized""#),
        (r#"{"error":"Access denied."}"#, r#""error":"Access denied.""#),
        (r#"{"ok":false,"error":"not_authed"}"#, r#""error":"not_authed""#),
        (r#"{"success":false,"code":"FORBIDDEN"}"#, r#""code":"FORBIDDEN""#),
        (r#"{"message":"Unauthorized"}"#, r#""message":"Unauthorized""#),
        (
            r#"{"detail":"Authentication credentials were not provided."}"#,
            r#""detail":"Authentication credentials were not provided.""#,
        ),
        (
            r#"{"error":{"code":401,"message":"Request had invalid credentials.","status":"UNAUTHENTICATED"}}"#,
            r#""error":{"code":401,"message":"Request had invalid credentials.","status":"UNAUTHENTICATED"}"#,
        ),
        (r#"{"title":"Forbidden","status":403}"#, r#""status":403"#),
        (r#"{"authenticated":false,"error":"Login required"}"#, r#""error":"Login required""#),
        (r#"{"error":{"type":"permission_denied"}}"#, r#""error":{"type":"permission_denied"}"#),
    ] {
        assert_eq!(seen(ID20, "GET /reports", &json(body)), format!("warning body `{place}`"));
        assert_eq!(seen(ID20, "", &json(body)), format!("warning body `{place}`"), "no request");
    }
    // To ask who is logged in is no attempt to log in.
    let response = json(r#"{"error":"unauthorized"}"#);
    assert_eq!(seen(ID20, "GET /auth/me", &response), "warning body `\"error\":\"unauthorized\"`");
    // Credentials make no difference, nor does another success.
    let response = json(r#"{"status":401}"#).replace("200", "203");
    let sent = "POST /reports\nauthorization: Bearer abc";
    assert_eq!(seen(ID20, sent, &response), "warning body `\"status\":401`");
}

#[test]
fn i20_json_that_speaks_of_refusals_is_right() {
    for body in [
        // Data, with members that no error message has.
        r#"{"id":7,"status":401,"total":12}"#,
        r#"{"code":403,"name":"Forbidden","price":3}"#,
        r#"{"code":403,"description":"a blue cup","type":"cup"}"#,
        r#"{"level":"warn","message":"access denied"}"#,
        r#"{"type":"access_denied","timestamp":"2026-01-01"}"#,
        r#"{"status":"unauthorized"}"#,
        r#"{"items":[{"error":"unauthorized"}]}"#,
        r#"[{"status":401}]"#,
        r#""Forbidden""#,
        // Answers to questions about somebody.
        r#"{"authenticated":false}"#,
        r#"{"user":null}"#,
        r#"{"active":false}"#,
        r#"{"success":true,"message":"Access denied","code":403}"#,
        // Protocols that send errors with 200.
        r#"{"errors":[{"message":"Not authorized","extensions":{"code":"UNAUTHENTICATED"}}],"data":null}"#,
        r#"{"errors":[{"message":"Forbidden"}],"message":"Forbidden"}"#,
        r#"{"jsonrpc":"2.0","error":{"code":401,"message":"Unauthorized"},"id":1}"#,
        // Texts of an application.
        r#"{"error":"Access denied","login":"Log in"}"#,
        r#"{"message":"The words access denied are in this sentence."}"#,
        r#"{"error":null,"status":200}"#,
        r#"{"status":401"#,
        "",
        "{}",
    ] {
        assert_eq!(seen(ID20, "GET /reports", &json(body)), "", "{body}");
    }
    for (request, response) in [
        // The refusal is what was asked for.
        ("GET /docs/errors/403", json(r#"{"status":403,"message":"Forbidden"}"#)),
        ("GET /errors/access-denied", json(r#"{"error":"access_denied"}"#)),
        ("POST /api/auth", json(r#"{"message":"Invalid credentials"}"#)),
        ("POST /login", json(r#"{"error":"invalid_credentials"}"#)),
        // It says so with its status.
        ("GET /a", json(r#"{"status":401}"#).replace("200\n", "401\n")),
        ("GET /a", json(r#"{"status":401}"#).replace("200\n", "207\n")),
        ("HEAD /a", json(r#"{"status":401}"#)),
        // It is not said to be JSON.
        ("GET /a", "200\ncontent-type: application/grpc\n\n{\"status\":401}".to_owned()),
        ("GET /a", "200\n\n{\"status\":401}".to_owned()),
        // The rest was not read.
        ("GET /a", "200\ncontent-type: text/plain\ncontent-length: 99\n\nForbidden".to_owned()),
    ] {
        assert_eq!(seen(ID20, request, &response), "", "{request} {response}");
    }
}

#[test]
fn i20_a_problem_with_success_is_an_error() {
    let problem = |body: &str| format!("200\ncontent-type: application/problem+json\n\n{body}");
    for (body, place) in [
        (r#"{"title":"x","status":403}"#, r#""status":403"#),
        (r#"{"status":500,"balance":3}"#, r#""status":500"#),
        (r#"{"title":"Forbidden","scopes":["a"]}"#, r#""title":"Forbidden""#),
    ] {
        let response = problem(body);
        assert_eq!(seen(ID20, "GET /a", &response), format!("error body `{place}`"));
        assert_eq!(seen("problem-mismatch", "GET /a", &response), "", "one finding is enough");
    }
    assert_eq!(seen(ID20, "GET /a", &problem(r#"{"title":"Out of credit"}"#)), "");
}

#[test]
fn i20_pages_and_texts_that_deny_are_found() {
    for title in ["Access denied", "403 Forbidden", "Example | Access Denied", "401 - Unauthorized"]
    {
        let page = format!("<html><head><title>{title}</title></head><body><h1>No</h1>");
        let expected = format!("warning body `{title}`");
        assert_eq!(seen(ID20, "GET /reports", &html(&page)), expected);
    }
    let login = "<TITLE>\n Sign in – Example</TITLE><form><INPUT name=p type=\"password\"></form>";
    let expected = "warning body `Sign in – Example`";
    assert_eq!(seen(ID20, "GET /reports", &html(login)), expected);
    assert_eq!(seen(ID20, "GET /reports\ncookie: a=b", &html(login)), expected);
    // Express sends texts as pages.
    assert_eq!(seen(ID20, "GET /reports", &html("Unauthorized")), "warning body `Unauthorized`");
    let heading = "<title>App</title><h1 class=a>Access denied</h1><p>Ask an administrator.</p>";
    assert_eq!(seen(ID20, "GET /reports", &html(heading)), "warning body `Access denied`");
    let text = "200\ncontent-type: text/plain\n\nUnauthorized\n";
    assert_eq!(seen(ID20, "GET /reports", text), "warning body `Unauthorized`");
}

#[test]
fn i20_pages_about_refusals_and_logins_are_right() {
    let login = "<title>Log in</title><input type=password>";
    let article =
        format!("<title>Access denied - Wiki</title>{}", "<p>It is a film.</p>".repeat(80));
    let script = "<title>App</title><script>var denied = 'Access denied';</script>";
    for (request, body) in [
        ("GET /login", login),
        ("GET /users/sign_in?next=/", login),
        ("POST /session", login),
        ("GET /", login),
        ("GET /index.php?a=b", login),
        ("", login),
        ("GET /logout", login),
        ("GET /reports", "<title>Log in</title><p>See our manual.</p>"),
        ("GET /wiki/Access", &article),
        ("GET /help/access-denied", "<title>Access denied</title><p>short</p>"),
        ("GET /reports", script),
        ("GET /reports", "<title>How to log in</title><input type=password>"),
        ("GET /reports", "<title>Forbidden planet</title>"),
        ("GET /reports", "Access denied? See our manual."),
        ("GET /reports", ""),
    ] {
        assert_eq!(seen(ID20, request, &html(body)), "", "{request} {body}");
    }
    let long = "200\ncontent-type: text/plain\n\nForbidden fruit is sweet.";
    assert_eq!(seen(ID20, "GET /reports", long), "");
    // Compressed bytes, and those that somebody has decompressed.
    let head = "200\ncontent-type: text/plain\ncontent-encoding: gzip";
    assert_eq!(bytes_seen(ID20, "GET /a", head, b"\x1f\x8b\x08Forbidden"), "");
    assert_eq!(bytes_seen(ID20, "GET /a", head, b"Forbidden"), "warning body `Forbidden`");
    let latin = "200\ncontent-type: text/html; charset=iso-8859-1";
    assert_eq!(bytes_seen(ID20, "GET /a", latin, b"<title>Forbidden</title>\xe9"), "");
}

fn fault(media: &str, body: &str) -> String {
    format!("500\ncontent-type: {media}\n\n{body}")
}

#[test]
fn i22_a_500_about_credentials_is_found() {
    for (media, body, place) in [
        // Django REST framework: APIException("Invalid token", code=401).
        ("application/json", r#"{"detail":"Invalid token"}"#, r#""detail":"Invalid token""#),
        (
            "application/json",
            r#"{"detail":"Authentication credentials were not provided."}"#,
            r#""detail":"Authentication credentials were not provided.""#,
        ),
        // Spring, with a handler for every exception.
        (
            "application/json",
            r#"{"status":500,"error":"Internal Server Error","message":"JWT expired at 2026-01-01","path":"/a"}"#,
            r#""message":"JWT expired at 2026-01-01""#,
        ),
        ("application/json", r#"{"statusCode":401,"message":"x"}"#, r#""statusCode":401"#),
        (
            "application/problem+json",
            r#"{"title":"Unauthenticated"}"#,
            r#""title":"Unauthenticated""#,
        ),
        ("text/plain", "Unauthorized\n", "Unauthorized"),
        // Express.
        (
            "text/html; charset=utf-8",
            "<pre>JsonWebTokenError: jwt malformed<br> &nbsp; at x</pre>",
            "JsonWebTokenError",
        ),
        ("text/html", "<pre>Error: Unauthorized<br> &nbsp; at x</pre>", "Error: Unauthorized"),
    ] {
        let expected = format!("warning body `{place}`");
        for request in [
            "GET /a\nauthorization: Bearer abc",
            "GET /a\ncookie: session=abcdef",
            "GET /a\nx-api-key: abc",
            "GET /a?access_token=abc",
            "POST /login\ncontent-type: application/json",
            "",
        ] {
            assert_eq!(seen(ID22, request, &fault(media, body)), expected, "{request} {body}");
        }
    }
    // A request without credentials, and a body that says so.
    for (media, body, place) in [
        (
            "application/json",
            r#"{"detail":"No token provided"}"#,
            r#""detail":"No token provided""#,
        ),
        (
            "text/plain",
            "Authentication credentials were not provided.\n",
            "Authentication credentials were not provided.",
        ),
        (
            "text/html",
            "<p>rest_framework.exceptions.NotAuthenticated: x",
            "rest_framework.exceptions.NotAuthenticated",
        ),
    ] {
        let expected = format!("warning body `{place}`");
        assert_eq!(seen(ID22, "GET /a", &fault(media, body)), expected, "{body}");
    }
    for authorization in
        ["Basic", "Basic !!!!", "Basic YWxpY2U=", "Bearer", "Bearer a b", "Digest", ""]
    {
        let request = format!("GET /a\nauthorization: {authorization}");
        assert_eq!(seen(ID22, &request, "500"), "warning status", "{authorization}");
    }
    let twice = "GET /a\nauthorization: Bearer a\nauthorization: Bearer b";
    assert_eq!(seen(ID22, twice, "500"), "warning status");
    assert_eq!(seen(ID22, "GET /a\nproxy-authorization: Basic !", "500"), "warning status");
}

#[test]
fn i22_a_500_for_other_reasons_is_right() {
    for body in [
        // The server's own credentials, at a database, a file, another service.
        r#"{"message":"Access denied for user 'app'@'10.0.0.1' (using password: YES)"}"#,
        r#"{"message":"Access Denied"}"#,
        r#"{"error":"[Errno 13] Permission denied"}"#,
        r#"{"message":"permission denied for table users"}"#,
        r#"{"message":"Request failed with status code 401"}"#,
        r#"{"message":"Invalid token < in JSON at position 0"}"#,
        r#"{"error":"Internal Server Error","status":500}"#,
        r#"{"upstream":{"status":401}}"#,
    ] {
        assert_eq!(seen(ID22, "GET /a", &fault("application/json", body)), "", "{body}");
    }
    // The credentials can only be those of the server, at a service behind it.
    for (media, body) in [
        ("application/json", r#"{"error":"unauthorized"}"#),
        ("application/json", r#"{"statusCode":401,"message":"x"}"#),
        ("application/json", r#"{"message":"Invalid token"}"#),
        ("text/plain", "Unauthorized"),
        ("text/html", "<pre>Error: Unauthorized<br> &nbsp; at x</pre>"),
    ] {
        assert_eq!(seen(ID22, "GET /a", &fault(media, body)), "", "{body}");
    }
    for authorization in [
        "Basic YWxpY2U6d29uZGVybGFuZA==",
        // Padding is optional to many, and this token is that of a framework.
        "Basic YWxpY2U6d29uZGVybGFuZA",
        "Bearer 1|abcdef",
        "Bearer abc",
        "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=c",
        "0123456789abcdef",
    ] {
        let request = format!("GET /a\nauthorization: {authorization}");
        assert_eq!(seen(ID22, &request, "500"), "", "{authorization}");
    }
    for status in ["401", "400", "503", "502"] {
        let request = "GET /a\nauthorization: Basic !";
        let response = format!("{status}\ncontent-type: text/plain\n\nUnauthorized");
        assert_eq!(seen(ID22, request, &response), "", "{status}");
    }
}
