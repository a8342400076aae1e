//! No credential shows, however it was sent, whatever escapes it comes back in, and wherever a place begins
//! and ends.

use std::ops::Range;

use http::{HeaderValue, Request, Response};
use proptest::prelude::*;

use super::{MAX, REPLACEMENT, Secrets, show};
use crate::inspect::Exchange;

fn secrets_of(request: &[(&str, &[u8])], response: &[(&str, &[u8])]) -> Secrets {
    let value = |value: &[u8]| HeaderValue::from_bytes(value).unwrap();
    let mut sent = Request::builder().uri("/?q=1");
    for (name, it) in request {
        sent = sent.header(*name, value(it));
    }
    let mut received = Response::builder();
    for (name, it) in response {
        received = received.header(*name, value(it));
    }
    let (sent, received) = (sent.body(()).unwrap(), received.body(()).unwrap());
    Secrets::of([Exchange::new(&sent, &received, b"")])
}

fn shown(text: &str, secrets: &Secrets) -> String {
    show(text.as_bytes(), 0..text.len(), secrets)
}

fn base64(text: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// The ways in which a server may write a text.
const FORMS: [fn(&str) -> String; 14] = [
    |text| text.to_owned(),
    |text| text.bytes().map(|byte| format!("%{byte:02x}")).collect(),
    |text| text.bytes().map(|byte| format!("%{byte:02X}")).collect(),
    |text| url::form_urlencoded::byte_serialize(text.as_bytes()).collect(),
    |text| serde_json::to_string(text).unwrap(),
    |text| serde_json::to_string(&serde_json::to_string(text).unwrap()).unwrap(),
    |text| text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect(),
    |text| text.chars().map(|c| format!("&#{};", u32::from(c))).collect(),
    |text| text.chars().map(|c| format!("&#x{:X};", u32::from(c))).collect(),
    |text| html(text),
    |text| html(&serde_json::to_string(text).unwrap()),
    |text| text.to_ascii_uppercase(),
    |text| text.chars().flat_map(|c| [c, '\0']).collect(),
    |text| format!("{text:?}"),
];

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[test]
fn each_credential_is_hidden_in_each_form() {
    let login = base64(b"alice:won\"der&land+ 1");
    let cases: [(&str, String, &str); 16] = [
        ("authorization", "Bearer mF_9.B5f-4.1JqM".into(), "mF_9.B5f-4.1JqM"),
        ("authorization", "token  ghp_16C7e42F292c6912E7".into(), "ghp_16C7e42F292c6912E7"),
        ("authorization", "dG9rZW4tb2Ytc2VjcmV0cw==".into(), "dG9rZW4tb2Ytc2VjcmV0cw=="),
        ("authorization", format!("basic {login}"), &login),
        ("authorization", format!("Basic {login}"), "alice:won\"der&land+ 1"),
        ("authorization", format!("Basic {login}"), "won\"der&land+ 1"),
        ("proxy-authorization", format!("Basic {}", base64(b"u:pwd1")), "pwd1"),
        (
            "proxy-authorization",
            format!("Basic {}", base64("u:gr\u{FC}n!".as_bytes())),
            "gr\u{FC}n!",
        ),
        ("authorization", format!("Basic {}", base64(b"u:gr\xFCn!")), "gr\u{FC}n!"),
        ("authorization", format!("Basic {}", base64(b"sk_live_4eC39H:")), "sk_live_4eC39H"),
        (
            "authorization",
            "Digest username=\"u\", response=\"6629fae49393a053\"".into(),
            "6629fae49393a053",
        ),
        ("authorization", "HMAC key=\"a\", signature=\"qW/e+r?ty\"".into(), "qW/e+r?ty"),
        ("cookie", "theme=1; session=s%3Aab%2Fcd.ef; x".into(), "s:ab/cd.ef"),
        ("cookie", "session=\"s%3Aab%2Fcd.ef\"".into(), "s%3Aab%2Fcd.ef"),
        ("x-api-key", "a1b2c3d4e5".into(), "a1b2c3d4e5"),
        ("dpop", "eyJh.eyJi.c2ln".into(), "eyJh.eyJi.c2ln"),
    ];
    for (name, value, secret) in cases {
        let secrets = secrets_of(&[(name, value.as_bytes())], &[]);
        for (index, form) in FORMS.iter().enumerate() {
            let text = format!("Who is <{}>?", form(secret));
            let shown = shown(&text, &secrets);
            assert!(shown.starts_with("Who is <") && shown.ends_with(">?"), "{shown}");
            let between = shown[8..shown.len() - 2].trim_matches(['"', '\\']);
            let between = between.replace("&quot;", "");
            assert_eq!(between.trim_end(), REPLACEMENT, "form {index} of {secret}: {text}");
        }
    }
}

#[test]
fn what_a_response_issues_is_hidden() {
    let secrets = secrets_of(
        &[],
        &[
            ("set-cookie", b"id=ab%2Fcd1234; Path=/; Secure"),
            ("authentication-info", b"rspauth=\"6629fae49393a053\", nextnonce=\"c0ffee00\""),
            ("proxy-authentication-info", b"scrambled-as-it-is,"),
            ("x-auth-token", b"t0ken-1"),
            ("location", b"/callback?code=SplxlOBeZQ&state=1#access_token=2YotnFZFEjr"),
        ],
    );
    let text =
        "id=ab%2Fcd1234; Path=/ ab/cd1234 6629FAE49393A053 c0ffee00 t0ken-1 SplxlOBeZQ 2YotnFZFEjr";
    let it = REPLACEMENT;
    assert_eq!(shown(text, &secrets), format!("id={it}; Path=/ {it} {it} c0ffee00 {it} {it} {it}"));
    assert_eq!(shown("scrambled-as-it-is", &secrets), it);
}

#[test]
fn what_is_no_credential_is_shown() {
    let digest =
        b"Digest username=\"u\", realm=\"reports\", nonce=\"7ypf/xlj9XXwfDPE\", uri=\"/reports\", \
        nc=00000001, qop=auth, algorithm=SHA-256, response=\"ab12ab12ab12\"";
    let request: [(&str, &[u8]); 4] = [
        ("authorization", digest),
        ("cookie", b"a=1; b=yes; session=abcdef"),
        ("accept", b"application/problem+json"),
        ("sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let secrets = secrets_of(&request, &[("www-authenticate", b"Bearer realm=\"reports\"")]);
    for text in [
        "Digest realm=\"reports\", nonce=\"7ypf/xlj9XXwfDPE\", algorithm=SHA-256",
        "Bearer realm=\"reports\", error=\"invalid_token\"",
        "a=1 b=yes 100% \\ & &c; \u{E9}",
        "dGhlIHNhbXBsZSBub25jZQ==",
        "",
    ] {
        assert_eq!(shown(text, &secrets), text);
    }
    let nothing = secrets_of(&[("authorization", b"Negotiate"), ("cookie", b"")], &[]);
    assert_eq!(shown("Negotiate", &nothing), "Negotiate");
}

#[test]
fn a_short_password_is_hidden_where_it_is_a_word() {
    let login = format!("Basic {}", base64(b"u:abc"));
    let secrets = secrets_of(&[("authorization", login.as_bytes())], &[]);
    assert_eq!(
        shown("abc \"ABC\" abcd (%61bc)", &secrets),
        "[credential] \"[credential]\" abcd ([credential])"
    );
}

#[test]
fn a_token_that_was_not_sent_is_hidden_if_it_shows_what_it_is() {
    let token = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl";
    let text = format!("{{\"access_token\":\"{token}\"}}");
    assert_eq!(shown(&text, &Secrets::default()), "{\"access_token\":\"[credential]\"}");
    assert_eq!(shown("eyJ eyJhbGciOiJFUzI1NiJ9", &Secrets::default()), "eyJ eyJhbGciOiJFUzI1NiJ9");
}

#[test]
fn nothing_that_is_shown_moves_the_text_around_it() {
    let text = "a\u{1B}[31mb\r\nc\u{202E}d\u{7F}e\u{2066}";
    assert_eq!(shown(text, &Secrets::default()), "a [31mb  c d e ");
    assert_eq!(shown("a\u{9b}b\u{2028}c\u{2029}d\u{61C}e", &Secrets::default()), "a b c d e");
    assert_eq!(shown(&"\u{1F511}".repeat(300), &Secrets::default()).chars().count(), MAX);
    assert_eq!(show(b"ab\xFF", 0..3, &Secrets::default()), "ab\u{FFFD}");
    for range in [0..0, 3..3, Range { start: 2, end: 1 }, 4..9, usize::MAX..usize::MAX] {
        assert_eq!(show(b"abc", range, &Secrets::default()), "");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_part_of_a_credential_shows_at_any_place(
        secret in "[ghijksvwyzGHIJKSVWYZ0-9:/+=&%\"\\\\ \u{E4}\u{20AC}]{8,60}",
        form in 0..FORMS.len(),
        before in "[-_.,;{}()<> ]{0,40}",
        after in "[-_.,;{}()<> ]{0,40}",
        cut in any::<[prop::sample::Index; 2]>(),
    ) {
        let secret = secret.trim();
        prop_assume!(secret.len() >= 8);
        let login = format!("Basic {}", base64(format!("u:{secret}").as_bytes()));
        let secrets = secrets_of(&[("authorization", login.as_bytes())], &[]);
        let text = format!("{before}{}{after}", FORMS[form](secret));
        let mut cut = cut.map(|index| index.index(text.len() + 1));
        cut.sort_unstable();
        let shown = show(text.as_bytes(), cut[0]..cut[1], &secrets);
        // Where each character is escaped, nothing is left of it; else what is left are escapes of quotes.
        let is_all_escaped = [1, 2, 6, 7, 8].contains(&form);
        let is_of_secret = |c: &char| {
            "ghijksvwyzGHIJKSVWYZ".contains(*c) || is_all_escaped && c.is_ascii_alphanumeric()
        };
        let rest = shown.replace(REPLACEMENT, "");
        let left: String = rest.chars().filter(is_of_secret).collect();
        prop_assert!(left.is_empty(), "{left} is left in {shown} of {text}");
    }

    #[test]
    fn a_text_without_a_part_of_a_credential_is_shown_as_it_is(
        secret in "[a-m0-4/+]{8,40}",
        text in "[n-zN-Z5-9 \"=,.%&;\\\\]{0,120}",
    ) {
        let token = format!("Bearer {secret}");
        let secrets = secrets_of(&[("authorization", token.as_bytes())], &[]);
        prop_assert_eq!(shown(&text, &secrets), text);
    }
}
