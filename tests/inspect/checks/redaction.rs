//! No credential in anything that a finding says, wherever the server writes it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use portcullis::inspect::{Exchange, Finding};

use super::written::{judge, parse_request};

const SECRET: &str = "Zq7-wonderland-Zq7";

fn base64(text: &str) -> String {
    STANDARD.encode(text)
}

/// Requests with the secret, and what a server can echo of it.
fn requests() -> Vec<(String, String)> {
    let login = base64(&format!("alice:{SECRET}"));
    let sent = [
        (format!("Authorization: Bearer {SECRET}"), SECRET.to_owned()),
        (format!("Authorization: {SECRET}"), SECRET.to_owned()),
        (format!("Authorization: Basic {login}"), login.replace('=', "")),
        (format!("Authorization: Basic {login}"), SECRET.to_owned()),
        (format!("Proxy-Authorization: basic {login}"), SECRET.to_owned()),
        (format!("Authorization: Digest username=\"a\", response=\"{SECRET}\""), SECRET.to_owned()),
        (format!("Cookie: a=1; session={SECRET}"), SECRET.to_owned()),
        (format!("X-API-Key: {SECRET}"), SECRET.to_owned()),
    ];
    let headers = sent.map(|(header, echo)| (format!("GET http://a.example/\n{header}"), echo));
    let query = (format!("GET http://a.example/?access_token={SECRET}"), SECRET.to_owned());
    let user = (format!("GET http://alice:{SECRET}@a.example/"), SECRET.to_owned());
    headers.into_iter().chain([query, user]).collect()
}

/// Responses that show it where a check looks.
fn responses(echo: &str) -> Vec<String> {
    let upper = echo.to_uppercase();
    let percent: String = echo.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let json: String = echo.bytes().map(|byte| format!("\\\\u{byte:04x}")).collect();
    let html: String = echo.bytes().map(|byte| format!("&#x{byte:x};")).collect();
    let quoted: String = echo.chars().map(|c| format!("\\{c}")).collect();
    let hexadecimal: String = echo.bytes().map(|byte| format!("{byte:02x}")).collect();
    let base64 = base64(echo);
    let inner = self::base64(&format!("{{\"token\":\"{echo}\"}}"));
    [
        format!("401\nWWW-Authenticate: Bearer error=\"invalid_token\", error_description=\"{echo} f\u{FC}r\""),
        format!("401\nWWW-Authenticate: Bearer error_description=\"{upper} f\u{FC}r\""),
        format!("401\nWWW-Authenticate: Bearer error_description=\"{percent} f\u{FC}r\""),
        format!("401\nWWW-Authenticate: Bearer error_description=\"{json} f\u{FC}r\""),
        format!("401\nWWW-Authenticate: Bearer error_description=\"{html} f\u{FC}r\""),
        format!("401\nWWW-Authenticate: Bearer error_description=\"{quoted} f\u{FC}r\""),
        format!("401\nWWW-Authenticate: Bearer error_description=\"{hexadecimal} f\u{FC}r\""),
        format!("401\nWWW-Authenticate: Bearer error_description=\"{base64} f\u{FC}r\""),
        format!("401\nWWW-Authenticate: Bearer error_description=\"{inner} f\u{FC}r\""),
        format!("401\nWWW-Authenticate: Basic realm={echo}"),
        format!("401\nWWW-Authenticate: Basic realm=\"{echo}"),
        format!("401\nWWW-Authenticate: Basic realm=\"a\" {echo}"),
        format!("403\nWWW-Authenticate: {echo}"),
        format!("401\nWWW-Authenticate: Bearer {echo}=\"a\", {echo}=\"b\""),
        format!("401\nWWW-Authenticate: Bearer realm=\"a\", {echo}"),
        format!("403\nWWW-Authenticate: {echo} realm={echo}, {echo}, {echo}"),
        format!("401\nWWW-Authenticate: Digest realm=\"{echo}\", algorithm={echo}"),
        format!("407\nProxy-Authenticate: Bearer scope=\"{echo} \\\"\", error=\"{echo}\u{FC}\""),
        format!("401\nSet-Cookie: s={echo}; Path=/\nWWW-Authenticate: Basic realm={echo}"),
    ]
    .into()
}

fn said(finding: &Finding) -> String {
    let excerpt = finding.excerpt();
    format!("{finding}\n{finding:?}\n{excerpt}\n{}", finding.detail())
}

#[test]
fn i30_no_finding_shows_what_was_sent() {
    let mut found = 0;
    for (request, echo) in requests() {
        for response in responses(&echo) {
            let findings = judge(&request, &response);
            assert!(!findings.is_empty(), "{response}");
            for finding in findings {
                let said = self::said(&finding).to_ascii_lowercase();
                let secret = echo.to_ascii_lowercase();
                for part in secret.as_bytes().windows(8) {
                    let part = str::from_utf8(part).unwrap();
                    assert!(!said.contains(part), "{said}\nto\n{request}\n--\n{response}");
                    let hex: String = part.bytes().map(|byte| format!("{byte:02x}")).collect();
                    let digits = said.replace(['%', '\\', '&', ';'], "").replace("u00", "");
                    let digits = digits.replace("#x", "");
                    assert!(!digits.contains(&hex) && !digits.contains(part), "{said}");
                }
                // Base64 of the secret, wherever it begins in what was encoded.
                for before in ["", "1", "12", "{\"token\":\"", "alice:"] {
                    let encoded = base64(&format!("{before}{echo}"));
                    for part in encoded.as_bytes()[before.len() * 4 / 3 + 2..].windows(12) {
                        let part = str::from_utf8(part).unwrap();
                        assert!(!self::said(&finding).contains(part), "{finding}");
                    }
                }
                found += usize::from(said.contains("[credential]"));
            }
        }
    }
    assert!(found > 100, "{found} findings show that something was there");
}

#[test]
fn i30_no_finding_shows_a_cookie_that_was_set() {
    for response in responses(SECRET).into_iter().filter(|it| it.contains("Set-Cookie")) {
        for finding in judge("GET /", &response) {
            assert!(!said(&finding).contains("wonderland"), "{finding}");
        }
    }
}

#[test]
fn i30_an_exchange_does_not_print_credentials() {
    for (request, _) in requests() {
        let request = parse_request(&request);
        let response = http::Response::builder().header("set-cookie", format!("s={SECRET}"));
        let response = response.body(()).unwrap();
        let printed = format!("{:?}", Exchange::new(&request, &response, SECRET.as_bytes()));
        assert!(
            !printed.contains("wonderland") && !printed.contains(&base64(SECRET)[..8]),
            "{printed}"
        );
        assert!(
            printed.contains("GET") && printed.contains("200") && printed.contains("set-cookie")
        );
    }
}

#[test]
fn i06_what_is_no_credential_is_in_the_excerpt() {
    let findings = judge(
        "GET /\nAuthorization: Bearer abcdefghijk",
        "401\nWWW-Authenticate: Basic realm=reports",
    );
    assert_eq!(findings[0].excerpt(), "realm=reports");
    assert_eq!(findings[0].detail(), "the `realm` of Basic has no quotes");
}

#[test]
fn i21_the_excerpt_of_a_redirect_shows_where_it_leads_and_no_ticket() {
    for (location, shown) in [
        (
            "https://app.example/login/cas?ticket=ST-1856339-aA5Yuvrxzpv8Tau1cYQ7",
            "https://app.example/login/cas…",
        ),
        ("/login/magic/9f8a7b6c5d4e3f2a1b0c", "/login/magic/…"),
        ("/login?state=st4tesecret9", "/login…"),
        ("/login;jsessionid=ABCDEFGHIJKLMNOP", "/login…"),
        ("/login?token%3Dabcdefghijklmnop", "/login…"),
        ("https://user:hunterzwei@app.example/login#id_token=a", "https://app.example/login…"),
        ("https://id.example/oauth2/login", "https://id.example/oauth2/login"),
    ] {
        let findings = judge("GET /reports", &format!("302\nlocation: {location}"));
        let found = findings.iter().find(|it| it.id() == "login-redirect-for-programs").unwrap();
        assert_eq!(found.excerpt(), shown, "{location}");
        assert_eq!(found.to_json()["excerpt"], shown, "{location}");
    }
}
