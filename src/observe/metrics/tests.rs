//! What cannot be seen from outside: the bounds in numbers, and events made by hand.

use std::time::Duration;

use http::StatusCode;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use super::Metrics;
use super::outcomes::{ORIGIN, PROXY};
use super::series::all;
use crate::denial::Denial;
use crate::denial::propagate::Stage;
use crate::observe::{
    ConcealEvent, CredentialScheme, Decided, Event, Observe, ObservedLayer, Refused,
    RequestOutcome, Times,
};

#[test]
fn k32_the_limits_are_the_documented_ones() {
    for schemes in 0..9 {
        assert_eq!(Metrics::series_limit(schemes), 331 + 198 * schemes);
        assert_eq!(Metrics::times_limit(schemes), 12 + 6 * schemes);
    }
}

#[test]
fn k33_the_number_of_counters_of_a_new_layer_is_the_documented_one() {
    for role in [ORIGIN, PROXY] {
        for schemes in 0..4 {
            let eager = all(schemes).filter(|series| series.is_eager(role)).count();
            assert_eq!(eager, 93 + 45 * schemes);
        }
    }
}

#[test]
fn k33_a_layer_at_an_origin_begins_without_407_and_one_at_a_proxy_without_401_of_its_own() {
    for (role, foreign) in [(ORIGIN, "407"), (PROXY, "401")] {
        let eager = || all(1).filter(|series| series.is_eager(role) && series.status() == foreign);
        assert!(eager().all(|series| series.outcome() == RequestOutcome::Passed), "{foreign}");
        assert_eq!(eager().count() > 0, role == PROXY, "{foreign}");
    }
}

/// `Metrics` of this layer, and what they export.
fn attached(mut metrics: Metrics, layer: &ObservedLayer<'_>) -> (Metrics, PrometheusHandle) {
    let recorder = PrometheusBuilder::new().build_recorder();
    // Whatever is made at first use is made in this scope too.
    metrics::with_local_recorder(&recorder, || metrics.attach(layer));
    (metrics, recorder.handle())
}

#[test]
fn k46_a_conceal_layer_has_four_counters_of_its_own_from_zero() {
    let (metrics, handle) = attached(Metrics::new("vault"), &ObservedLayer::conceal());
    let lines = |handle: &PrometheusHandle| -> Vec<String> {
        let text = handle.render();
        let mut lines: Vec<_> = text
            .lines()
            .filter(|line| line.starts_with("portcullis_"))
            .map(str::to_owned)
            .collect();
        lines.sort();
        lines
    };
    let expected = |absent, covered, lost, turned_away| {
        vec![
            format!("portcullis_absent_total{{layer=\"vault\"}} {absent}"),
            format!("portcullis_covered_total{{layer=\"vault\"}} {covered}"),
            format!("portcullis_floor_lost_total{{layer=\"vault\"}} {lost}"),
            format!("portcullis_turned_away_total{{layer=\"vault\"}} {turned_away}"),
            "portcullis_unclaimed_total{stage=\"authorize\"} 0".to_owned(),
            "portcullis_unclaimed_total{stage=\"handler\"} 0".to_owned(),
        ]
    };
    assert_eq!(lines(&handle), expected(0, 0, 0, 0));
    for _ in 0..3 {
        metrics.concealed((), &ConcealEvent::TurnedAway);
    }
    metrics.concealed((), &ConcealEvent::FloorLost);
    metrics.concealed((), &ConcealEvent::Absent);
    metrics.concealed((), &ConcealEvent::Absent);
    assert_eq!(lines(&handle), expected(2, 0, 1, 3));
}

fn decided<'a>(times: Times, refused: Option<Refused<'a>>) -> Decided<'a> {
    Decided {
        scheme: CredentialScheme::Offered("Bearer"),
        anonymous: false,
        status: refused.map_or(StatusCode::OK, |_| StatusCode::FORBIDDEN),
        grpc_code: None,
        is_from_inner_layer: false,
        is_repaired: false,
        times: Some(times),
        refused,
    }
}

#[test]
fn k52_a_scheme_is_found_however_it_is_written() {
    let layer = ObservedLayer::authenticate(vec!["Token", "TOKEN"], false);
    let (metrics, handle) = attached(Metrics::new("api"), &layer);
    let no_times = Times { identity: Duration::ZERO, policy: Duration::ZERO };
    for name in ["Token", "TOKEN", "token"] {
        let scheme = CredentialScheme::Offered(name);
        let decided = Decided { scheme, times: None, ..decided(no_times, None) };
        metrics.decided((), &Event { decided });
    }
    let text = handle.render();
    let counts = text.lines().filter(|line| line.contains("permitted") && line.ends_with(" 3"));
    assert_eq!(counts.filter(|line| line.contains("scheme=\"token\"")).count(), 1, "{text}");
}

#[test]
fn k42_times_are_seconds_of_identity_and_policy() {
    let recorder = PrometheusBuilder::new().set_buckets(&[0.5, 5.0]).unwrap().build_recorder();
    let handle = recorder.handle();
    metrics::with_local_recorder(&recorder, || {
        let mut metrics = Metrics::new("api").with_times();
        assert!(metrics.measures_time());
        metrics.attach(&ObservedLayer::authenticate(vec!["Bearer"], false));
        let identity = Duration::from_millis(250);
        let without_policy = Times { identity, policy: Duration::ZERO };
        metrics.decided((), &Event { decided: decided(without_policy, None) });
        let denial = Denial::forbidden();
        let refused = Refused { denial: &denial, stage: Stage::Authorize };
        let with_policy = Times { identity, policy: Duration::from_secs(2) };
        metrics.decided((), &Event { decided: decided(with_policy, Some(refused)) });
    });
    let text = handle.render();
    let series = |part: &str, stage: &str, outcome: &str| {
        format!(
            "portcullis_decision_seconds_{part}{{stage=\"{stage}\",scheme=\"bearer\",\
             outcome=\"{outcome}\",layer=\"api\"}} "
        )
    };
    assert!(text.contains(&(series("sum", "authenticate", "permitted") + "0.25\n")), "{text}");
    assert!(text.contains(&(series("sum", "authenticate", "refused") + "0.25\n")), "{text}");
    assert!(text.contains(&(series("sum", "authorize", "refused") + "2\n")), "{text}");
    assert!(!text.contains(&series("sum", "authorize", "permitted")), "no policy, no time: {text}");
    assert_eq!(text.matches("portcullis_decision_seconds_count{").count(), 3);
}
