//! Express, with what tutorials write in front of a route, and with the package `express-basic-auth`.

use crate::case::{Case, basic, bearer};
use crate::{confirm, programs};

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

#[test]
fn express_as_tutorials_program_it() {
    let Some(server) = programs::node("express.cjs") else { return };
    let cases = [
        with_roles("res.status(401).json(…)", "/bare"),
        with_roles("the same with a challenge", "/challenged"),
        with_roles("the same in front of the routes", "/in-front/reports"),
        with_roles("authenticateToken: 401, then 403", "/authenticate-token"),
        with_token("throw new Error('Unauthorized')", "/throws"),
        with_token("res.json(…) without a status", "/soft"),
        with_token("res.redirect('/login')", "/redirects"),
    ];
    confirm::all("Express", server.address, &cases);
}

#[test]
fn express_basic_auth_as_it_comes() {
    let Some(server) = programs::node("express.cjs") else { return };
    let cases = [
        with_password("basicAuth({ users })", "/basic-auth/reports"),
        with_password("basicAuth({ users, challenge: true })", "/basic-auth-challenge/reports"),
        with_password("basicAuth({ …, realm: 'reports' })", "/basic-auth-realm/reports"),
    ];
    confirm::all("express-basic-auth", server.address, &cases);
}
