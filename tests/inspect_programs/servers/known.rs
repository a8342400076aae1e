//! Findings that several servers share, each with the exchange that confirms it.

use super::case::{Ask, Found, found};

pub fn no_challenge() -> Found {
    found("error challenge-missing", Ask::Anonymous, 401)
        .lacks("\nwww-authenticate:")
        .because("true, because no header of the 401 names a scheme")
}

pub fn bare_basic() -> Found {
    found("error basic-realm", Ask::Anonymous, 401)
        .has("\nwww-authenticate: basic\n")
        .because("true, because RFC 7617 §2 requires the realm, and nothing follows the scheme")
}

pub fn no_charset(challenge: &'static str) -> Found {
    found("advice basic-charset", Ask::Anonymous, 401)
        .has(challenge)
        .lacks("charset=\"utf-8\"")
        .because("true, because the challenge has no parameter `charset`")
}

pub fn bare_bearer() -> Found {
    found("error bearer-params", Ask::Anonymous, 401)
        .has("\nwww-authenticate: bearer\n")
        .because("true, because RFC 6750 §3 requires a parameter, and nothing follows the scheme")
}

pub fn no_error() -> Found {
    found("warning bearer-error-missing", Ask::Wrong, 401)
        .has("\nwww-authenticate: bearer")
        .lacks("error=")
        .because(
            "true, because a token was sent, and the challenge does not say that it was refused",
        )
}

pub fn two_lines() -> Found {
    found("warning credentials-ignored", Ask::TwoLines, 200).because(
        "true, because a second line with wrong credentials is not seen: a server in front that looks at \
         the last line sees another caller",
    )
}

pub fn personal() -> Found {
    found("advice personal-storable", Ask::Alice, 200)
        .lacks("\ncache-control:")
        .because("true, because nothing in the response says that it is for this caller")
}

pub fn nothing() -> Found {
    found("advice absence-storable", Ask::Nothing, 404).lacks("\ncache-control:").because(
        "true, because a 404 without Cache-Control is heuristically cacheable (RFC 9110 §15.1)",
    )
}

/// With `Authorization`.
pub fn nothing_for_alice() -> Found {
    found("advice absence-storable", Ask::NothingOfAlice, 404).lacks("\ncache-control:").because(
        "true, because alice's own cache may keep it, and a shared one may not (RFC 9111 §3.5)",
    )
}

/// With a cookie, or a key in a header of its own.
pub fn nothing_for_session() -> Found {
    found("warning absence-storable", Ask::NothingOfAlice, 404).lacks("\ncache-control:").because(
        "true, because a 404 without Cache-Control answers a request with credentials that no cache knows",
    )
}

pub fn preflight(finding: &'static str, status: u16) -> Found {
    found(finding, Ask::Preflight, status).lacks("\naccess-control-allow-headers:").because(
        "true, because a preflight never has credentials, and no browser goes on after this one",
    )
}

pub fn known_401() -> Found {
    found("warning known-challenged", Ask::Bob, 401)
        .because("true, because the credentials of bob are right, and another login is asked for")
}

pub fn too_late(status: u16) -> Found {
    found("advice checked-too-late", Ask::Propfind, status).lacks("\nwww-authenticate:").because(
        "true, because the router answers in front of what authenticates, and GET gets 401",
    )
}
