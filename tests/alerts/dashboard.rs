//! `examples/observed/dashboard.json`: what Grafana and Prometheus need of it. `tests/observe_example` asks its
//! queries of a running Prometheus.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::rules::{METRICS, metrics, parse};

fn dashboard() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/observed/dashboard.json");
    let text = fs::read_to_string(path).expect("the dashboard");
    serde_json::from_str(&text).expect("JSON")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// A panel takes whole cells of a grid of 24 columns, as x, y, width and height.
fn place(panel: &Value) -> [u64; 4] {
    ["x", "y", "w", "h"].map(|key| panel["gridPos"][key].as_u64().expect("a whole number"))
}

#[test]
fn promtool_can_parse_each_query_of_the_dashboard() {
    let dashboard = dashboard();
    let targets = list(&dashboard["panels"]).iter().flat_map(|panel| list(&panel["targets"]));
    let queries: Vec<_> = targets
        .map(|target| {
            let query = text(&target["expr"]);
            query.replace("$__rate_interval", "1m").replace("$job", ".+")
        })
        .collect();
    for query in &queries {
        assert!(!query.contains('$'), "Grafana replaces `$job` and `$__rate_interval`: {query}");
        let metrics = metrics(query);
        let counters: Vec<_> =
            metrics.iter().map(|name| name.trim_end_matches("_bucket")).collect();
        assert!(!counters.is_empty(), "{query}");
        assert!(counters.iter().all(|name| METRICS.contains(name)), "{query}");
    }
    parse("dashboard.yml", &queries);
}

#[test]
fn the_dashboard_has_the_form_that_grafana_imports() {
    let dashboard = dashboard();
    // Grafana gives the number; the name in links has 8 to 40 characters.
    assert_eq!(dashboard["id"], Value::Null);
    assert!((8..=40).contains(&text(&dashboard["uid"]).len()));
    assert!(dashboard["schemaVersion"].is_u64() && dashboard["version"].is_u64());
    for list_of in ["/annotations/list", "/templating/list", "/links", "/tags", "/panels"] {
        assert!(dashboard.pointer(list_of).is_some_and(Value::is_array), "{list_of}");
    }
    let source = json!({ "type": "prometheus", "uid": "${datasource}" });
    let [datasource, job] = list(&dashboard["templating"]["list"]) else { panic!("two variables") };
    let of_datasource = ["name", "type", "query"].map(|key| text(&datasource[key]));
    assert_eq!(of_datasource, ["datasource", "datasource", "prometheus"]);
    assert_eq!([text(&job["name"]), text(&job["type"])], ["job", "query"]);
    assert_eq!(job["datasource"], source);
    assert_eq!(text(&job["query"]["query"]), "label_values(portcullis_decisions_total, job)");

    let (mut ids, mut places) = (BTreeSet::new(), Vec::<[u64; 4]>::new());
    for panel in list(&dashboard["panels"]) {
        let title = text(&panel["title"]);
        assert!(ids.insert(panel["id"].as_u64()), "{title}");
        assert!(["timeseries", "stat"].contains(&text(&panel["type"])), "{title}");
        assert!(!text(&panel["description"]).is_empty(), "{title}");
        assert_eq!(panel["datasource"], source, "{title}");
        assert!(panel["fieldConfig"]["defaults"]["unit"].is_string(), "{title}");
        assert!(panel["fieldConfig"]["overrides"].is_array(), "{title}");
        let mut refs = BTreeSet::new();
        for target in list(&panel["targets"]) {
            assert_eq!(target["datasource"], source, "{title}");
            assert!(refs.insert(text(&target["refId"])), "{title}");
            let (query, legend) = (text(&target["expr"]), text(&target["legendFormat"]));
            for label in legend.split("{{").skip(1).filter_map(|rest| rest.split("}}").next()) {
                let has_label = query.contains("sum by (") && query.contains(label);
                assert!(has_label, "{title}: {label} is none of {query}");
            }
        }
        let [x, y, width, height] = place(panel);
        assert!(width > 0 && height > 0 && x + width <= 24, "{title}");
        for [x2, y2, width2, height2] in &places {
            let is_apart =
                x + width <= *x2 || x2 + width2 <= x || y + height <= *y2 || y2 + height2 <= y;
            assert!(is_apart, "{title} covers another panel");
        }
        places.push([x, y, width, height]);
    }
}
