//! The example `vault`, over raw sockets and over HTTP/2: a caller who may not see a resource gets the
//! response of a missing one, and Alice gets what there is.

mod caches;
mod http1;
mod http2;
mod permitted;

use crate::support::{Answer, Connection, Example, request};

/// Paths whose responses must be the same for a caller who may see nothing: hidden resources, missing
/// ones beside them, and first a missing path elsewhere, with which all are compared.
const PATHS: [&str; 35] = [
    "/nothing",
    "/",
    "/nothing/",
    "/nothing/notes/1",
    "/vaulted",
    "/vault",
    "/vault/",
    "/vault//",
    "/vault/nothing",
    "/vault/notes",
    "/vault/notes/",
    "/vault//notes",
    "//vault/notes",
    "/./vault/notes",
    "/nothing/../vault/notes",
    "/vault/../vault/notes",
    "/%76ault/notes",
    "/vault%2Fnotes",
    "/vault/notes%2F1",
    "/vault/notes/1",
    "/vault/notes/%31",
    "/vault/notes/99",
    "/vault/notes/x",
    "/vault/notes/%ff",
    "/vault/archive",
    "/vault/archive/",
    "/vault/archive/2020",
    "/vault/archive/year",
    "/vault/logo.svg",
    "/repos/alice/wonder",
    "/repos/alice/nothing",
    "/repos/nobody/x",
    "/repos/alice/wonder/issues/1",
    "/repos/alice/wonder/issues/x",
    "/repos/nobody/x/issues/1",
];

/// One path of each kind, for tests that take long.
const FEW: [&str; 8] = [
    "/nothing",
    "/vault/nothing",
    "/vault/notes",
    "/vault/notes/1",
    "/vault/logo.svg",
    "/repos/alice/wonder",
    "/repos/alice/wonder/issues/9",
    "/repos/nobody/x/issues/x",
];

/// Credentials of callers who are let in and may see nothing hidden.
const STRANGERS: [&[&str]; 3] =
    [&[], &["authorization: Basic Ym9iOmJ1aWxkZXI="], &["authorization: Bearer bob-token"]];

/// Credentials that fail, or that name no known scheme.
const FAILED: [&[&str]; 6] = [
    &["authorization: Basic YWxpY2U6d3Jvbmc="],
    &["authorization: Bearer bob-expired"],
    &["authorization: Bearer nobody's"],
    &["authorization: Frob abc"],
    &["authorization: Basic"],
    &["authorization: Bearer alice-token", "authorization: Bearer alice-token"],
];

const ALICE: &str = "authorization: Basic YWxpY2U6d29uZGVybGFuZA==";

const METHODS: [&str; 11] =
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FROB", "get", "CONNECT"];

/// Alice's response: she is an admin.
fn alice(example: &Example, method: &str, path: &str, body: &str) -> Answer {
    let length = format!("content-length: {}", body.len());
    let fields = [ALICE, "content-type: application/json", &length].map(str::as_bytes);
    let bytes = [&request(method, path, &fields)[..], body.as_bytes()].concat();
    Connection::open(example.address).send(&bytes)
}
