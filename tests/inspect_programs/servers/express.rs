//! Express, with what tutorials write in front of a route, and with the package `express-basic-auth`.

use super::case::{Ask, Case, Found, basic, bearer, found};
use super::known::*;
use super::{confirm, programs};

/// Routes that want a token.
fn with_token(how: &'static str, target: &'static str) -> Case {
    let case = Case::new(how, target).alice(bearer("alice-token")).expired(bearer("old-token"));
    case.wrong(bearer("no-token"))
}

fn with_roles(how: &'static str, target: &'static str) -> Case {
    with_token(how, target).bob(bearer("bob-token"))
}

fn with_password(how: &'static str, target: &'static str) -> Case {
    Case::new(how, target).alice(basic("alice", "wonderland")).wrong(basic("alice", "wrong"))
}

/// Express answers `OPTIONS` by itself if only some methods have a route.
fn options() -> Found {
    found("advice preflight-refused", Ask::Options, 200).has("\nallow: get, head").because(
        "true, because OPTIONS that is no preflight passes without credentials, and GET does not",
    )
}

#[test]
fn express_as_tutorials_program_it() {
    let Some(server) = programs::node("express.cjs") else { return };
    let cases = [
        with_roles("res.status(401).json(…)", "/bare").finds([no_challenge(), two_lines(), nothing_for_alice(), options(), too_late(404), nothing(), personal()]),
        with_roles("the same with a challenge", "/challenged").finds([two_lines(), no_error(), nothing_for_alice(), options(), too_late(404), nothing(), personal()]),
        with_roles("the same in front of the routes", "/in-front/reports").finds([two_lines(), no_error(), nothing_for_alice(), preflight("advice preflight-refused", 401), personal()]),
        with_roles("authenticateToken: 401, then 403", "/authenticate-token").finds([no_challenge(), two_lines(), nothing_for_alice(), options(), too_late(404), nothing(), personal(), found("advice cause-hidden", Ask::Expired, 403).because("true, because a client with an expired token gets 403, and refreshes on 401 only")]),
        with_token("throw new Error('Unauthorized')", "/throws").finds([two_lines(), found("warning fault-for-credentials", Ask::Wrong, 500).has("error: unauthorized").because("true, because the body says that the caller is not authorized, and the status blames the server"), found("warning internals-shown", Ask::Anonymous, 500).has("express.cjs:").because("true, because the page has the frames of the stack, with the paths of the machine"), nothing_for_alice(), nothing(), personal()]),
        with_token("res.json(…) without a status", "/soft").finds([found("warning soft-refusal", Ask::Anonymous, 200).has("{\"error\":\"unauthorized\"}").because("true, because the body refuses access, and the status is that of a success"), nothing_for_alice(), nothing(), personal()]),
        with_token("res.redirect('/login')", "/redirects").finds([two_lines(), found("warning login-redirect-for-programs", Ask::Anonymous, 302).has("\nlocation: /login").because("true, because a request that accepts anything is led to a page with a form"), nothing_for_alice(), nothing(), personal()]),
    ];
    confirm::all("Express", server.address, &cases);
}

#[test]
fn express_basic_auth_as_it_comes() {
    let Some(server) = programs::node("express.cjs") else { return };
    let cases = [
        with_password("basicAuth({ users })", "/basic-auth/reports").finds([
            no_challenge(),
            two_lines(),
            nothing_for_alice(),
            preflight("advice preflight-refused", 401),
            personal(),
        ]),
        with_password("basicAuth({ users, challenge: true })", "/basic-auth-challenge/reports")
            .finds([
                bare_basic(),
                two_lines(),
                nothing_for_alice(),
                preflight("advice preflight-refused", 401),
                no_charset("\nwww-authenticate: basic\n"),
                personal(),
            ]),
        with_password("basicAuth({ …, realm: 'reports' })", "/basic-auth-realm/reports").finds([
            two_lines(),
            nothing_for_alice(),
            preflight("advice preflight-refused", 401),
            no_charset("\nwww-authenticate: basic realm=\"reports\"\n"),
            personal(),
        ]),
    ];
    confirm::all("express-basic-auth", server.address, &cases);
}
