//! Responses of an issuer that are no key set: J37, J43, J46.

use std::time::Duration;

use portcullis::oauth::FetchKeysError;
use tokio::runtime::Builder;

use crate::issuer::{Issuer, KEYS, METADATA, Sent, key_set};
use crate::service::{ask_once, assert_unavailable, at_url, discovered, serve};

/// What the issuer sends, and a part of what the operator sees.
fn responses(elsewhere: &Issuer) -> Vec<(Sent, &'static str)> {
    let set = key_set(&["a"]);
    let redirect = format!("302 Found\r\nLocation: {}", elsewhere.url(KEYS));
    let permanent = format!("308 Permanent Redirect\r\nLocation: {}", elsewhere.url(KEYS));
    vec![
        (Sent::Nothing, "within the time limit"),
        (Sent::SlowDrip, "within the time limit"),
        (Sent::head(&redirect, set.clone()), "the status is 302"),
        (Sent::head(&permanent, set.clone()), "the status is 308"),
        (Sent::head("503 Service Unavailable", set.clone()), "the status is 503"),
        (Sent::HundredMegabytes { with_length: true }, "longer than 524288 bytes"),
        (Sent::HundredMegabytes { with_length: false }, "longer than 524288 bytes"),
        (Sent::head("200 OK\r\nContent-Type: text/html", "<!doctype html>"), "not a JWK set"),
        (Sent::head("200 OK\r\nContent-Encoding: gzip", set.clone()), "Content-Encoding"),
        (Sent::LongHead, "no complete response"),
        (Sent::Closed, "no complete response"),
        (Sent::Half(set.into()), "no complete response"),
        (Sent::head("200 OK\r\nNo header", ""), "no complete response"),
    ]
}

#[test]
fn j37_what_is_no_key_set_is_a_failure_that_keeps_the_keys() {
    let elsewhere = Issuer::start(&["a"]);
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    for (sent, expected) in responses(&elsewhere) {
        let issuer = Issuer::start(&["a"]);
        issuer.set(KEYS, sent.clone());
        let waits = matches!(sent, Sent::Nothing | Sent::SlowDrip);
        let limit = if waits { Duration::from_millis(500) } else { Duration::from_secs(10) };
        let keys = at_url(&issuer).time_limit(limit);
        let error = runtime.block_on(keys.load()).unwrap_err();
        assert!(error.to_string().contains(expected), "{expected}: {error}");
        assert!(error.to_string().len() < 1000, "{error}");
        assert!(!keys.is_loaded());

        issuer.set_keys(&["a"]);
        let keys = at_url(&issuer).time_limit(Duration::from_millis(500));
        let server = serve(keys.clone(), None);
        let mut served = ask_once(&server, &issuer.token("a"));
        while served.status != 200 {
            // Half a second may be short on a machine with much to do.
            assert_unavailable(&served);
            served = ask_once(&server, &issuer.token("a"));
        }
        issuer.set(KEYS, sent);
        assert_unavailable(&ask_once(&server, &issuer.token("b")));
        assert!(keys.last_failure().is_some(), "{expected}");
        assert_eq!(ask_once(&server, &issuer.token("a")).status, 200, "{expected}");
    }
    assert_eq!(elsewhere.asked(KEYS), 0, "redirects are not followed");
}

#[test]
fn j37_a_compressed_set_is_named_as_such() {
    let issuer = Issuer::start(&["a"]);
    issuer.set(KEYS, Sent::head("200 OK\r\nContent-Encoding: gzip", "\x1f"));
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let error = runtime.block_on(at_url(&issuer).load()).unwrap_err();
    assert!(matches!(error, FetchKeysError::Encoded { .. }), "{error}");
}

/// As a page of an application that answers every path would.
#[test]
fn j30_a_document_that_is_too_long_leads_to_the_next_address() {
    let issuer = Issuer::start(&["a"]);
    let metadata = format!(r#"{{"issuer":"{}","jwks_uri":"{}"}}"#, issuer.name(), issuer.url(KEYS));
    issuer.set(METADATA, Sent::HundredMegabytes { with_length: true });
    issuer.set("/.well-known/openid-configuration", Sent::ok(metadata));
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(discovered(&issuer).load()).unwrap();
    let error = runtime.block_on(async {
        issuer.set(KEYS, Sent::HundredMegabytes { with_length: false });
        at_url(&issuer).load().await.unwrap_err()
    });
    assert!(matches!(error, FetchKeysError::TooLong { .. }), "{error}");
}
