//! Which series there are: those of a new layer, all that a layer can make, and the bound.

use std::collections::BTreeSet;
use std::convert::Infallible;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use http::request::Parts;
use portcullis::challenge::Challenge;
use portcullis::observe::Metrics;
use portcullis::{AuthenticateLayer, LoginPage, Unauthenticated, identity_fn};
use tower::{Layer, Service, service_fn};

use crate::scrape::scrape;
use crate::world::{
    DECISION_COUNT, DECISIONS, FAILURES, Request, Response, UNCLAIMED, denials, handler, identity,
    number, prometheus, request, send, service, silence_panics, with,
};

const STATUSES: [&str; 17] = [
    "101", "200", "204", "303", "304", "400", "401", "403", "404", "405", "407", "410", "429",
    "500", "502", "503", "599",
];

fn basic(password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("alice:{password}")))
}

/// The credentials of every kind of caller, right ones and wrong ones.
fn callers() -> Vec<Vec<(&'static str, String)>> {
    let mut callers = vec![
        vec![],
        vec![("authorization", "Unknown x".to_owned())],
        vec![("authorization", "Unknown x".to_owned()), ("x-session", "alice".to_owned())],
        vec![("x-session", "alice".to_owned())],
        vec![("authorization", "Bearer alice".to_owned())],
        vec![("authorization", basic("alice"))],
    ];
    // One number more: a panic.
    for failure in 0..=FAILURES.len() {
        let credential = format!("failure-{failure}");
        callers.push(vec![("authorization", format!("Bearer {credential}"))]);
        callers.push(vec![("authorization", basic(&credential))]);
        callers.push(vec![("x-session", credential)]);
    }
    callers
}

/// What policy and handler do.
fn scripts() -> Vec<Vec<(&'static str, String)>> {
    let mut scripts: Vec<Vec<(&str, String)>> = vec![vec![]];
    let mut add = |name, value: String| {
        scripts.push(vec![(name, value.clone())]);
        scripts.push(vec![(name, value), ("x-concealed", String::new())]);
    };
    (0..DECISION_COUNT).for_each(|number| add("x-policy", number.to_string()));
    (0..denials().len()).for_each(|number| add("x-handler", number.to_string()));
    scripts.extend(STATUSES.map(|status| vec![("x-status", status.to_owned())]));
    scripts
}

const NAVIGATION: [(&str, &str); 3] =
    [("accept", "text/html"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];

/// Sends every combination, as a program and as a browser. Returns how many there were.
pub fn drive<S>(mut service: S, is_at_proxy: bool) -> usize
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    let mut count = 0;
    for caller in callers() {
        for script in scripts() {
            for client in [&[][..], &NAVIGATION] {
                let both = caller.iter().chain(&script);
                let headers = both.map(|(name, value)| match *name {
                    "authorization" if is_at_proxy => ("proxy-authorization", &**value),
                    name => (name, &**value),
                });
                let headers: Vec<_> = headers.chain(client.iter().copied()).collect();
                send(&mut service, request(&headers));
                count += 1;
            }
        }
    }
    count
}

/// What an outer stage sees of another inside that refuses every request, when a middleware between them
/// sets the status that the request names.
fn refused_inside()
-> impl Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone {
    let challenge = Challenge::bearer("inside").unwrap();
    let refusing = identity_fn(challenge, |_: &Parts| Err::<(), _>(Unauthenticated::missing()));
    let inner = AuthenticateLayer::new(refusing).layer(handler());
    service_fn(move |request: Request| {
        let mut inner = inner.clone();
        let status = number(request.headers(), "x-status").unwrap_or(401);
        async move {
            let mut response = inner.call(request).await?;
            *response.status_mut() = StatusCode::from_u16(status as u16).unwrap();
            Ok(response)
        }
    })
}

#[test]
fn k32_a_stage_can_make_each_series_under_the_limit_and_no_other() {
    silence_panics();
    let (recorder, handle) = prometheus();
    let mut requests = 0;
    with(&recorder, || {
        let metrics = || Metrics::new("api");
        let page = || LoginPage::at("/login").unwrap();
        let required = || AuthenticateLayer::new(identity());
        let ignoring = || required().ignore_invalid_credentials();
        requests += drive(required().login_page(page()).observe(metrics()).layer(service()), false);
        requests += drive(ignoring().login_page(page()).observe(metrics()).layer(service()), false);
        requests += drive(ignoring().observe(metrics()).layer(refused_inside()), false);
        let at_proxy = required().at_proxy().unwrap();
        requests += drive(at_proxy.observe(metrics()).layer(service()), true);
        // Attached before the layer learns that it is at a proxy, which must not matter.
        let at_proxy = ignoring().observe(metrics()).at_proxy().unwrap();
        requests += drive(at_proxy.layer(service()), true);
    });
    let scrape = scrape(&handle);
    // Each event is counted, so none is outside of the limit: a debug assertion there would panic.
    assert_eq!(scrape.sum(DECISIONS, &[]), requests as f64);
    let made = scrape.series(DECISIONS, &[]).count();
    assert_eq!(
        made + scrape.series("portcullis_repaired_total", &[]).count(),
        Metrics::series_limit(2)
    );
}

#[test]
fn k31_each_label_has_a_closed_set_of_values() {
    silence_panics();
    let (recorder, handle) = prometheus();
    with(&recorder, || {
        let layer = AuthenticateLayer::new(identity()).ignore_invalid_credentials();
        drive(layer.observe(Metrics::new("api")).layer(service()), false);
    });
    let scrape = scrape(&handle);
    let values = |label: &str| -> BTreeSet<String> {
        scrape.series(DECISIONS, &[]).map(|(labels, _)| labels[label].clone()).collect()
    };
    let set = |words: &str| words.split(' ').map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(values("stage"), set("authenticate authorize handler service"));
    assert_eq!(values("outcome"), set("permitted refused passed"));
    assert_eq!(values("class"), set("identity policy absence load ours none"));
    assert_eq!(values("scheme"), set("none other bearer basic"));
    assert_eq!(values("caller"), set("known anonymous"));
    assert_eq!(values("concealed"), set("true false"));
    assert_eq!(values("layer"), set("api"));
    let statuses = "303 400 401 403 404 407 410 429 500 503 1xx 2xx 3xx 4xx 5xx";
    assert_eq!(values("status"), set(statuses));
    assert_eq!(values("cause").len(), 18 + 1);
    for (labels, _) in scrape.series(DECISIONS, &[]) {
        assert_eq!(labels.len(), 9, "{labels:?}");
        let of_service = labels["stage"] == "service";
        assert_eq!(of_service, labels["outcome"] != "refused", "{labels:?}");
        assert_eq!(of_service, labels["cause"] == "none", "{labels:?}");
    }
}

#[test]
fn k31_a_refusal_of_another_stage_inside_has_no_class_outside() {
    let (recorder, handle) = prometheus();
    with(&recorder, || {
        let layer = AuthenticateLayer::new(identity()).optional().observe(Metrics::new("outer"));
        send(&mut layer.layer(refused_inside()), request(&[("x-status", "404")]));
        send(&mut layer.layer(service()), request(&[("x-status", "404")]));
    });
    let scrape = scrape(&handle);
    for class in ["none", "absence"] {
        let passed = [("outcome", "passed"), ("status", "404"), ("class", class)];
        assert_eq!(scrape.sum(DECISIONS, &passed), 1.0, "{class}");
    }
}

#[test]
fn k25_the_first_concealed_refusal_of_a_policy_makes_no_counter() {
    silence_panics();
    let (recorder, handle) = prometheus();
    with(&recorder, || {
        let layer = AuthenticateLayer::new(identity()).optional().observe(Metrics::new("api"));
        let mut service = layer.layer(service());
        let count = scrape(&handle).len();
        for caller in [("x-anonymous", ""), ("authorization", "Bearer alice")] {
            for policy in 0..DECISION_COUNT {
                let policy = policy.to_string();
                let concealed = request(&[caller, ("x-policy", &policy), ("x-concealed", "")]);
                send(&mut service, concealed);
                assert_eq!(scrape(&handle).len(), count, "{caller:?} {policy}");
            }
        }
    });
}

#[test]
fn k33_what_alerts_ask_for_exists_with_zero_before_the_first_request() {
    let (recorder, handle) = prometheus();
    let layer = with(&recorder, || {
        AuthenticateLayer::new(identity()).optional().observe(Metrics::new("api"))
    });
    let new = scrape(&handle);
    assert_eq!(new.sum(DECISIONS, &[]), 0.0);
    for stage in ["authenticate", "authorize", "handler"] {
        for cause in ["unavailable", "internal_error"] {
            for scheme in ["none", "bearer", "basic"] {
                let labels = [("stage", stage), ("cause", cause), ("scheme", scheme)];
                assert!(new.series(DECISIONS, &labels).count() > 0, "{labels:?}");
            }
        }
    }
    for cause in ["missing", "invalid", "expired", "throttled", "forbidden", "insufficient_scope"] {
        assert!(new.series(DECISIONS, &[("cause", cause)]).count() > 0, "{cause}");
    }
    for labels in [
        &[("cause", "forbidden"), ("concealed", "true")],
        &[("cause", "not_found"), ("concealed", "false")],
        &[("outcome", "permitted"), ("status", "2xx")],
        &[("outcome", "passed"), ("status", "404")],
    ] {
        assert!(new.series(DECISIONS, labels).count() > 0, "{labels:?}");
    }
    assert_eq!(new.only("portcullis_repaired_total", &[("layer", "api")]), 0.0);
    for stage in ["authorize", "handler"] {
        assert_eq!(new.only(UNCLAIMED, &[("stage", stage)]), 0.0);
    }
    let most = Metrics::series_limit(2) / 3;
    assert!(new.len() < most, "{} are too many for a layer without requests", new.len());
    drop(layer);
}

#[test]
fn k34_a_repaired_401_is_counted_beside_its_decision() {
    let (recorder, handle) = prometheus();
    with(&recorder, || {
        let layer = AuthenticateLayer::new(identity()).optional().observe(Metrics::new("api"));
        let mut service = layer.layer(service());
        send(&mut service, request(&[("x-status", "401")]));
        send(&mut service, request(&[("x-status", "403")]));
    });
    let scrape = scrape(&handle);
    assert_eq!(scrape.only("portcullis_repaired_total", &[("layer", "api")]), 1.0);
    let passed = [("outcome", "passed"), ("class", "identity"), ("status", "401")];
    assert_eq!(scrape.sum(DECISIONS, &passed), 1.0);
    assert_eq!(scrape.sum(DECISIONS, &[("outcome", "passed")]), 2.0);
}

#[test]
fn k35_every_metric_has_a_type_and_a_help_text() {
    let (recorder, handle) = prometheus();
    let _ = with(&recorder, || AuthenticateLayer::new(identity()).observe(Metrics::new("api")));
    let scrape = scrape(&handle);
    for (name, kind) in &scrape.types {
        assert_eq!(kind, "counter", "{name}");
        assert!(scrape.help[name].ends_with('.'), "{name}");
    }
    assert_eq!(scrape.types.len(), 3);
}

#[test]
fn k30_each_response_is_one_decision_and_a_cancelled_request_is_none() {
    let (recorder, handle) = prometheus();
    with(&recorder, || {
        let layer = AuthenticateLayer::new(identity()).observe(Metrics::new("api"));
        let mut service = layer.layer(service());
        send(&mut service, request(&[("authorization", "Bearer alice")]));
        send(&mut service, request(&[("authorization", "Bearer alice"), ("x-status", "404")]));
        send(&mut service, request(&[]));
        drop(service.call(request(&[("authorization", "Bearer alice")])));
    });
    let scrape = scrape(&handle);
    assert_eq!(scrape.sum(DECISIONS, &[]), 3.0);
    let permitted = [
        ("stage", "service"),
        ("outcome", "permitted"),
        ("class", "none"),
        ("cause", "none"),
        ("status", "2xx"),
        ("scheme", "bearer"),
        ("caller", "known"),
        ("concealed", "false"),
        ("layer", "api"),
    ];
    assert_eq!(scrape.only(DECISIONS, &permitted), 1.0);
}
