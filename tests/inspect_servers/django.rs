//! Django: the 401 that people write for their scripts, and its own decorators.

use std::net::SocketAddr;

use crate::case::{Case, Line};
use crate::support::{Connection, Started};
use crate::{confirm, programs};

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
        session("JsonResponse(status=401) with `Bearer`", "/json-bearer/"),
        session("JsonResponse(status=401)", "/json-bare/"),
        session("@login_required", "/decorated/"),
        session("@permission_required(raise_exception=True)", "/with-permission/").bob(bob),
    ];
    confirm::all("Django", server.address, &cases);
}
