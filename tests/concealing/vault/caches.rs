//! What shared caches may store: D05, D13.

use std::time::SystemTime;

use http::{Request, Response};
use http_cache_semantics::{CacheOptions, CachePolicy};

use super::{ALICE, PATHS, STRANGERS, alice};
use crate::support::{Answer, Example, send};

/// Whether a shared cache may store the response to a `GET` without `Authorization`, as a cache sees it
/// where the credentials are a cookie, or where a proxy in front removes them.
fn is_storable(answer: &Answer) -> bool {
    let asked = Request::get("http://localhost/").body(()).expect("a request");
    let mut response = Response::builder().status(answer.status);
    for (name, value) in &answer.fields {
        response = response.header(name, value);
    }
    let response = response.body(()).expect("a response");
    let options = CacheOptions { shared: true, ..CacheOptions::default() };
    CachePolicy::new_options(&asked, &response, SystemTime::now(), options).is_storable()
}

#[test]
fn d05_no_shared_cache_may_store_a_404_hidden_or_genuine() {
    let example = Example::start("vault");
    for path in PATHS {
        for credentials in STRANGERS.iter().copied().chain([&[ALICE][..]]) {
            let answer = send(example.address, "GET", path, credentials);
            if answer.status == 404 {
                assert_eq!(answer.lines("cache-control"), ["no-store"], "{path} {credentials:?}");
                assert!(!is_storable(&answer), "{path} {credentials:?}");
            }
        }
    }
    // Without `Cache-Control` the same cache would store it.
    let mut bare = send(example.address, "GET", "/nothing", &[]);
    bare.fields.retain(|(name, _)| name != "cache-control");
    assert!(is_storable(&bare));
}

#[test]
fn d13_no_shared_cache_may_store_a_permitted_response() {
    let example = Example::start("vault");
    let note = r#"{"text":"Nor of this."}"#;
    let cases = [
        ("GET", "/vault/notes", ""),
        ("HEAD", "/vault/notes", ""),
        ("POST", "/vault/notes", note),
        ("PUT", "/vault/notes/1", note),
        ("PATCH", "/vault/notes", ""),
        ("GET", "/vault/notes/x", ""),
        ("GET", "/vault/archive/2020", ""),
        ("GET", "/vault/logo.svg", ""),
        ("GET", "/repos/alice/wonder", ""),
        ("DELETE", "/repos/alice/wonder", ""),
    ];
    for (method, path, body) in cases {
        let answer = alice(&example, method, path, body);
        assert_ne!(answer.status, 404, "{method} {path}");
        assert!(!is_storable(&answer), "{method} {path}: {answer:#?}");
    }
}
