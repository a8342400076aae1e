//! No credential shows, however it was sent, whatever escapes it comes back in, and wherever a place begins
//! and ends.

use std::ops::Range;

use http::{HeaderValue, Request, Response};
use proptest::prelude::*;

use super::{MAX, REPLACEMENT, Secrets};
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

fn show(text: &[u8], range: Range<usize>, secrets: &Secrets) -> String {
    super::show(text, range, secrets, MAX)
}

fn shown(text: &str, secrets: &Secrets) -> String {
    show(text.as_bytes(), 0..text.len(), secrets)
}

fn base64(text: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// The ways in which a server may write a text.
const FORMS: [fn(&str) -> String; 21] = [
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
    |text| hexadecimal(text),
    |text| hexadecimal(text).to_uppercase(),
    |text| base64(text.as_bytes()),
    // With other bytes around it, as a part of what was encoded.
    |text| base64(&[b"1", text.as_bytes(), b"!"].concat()),
    |text| base64(&[b"1:", text.as_bytes()].concat()).replace('+', "-").replace('/', "_"),
    |text| base64(html(text).as_bytes()),
    |text| text.chars().map(|c| format!("\\{c}")).collect(),
];

fn hexadecimal(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

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
            // Padding, and digits with no bit of it at both ends.
            let between = between.trim_end_matches('=').to_owned();
            let between = if [17, 18].contains(&index) {
                let start = between.find('[').expect(&between);
                let end = between.find(']').expect(&between) + 1;
                assert!(start <= 2 && between[end..].len() <= 2, "{between}");
                between[start..end].to_owned()
            } else {
                between
            };
            assert_eq!(between.trim_end(), REPLACEMENT, "form {index} of {secret}: {text}");
        }
    }
}

#[test]
fn a_token_without_a_scheme_is_hidden_and_a_scheme_without_a_token_is_shown() {
    let secrets = secrets_of(&[("authorization", b"tok-read")], &[]);
    assert_eq!(shown("token=tok-read", &secrets), "token=[credential]");
    for scheme in ["Negotiate", "NTLM", "Bearer", "token"] {
        let secrets = secrets_of(&[("authorization", scheme.as_bytes())], &[]);
        let text = "Negotiate, NTLM, Bearer error=\"invalid_token\", a token";
        assert_eq!(shown(text, &secrets), text);
    }
}

#[test]
fn i30_a_token_that_was_not_sent_is_hidden_behind_its_scheme() {
    let none = secrets_of(&[], &[]);
    for text in [
        "Authorization: Bearer 2YotnFZFEjr1zCsicMWpAA",
        "\"Authorization\": \"bearer 2YotnFZFEjr1zCsicMWpAA\"",
        "authorization=Bearer%202YotnFZFEjr1zCsicMWpAA",
        "-H 'Authorization: Basic 2YotnFZFEjr1zCsicMWpAA=='",
        "Bearer 2YotnFZFEjr1zCsicMWpAA is expired",
        "invalid Bearer: 2YotnFZFEjr1zCsicMWpAA",
        "token 2YotnFZFEjr1zCsicMWpAA",
        "Bearer+2YotnFZFEjr1zCsicMWpAA",
        "token%3D2YotnFZFEjr1zCsicMWpAA",
        "/a?x=1&ticket=2YotnFZFEjr1zCsicMWpAA",
        "/a?state=2YotnFZFEjr1zCsicMWpAA#b",
        "/a?otp=2YotnFZFEjr1zCsicMWpAA",
        "/a;jsessionid=2YotnFZFEjr1zCsicMWpAA",
    ] {
        let shown = shown(text, &none);
        assert!(!shown.contains("Yotn") && shown.contains(REPLACEMENT), "{shown}");
    }
    assert_eq!(shown("/a;jsessionid=ABCDEFGHIJKLMNOP", &none), "/a;jsessionid=[credential]");
    assert_eq!(shown("token%3Dabcdefghijklmnop", &none), "token%3D[credential]");
    for text in [
        "Basic realm=reports2, Bearer realm=\"api v2\", error=\"invalid_token\"",
        "Bearer resource_metadata=\"https://a.example/.well-known/oauth2\"",
        "Bearer resource_metadata=\\\"https://a.example/1\\\"",
        "the realm of Basic has no quotes, and Bearer authentication failed",
        "token: expired; password: must-not-be-empty; state: unauthorized",
        "/issues?state=reopened&page=12345678",
    ] {
        assert_eq!(shown(text, &none), text);
    }
}

#[test]
fn each_of_many_short_credentials_is_hidden() {
    let value = |number: usize| format!("{}", 10_000 + number * 7);
    let cookies: Vec<_> = (0..200).map(|number| format!("c{number}={}", value(number))).collect();
    let secrets = secrets_of(&[("cookie", cookies.join("; ").as_bytes())], &[]);
    for number in 0..200 {
        assert_eq!(shown(&format!("<{}>", value(number)), &secrets), "<[credential]>");
    }
    assert_eq!(shown("<10001>", &secrets), "<10001>");
}

#[test]
fn where_there_are_too_many_credentials_nothing_is_shown() {
    let token: Vec<u8> =
        (0..1_000_000_u32).flat_map(|number| number.to_string().into_bytes()).collect();
    let secrets = secrets_of(&[("x-api-key", &token)], &[]);
    assert_eq!(shown("Bearer realm=\"reports\"", &secrets), REPLACEMENT);
    // A long one that repeats itself has few parts.
    let secrets = secrets_of(&[("x-api-key", &b"0123456789".repeat(100_000))], &[]);
    assert_eq!(shown("realm=\"56789012\"", &secrets), "realm=\"[credential]\"");
}

#[test]
fn a_name_that_only_looks_like_a_secret_is_none() {
    let request: [(&str, &[u8]); 3] = [
        ("x-author", b"Ada Lovelace"),
        ("x-authority", b"reports.example"),
        ("referer", b"https://a.example/?author=Lovelace&page=42"),
    ];
    let secrets =
        secrets_of(&request, &[("optional-www-authenticate", b"Bearer realm=\"reports\"")]);
    let text = "Ada Lovelace at reports.example, Bearer realm=\"reports\"";
    assert_eq!(shown(text, &secrets), text);
    let request: [(&str, &[u8]); 2] = [
        ("referer", b"https://a.example/?access_token=SplxlOBeZQ&page=42"),
        ("x-authorization", b"QQ4pVb7n"),
    ];
    let secrets = secrets_of(&request, &[("location", b"https://u:wonderland@a.example/")]);
    let text = "SplxlOBeZQ QQ4pVb7n wonderland 42";
    assert_eq!(shown(text, &secrets), "[credential] [credential] [credential] 42");
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
fn what_a_text_calls_a_secret_is_hidden() {
    let none = Secrets::default();
    for before in
        ["access_token=", "{\"refreshToken\": \"", "{\\\"api_key\\\":\\\"", "Password: ", "<jwt>"]
    {
        let text = format!("{before}2YotnFZFEjr1zCsicMWpAA and more");
        assert_eq!(shown(&text, &none), format!("{before}[credential] and more"));
    }
    for text in [
        "the code 2YotnFZFEjr1zCsicMWpAA",
        "{\"token\":\"expired\",\"token_type\":\"Bearer2000\"}",
        "token: invalid-token-format",
        "{\"sessions\": \"abcd1234efgh\"}",
        "session: 2026-11-27",
        "password: short1",
        "token=",
        "token",
    ] {
        assert_eq!(shown(text, &none), text);
    }
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
        let is_all_escaped = [1, 2, 6, 7, 8, 14, 15, 16].contains(&form);
        let is_of_secret = |c: &char| {
            "ghijksvwyzGHIJKSVWYZ".contains(*c) || is_all_escaped && c.is_ascii_alphanumeric()
        };
        let rest = shown.replace(REPLACEMENT, "");
        let left: String = rest.chars().filter(is_of_secret).collect();
        // Of Base64 that has other bytes as well, a digit or two at each end.
        let most = if [17, 18].contains(&form) { 3 } else { 0 };
        prop_assert!(left.len() <= most, "{left} is left in {shown} of {text}");
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
