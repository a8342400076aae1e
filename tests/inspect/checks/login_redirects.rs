//! I21: redirects to a login.

use super::wire::seen;

const ID: &str = "login-redirect-for-programs";

/// What a browser sends with a navigation, over HTTPS and over plain HTTP.
const NAVIGATIONS: [&str; 3] = [
    "sec-fetch-mode: navigate\nsec-fetch-dest: document\naccept: text/html,application/xhtml+xml,*/*;q=0.8",
    "user-agent: Mozilla/5.0\naccept-language: en\nupgrade-insecure-requests: 1\naccept: text/html,*/*;q=0.8",
    // A crawler, or a browser in a terminal.
    "user-agent: Lynx/2.9\naccept: text/html",
];

const OTHERS: [(&str, &str); 6] = [
    ("a program", "accept: */*"),
    ("a client of an API", "accept: application/json\nauthorization: Bearer abc"),
    ("a script", "sec-fetch-mode: cors\nsec-fetch-dest: empty\naccept: */*"),
    ("an image", "sec-fetch-mode: no-cors\nsec-fetch-dest: image\naccept: image/*"),
    ("a WebSocket", "sec-fetch-mode: websocket\nupgrade: websocket"),
    ("htmx", "hx-request: true\nsec-fetch-mode: cors\nsec-fetch-dest: empty\naccept: */*"),
];

#[test]
fn i21_a_redirect_of_what_is_no_navigation_is_found() {
    for (name, headers) in OTHERS {
        for status in ["301", "302", "303", "307", "308"] {
            for location in [
                "/login?next=/reports",
                "https://id.example/users/sign_in",
                "https://id.example/auth?client_id=a&response_type=code",
            ] {
                let request = format!("GET /reports\n{headers}");
                let response = format!("{status}\nlocation: {location}");
                let expected = format!("warning location[0] `{location}`");
                assert_eq!(seen(ID, &request, &response), expected, "{name}");
            }
        }
    }
    assert_eq!(
        seen(ID, "POST /reports\naccept: application/json", "302\nlocation: /login"),
        "warning location[0] `/login`"
    );
}

#[test]
fn i21_people_are_led_to_a_login() {
    for headers in NAVIGATIONS {
        let request = format!("GET /reports\n{headers}");
        assert_eq!(seen(ID, &request, "303\nlocation: /login?next=/reports"), "", "{headers}");
    }
    let form = "POST /notes\nsec-fetch-mode: navigate\nsec-fetch-dest: document\naccept: text/html\n\
                content-type: application/x-www-form-urlencoded";
    assert_eq!(seen(ID, form, "303\nlocation: /login"), "");
}

#[test]
fn i21_other_redirects_are_right() {
    for (request, response) in [
        // A login is what was asked for, or what comes after it.
        ("GET /login", "301\nlocation: https://example.com/login/"),
        ("POST /login", "302\nlocation: /login?error=1"),
        ("POST /logout", "302\nlocation: /login"),
        ("GET /oauth2/authorize?client_id=a&response_type=code", "302\nlocation: /login"),
        ("GET /auth/callback?code=a", "302\nlocation: /login"),
        ("POST /signup", "302\nlocation: /login"),
        ("GET /.well-known/change-password", "302\nlocation: /login?next=/password"),
        // A page about it has moved.
        ("GET /old/tree/src/login", "301\nlocation: /new/tree/src/login"),
        // Another page.
        ("GET /a", "302\nlocation: /articles/how-to-login"),
        ("GET /a", "302\nlocation: https://login.example/"),
        ("GET /a", "302\nlocation: /b?next=/login"),
        ("GET /a", "302"),
        // An account of another service is linked.
        (
            "GET /settings/link/git\nauthorization: Bearer abc",
            "302\nlocation: https://git.example/login/oauth/authorize?client_id=a&scope=repo",
        ),
        (
            "POST /api/integrations\ncookie: session=abcdef",
            "303\nlocation: https://id.example/authorize?client_id=a&response_type=code",
        ),
        // These lead nowhere.
        ("GET /a", "401\nlocation: /login"),
        ("GET /a", "201\nlocation: /login"),
        ("GET /a", "300\nlocation: /login"),
        ("", "302\nlocation: /login"),
    ] {
        assert_eq!(seen(ID, request, response), "", "{request} {response}");
    }
}

#[test]
fn i21_endpoints_of_oauth_that_are_no_login_are_right() {
    for (request, response) in [
        ("GET /.well-known/jwks.json", "301\nlocation: /oauth2/jwks"),
        ("GET /userinfo\nauthorization: Bearer abc", "307\nlocation: /oauth2/userinfo"),
        ("GET /metadata", "302\nlocation: /saml/metadata.xml"),
        ("GET /introspect", "308\nlocation: /oauth2/v1/introspect"),
        ("GET /s/abc", "301\nlocation: https://www.example/features/sso"),
        ("GET /s/abc", "301\nlocation: https://www.example/docs/oauth2/authorize"),
        ("GET /s/abc", "301\nlocation: https://www.example/docs/api/authenticate"),
    ] {
        assert_eq!(seen(ID, request, response), "", "{request} {response}");
    }
    for location in [
        "/oauth2/authorization/example",
        "/oauth2/v2.0/authorize?scope=openid",
        "/oidc/auth",
        "/saml2/authenticate/example",
        "/saml2/http-redirect/sso/42",
        "/saml2/idp/SSOService.php",
        "/idp/profile/SAML2/Redirect/SSO",
        "/oauth2/start?rd=%2F",
    ] {
        let response = format!("302\nlocation: {location}");
        let found = format!("warning location[0] `{location}`");
        assert_eq!(seen(ID, "GET /reports", &response), found);
    }
}
