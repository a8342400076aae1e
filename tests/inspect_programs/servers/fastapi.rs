//! FastAPI, with the helpers of `fastapi.security` as its tutorial uses them.

use super::case::{Ask, Case, Found, basic, bearer, found};
use super::known::*;
use super::{confirm, programs};

fn with_password(how: &'static str, target: &'static str) -> Case {
    Case::new(how, target).alice(basic("alice", "wonderland")).wrong(basic("alice", "wrong"))
}

fn with_token(how: &'static str, target: &'static str) -> Case {
    let case = Case::new(how, target).alice(bearer("alice-token")).bob(bearer("bob-token"));
    case.expired(bearer("old-token")).wrong(bearer("no-token"))
}

/// Routes are for one method: `HEAD` and `OPTIONS` are none of them.
fn by_route() -> [Found; 3] {
    [
        too_late(405),
        found("advice absence-storable", Ask::Head, 405).lacks("\ncache-control:").because(
            "true, because a 405 without Cache-Control is heuristically cacheable (RFC 9110 §15.1)",
        ),
        nothing(),
    ]
}

/// The same for a caller with `Authorization`.
fn for_alice() -> [Found; 3] {
    [
        found("advice absence-storable", Ask::HeadOfAlice, 405)
            .lacks("\ncache-control:")
            .because("true, because alice's own cache may keep a 405 without Cache-Control"),
        nothing_for_alice(),
        personal(),
    ]
}

/// The same for a caller with a key in a header of its own.
fn for_key() -> [Found; 3] {
    [
        found("warning absence-storable", Ask::HeadOfAlice, 405).lacks("\ncache-control:").because(
            "true, because a 405 without Cache-Control answers a request with a key that no cache knows",
        ),
        nothing_for_session(),
        personal(),
    ]
}

#[test]
fn fastapi_as_its_tutorial_programs_it() {
    let Some(server) = programs::python("fastapi_app.py") else { return };
    let key = |key: &str| ("x-api-key", key.to_owned());
    let cases = [
        with_password("HTTPBasic()", "/basic")
            .finds([bare_basic(), two_lines(), no_charset("\nwww-authenticate: basic\n")])
            .finds(by_route())
            .finds(for_alice()),
        with_password("HTTPBasic(realm=…)", "/basic-realm")
            .finds([two_lines(), no_charset("\nwww-authenticate: basic realm=\"reports\"\n")])
            .finds(by_route())
            .finds(for_alice()),
        with_token("HTTPBearer(), then HTTPException", "/bearer")
            .finds([
                found("error challenge-missing", Ask::Wrong, 401)
                    .lacks("\nwww-authenticate:")
                    .because("true, because HTTPException sends no header unless it is given one"),
                bare_bearer(),
                two_lines(),
            ])
            .finds(by_route())
            .finds(for_alice()),
        with_token("OAuth2PasswordBearer", "/oauth2")
            .finds([bare_bearer(), two_lines(), no_error()])
            .finds(by_route())
            .finds(for_alice()),
        with_token("SecurityScopes", "/scopes")
            .finds([bare_bearer(), two_lines(), no_error(), known_401()])
            .finds(by_route())
            .finds(for_alice()),
        Case::new("APIKeyHeader", "/api-key")
            .alice(key("alice-key-4f1d0c9b"))
            .wrong(key("no-key-5a0b7c2d"))
            .finds([found("error challenge-missing", Ask::Wrong, 401)
                .lacks("\nwww-authenticate:")
                .because("true, because HTTPException sends no header unless it is given one")])
            .finds(by_route())
            .finds(for_key()),
        Case::new("HTTPException(401)", "/plain").finds([no_challenge()]).finds(by_route()),
    ];
    confirm::all("FastAPI", server.address, &cases);
}
