//! What clients do with a challenge that is right in itself: I16 to I19.

use http::Request;
use portcullis::inspect::{Exchange, Severity};

use super::written::{GET, assert_at, assert_ids, found_of, judge_response};

const BASIC: &str = "WWW-Authenticate: Basic realm=\"a\", charset=\"UTF-8\"";
const SCRIPT: &str = "GET https://api.example/reports\nSec-Fetch-Mode: cors\nSec-Fetch-Dest: empty";

#[test]
fn i16_several_challenges_on_one_line_are_found_at_the_second() {
    let response =
        "401\nWWW-Authenticate: Negotiate\nWWW-Authenticate: Bearer realm=\"a\", NTLM, Custom";
    let finding = assert_at("challenges-on-one-line", GET, response, "NTLM");
    assert_eq!(finding.severity(), Severity::Advice);
    assert_eq!(finding.detail(), "NTLM follows Bearer on one line of `WWW-Authenticate`");
    assert_ids(GET, response, &["challenges-on-one-line"]);
    let two = "401\nWWW-Authenticate: A, B\nWWW-Authenticate: C, D";
    assert_ids(GET, two, &["challenges-on-one-line"; 2]);
    assert_ids(GET, "407\nProxy-Authenticate: A, B", &["challenges-on-one-line"]);
    let basic = "401\nWWW-Authenticate: Bearer realm=\"a\", Basic realm=\"b\"";
    assert_ids(GET, basic, &["basic-charset", "challenges-on-one-line"]);
}

/// I08, I16: whoever follows the advice improves what I19 or I23 asks to leave out.
#[test]
fn i19_a_challenge_that_has_to_go_gets_no_advice() {
    let basic = "WWW-Authenticate: Basic realm=\"a\"";
    assert_ids(GET, &format!("403\n{basic}"), &["forbidden-with-challenge"]);
    assert_ids(GET, "403\nWWW-Authenticate: A, B", &["forbidden-with-challenge"]);
    // I23 itself is none of those that are compared here.
    assert_ids(GET, &format!("503\nRetry-After: 1\n{basic}, B"), &[]);
    // What is wrong is wrong all the same, and another header is another matter.
    let wrong = "403\nWWW-Authenticate: Basic charset=\"UTF-16\", realm=\"a\"";
    assert_ids(GET, wrong, &["basic-charset", "forbidden-with-challenge"]);
    let proxy = format!("403\n{basic}\nProxy-Authenticate: A, B");
    assert_ids(GET, &proxy, &["challenges-on-one-line", "forbidden-with-challenge"]);
}

#[test]
fn i16_one_challenge_may_have_commas() {
    for value in ["Bearer realm=\"a, B\", scope=\"b\"", ", A ,", "A\nWWW-Authenticate: B"] {
        assert_ids(GET, &format!("401\nWWW-Authenticate: {value}"), &[]);
    }
    // What follows a mistake is no challenge.
    assert_ids(GET, "401\nWWW-Authenticate: Bearer realm=\"a\", b \"c\"", &["challenge-syntax"]);
}

#[test]
fn i17_basic_over_plain_http_is_found() {
    let response = format!("401\n{BASIC}");
    for request in [
        "GET http://api.example/",
        "GET http://192.168.1.4:8080/\nHost: localhost",
        "GET http://[::2]/",
    ] {
        let finding = assert_at("basic-in-the-clear", request, &response, &BASIC[18..]);
        assert_eq!(finding.severity(), Severity::Warning);
        assert_ids(request, &response, &["basic-in-the-clear"]);
    }
    let twice = format!("{response}\nWWW-Authenticate: Basic realm=\"b\", charset=\"UTF-8\"");
    assert_ids("GET http://api.example/", &twice, &["basic-in-the-clear"]);
}

#[test]
fn i17_told_that_there_is_no_tls() {
    let request = Request::get("/reports").header("host", "api.example:80").body(()).unwrap();
    let value = &BASIC[18..];
    let response = http::Response::builder().status(401).header("www-authenticate", value);
    let response = response.body(()).unwrap();
    let exchange = Exchange::new(&request, &response, b"");
    let ids = |exchange: Exchange<'_>| found_of(1..20, &exchange.findings());
    assert_eq!(ids(exchange.encrypted(false)), ["basic-in-the-clear"]);
    assert!(ids(exchange.encrypted(true)).is_empty());
    assert!(ids(exchange).is_empty(), "it is not known");
    let no_host = Request::get("/reports").body(()).unwrap();
    assert!(ids(Exchange::new(&no_host, &response, b"").encrypted(false)).is_empty());
    let local = Request::get("/reports").header("host", "[::1]:8080").body(()).unwrap();
    assert!(ids(Exchange::new(&local, &response, b"").encrypted(false)).is_empty());
}

#[test]
fn i17_tls_loopback_and_other_schemes_are_fine() {
    let response = format!("401\n{BASIC}");
    for request in [
        GET,
        "GET /reports",
        "GET /reports\nHost: api.example",
        "GET http://localhost:3000/",
        "GET http://127.0.0.1:3000/",
        "GET http://[::1]:3000/",
        "GET http://app.localhost/",
        "GET http://api.example/\nX-Forwarded-Proto: https",
        "GET http://api.example/\nForwarded: for=1.2.3.4;proto=https",
    ] {
        assert_ids(request, &response, &[]);
    }
    let clear = "GET http://api.example/";
    assert_ids(clear, "401\nWWW-Authenticate: Bearer realm=\"a\"", &[]);
    // Whether the way to a proxy is encrypted does not follow from the target.
    assert_ids(clear, "407\nProxy-Authenticate: Basic realm=\"a\", charset=\"UTF-8\"", &[]);
    assert!(found_of(1..20, &judge_response(&response)).is_empty());
}

#[test]
fn i18_a_dialog_for_a_script_is_found() {
    let response = format!("401\nWWW-Authenticate: Bearer realm=\"a\"\n{BASIC}");
    for request in [
        SCRIPT,
        "GET https://a/\nX-Requested-With: XMLHttpRequest",
        "GET https://a/\nHX-Request: true",
    ] {
        let finding = assert_at("dialog-for-script", request, &response, &BASIC[18..]);
        assert_eq!(finding.severity(), Severity::Advice);
        assert_ids(request, &response, &["dialog-for-script"]);
    }
    let digest =
        "401\nWWW-Authenticate: digest realm=\"a\", nonce=\"b\", qop=\"auth\", algorithm=SHA-256";
    assert_ids(SCRIPT, digest, &["dialog-for-script"]);
}

#[test]
fn i18_no_dialog_opens() {
    let response = format!("401\n{BASIC}");
    let page =
        "GET https://a/\nSec-Fetch-Mode: navigate\nSec-Fetch-Dest: document\nAccept: text/html";
    let image = "GET https://a/\nSec-Fetch-Mode: no-cors\nSec-Fetch-Dest: image";
    let sets = format!("{SCRIPT}\nAuthorization: Basic YTpi");
    for request in [GET, page, image, &sets, "GET https://a/\nUser-Agent: curl/8"] {
        assert_ids(request, &response, &[]);
    }
    for other in ["Bearer realm=\"a\"", "Negotiate", "Form realm=\"a\""] {
        assert_ids(SCRIPT, &format!("401\nWWW-Authenticate: {other}"), &[]);
    }
    assert_ids(SCRIPT, &format!("200\n{BASIC}"), &[]);
    assert!(found_of(1..20, &judge_response(&response)).is_empty());
}

#[test]
fn i19_a_403_with_a_challenge_is_found() {
    let finding =
        assert_at("forbidden-with-challenge", GET, &format!("403\n{BASIC}"), &BASIC[18..]);
    assert_eq!(finding.severity(), Severity::Warning);
    let token = format!("{GET}\nAuthorization: Bearer abc");
    for value in [
        "Bearer realm=\"a\"",
        "Basic realm=\"a\", charset=\"UTF-8\"",
        "Negotiate",
        "Custom realm=\"a\"",
        "Bearer error=\"insufficient_user_authentication\"",
        "Bearer realm=\"insufficient_scope\"",
    ] {
        let response = format!("403\nWWW-Authenticate: {value}");
        assert_at("forbidden-with-challenge", &token, &response, value);
        assert_ids(&token, &response, &["forbidden-with-challenge"]);
    }
    // I12 says it better.
    let invalid = "403\nWWW-Authenticate: Bearer error=\"invalid_token\"";
    assert_ids(&token, invalid, &["bearer-error-status"]);
}

#[test]
fn i19_a_403_that_no_credentials_would_change_or_that_a_scope_would() {
    let token = format!("{GET}\nAuthorization: Bearer abc");
    for response in [
        "403",
        "403\nWWW-Authenticate: ,",
        "403\nWWW-Authenticate: Bearer error=\"insufficient_scope\", scope=\"a\"",
        "403\nWWW-Authenticate: DPoP error=insufficient_scope",
        "403\nWWW-Authenticate: Bearer realm=\"a\"\nWWW-Authenticate: Bearer error=\"insufficient_scope\"",
        // The end of a handshake that has succeeded.
        "403\nWWW-Authenticate: Negotiate oYG1MIGyoAMKAQA=",
        "403\nProxy-Authenticate: Negotiate",
        "404\nWWW-Authenticate: Negotiate",
    ] {
        assert_ids(&token, response, &[]);
    }
    let unread = "403\nWWW-Authenticate: Bearer realm=\"a\" error=\"insufficient_scope\"";
    assert_ids(&token, unread, &["challenge-syntax"]);
}
