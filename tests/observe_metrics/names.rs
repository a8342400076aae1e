//! The label `layer`, which the application chooses.

use portcullis::AuthenticateLayer;
use portcullis::observe::Metrics;
use tower::Layer;

use crate::scrape::scrape;
use crate::world::{DECISIONS, identity, prometheus, request, send, service, with};

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
