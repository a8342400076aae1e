//! httpbin, whose endpoints many use to try their clients.

use super::case::{Ask, Case, basic, bearer, found};
use super::known::*;
use super::{confirm, programs};

#[test]
fn httpbin_as_it_comes() {
    let Some(server) = programs::python("httpbin_app.py") else { return };
    let with_password = |how, target| {
        Case::new(how, target).alice(basic("alice", "wonderland")).wrong(basic("alice", "wrong"))
    };
    let cases = [
        with_password("Basic", "/basic-auth/alice/wonderland").finds([
            too_late(405),
            no_charset("\nwww-authenticate: basic realm=\"fake realm\"\n"),
            personal(),
        ]),
        with_password("Basic, hidden", "/hidden-basic-auth/alice/wonderland").finds([
            found("advice absence-storable", Ask::Wrong, 404)
                .lacks("\ncache-control:")
                .because("true, because the caller's own cache may keep it (RFC 9110 §15.1)"),
            found("advice absence-storable", Ask::Anonymous, 404)
                .lacks("\ncache-control:")
                .because("true, because a 404 without Cache-Control is heuristically cacheable"),
            personal(),
        ]),
        Case::new("Bearer", "/bearer")
            .alice(bearer("alice-token-4f1d0c9b"))
            .wrong(bearer("any-token-77e0c1d4"))
            .finds([
                bare_bearer(),
                found("error credential-echoed", Ask::Alice, 200)
                    .has("alice-token-4f1d0c9b")
                    .because("true, because the body has the token that was sent"),
                two_lines(),
                nothing_for_alice(),
                too_late(405),
                nothing(),
                personal(),
            ]),
        Case::new("Digest", "/digest-auth/auth/alice/wonderland").finds([
            found("warning digest-md5-only", Ask::Anonymous, 401)
                .has("algorithm=md5,")
                .because("true, because the only challenge has the algorithm MD5"),
            found("warning fault-for-credentials", Ask::Malformed, 500).because(
                "true, because credentials without parameters end in an exception of Python",
            ),
            too_late(405),
        ]),
        Case::new("/status/401", "/status/401")
            .finds([too_late(405), no_charset("\nwww-authenticate: basic realm=\"fake realm\"\n")]),
    ];
    confirm::all("httpbin", server.address, &cases);
}
