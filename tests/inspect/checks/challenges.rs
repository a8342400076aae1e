//! Whether there is a challenge that clients can read: I01 to I08.

use portcullis::inspect::Severity;

use super::written::{GET, assert_at, assert_ids, judge_response};

const BASIC: &str = "WWW-Authenticate: Basic realm=\"a\", charset=\"UTF-8\"";
const BEARER: &str = "WWW-Authenticate: Bearer realm=\"a\"";
const PROXY_BASIC: &str = "Proxy-Authenticate: Basic realm=\"a\", charset=\"UTF-8\"";

#[test]
fn i01_a_401_without_a_challenge_is_found() {
    assert_at("challenge-missing", GET, "401", "Absent(\"www-authenticate\")");
    assert_at("challenge-missing", GET, "401\nWWW-Authenticate:", "");
    assert_at("challenge-missing", GET, "401\nWWW-Authenticate: ,\t, ,", ",\t, ,");
    assert_at("challenge-missing", GET, "401\nWWW-Authenticate: ,\nWWW-Authenticate: ", ",");
    for response in ["401", "401\nWWW-Authenticate: ,", "401\nProxy-Authenticate: ,\n\n{}"] {
        assert_ids(GET, response, &["challenge-missing"]);
    }
    let findings = judge_response("401");
    assert_eq!(findings[0].id(), "challenge-missing");
    assert_eq!(findings[0].severity(), Severity::Error);
    assert_eq!(findings[0].detail(), "the 401 has no `WWW-Authenticate`");
}

#[test]
fn i01_any_challenge_is_one() {
    for challenge in [
        BASIC,
        BEARER,
        "WWW-Authenticate: Negotiate",
        "WWW-Authenticate: NTLM",
        "WWW-Authenticate: Negotiate YIIZ==",
        "WWW-Authenticate: Form realm=\"a\"",
        "WWW-Authenticate: , Unheard-Of",
        "WWW-Authenticate:\nWWW-Authenticate: Cookie realm=\"a\", form-action=\"/login\"",
        "WWW-Authenticate: bearer REALM=\"a\"",
    ] {
        assert_ids(GET, &format!("401\n{challenge}"), &[]);
    }
}

#[test]
fn i01_another_status_needs_no_challenge() {
    for status in ["200", "204", "303", "400", "403", "404", "429", "500", "503"] {
        assert_ids(GET, status, &[]);
    }
    let call = "POST https://api.example/a.B/C\nContent-Type: application/grpc";
    assert_ids(call, "200\nContent-Type: application/grpc\ngrpc-status: 16", &[]);
}

#[test]
fn i02_a_407_without_a_challenge_is_found() {
    assert_at("proxy-challenge-missing", GET, "407", "Absent(\"proxy-authenticate\")");
    assert_at("proxy-challenge-missing", GET, "407\nProxy-Authenticate: ,", ",");
    for response in ["407", "407\nProxy-Authenticate:", "407\nWWW-Authenticate: ,"] {
        assert_ids(GET, response, &["proxy-challenge-missing"]);
    }
    assert_ids("CONNECT a.example:443", "407", &["proxy-challenge-missing"]);
    for challenge in [PROXY_BASIC, "Proxy-Authenticate: Negotiate"] {
        assert_ids("CONNECT a.example:443", &format!("407\n{challenge}"), &[]);
    }
}

#[test]
fn i03_the_challenge_of_the_other_party_is_found() {
    let other = assert_at("challenge-of-the-other", GET, &format!("407\n{BEARER}"), &BEARER[18..]);
    assert_eq!(other.detail(), "the 407 has `WWW-Authenticate`, and no `Proxy-Authenticate`");
    assert_ids(GET, &format!("407\n{BEARER}"), &["challenge-of-the-other"]);
    assert_ids(GET, &format!("401\n{PROXY_BASIC}"), &["challenge-of-the-other"]);
    let and_empty = format!("401\n{PROXY_BASIC}\nWWW-Authenticate: ,");
    assert_ids(GET, &and_empty, &["challenge-of-the-other"]);
    let broken = "401\nProxy-Authenticate: Basic realm=\"a";
    assert_ids(GET, broken, &["challenge-of-the-other", "challenge-syntax"]);
}

#[test]
fn i03_both_may_ask_at_once() {
    for status in ["401", "407"] {
        assert_ids(GET, &format!("{status}\n{BEARER}\n{PROXY_BASIC}"), &[]);
    }
    for status in ["200", "403", "404"] {
        assert_ids(GET, &format!("{status}\n{PROXY_BASIC}"), &[]);
    }
}

#[test]
fn i04_what_does_not_parse_is_found_at_its_element() {
    let cases = [
        ("Bearer realm=\"a\" error=\"b\"", "Bearer realm=\"a\" e", 17),
        ("Bearer realm=\"a\"; scope=\"b\"", "Bearer realm=\"a\";", 16),
        ("Negotiate, Bearer realm=\"a", "Bearer realm=\"a", 26),
        ("Bearer scope=\"a\", realm=", "realm=", 24),
        ("Bearer: realm=\"a\"", "Bearer:", 6),
        ("Bearer realm=\"a\", \"b\"", "\"", 18),
        ("Bearer {\"realm\": \"a\"}", "Bearer {", 7),
        ("Bearer realm=\"a\\", "Bearer realm=\"a\\", 15),
        ("\u{FF}", "\u{FF}", 0),
    ];
    for (value, text, position) in cases {
        let response = format!("401\nWWW-Authenticate: {value}");
        let finding = assert_at("challenge-syntax", GET, &response, text);
        assert!(finding.detail().ends_with(&format!(" byte {position}")), "{finding}");
        assert_ids(GET, &response, &["challenge-syntax"]);
    }
    let response = "401\nWWW-Authenticate: Bearer realm=\"a\" error=\"b\"";
    let finding = assert_at("challenge-syntax", GET, response, "Bearer realm=\"a\" e");
    let detail = "`WWW-Authenticate` does not parse: a comma is missing before byte 17";
    assert_eq!(finding.detail(), detail);
}

#[test]
fn i04_other_lines_are_judged() {
    let response = "401\nWWW-Authenticate: Basic\nWWW-Authenticate: Bearer realm=\"a\nWWW-Authenticate: Bearer";
    let expected = ["challenge-syntax", "basic-realm", "basic-charset", "bearer-params"];
    assert_ids(GET, response, &expected);
    let response = "401\nWWW-Authenticate: ?\nWWW-Authenticate: =\nProxy-Authenticate: \"";
    assert_ids(GET, response, &["challenge-syntax"; 3]);
}

#[test]
fn i04_what_cannot_be_read_is_not_missing() {
    for value in [
        "Basic realm=\"a",
        "Basic x=\"a\" realm=\"b\"",
        "Basic =",
        "Digest realm=\"a\" nonce=\"b\"",
        "Basic charset=\"UTF-8\", realm\"a\"",
        "Basic charset=\"UTF-8\", realm: a",
    ] {
        assert_ids(GET, &format!("401\nWWW-Authenticate: {value}"), &["challenge-syntax"]);
    }
    // A parameter may be on the next line.
    assert_ids(
        GET,
        "401\nWWW-Authenticate: Basic realm=\"a\"\nWWW-Authenticate: charset=\"utf-8\"",
        &[],
    );
}

#[test]
fn i04_all_that_the_grammar_allows_parses() {
    for value in [
        "Basic realm=\"a, \\\"b\\\", Bearer\" , charset = \"UTF-8\"",
        ",, Bearer realm=\"a\" ,,",
        "Bearer realm=\"caf\u{E9}\"",
        "Negotiate",
        "Negotiate ,",
        "Custom abc==",
        "Custom a='b'",
        "Bearer , realm=\"\"",
        "a",
    ] {
        assert_ids(GET, &format!("401\nWWW-Authenticate: {value}"), &[]);
        assert_ids(GET, &format!("200\nWWW-Authenticate: {value}"), &[]);
    }
}

#[test]
fn i05_a_parameter_twice_is_found_at_the_second() {
    let response = "401\nWWW-Authenticate: Bearer realm=\"a\", scope=\"b\", REALM=\"c\"";
    let finding = assert_at("challenge-param-twice", GET, response, "REALM=\"c\"");
    assert_eq!(finding.severity(), Severity::Error);
    assert_ids(GET, response, &["challenge-param-twice"]);
    let joined = "401\nWWW-Authenticate: Bearer realm=\"a\"\nWWW-Authenticate: realm=\"b\"";
    assert_at("challenge-param-twice", GET, joined, "realm=\"b\"");
    let proxy = "407\nProxy-Authenticate: Bearer realm=\"a\", realm=\"a\"";
    assert_ids(GET, proxy, &["challenge-param-twice"]);
    let and_more = "401\nWWW-Authenticate: Basic x=a, x=\"b\"";
    assert_ids(GET, and_more, &["challenge-param-twice", "basic-realm", "basic-charset"]);
}

#[test]
fn i05_two_challenges_have_parameters_of_their_own() {
    assert_ids(
        GET,
        "401\nWWW-Authenticate: Bearer realm=\"a\"\nWWW-Authenticate: Bearer realm=\"b\"",
        &[],
    );
    assert_ids(GET, "401\nWWW-Authenticate: Bearer realm=\"realm=a, realm=b\"", &[]);
    let many: Vec<String> = (0..100).map(|index| format!("a{index}=1")).collect();
    assert_ids(GET, &format!("401\nWWW-Authenticate: Custom {}", many.join(", ")), &[]);
    assert_ids(GET, &format!("401\nWWW-Authenticate: Basic {}", many.join(", ")), &[]);
}

#[test]
fn i06_a_realm_without_quotes_is_found() {
    for (value, text) in [
        ("Bearer realm=api", "realm=api"),
        ("Custom x=\"y\", Realm = 'api'", "Realm = 'api'"),
        ("Negotiate realm=a", "realm=a"),
    ] {
        let response = format!("401\nWWW-Authenticate: {value}");
        assert_at("realm-unquoted", GET, &response, text);
        assert_ids(GET, &response, &["realm-unquoted"]);
    }
    let response = "401\nWWW-Authenticate: Basic realm=My Reports";
    assert_ids(GET, response, &["challenge-syntax", "realm-unquoted"]);
    let proxy = "407\nProxy-Authenticate: Basic realm=a, charset=\"UTF-8\"";
    assert_ids(GET, proxy, &["realm-unquoted"]);
    for value in ["Bearer realm=\"\"", "Custom my-realm=a", "Bearer scope=api"] {
        assert_ids(GET, &format!("401\nWWW-Authenticate: {value}"), &[]);
    }
}

#[test]
fn i07_basic_without_a_realm_is_found() {
    let response =
        "401\nWWW-Authenticate: Bearer realm=\"a\"\nWWW-Authenticate: basic charset=\"UTF-8\"";
    assert_at("basic-realm", GET, response, "basic charset=\"UTF-8\"");
    assert_ids(GET, response, &["basic-realm"]);
    assert_ids(GET, "401\nWWW-Authenticate: Basic", &["basic-realm", "basic-charset"]);
    assert_ids(GET, "407\nProxy-Authenticate: Basic charset=utf-8", &["basic-realm"]);
    for value in ["Basic realm=\"\", charset=\"UTF-8\"", "Basically", "Negotiate"] {
        assert_ids(GET, &format!("401\nWWW-Authenticate: {value}"), &[]);
    }
}

#[test]
fn i08_basic_without_utf_8_is_found() {
    let response = "401\nWWW-Authenticate: Basic realm=\"a\"";
    let finding = assert_at("basic-charset", GET, response, "Basic realm=\"a\"");
    assert_eq!(finding.severity(), Severity::Advice);
    assert_ids(GET, response, &["basic-charset"]);
    for charset in ["\"ISO-8859-1\"", "utf8", "\"\""] {
        let response = format!("401\nWWW-Authenticate: Basic realm=\"a\", charset={charset}");
        let text = format!("charset={charset}");
        let finding = assert_at("basic-charset", GET, &response, &text);
        assert_eq!(finding.severity(), Severity::Error, "{charset}");
    }
    for charset in ["\"UTF-8\"", "\"utf-8\"", "UTF-8"] {
        assert_ids(
            GET,
            &format!("401\nWWW-Authenticate: Basic realm=\"a\", charset={charset}"),
            &[],
        );
    }
    // Digest need not have it.
    let digest =
        "401\nWWW-Authenticate: Digest realm=\"a\", nonce=\"b\", qop=\"auth\", algorithm=SHA-256";
    assert_ids(GET, digest, &[]);
}
