//! `dashboard.json`: every query is one that Prometheus understands, and shows something.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::prometheus::Prometheus;

/// The title of a panel, and a query of it with the variables of Grafana replaced.
fn queries() -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/observed/dashboard.json");
    let text = fs::read_to_string(path).expect("the dashboard");
    let dashboard: Value = serde_json::from_str(&text).expect("JSON");
    let mut queries = Vec::new();
    for panel in dashboard["panels"].as_array().expect("panels") {
        let title = panel["title"].as_str().expect("a title");
        let targets = panel["targets"].as_array();
        for target in targets.unwrap_or_else(|| panic!("{title} has no queries")) {
            let query = target["expr"].as_str().expect("a query");
            let query = query.replace("$__rate_interval", "10s").replace("$job", ".+");
            assert!(!query.contains('$'), "a variable that the test does not know: {query}");
            queries.push((title.to_owned(), query));
        }
    }
    queries
}

/// With every incident acted out, every query has series, and no panel is at zero.
pub fn shows_all_incidents(prometheus: &Prometheus) {
    let mut highest: BTreeMap<String, f64> = BTreeMap::new();
    for (title, query) in queries() {
        let series = prometheus.try_query(&query);
        let series = series.unwrap_or_else(|error| panic!("{title}: {query}: {error}"));
        assert!(!series.is_empty(), "{title}: no series: {query}");
        let here = series.iter().map(|(_, value)| *value).fold(0.0, f64::max);
        let highest = highest.entry(title).or_default();
        *highest = highest.max(here);
    }
    assert!(highest.values().all(|value| *value > 0.0), "{highest:#?}");
}

/// Also where there is no Prometheus.
#[test]
fn the_dashboard_has_a_panel_for_each_question() {
    let titles: Vec<_> = queries().into_iter().map(|(title, _)| title).collect();
    for word in ["class", "cause", "scheme", "oncealed", "econds"] {
        assert!(titles.iter().any(|title| title.contains(word)), "{word}: {titles:#?}");
    }
}
