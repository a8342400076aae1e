//! Django REST framework, with each order of its authentication classes, and with the `code` that is no status.

use super::case::{Ask, Case, Line, basic, bearer, found};
use super::known::*;
use super::{confirm, django};

#[test]
fn django_rest_framework_as_it_comes() {
    let Some(server) = django::start() else { return };
    let with_password = |how, target| {
        let case = Case::new(how, target).alice(basic("alice", "wonderland"));
        case.wrong(basic("alice", "wrong"))
    };
    let bob = basic("bob", "builder");
    let token = |token: &str| -> Line { ("authorization", format!("Token {token}")) };
    let cases = [
        with_password("BasicAuthentication", "/drf/basic/").bob(bob.clone()).finds([
            nothing_for_alice(),
            preflight("advice preflight-refused", 401),
            no_charset("\nwww-authenticate: basic realm=\"api\"\n"),
            nothing(),
            personal(),
        ]),
        with_password("SessionAuthentication first", "/drf/session-first/").bob(bob).finds([
            nothing_for_alice(),
            found("warning anonymous-forbidden", Ask::Anonymous, 403)
                .has("credentials were not provided")
                .because(
                    "true, because the body asks for credentials, and alice gets 200 with hers",
                ),
            nothing(),
            personal(),
        ]),
        with_password("BasicAuthentication first", "/drf/basic-first/").finds([
            nothing_for_alice(),
            preflight("advice preflight-refused", 401),
            no_charset("\nwww-authenticate: basic realm=\"api\"\n"),
            nothing(),
            personal(),
        ]),
        Case::new("TokenAuthentication", "/drf/token/")
            .alice(token("0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"))
            .bob(token("9f8e7d6c5b4a39281706f5e4d3c2b1a098765432"))
            .finds([
                nothing_for_alice(),
                preflight("advice preflight-refused", 401),
                nothing(),
                personal(),
            ]),
        Case::new("APIException(code=401)", "/drf/code-401/")
            .alice(bearer("alice-token"))
            .wrong(bearer("no-token"))
            .finds([
                found("warning fault-for-credentials", Ask::Wrong, 500)
                    .has("{\"detail\":\"invalid token\"}")
                    .because(
                        "true, because `code=401` is no status: the token is refused with a 500",
                    ),
                nothing_for_alice(),
                nothing(),
                personal(),
            ]),
    ];
    confirm::all("Django REST framework", server.address, &cases);
}
