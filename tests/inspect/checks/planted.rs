//! Faults in odd clothes: other case, several lines, two challenges, escapes, HTTP/1.0, `HEAD`. Each is named, and
//! nothing else is.

use super::wire::{assert_grave, findings};

const ALICE: &str = "authorization: Bearer 2YotnFZFEjr1zCsicMWpAA";

/// Asserts that this is found, whatever its severity, and no error and no warning beside it.
#[track_caller]
fn assert_named(request: &str, response: &str, id: &str) {
    let found = findings(request, response);
    assert!(
        found.iter().any(|it| it.id() == id),
        "{id}\n{request}\n--\n{response}\n--\n{found:#?}"
    );
    let grave: Vec<_> = found.iter().filter(|it| it.id() == id).map(|it| it.severity()).collect();
    let ids = if grave.iter().any(|it| it.to_string() != "advice") {
        vec![id; grave.len()]
    } else {
        vec![]
    };
    assert_grave(request, response, &ids);
}

#[test]
fn a_challenge_that_is_none() {
    let get = "GET https://api.example/reports HTTP/1.0";
    for header in [
        "",
        "\nWWW-Authenticate:",
        "\nwww-AUTHENTICATE: , ,",
        "\nWww-Authenticate: \nWww-Authenticate: ,",
    ] {
        assert_named(get, &format!("HTTP/1.0 401 Unauthorized{header}"), "challenge-missing");
        assert_named(
            &get.replace("GET", "HEAD"),
            &format!("HTTP/1.0 401{header}"),
            "challenge-missing",
        );
        assert_named(
            "GET http://proxy.example/",
            &format!("407{}", header.to_lowercase().replace("www-", "proxy-")),
            "proxy-challenge-missing",
        );
    }
    let other = "HTTP/1.0 401 Unauthorized\nWWW-Authenticate: ,\nPROXY-AUTHENTICATE: bASIC realm=\"a\", charset=\"UTF-8\"";
    assert_named(get, other, "challenge-of-the-other");
    let other = "407\nProxy-Authenticate:\nWWW-Authenticate: Negotiate";
    assert_named("CONNECT a.example:443", other, "challenge-of-the-other");
}

#[test]
fn a_challenge_that_does_not_parse() {
    for value in [
        "Bearer: realm=\"a\"",
        "Bearer scope=a b",
        "Bearer realm=\"a\" error=\"invalid_token\"",
        "Bearer realm=\"a\"; error=\"invalid_token\"",
        "Bearer realm=\"a\\\"",
        "BEARER realm=\"a\\\", error=\"b",
        "Bearer realm=\u{201c}a\u{201d}",
        "Bearer realm=\"a\", =",
        "{\"error\":\"unauthorized\"}",
    ] {
        assert_named(
            "GET https://api.example/",
            &format!("401\nWWW-Authenticate: {value}"),
            "challenge-syntax",
        );
        let behind = format!("401\nWWW-Authenticate: Negotiate\nWWW-Authenticate: {value}");
        assert_named("HEAD https://api.example/", &behind, "challenge-syntax");
    }
}

#[test]
fn a_challenge_with_a_fault_behind_a_right_one() {
    let get = "GET https://api.example/";
    for (value, id) in [
        ("BASIC", "basic-realm"),
        ("bAsIc CHARSET=\"utf-8\"", "basic-realm"),
        ("Basic REALM=a, charset=\"UTF-8\"", "realm-unquoted"),
        ("Basic realm='a', charset=\"UTF-8\"", "realm-unquoted"),
        ("Other Realm = a", "realm-unquoted"),
        ("basic realm=\"a\", CHARSET=utf8", "basic-charset"),
        ("basic realm=\"a\", charset=\"ISO-8859-1\"", "basic-charset"),
        ("BEARER", "bearer-params"),
        ("bearer   ", "bearer-params"),
        ("Bearer dG9rZW4=", "bearer-params"),
        // The equals sign is the padding of a token68.
        ("Bearer realm=", "bearer-params"),
        ("Bearer realm=\"a\" , REALM=\"b\"", "challenge-param-twice"),
        (
            "Negotiate abc==, Digest realm=\"a\",realm=\"b\", nonce=\"c\", qop=\"auth\", algorithm=SHA-256",
            "challenge-param-twice",
        ),
        ("dIGEST realm=\"a\", NONCE=\"b\", algorithm=SHA-256", "digest-incomplete"),
        ("Digest realm=\"a\", nonce=\"\", qop=\"auth\", algorithm=SHA-256", "digest-incomplete"),
        ("Digest realm=\"a\", nonce=\"b\", qop=\"\", algorithm=SHA-256", "digest-incomplete"),
        ("Digest realm=\"nonce=\\\"x\\\", qop=auth\", algorithm=SHA-256", "digest-incomplete"),
        ("DIGEST realm=\"a\", nonce=\"b\", qop=\"auth\", algorithm=mD5-SESS", "digest-md5-only"),
        ("Digest realm=\"a\", nonce=\"algorithm=SHA-256\", qop=\"auth\"", "digest-md5-only"),
        (
            "Digest realm=\"a\", nonce=\"b\", qop=\"auth\", Stale = \"TRUE\", algorithm=SHA-256",
            "digest-quoting",
        ),
        ("Bearer error=\"invalid_token\"", "bearer-error-unasked"),
        ("DPoP ERROR=invalid_token", "bearer-error-unasked"),
    ] {
        for response in [
            format!("401\nWWW-Authenticate: {value}"),
            format!("HTTP/1.0 401\nWWW-Authenticate: Negotiate\nWWW-Authenticate: {value}"),
            format!("401\nWWW-Authenticate: ,Negotiate,, {value} ,"),
        ] {
            assert_named(get, &response, id);
            assert_named(&get.replace("GET", "HEAD"), &response, id);
        }
    }
    // The parameters go on in the next line.
    let lines = "401\nWWW-Authenticate: Bearer realm=\"a\",\nWWW-Authenticate: Realm=\"b\"";
    assert_named(get, lines, "challenge-param-twice");
    let commas = "401\nWWW-Authenticate: Negotiate,\tBasic realm=\"a, b\" , charset=\"UTF-8\"";
    assert_named(get, commas, "challenges-on-one-line");
}

#[test]
fn an_error_of_bearer_that_misleads() {
    let get = |sent: &str| format!("GET https://api.example/\n{sent}");
    for (sent, response, id) in [
        (ALICE, "401\nWWW-Authenticate: bEARER realm=\"a, error=b\"", "bearer-error-missing"),
        (
            "authorization: bEaReR   abc",
            "401\nWWW-Authenticate: Basic realm=\"a\", charset=\"UTF-8\"\nWWW-Authenticate: Bearer realm=\"a\"",
            "bearer-error-missing",
        ),
        (
            ALICE,
            "401\nWWW-Authenticate: Bearer ERROR=\"insufficient\\_scope\"",
            "bearer-error-status",
        ),
        (ALICE, "401\nWWW-Authenticate: Bearer Error=invalid_request", "bearer-error-status"),
        (
            ALICE,
            "403\nWWW-Authenticate: Negotiate\nWWW-Authenticate: Bearer error=\"invalid_token\"",
            "bearer-error-status",
        ),
        (ALICE, "400\nWWW-Authenticate: Bearer error=\"invalid_token\"", "bearer-error-status"),
        (
            ALICE,
            "401\nWWW-Authenticate: Bearer error=\"invalid_token\", Error_Description=\"a \\\\ b\"",
            "bearer-text",
        ),
        (
            ALICE,
            "401\nWWW-Authenticate: Bearer error=\"invalid_token\", error_description=\"M\u{fc}ll\"",
            "bearer-text",
        ),
        (
            ALICE,
            "401\nWWW-Authenticate: Bearer error=\"invalid_token\", error_uri=\"https://a.example/a b\"",
            "bearer-text",
        ),
        (
            ALICE,
            "403\nWWW-Authenticate: Basic realm=\"a\", charset=\"UTF-8\"",
            "forbidden-with-challenge",
        ),
        (
            ALICE,
            "403\nWWW-Authenticate: Bearer realm=\"error=insufficient_scope\"",
            "forbidden-with-challenge",
        ),
        (
            "accept: */*",
            "503\nretry-after: 5\nWWW-Authenticate: ,\nWWW-Authenticate: Negotiate",
            "outage-challenged",
        ),
        (
            "accept: */*",
            "502\nProxy-Authenticate: Basic realm=\"a\", charset=\"UTF-8\"",
            "outage-challenged",
        ),
    ] {
        assert_named(&get(sent), response, id);
        assert_named(&get(sent).replace("GET", "HEAD"), response, id);
    }
    // An empty `error` says nothing.
    let empty = "401\nWWW-Authenticate: Bearer realm=\"a\", error=\"\"";
    assert_named(&get(ALICE), empty, "bearer-error-missing");
    assert_grave(&get("accept: */*"), empty, &[]);
    let proxy = "GET http://a.example/\nproxy-authorization: BEARER abc";
    assert_named(proxy, "407\nProxy-Authenticate: Bearer realm=\"a\"", "bearer-error-missing");
    let proxied = "407\nProxy-Authenticate: Bearer error=\"insufficient_scope\"";
    assert_named(proxy, proxied, "bearer-error-status");
}

#[test]
fn a_refusal_with_another_status() {
    let get = format!("GET https://api.example/reports\naccept: application/json\n{ALICE}");
    for (media, body) in [
        ("Application/JSON ;charset=UTF-8", r#"{"Error":"UN-AUTHORIZED"}"#),
        ("application/vnd.api+JSON", r#"{"Status":"403","Title":"Forbidden"}"#),
        ("text/json", r#"{"error":"unauthorized"}"#),
        // As PHP sends what has no type.
        ("text/html; charset=UTF-8", "\n {\"success\":false,\"message\":\"Access denied\"}\n"),
        ("text/plain", r#"{"code":401,"msg":"no"}"#),
        ("application/json", r#"{"error":"unauthorized"}"#),
        ("application/json", "{\"\\u0065rror\":\"acc\\u0065ss_denied\"}"),
        ("TEXT/HTML", "<HTML><HEAD><TITLE\n>401 Unauthorized</TITLE></HEAD>"),
        ("application/xhtml+xml", "<title>Error</title><h1>Access Denied</h1>"),
        ("text/plain; charset=us-ascii", "\r\n Access denied. \r\n"),
    ] {
        for status in ["200", "HTTP/1.0 203", "202"] {
            let response =
                format!("{status}\nContent-Type: {media}\ncache-control: no-store\n\n{body}");
            assert_named(&get, &response, "soft-refusal");
        }
    }
    for location in [
        "/LOGIN",
        "login",
        "/Account/Login?ReturnUrl=%2Freports",
        "//id.example/users/sign-in;jsessionid=1",
        "https://ID.example/oauth2/v2.0/authorize?response_type=code&client_id=a",
    ] {
        for status in ["301", "302", "303", "307", "HTTP/1.0 308"] {
            let response = format!("{status}\nLOCATION: {location}");
            assert_named(&get, &response, "login-redirect-for-programs");
        }
    }
    for sent in [
        "authorization: bASIC ====",
        "authorization: Bearer a b",
        "AUTHORIZATION: Basic YTpi\nAuthorization: Basic YTpi",
    ] {
        for method in ["GET", "HEAD", "POST", "OPTIONS"] {
            assert_named(
                &format!("{method} https://api.example/\n{sent}"),
                "HTTP/1.0 500",
                "fault-for-credentials",
            );
        }
    }
}

#[test]
fn a_header_of_a_refusal_that_is_wrong_or_missing() {
    let get = "GET https://api.example/reports";
    for (response, id) in [
        ("HTTP/1.0 503", "wait-missing"),
        ("429\nretry-after-time: 5", "wait-missing"),
        ("503\nRETRY-AFTER: 5.0", "wait-syntax"),
        ("503\nRetry-After: Fri, 31 Dec 2027 23:59:59", "wait-syntax"),
        ("302\nlocation: /a\nretry-after: 5,", "wait-syntax"),
        ("405\ncache-control: no-store", "allow-missing"),
        ("405\ncache-control: no-store\nALLOW: POST\nAllow: PUT ,GET", "allow-missing"),
        ("HTTP/1.0 403\n\n<h1>Forbidden</h1>", "content-type-missing"),
        ("403\nContent-Type:\n\nno", "content-type-missing"),
        ("403\nContent-Type: text\n\nno", "content-type-missing"),
        ("403\nContent-Type: text/\n\nno", "content-type-missing"),
        ("403\nContent-Type: /plain; charset=utf-8\n\nno", "content-type-missing"),
        (
            "403\nContent-Type: Application/Problem+JSON; charset=utf-8\n\n{\"status\":\"403\"}",
            "problem-mismatch",
        ),
        ("403\nContent-Type: application/problem+json\n\n[]", "problem-mismatch"),
        (
            "403\nContent-Type: application/problem+json\n\n{\"status\":403,\"status\":401}",
            "problem-mismatch",
        ),
        ("403\nContent-Type: application/problem+json\n\n{\"status\":403}}", "problem-mismatch"),
        (
            "403\nContent-Type: application/problem+json\n\n{\"title\":[\"Forbidden\"]}",
            "problem-mismatch",
        ),
        (
            "401\nwww-authenticate: Negotiate\nCACHE-CONTROL: Private\nCache-Control: MAX-AGE = 60",
            "refusal-storable",
        ),
        (
            "401\nwww-authenticate: Negotiate\nCache-Control: x=\"no-store\", max-age=60",
            "refusal-storable",
        ),
        ("HTTP/1.0 403\nExpires: Friday, 31-Dec-27 23:59:59 GMT", "refusal-storable"),
        ("403\ncache-control: no-store, MUST-understand, s-maxage=\"9\"", "refusal-storable"),
        ("429\nretry-after: 5\nVARY: accept\nCache-Control: Public", "refusal-storable"),
        ("410\nCache-Control: x-no-store", "absence-storable"),
    ] {
        assert_named(get, response, id);
        if !response.contains("\n\n") && !response.contains("GET") {
            assert_named(&get.replace("GET", "HEAD"), response, id);
        }
    }
    // Cookies in several lines, as HTTP/2 sends them.
    let session =
        format!("{get}\ncookie: lang=en\ncookie: a=b; SESSIONID=4eC39HqLyjWDarjtT1zdp7dc");
    assert_named(&session, "404", "absence-storable");
    assert_named(&session, "200\nCache-Control: PUBLIC", "personal-storable");
    let key = format!("{get}\nX-API-Key: 4eC39HqLyjWDarjtT1zdp7dc");
    assert_named(&key, "HTTP/1.0 404", "absence-storable");
    assert_named(&key, "200\ncache-control: max-age=60, Must-Revalidate", "personal-storable");
    let origin = format!("{get}\nORIGIN: https://app.example");
    for lines in [
        "Access-Control-Allow-Origin: https://app.example\nACCESS-CONTROL-ALLOW-ORIGIN: *",
        "access-control-allow-origin:  * ",
    ] {
        let response = format!("204\n{lines}\nAccess-Control-Allow-Credentials: true");
        assert_named(&origin, &response, "cors-wildcard-credentials");
    }
}

#[test]
fn a_body_that_shows_too_much() {
    let get = "GET https://api.example/reports";
    for body in [
        "File &#34;C:\\app\\views.py&#34;, line 3, in show",
        r#"{"stack":"Error: x\n    at show (file:\/\/\/srv\/app\/a.mjs:3:7)"}"#,
        "<li>at com.example.Reports.show(Reports.scala:42)</li>",
        "System.NullReferenceException: x\n   at Example.Web.Reports.Show()",
        "<b>Fatal error</b>: Uncaught x in <b>/srv/www/a.php</b> on line <b>3</b>",
        r#"{"error":"SQLSTATE[HY000] [1045] Access denied"}"#,
        r#"{"error":"(psycopg2.errors.UndefinedTable) x"}"#,
        "ORA-00942: table or view does not exist",
        "open /etc/reports/app.yaml: permission denied",
        r#"{"file":"D:\\sites\\reports\\web.config"}"#,
    ] {
        let media = if body.starts_with('{') { "application/json" } else { "text/html" };
        for status in ["500", "HTTP/1.0 502", "400"] {
            assert_named(
                get,
                &format!("{status}\ncontent-type: {media}\n\n{body}"),
                "internals-shown",
            );
        }
    }
    let basic = "GET https://api.example/reports\nAUTHORIZATION: bASIC YWxpY2U6cTN0Nnc5ekMmRilK";
    for (sent, response) in [
        (
            basic,
            "403\ncontent-type: application/json\n\n{\"user\":\"alice\",\"password\":\"q3t6w9zC&F)J\"}",
        ),
        (basic, "403\ncontent-type: text/html\n\n<p>q3t6w9zC&amp;F)J is wrong"),
        (basic, "303\nLocation: /a?p=q3t6w9zC%26F%29J"),
        (basic, "200\ncache-control: no-store\nX-Debug: YWxpY2U6cTN0Nnc5ekMmRilK"),
        (
            "GET https://a.example/\nauthorization: BEARER 2YotnFZFEjr1zCsicMWpAA",
            "204\nrefresh: 0; url=/a#2YotnFZFEjr1zCsicMWpAA",
        ),
        (
            "GET https://a.example/\nCookie: x=y\ncookie: sid=4eC39HqLyjWDarjtT1zdp7dc",
            "400\ncontent-type: text/plain\n\nsid 4eC39HqLyjWDarjtT1zdp7dc",
        ),
    ] {
        assert_named(sent, response, "credential-echoed");
    }
}

#[test]
fn a_dialog_or_a_password_in_the_clear() {
    let basic =
        "401\nWWW-Authenticate: Negotiate\nWWW-Authenticate: bASIC realm=\"a\", charset=\"UTF-8\"";
    for request in [
        "GET HTTP://API.example/ HTTP/1.0",
        "HEAD http://10.0.0.7:8080/",
        "GET http://[2001:db8::1]/\nx-forwarded-proto: http",
        "GET http://localhost.example/",
    ] {
        assert_named(request, basic, "basic-in-the-clear");
    }
    for headers in [
        "X-REQUESTED-WITH: xmlHTTPrequest",
        "Sec-Fetch-Mode: cors\nSec-Fetch-Dest: empty\naccept: */*",
        "sec-fetch-mode: same-origin\nsec-fetch-dest: empty",
    ] {
        let request = format!("GET https://api.example/\n{headers}");
        assert_named(&request, basic, "dialog-for-script");
        let digest = basic.replace(
            "bASIC realm=\"a\", charset=\"UTF-8\"",
            "DIGEST realm=\"a\", nonce=\"b\", qop=\"auth\", algorithm=SHA-256",
        );
        assert_named(&request, &digest, "dialog-for-script");
    }
}
