//! What Bearer says of the token that was sent: I09 to I13.

use portcullis::inspect::Severity;

use super::written::{GET, assert_at, assert_ids, found_of, judge_response};

const TOKEN: &str = "GET https://api.example/reports\nAuthorization: Bearer mF_9.B5f-4.1JqM";
const INVALID: &str = "401\nWWW-Authenticate: Bearer realm=\"a\", error=\"invalid_token\"";
const PLAIN: &str = "401\nWWW-Authenticate: Bearer realm=\"a\"";

#[test]
fn i09_bearer_alone_is_found() {
    for value in ["Bearer", "bearer", "Bearer ,", "Bearer , ,"] {
        let response = format!("401\nWWW-Authenticate: {value}");
        assert_at("bearer-params", GET, &response, &value[..6]);
        assert_ids(GET, &response, &["bearer-params"]);
        assert_ids(TOKEN, &response, &["bearer-params", "bearer-error-missing"]);
    }
    // An empty value makes a token68 of the name.
    assert_at("bearer-params", GET, "401\nWWW-Authenticate: Bearer realm=", "Bearer realm=");
    let one_of_two = "401\nWWW-Authenticate: Bearer realm=\"a\"\nWWW-Authenticate: Bearer";
    assert_at("bearer-params", GET, one_of_two, "Bearer");
    assert_ids(GET, "407\nProxy-Authenticate: Bearer", &["bearer-params"]);
    assert_ids(GET, "200\nWWW-Authenticate: Bearer", &["bearer-params"]);
    for value in [
        "Bearer scope=\"a\"",
        "Bearer resource_metadata=\"https://a.example/\"",
        "DPoP",
        "Negotiate",
    ] {
        assert_ids(GET, &format!("401\nWWW-Authenticate: {value}"), &[]);
    }
}

#[test]
fn i10_an_error_though_nothing_was_sent_is_found() {
    let finding = assert_at("bearer-error-unasked", GET, INVALID, "error=\"invalid_token\"");
    assert_eq!(finding.severity(), Severity::Warning);
    assert_ids(GET, INVALID, &["bearer-error-unasked"]);
    let dpop = "401\nWWW-Authenticate: DPoP algs=\"ES256\", error=\"invalid_token\"";
    assert_ids(GET, dpop, &["bearer-error-unasked"]);
    // A scheme that is not offered is as good as none.
    let basic = format!("{GET}\nAuthorization: Basic YTpi");
    assert_ids(&basic, INVALID, &["bearer-error-unasked"]);
    assert_ids(
        "GET /reports?page=2\nAccept: */*\nSec-WebSocket-Key: YQ==",
        INVALID,
        &["bearer-error-unasked"],
    );
    assert_ids(
        "CONNECT a:443",
        &INVALID.replace("401\nWWW", "407\nProxy"),
        &["bearer-error-unasked"],
    );
    let scope = "403\nWWW-Authenticate: Bearer error=\"insufficient_scope\"";
    assert_ids(GET, scope, &["bearer-error-unasked"]);
}

#[test]
fn i10_a_token_may_be_anywhere() {
    for request in [
        TOKEN,
        "GET /\nAuthorization: Bearer",
        "GET /\nAuthorization: Token abc",
        "GET /\nAuthorization: mF_9.B5f-4.1JqM",
        "GET /\nProxy-Authorization: Bearer abc",
        "GET /\nCookie: session=abc",
        "GET /\nX-API-Key: abc",
        "GET /\nDPoP: abc",
        "GET /\nSec-WebSocket-Protocol: chat, token.abc",
        "GET /?a=b&access_token=abc",
        "POST /\nContent-Type: application/x-www-form-urlencoded; charset=utf-8",
    ] {
        assert_ids(request, INVALID, &[]);
    }
    // Basic is offered too, so it was read.
    let both = format!("{INVALID}\nWWW-Authenticate: Basic realm=\"a\", charset=\"UTF-8\"");
    assert_ids(&format!("{GET}\nAuthorization: Basic YTpi"), &both, &[]);
    assert!(found_of(1..20, &judge_response(INVALID)).is_empty());
}

#[test]
fn i10_other_errors_are_not_of_a_token() {
    assert_ids(GET, PLAIN, &[]);
    assert_ids(GET, "401\nWWW-Authenticate: DPoP error=\"use_dpop_nonce\"", &[]);
    assert_ids(GET, "401\nWWW-Authenticate: Custom error=\"invalid_token\"", &[]);
    assert_ids(GET, "401\nWWW-Authenticate: Bearer realm=\"error=\"", &[]);
}

#[test]
fn i11_a_refused_token_without_an_error_is_found() {
    let finding = assert_at("bearer-error-missing", TOKEN, PLAIN, "Bearer realm=\"a\"");
    assert_eq!(finding.severity(), Severity::Warning);
    assert_ids(TOKEN, PLAIN, &["bearer-error-missing"]);
    let lower = TOKEN.replace("Bearer", "bearer");
    let both =
        format!("401\nWWW-Authenticate: Basic realm=\"a\", charset=\"UTF-8\"\n{}", &PLAIN[4..]);
    assert_ids(&lower, &both, &["bearer-error-missing"]);
    let dpop = TOKEN.replace("Bearer", "DPoP");
    assert_ids(&dpop, "401\nWWW-Authenticate: DPoP algs=\"ES256\"", &["bearer-error-missing"]);
    let proxy = TOKEN.replace("Authorization", "Proxy-Authorization");
    let refusal = "407\nProxy-Authenticate: Bearer realm=\"a\"";
    assert_ids(&proxy, refusal, &["bearer-error-missing"]);
}

#[test]
fn i11_there_is_no_token_or_nothing_to_say_of_it() {
    for (request, response) in [
        (GET, PLAIN),
        (TOKEN, INVALID),
        (TOKEN, "401\nWWW-Authenticate: Bearer error=\"anything\""),
        // The token was sent to the proxy, and the origin refuses; and the reverse.
        ("GET http://a/\nProxy-Authorization: Bearer abc", PLAIN),
        (TOKEN, "407\nProxy-Authenticate: Bearer realm=\"a\""),
        // It is refused for its scheme.
        (TOKEN, "401\nWWW-Authenticate: Basic realm=\"a\", charset=\"UTF-8\""),
        (TOKEN, "401\nWWW-Authenticate: DPoP algs=\"ES256\""),
        (
            TOKEN,
            "401\nWWW-Authenticate: Bearer realm=\"a\"\nWWW-Authenticate: DPoP error=\"invalid_token\"",
        ),
        ("GET /\nAuthorization: Bearer", PLAIN),
        ("GET /\nAuthorization: Basic YTpi", PLAIN),
        // Another refusal.
        (TOKEN, "403"),
        (TOKEN, "404"),
        (TOKEN, "503"),
        (TOKEN, "200\nWWW-Authenticate: Bearer realm=\"a\""),
    ] {
        assert_ids(request, response, &[]);
    }
    let unread = "401\nWWW-Authenticate: Bearer realm=\"a\" error=\"invalid_token\"";
    assert_ids(TOKEN, unread, &["challenge-syntax"]);
    assert!(found_of(1..20, &judge_response(PLAIN)).is_empty());
}

#[test]
fn i12_an_error_with_the_status_of_another_is_found() {
    for (status, error) in [
        (401, "invalid_request"),
        (403, "invalid_request"),
        (403, "invalid_token"),
        (400, "invalid_token"),
        (200, "invalid_token"),
        (401, "insufficient_scope"),
        (404, "insufficient_scope"),
        (407, "invalid_token"),
    ] {
        let response = format!("{status}\nWWW-Authenticate: Bearer error=\"{error}\"");
        if status != 407 {
            assert_ids(TOKEN, &response, &["bearer-error-status"]);
        }
        let text = format!("error=\"{error}\"");
        let finding = assert_at("bearer-error-status", TOKEN, &response, &text);
        assert!(finding.detail().contains(&format!("`{error}` comes with {status}")), "{finding}");
    }
    let proxy = "403\nProxy-Authenticate: Bearer error=\"invalid_token\"";
    let finding = assert_at("bearer-error-status", TOKEN, proxy, "error=\"invalid_token\"");
    assert!(finding.detail().ends_with("belongs to 407"), "{finding}");
}

#[test]
fn i12_each_error_has_its_status() {
    for (status, error) in [
        (400, "invalid_request"),
        (401, "invalid_token"),
        (403, "insufficient_scope"),
        (401, "insufficient_user_authentication"),
        (418, "something_else"),
    ] {
        let response = format!("{status}\nWWW-Authenticate: Bearer error=\"{error}\"");
        assert_ids(TOKEN, &response, &[]);
    }
    let proxy = "GET http://a/\nProxy-Authorization: Bearer abc";
    assert_ids(proxy, "407\nProxy-Authenticate: Bearer error=\"invalid_token\"", &[]);
    // Calls of gRPC have HTTP 200 and a status of their own, and the challenge is metadata.
    let call = "POST /a.B/C\nContent-Type: application/grpc\nAuthorization: Bearer abc";
    let refusal = "200\nContent-Type: application/grpc\ngrpc-status: 16\nWWW-Authenticate: Bearer error=\"invalid_token\"";
    assert_ids(call, refusal, &[]);
    assert_ids(TOKEN, "403\nWWW-Authenticate: Custom error=\"insufficient_scope\"", &[]);
}

#[test]
fn i13_text_outside_its_alphabet_is_found() {
    for (param, what) in [
        ("error_description=\"abgelaufen f\u{FC}r immer\"", "not ASCII"),
        ("error_description=\"the \\\"exp\\\" claim\"", "escaped `\"`"),
        ("error_description=\"a\\\\b\"", "escaped `\\`"),
        ("error_description=\"a\tb\"", "a control character"),
        ("scope=\"a\\\"b\"", "escaped `\"`"),
        ("error_uri=\"https://a.example/a b\"", "a space"),
        ("ERROR=\"invalid\u{E9}\"", "not ASCII"),
    ] {
        let response = format!("401\nWWW-Authenticate: Bearer realm=\"a\", {param}");
        let finding = assert_at("bearer-text", TOKEN, &response, param);
        assert!(finding.detail().contains(what), "{finding}");
        assert_eq!(finding.severity(), Severity::Error);
    }
    let dpop = "401\nWWW-Authenticate: DPoP algs=\"ES256\", error=\"invalid_token\", error_description=\"\u{E9}\"";
    assert_ids(TOKEN, dpop, &["bearer-text"]);
}

#[test]
fn i13_any_other_text_is_fine() {
    for params in [
        "error_description=\"The access token expired; see https://a.example/?a=b (it's #1)\"",
        "error_description=\"\"",
        "scope=\"a:read b/write\"",
        "scope=a",
        "error_uri=\"https://a.example/%C3%A9\"",
        "realm=\"caf\u{E9} \\\"a\\\"\"",
        "title=\"\u{E9}\"",
    ] {
        let response = format!("401\nWWW-Authenticate: Bearer error=\"invalid_token\", {params}");
        assert_ids(TOKEN, &response, &[]);
    }
    assert_ids(TOKEN, "401\nWWW-Authenticate: Custom error=\"\u{E9}\"", &[]);
}
