//! Django: the 401 that people write for their scripts, and its own decorators.

use std::net::SocketAddr;

use super::case::{Ask, Case, Line, found};
use super::known::*;
use super::{confirm, programs};
use crate::support::{Connection, Started};

/// Django, and its REST framework.
pub fn start() -> Option<Started> {
    programs::python("django_app.py")
}

/// The cookie of a session.
pub fn log_in(address: SocketAddr, user: &str, password: &str) -> Line {
    let form = format!("username={user}&password={password}");
    let request = format!(
        "POST /log-in HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        form.len(),
    );
    let answer = Connection::open(address).send(request.as_bytes());
    let cookies = answer.lines("set-cookie");
    let session = cookies.iter().find(|cookie| cookie.starts_with("sessionid="));
    let session = session.unwrap_or_else(|| panic!("{user} has no session: {answer:#?}"));
    let (cookie, _) = session.split_once(';').expect("attributes");
    ("cookie", cookie.to_owned())
}

#[test]
fn django_as_tutorials_program_it() {
    let Some(server) = start() else { return };
    let alice = log_in(server.address, "alice", "wonderland");
    let bob = log_in(server.address, "bob", "builder");
    let old: Line = ("cookie", "sessionid=1w5h7bq0c2k8dm3xz9y4t6rj0vnf2sgl".to_owned());
    let session = |how, target| Case::new(how, target).alice(alice.clone()).expired(old.clone());
    let cases = [
        session("JsonResponse(status=401) with `Bearer`", "/json-bearer/").finds([bare_bearer(), nothing_for_session(), preflight("advice preflight-refused", 401), nothing(), found("advice cause-hidden", Ask::Expired, 401).because("true, because an ended session gets the bytes that a caller without a session gets")]),
        session("JsonResponse(status=401)", "/json-bare/").finds([no_challenge(), nothing_for_session(), preflight("advice preflight-refused", 401), nothing(), found("advice cause-hidden", Ask::Expired, 401).because("true, because an ended session gets the bytes that a caller without a session gets")]),
        session("@login_required", "/decorated/").finds([found("warning login-redirect-for-programs", Ask::Anonymous, 302).has("\nlocation: /accounts/login/?next=").because("true, because a request that accepts anything is led to a page with a form"), nothing_for_session(), nothing()]),
        session("@permission_required(raise_exception=True)", "/with-permission/").bob(bob).finds([found("warning anonymous-forbidden", Ask::Anonymous, 403).because("true, because alice gets 200 for the same request with a session"), nothing_for_session(), nothing(), found("advice cause-hidden", Ask::Bob, 403).because("true, because bob gets the bytes that a caller without a session gets"), found("advice cause-hidden", Ask::Expired, 403).because("true, because an ended session gets 403, and a script logs in on 401 only")]),
    ];
    confirm::all("Django", server.address, &cases);
}
