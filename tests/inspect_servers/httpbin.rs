//! httpbin, whose endpoints many use to try their clients.

use crate::case::{Case, basic, bearer};
use crate::{confirm, programs};

#[test]
fn httpbin_as_it_comes() {
    let Some(server) = programs::python("httpbin_app.py") else { return };
    let with_password = |how, target| {
        Case::new(how, target).alice(basic("alice", "wonderland")).wrong(basic("alice", "wrong"))
    };
    let cases = [
        with_password("Basic", "/basic-auth/alice/wonderland"),
        with_password("Basic, hidden", "/hidden-basic-auth/alice/wonderland"),
        Case::new("Bearer", "/bearer").alice(bearer("alice-token-4f1d0c9b")),
        Case::new("Digest", "/digest-auth/auth/alice/wonderland"),
        Case::new("Digest, SHA-256", "/digest-auth/auth/alice/wonderland/SHA-256"),
        Case::new("/status/401", "/status/401"),
    ];
    confirm::all("httpbin", server.address, &cases);
}
