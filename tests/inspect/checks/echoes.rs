//! I30: credentials that come back.

use super::wire::{bytes_seen, findings, seen};

const ID: &str = "credential-echoed";
const TOKEN: &str = "mF_9.B5f/4+1JqM&x";
/// `alice:pa55"w&rd`
const BASIC: &str = "YWxpY2U6cGE1NSJ3JnJk";

fn echoed(header: &str, body: &str) -> String {
    let request = format!("GET /a\n{header}");
    seen(ID, &request, &format!("403\ncontent-type: text/plain\n\n{body}"))
}

#[test]
fn i30_a_token_that_comes_back_in_any_writing_is_found() {
    let header = format!("authorization: Bearer {TOKEN}");
    for written in [
        "mF_9.B5f/4+1JqM&x",
        "mF_9.B5f%2F4%2b1JqM%26x",
        r"mF_9.B5f\/4+1JqM&x",
        r"mF_9.B5f/4\u002b1JqM\u0026x",
        "mF_9.B5f/4+1JqM&amp;x",
        "mF_9.B5f&#x2F;4&#43;1JqM&amp;x",
    ] {
        let expected = format!("error body `{written}`");
        assert_eq!(echoed(&header, &format!("{{\"x\":\"{written}\"}}")), expected);
        assert_eq!(echoed(&header, &format!("é Bearer {written}")), expected);
        assert_eq!(echoed(&header.replace("auth", "proxy-auth"), written), expected);
    }
    let request = format!("GET /a\n{header}");
    let location = "302\nlocation: https://b.example/?t=mF_9.B5f%2F4%2B1JqM%26x";
    assert_eq!(seen(ID, &request, location), "error location[0] `mF_9.B5f%2F4%2B1JqM%26x`");
    let challenge = format!("401\nwww-authenticate: Bearer error_description=\"no {TOKEN}\"");
    assert_eq!(seen(ID, &request, &challenge), format!("error www-authenticate[0] `{TOKEN}`"));
    // With success as well.
    let response = format!("200\ncontent-type: application/json\n\n{{\"token\":\"{TOKEN}\"}}");
    assert_eq!(seen(ID, &request, &response), format!("error body `{TOKEN}`"));
}

#[test]
fn i30_parts_of_basic_that_come_back_are_found() {
    let header = format!("authorization: Basic {BASIC}");
    for written in [
        BASIC,
        "alice:pa55\"w&rd",
        "alice:pa55\\\"w&rd",
        "alice:pa55&quot;w&amp;rd",
        "alice%3Apa55%22w%26rd",
        "pa55\"w&rd",
        "pa55&#34;w&amp;rd",
    ] {
        assert_eq!(echoed(&header, &format!("<{written}>")), format!("error body `{written}`"));
    }
    // alice:wonderland
    let header = "authorization: Basic YWxpY2U6d29uZGVybGFuZA==";
    assert_eq!(echoed(header, "no alice:wonderland"), "error body `alice:wonderland`");
    assert_eq!(echoed(header, r#"{"password": "wonderland"}"#), "error body `wonderland`");
    // A key in the place of the name: sk_live_4eC39Hq:
    let header = "authorization: Basic c2tfbGl2ZV80ZUMzOUhxOg==";
    assert_eq!(echoed(header, "no sk_live_4eC39Hq"), "error body `sk_live_4eC39Hq`");
}

#[test]
fn i30_keys_and_cookies_of_sessions_that_come_back_are_found() {
    assert_eq!(echoed("x-api-key: 4eC39HqLyjWD", "bad 4eC39HqLyjWD"), "error body `4eC39HqLyjWD`");
    let cookie = "cookie: lang=en; __Host-session=\"f00d4eC39HqL\"; a=b";
    assert_eq!(echoed(cookie, "session f00d4eC39HqL"), "error body `f00d4eC39HqL`");
    let signed = "cookie: connect.sid=s%3AJfh4eC39HqLyjWD.abcdefg";
    assert_eq!(echoed(signed, "id: Jfh4eC39HqLyjWD"), "error body `Jfh4eC39HqLyjWD`");
    assert_eq!(
        echoed("cookie: PHPSESSID=0f8d4eC39HqL", "<a href='/x;s=0f8d4eC39HqL'>"),
        "error body `0f8d4eC39HqL`"
    );
    // A word, where the text says that it is a secret.
    assert_eq!(
        echoed("authorization: Bearer bob-expired", r#"{"Authorization": "Bearer bob-expired"}"#),
        "error body `bob-expired`"
    );
    assert_eq!(echoed("authorization: tok-read", "token=tok-read"), "error body `tok-read`");
    assert_eq!(
        echoed("authorization: Bearer wonderland", "the token wonderland"),
        "error body `wonderland`"
    );
    assert_eq!(echoed("authorization: Bearer s3cr3t", "no user of s3cr3t."), "error body `s3cr3t`");
}

#[test]
fn i30_a_token_without_a_scheme_that_comes_back_is_found() {
    for token in ["dG9rZW4tb2Ytc2VjcmV0cw==", "dG9rZW4", "a1b2c3d4=", "a1b2,c3d4"] {
        assert_eq!(
            echoed(&format!("authorization: {token}"), &format!("no {token} here")),
            format!("error body `{token}`")
        );
    }
    // What follows a sign is no token by itself.
    assert_eq!(echoed("authorization: abcd==12345678x", "12345678x"), "");
}

#[test]
fn i30_headers_for_keys_that_come_back_are_found() {
    for name in [
        "api-key",
        "apikey",
        "ocp-apim-subscription-key",
        "private-token",
        "x-api-key",
        "x-auth-token",
        "x-goog-api-key",
        "x-shopify-access-token",
        "x-vault-token",
    ] {
        let header = format!("{name}: hvs.4eC39HqLyjWD");
        assert_eq!(echoed(&header, "no hvs.4eC39HqLyjWD"), "error body `hvs.4eC39HqLyjWD`");
    }
    for name in ["x-csrf-token", "idempotency-key", "x-request-id"] {
        assert_eq!(echoed(&format!("{name}: hvs.4eC39HqLyjWD"), "no hvs.4eC39HqLyjWD"), "");
    }
}

#[test]
fn i30_a_credential_that_is_stored_in_a_cookie_is_found() {
    let set = "200\nset-cookie: a=b\nset-cookie: token=f00d4eC39HqL%2F; HttpOnly";
    let found = "warning set-cookie[1] `f00d4eC39HqL%2F`";
    for header in ["authorization: Bearer f00d4eC39HqL/", "x-api-key: f00d4eC39HqL/"] {
        assert_eq!(seen(ID, &format!("GET /a\n{header}"), set), found);
    }
    // alice:wonderland
    let basic = "GET /a\nauthorization: Basic YWxpY2U6d29uZGVybGFuZA==";
    assert_eq!(
        seen(ID, basic, "200\nset-cookie: login=alice:wonderland"),
        "warning set-cookie[0] `alice:wonderland`"
    );
    // The cookie has it already, or the client gets a key of its own.
    for request in [
        "GET /a\nauthorization: Bearer f00d4eC39HqL%2F\ncookie: token=f00d4eC39HqL%2F",
        "GET /a\ncookie: token=f00d4eC39HqL%2F",
        "GET /a\nauthorization: Bearer other4eC39HqL",
    ] {
        assert_eq!(seen(ID, request, set), "", "{request}");
    }
}

#[test]
fn i30_a_body_of_any_charset_is_searched() {
    let request = format!("GET /a\nauthorization: Bearer {TOKEN}");
    let head = "403\ncontent-type: text/html; charset=iso-8859-1";
    let found = format!("error body `{TOKEN}`");
    let body = |before: &[u8]| [before, TOKEN.as_bytes(), b"\xe9"].concat();
    assert_eq!(bytes_seen(ID, &request, head, &body(b"d\xe9sol\xe9, ")), found);
    // A message of protobuf.
    let grpc = "200\ncontent-type: application/grpc\ngrpc-status: 16";
    assert_eq!(bytes_seen(ID, &request, grpc, &body(b"\x00\x0a\x12")), found);
    let escaped = b"\xe9 mF_9.B5f&#x2F;4&#43;1JqM&amp;x";
    let found = "error body `mF_9.B5f&#x2F;4&#43;1JqM&amp;x`";
    assert_eq!(bytes_seen(ID, &request, head, escaped), found);
    // What is still compressed is not read.
    let coded = format!("{head}\ncontent-encoding: gzip");
    assert_eq!(bytes_seen(ID, &request, &coded, &body(b"\x1f\x8b\x08")), "");
    // The rest of a long body is not searched, and its beginning is.
    let long = [&body(b"")[..], &[b' '; 600 * 1024]].concat();
    assert_eq!(bytes_seen(ID, &request, head, &long), format!("error body `{TOKEN}`"));
}

#[test]
fn i30_chance_and_purpose_are_no_echo() {
    for (header, body) in [
        ("authorization: Bearer 1", "1"),
        ("authorization: Bearer abc", "abc token: abc"),
        (
            "authorization: Bearer invalid_token",
            r#"{"error":"invalid_token","token":"invalid_token"}"#,
        ),
        ("authorization: Bearer token", "Bearer token"),
        ("authorization: Bearer expired", r#"{"token": "expired"}"#),
        ("authorization: Bearer reports", "no reports for you, and no password"),
        ("authorization: Bearer expired-token", r#"{"error":"expired-token"}"#),
        ("authorization: Bearer 20260101", "on 20260101"),
        // alice:wonderland: the name is no secret, and the password a word.
        ("authorization: Basic YWxpY2U6d29uZGVybGFuZA==", "alice is not in wonderland"),
        // user:password, as in a manual.
        ("authorization: Basic dXNlcjpwYXNzd29yZA==", "try curl -u user:password"),
        // alice@example.com:
        ("authorization: Basic YWxpY2VAZXhhbXBsZS5jb206", "no alice@example.com"),
        ("authorization: Basic !", "!"),
        // A part of something else.
        ("authorization: Bearer a1b2c3d4", "etag 9a1b2c3d4e"),
        // Cookies that identify nobody, and one against forged requests.
        ("cookie: lang=en-GB-oxendict; theme=midnight01", "en-GB-oxendict midnight01"),
        ("cookie: csrftoken=4eC39HqLyjWD", "<input value=4eC39HqLyjWD>"),
        ("cookie: session_csrf=4eC39HqLyjWD", "<input value=4eC39HqLyjWD>"),
        ("cookie: session=deleted", "deleted"),
        // What a request signs is no secret by itself.
        (
            "authorization: AWS4-HMAC-SHA256 Credential=AKIA/x, Signature=4eC39HqLyjWD",
            "<SignatureProvided>4eC39HqLyjWD</SignatureProvided>",
        ),
        (
            "authorization: Digest username=\"a\", nonce=\"4eC39HqLyjWD\", response=\"0\"",
            "4eC39HqLyjWD",
        ),
    ] {
        assert_eq!(echoed(header, body), "", "{header} {body}");
    }
    // The same session goes on.
    let request = "GET /a\ncookie: session=f00d4eC39HqL";
    assert_eq!(seen(ID, request, "200\nset-cookie: session=f00d4eC39HqL; HttpOnly"), "");
    // The server of OpenStack names the token that was asked about.
    let request_of_token = "GET /v3/auth/tokens\nx-auth-token: f00d4eC39HqL";
    assert_eq!(seen(ID, request_of_token, "200\nx-subject-token: f00d4eC39HqL"), "");
    let text = "403\ncontent-type: text/plain\n\nf00d4eC39HqL";
    assert_eq!(seen(ID, "", text), "", "the request is unknown");
    assert_eq!(seen(ID, "GET /a", text), "");
}

#[test]
fn i30_the_words_of_a_finding_do_not_repeat_it() {
    let request = format!("GET /a\nauthorization: Bearer {TOKEN}");
    let response = format!("403\ncontent-type: text/plain\nx-a: {TOKEN}\n\nno {TOKEN}!");
    let found = findings(&request, &response);
    assert_eq!(found.iter().filter(|finding| finding.id() == ID).count(), 2);
    for finding in found {
        assert!(!finding.to_string().contains(TOKEN), "{finding}");
    }
}

#[test]
fn i30_a_cookie_is_that_of_a_session_by_how_its_name_ends() {
    for name in [
        "session",
        "app_session",
        "session_id",
        "__Secure-next-auth.session-token.0",
        "session-key",
        "JSESSIONIDSSO",
        "JSESSIONID.1a2b3c4d",
        "ASPSESSIONIDQCRATDSS",
        "__Host-user_session_same_site",
        "sb-example-auth-token.1",
        "remember_me_token",
        "wordpress_logged_in_0a1b2c",
    ] {
        let found = echoed(&format!("cookie: {name}=f00d4eC39HqL"), "no f00d4eC39HqL");
        assert_eq!(found, "error body `f00d4eC39HqL`", "{name}");
    }
    for (name, value) in [
        ("session_theme", "dark-mode-2"),
        ("last_session_page", "/reports/2026"),
        ("session_locale", "en-GB-2026"),
        ("session_idle_limit", "30-minutes"),
        ("session_identity_provider", "example-2"),
        ("session-id-time", "2082787201l"),
        ("session_keyboard", "dvorak-2"),
        ("access_token_type", "bearer-v2"),
        ("sessions_view", "list-2026"),
    ] {
        assert_eq!(
            echoed(&format!("cookie: {name}={value}"), &format!("a {value} b")),
            "",
            "{name}"
        );
    }
}

#[test]
fn i30_client_registration_gives_the_token_back() {
    // RFC 7592 §3.
    let request = "GET /register/s6BhdRkqt3\nauthorization: Bearer reg-23410913-abewfq.123483";
    let body = "{\"registration_access_token\": \"reg-23410913-abewfq.123483\", \
        \"registration_client_uri\": \"https://server.example/register/s6BhdRkqt3\", \
        \"client_id\": \"s6BhdRkqt3\", \"client_name\": \"My Example Client\"}";
    let answer =
        |status: &str, body: &str| format!("{status}\ncontent-type: application/json\n\n{body}");
    assert_eq!(seen(ID, request, &answer("200", body)), "");
    let found = "error body `reg-23410913-abewfq.123483`";
    // Elsewhere in the same body, in another one, and in a refusal.
    let twice = body.replace("My Example Client", "reg-23410913-abewfq.123483");
    assert_eq!(seen(ID, request, &answer("200", &twice)), found);
    let before = body.replacen('{', "{\"a\": \"reg-23410913-abewfq.123483\", ", 1);
    assert_eq!(seen(ID, request, &answer("200", &before)), found);
    assert_eq!(seen(ID, request, &answer("401", body)), found);
    let other = "{\"registration_access_token\": \"reg-23410913-abewfq.123483\"}";
    assert_eq!(seen(ID, request, &answer("200", other)), found);
}
