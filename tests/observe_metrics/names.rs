//! The labels that the application chooses: `layer`, and the offered ones of `scheme`.

use std::collections::BTreeSet;

use http::header::AUTHORIZATION;
use http::request::Parts;
use portcullis::challenge::{Challenge, Credentials};
use portcullis::observe::Metrics;
use portcullis::{AuthenticateLayer, Identity, Unauthenticated, any_of, identity_fn};
use tower::Layer;

use crate::scrape::scrape;
use crate::world::{DECISIONS, handler, identity, prometheus, request, send, service, with};

/// One request to a layer with each of these names.
fn one_request_each(names: &[&str]) -> crate::scrape::Scrape {
    let (recorder, handle) = prometheus();
    with(&recorder, || {
        for name in names {
            let layer = AuthenticateLayer::new(identity()).observe(Metrics::new(*name));
            send(&mut layer.layer(service()), request(&[]));
        }
    });
    scrape(&handle)
}

const MISSING: [(&str, &str); 2] = [("cause", "missing"), ("scheme", "none")];

#[test]
fn k36_a_name_with_quotes_backslashes_and_line_feeds_stays_one_label() {
    for name in [
        "a\"b",
        "a\\b",
        "a\nb",
        "a\\",
        "\"",
        "\n",
        "",
        "a\",cause=\"fake",
        "x\"} 1\nportcullis_decisions_total{layer=\"fake",
        "# HELP fake",
        "\u{e9}\u{1f980}",
        "a\r\nb",
        "{{ $value }}",
    ] {
        let scrape = one_request_each(&[name]);
        let [cause, scheme] = MISSING;
        assert_eq!(scrape.only(DECISIONS, &[cause, scheme, ("layer", name)]), 1.0, "{name:?}");
        let others = scrape.series(DECISIONS, &[]).filter(|(labels, _)| labels["layer"] != name);
        assert_eq!(others.count(), 0, "{name:?}");
        assert!(scrape.types.keys().all(|name| name.starts_with("portcullis_")), "{name:?}");
    }
}

#[test]
fn k37_layers_of_one_name_share_their_series_and_of_two_names_do_not() {
    let shared = one_request_each(&["api", "api"]);
    assert_eq!(shared.only(DECISIONS, &MISSING), 2.0);
    let apart = one_request_each(&["api", "admin"]);
    let [cause, scheme] = MISSING;
    for name in ["api", "admin"] {
        assert_eq!(apart.only(DECISIONS, &[cause, scheme, ("layer", name)]), 1.0);
    }
    // Those of `portcullis_unclaimed_total` have no layer.
    assert_eq!(apart.len() - 2, (shared.len() - 2) * 2);
}

/// An identity for a scheme of this name, which refuses all credentials.
fn refusing(scheme: &'static str) -> impl Identity<Principal = ()> {
    let challenge = Challenge::builder(scheme).realm("api").build().unwrap();
    identity_fn(challenge, move |request: &Parts| {
        let value = request.headers.get(AUTHORIZATION).ok_or(Unauthenticated::missing())?;
        match Credentials::parse(value.as_bytes()) {
            Some(credentials) if credentials.is(scheme) => Err(Unauthenticated::invalid()),
            _ => Err(Unauthenticated::missing()),
        }
    })
}

#[test]
fn k52_a_scheme_called_none_or_other_is_not_taken_for_a_request_without_or_with_another() {
    let (recorder, handle) = prometheus();
    with(&recorder, || {
        let schemes = any_of((refusing("None"), refusing("other"), refusing("Bearer")));
        let layer = AuthenticateLayer::new(schemes).observe(Metrics::new("api"));
        for sent in ["None x", "none x", "OTHER x", "Bearer x", "Unknown x"] {
            send(&mut layer.layer(handler()), request(&[("authorization", sent)]));
        }
        send(&mut layer.layer(handler()), request(&[]));
    });
    let scrape = scrape(&handle);
    for (scheme, count) in [
        ("offered:none", 2.0),
        ("offered:other", 1.0),
        ("bearer", 1.0),
        ("other", 1.0),
        ("none", 1.0),
    ] {
        assert_eq!(scrape.sum(DECISIONS, &[("scheme", scheme)]), count, "{scheme}");
    }
}

#[test]
fn k52_a_scheme_that_is_offered_twice_is_one_however_it_is_written() {
    let (recorder, handle) = prometheus();
    with(&recorder, || {
        let schemes = any_of((refusing("Token"), refusing("TOKEN")));
        let layer = AuthenticateLayer::new(schemes).observe(Metrics::new("api"));
        for sent in ["Token x", "TOKEN x", "token x"] {
            send(&mut layer.layer(handler()), request(&[("authorization", sent)]));
        }
    });
    let scrape = scrape(&handle);
    assert_eq!(scrape.sum(DECISIONS, &[("scheme", "token")]), 3.0);
    let schemes: BTreeSet<_> =
        scrape.series(DECISIONS, &[]).map(|(labels, _)| &*labels["scheme"]).collect();
    assert_eq!(schemes, ["none", "other", "token"].into());
    let (recorder, handle) = prometheus();
    with(&recorder, || {
        let one = AuthenticateLayer::new(refusing("Token")).observe(Metrics::new("api"));
        send(&mut one.layer(handler()), request(&[("authorization", "Token x")]));
    });
    assert_eq!(scrape.len(), crate::scrape::scrape(&handle).len(), "those of one scheme");
}
