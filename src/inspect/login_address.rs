//! Which addresses are those of a login?

use std::borrow::Cow;

use super::words::squashed;

/// Names of pages at which people log in.
const LOGINS: &[&str] = &["login", "logon", "signin", "userlogin", "wplogin"];

/// Names of pages and endpoints that lead to a login, or come from one.
const AROUND: &[&str] = &[
    "2fa",
    "auth",
    "authenticate",
    "authentication",
    "authorize",
    "callback",
    "cas",
    "changepassword",
    "connect",
    "forgotpassword",
    "idp",
    "logoff",
    "logout",
    "mfa",
    "oauth",
    "oauth2",
    "oidc",
    "openid",
    "openidconnect",
    "password",
    "passwordreset",
    "passwords",
    "register",
    "registration",
    "resetpassword",
    "saml",
    "saml2",
    "session",
    "sessions",
    "signoff",
    "signout",
    "signup",
    "sso",
];

/// Where frameworks and proxies have the endpoints of OAuth 2, OpenID Connect and SAML.
const PROTOCOLS: &[&str] = &["oauth2", "oidc", "saml", "saml2"];

/// Those of these endpoints at which a login begins.
const STARTS: &[&str] = &[
    "auth",
    "authenticate",
    "authorization",
    "authorize",
    "begin",
    "init",
    "initiate",
    "singlesignon",
    "sso",
    "ssoservice",
    "start",
];

/// Names of pages that tell people about such endpoints.
const ABOUT: &[&str] = &[
    "article",
    "articles",
    "blog",
    "doc",
    "docs",
    "documentation",
    "feature",
    "features",
    "guide",
    "guides",
    "pricing",
    "product",
    "products",
    "solutions",
    "wiki",
];

/// Whether a path is about logging in or out, so that a login is what was asked for.
pub(super) fn is_about_login(path: &str) -> bool {
    let names = || segments(path);
    names().any(|name| LOGINS.contains(&&name[..]) || AROUND.contains(&&name[..]))
}

/// Whether a `Location` leads to a login: a page for people, or the endpoint of an identity provider.
pub(super) fn is_login(location: &str) -> bool {
    let (address, fragment) = split(location, '#');
    let (address, query) = split(address, '?');
    let path = path(address);
    let has = |name: &str| query.split('&').any(|pair| split(pair, '=').0 == name);
    // OAuth 2 and OpenID Connect; SAML 2.
    let asks_provider = (has("client_id") && has("response_type")) || has("SAMLRequest");
    is_login_page(path)
        || is_endpoint(path)
        || asks_provider
        || is_login_page(split(fragment, '?').0)
}

/// Whether a path is that of an endpoint at which a login begins: `/sso`, `/oauth2/authorize`, and
/// `/oauth2/authorization/example` for one provider of several.
fn is_endpoint(path: &str) -> bool {
    let names: Vec<_> = segments(path).collect();
    let is_in = |index: usize, known: &[&str]| known.contains(&&names[index][..]);
    if (0..names.len()).any(|index| is_in(index, ABOUT)) {
        return false;
    }
    let Some(last) = names.len().checked_sub(1) else { return false };
    // Where a login comes back.
    if is_in(last, &["acs", "callback", "logout", "token"]) {
        return false;
    }
    let protocol = (0..last).find(|index| is_in(*index, PROTOCOLS));
    is_in(last, &["sso", "authenticate"])
        || protocol.is_some_and(|protocol| {
            (last.saturating_sub(1).max(protocol + 1)..=last).any(|index| is_in(index, STARTS))
        })
}

/// Names of pages and endpoints at which a user who is logged in adds an account of another service.
const LINKING: &[&str] = &["connections", "integrations", "link", "linkaccount", "linking"];

/// Whether a request for this path links an account of another service, to whose authorization endpoint this
/// `Location` leads: this server asks for no login.
pub(super) fn links_account(path: &str, location: &str) -> bool {
    let (address, query) = split(split(location, '#').0, '?');
    let asks =
        query.split('&').any(|pair| matches!(split(pair, '=').0, "client_id" | "SAMLRequest"));
    let is_elsewhere = address.starts_with("//") || address.contains("://");
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase);
    let mut names = words.chain(segments(path).map(Cow::into_owned));
    asks && is_elsewhere && names.any(|name| LINKING.contains(&&name[..]) || name == "connect")
}

/// Whether a path is that of a page at which people log in.
pub(super) fn is_login_page(path: &str) -> bool {
    segments(path).any(|name| LOGINS.contains(&&name[..]))
}

/// Whether a path is the front page of a site, which may well be the login.
pub(super) fn is_front(path: &str) -> bool {
    let mut names = segments(path);
    let first = names.next();
    first.is_none_or(|name| name == "index") && names.next().is_none()
}

/// The path of an address without query and fragment.
fn path(address: &str) -> &str {
    let start =
        if address.starts_with("//") { Some(0) } else { address.find("://").map(|at| at + 1) };
    let Some(start) = start else { return address };
    let rest = &address[start + 2..];
    rest.find('/').map_or("", |at| &rest[at..])
}

/// The names in a path without the extension of a file, in lower case, and without what separates words.
fn segments(path: &str) -> impl Iterator<Item = Cow<'static, str>> {
    path.split('/').filter_map(|segment| {
        let segment = split(segment, ';').0;
        let name = segment.rsplit_once('.').map_or(segment, |(name, _)| name);
        squashed(name).map(Cow::Owned)
    })
}

fn split(text: &str, at: char) -> (&str, &str) {
    text.split_once(at).unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i21_addresses_of_a_login_are_known() {
        for address in [
            "/login",
            "/login?next=/a",
            "/users/sign_in",
            "https://id.example/login/",
            "//id.example/Log-In",
            "/wp-login.php?redirect_to=x",
            "login.aspx",
            "/account/login/index.html",
            "/#/login?x",
            "https://id.example/realms/a/protocol/openid-connect/auth?client_id=a&response_type=code",
            "https://id.example/x?SAMLRequest=abc",
            "/sso",
            "/oauth2/start?rd=%2F",
            "/oauth2/authorization/example",
        ] {
            assert!(is_login(address), "{address}");
        }
        for address in [
            "",
            "/",
            "https://login.example/",
            "https://login.example",
            "/loginhelp",
            "/articles/how-to-login",
            "/reports?client_id=4",
            "/auth/callback",
            "/oauth2/callback",
            "/oauth2/auth/callback",
            "/docs/oauth2",
            "/a?next=/login",
            "/#login-form-help",
            "://",
            "é//é",
        ] {
            assert!(!is_login(address), "{address}");
        }
    }

    #[test]
    fn i21_linking_an_account_is_no_login() {
        let provider = "https://git.example/login/oauth/authorize?client_id=a&scope=repo";
        for path in ["/account/link/git", "/settings/integrations/git", "/api/connect-git"] {
            assert!(links_account(path, provider), "{path}");
            assert!(!links_account(path, "/login?next=/account"), "{path}");
            assert!(!links_account(path, "https://id.example/login"), "{path}");
        }
        for path in ["/reports", "/links", "/linked", "/blink"] {
            assert!(!links_account(path, provider), "{path}");
        }
    }

    #[test]
    fn i21_pages_around_a_login_are_known() {
        for path in
            ["/login", "/logout", "/oauth2/authorize", "/a/sign-up", "/session", "/saml/acs"]
        {
            assert!(is_about_login(path), "{path}");
        }
        for path in ["/", "/reports", "/authors", "/sessions-of-parliament", "/connected"] {
            assert!(!is_about_login(path), "{path}");
        }
        for path in ["/", "", "/index.html", "/index.php/"] {
            assert!(is_front(path), "{path}");
        }
        for path in ["/a", "/index/a", "/a/index.html"] {
            assert!(!is_front(path), "{path}");
        }
    }
}
