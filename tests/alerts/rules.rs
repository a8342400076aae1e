//! What docs/alerts.yml says, and the page about it.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use portcullis::Cause;
use portcullis::observe::{Class, RequestOutcome};

use crate::support::{
    SHORT_WINDOWS, Scratch, Tool, alert_rules, alert_rules_with_short_windows, run,
};

pub const METRICS: [&str; 8] = [
    "portcullis_decisions_total",
    "portcullis_decision_seconds",
    "portcullis_repaired_total",
    "portcullis_covered_total",
    "portcullis_absent_total",
    "portcullis_turned_away_total",
    "portcullis_floor_lost_total",
    "portcullis_unclaimed_total",
];

const CAUSES: [Cause; 18] = [
    Cause::Missing,
    Cause::Malformed,
    Cause::Ambiguous,
    Cause::InvalidRequest,
    Cause::Invalid,
    Cause::Expired,
    Cause::Stale,
    Cause::Suspended,
    Cause::Throttled,
    Cause::IdentityNeeded,
    Cause::Reauthenticate,
    Cause::Forbidden,
    Cause::InsufficientScope,
    Cause::InsufficientAuthentication,
    Cause::NotFound,
    Cause::Gone,
    Cause::Unavailable,
    Cause::InternalError,
];

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guides/alerts.md");
    fs::read_to_string(path).expect("docs/guides/alerts.md")
}

/// What stands after each `key` at the beginning of a line.
fn after<'a>(text: &'a str, key: &str) -> Vec<&'a str> {
    text.lines().filter_map(|line| line.trim_start().strip_prefix(key)).map(str::trim).collect()
}

/// The names of metrics of the crate in a text.
pub fn metrics(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("portcullis_"))
        .collect()
}

/// Each `label="a|b"` of a text, as label and value.
fn matchers(text: &str) -> BTreeSet<(&str, &str)> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices('"') {
        let label = text[..at].trim_end_matches(['=', '~', '!']);
        if label.len() == at {
            continue;
        }
        let label = &label[label.rfind(|c: char| !c.is_ascii_lowercase()).map_or(0, |at| at + 1)..];
        let values = text[at + 1..].split('"').next().unwrap_or_default();
        found.extend(values.split('|').map(|value| (label, value)));
    }
    found
}

#[track_caller]
fn checks(name: &str, rules: String) {
    let Some(promtool) = Tool::find("promtool") else { return };
    let home = Scratch::new();
    let file = home.write(name, rules);
    let ran = run(promtool.command(&home).args(["check", "rules"]).arg(file));
    assert!(ran.code == 0 && ran.out.contains("SUCCESS"), "{}{}", ran.out, ran.err);
}

#[test]
fn promtool_accepts_the_rules() {
    checks("alerts.yml", alert_rules());
}

#[test]
fn promtool_accepts_the_rules_with_short_windows() {
    let short = alert_rules_with_short_windows();
    for (long, window) in SHORT_WINDOWS {
        for (before, after) in [("[", "]"), ("offset ", ""), ("for: ", "")] {
            let long = format!("{before}{long}{after}");
            let is_left = short.lines().any(|line| line.contains(&long));
            assert!(!is_left, "{long} is {window} now");
        }
    }
    checks("short.yml", short);
}

/// Asks promtool whether it can parse these queries: as the expressions of recording rules.
#[track_caller]
pub fn parse(name: &str, queries: &[String]) {
    assert!(queries.len() > 8, "{queries:#?}");
    let mut rules = String::from("groups:\n  - name: queries\n    rules:\n");
    for (index, query) in queries.iter().enumerate() {
        writeln!(rules, "      - record: query:{index}\n        expr: |-\n          {query}")
            .unwrap();
    }
    checks(name, rules);
}

#[test]
fn promtool_can_parse_each_query_of_the_page() {
    let page = page();
    let blocks = page.split("```text\n").skip(1).filter_map(|block| block.split("```").next());
    let queries: Vec<_> = blocks.flat_map(str::lines).map(str::to_owned).collect();
    parse("page.yml", &queries);
}

#[test]
fn page_and_rules_name_the_same_alerts() {
    let rules = alert_rules();
    let alerts: BTreeSet<_> = after(&rules, "- alert: ").into_iter().collect();
    assert_eq!(alerts.len(), 11, "{alerts:?}");
    let page = page();
    let described: BTreeSet<_> = after(&page, "### ").into_iter().collect();
    assert_eq!(alerts, described);
    for alert in alerts {
        assert!(page.contains(&format!("(#{})", alert.to_lowercase())), "{alert} is in the table");
    }
}

#[test]
fn each_alert_has_a_severity_and_leads_to_its_place_on_the_page() {
    let rules = alert_rules();
    for alert in rules.split("- alert: ").skip(1) {
        let name = alert.lines().next().unwrap_or_default();
        let severity = after(alert, "labels: { severity: ");
        assert!(["page }", "ticket }"].contains(&severity[0]), "{name}: {severity:?}");
        assert!(!after(alert, "summary: ")[0].is_empty(), "{name}");
        // What it means, what to look at first, and what it is not.
        let description = after(alert, "description: ")[0];
        for word in ["ook", " Not "] {
            assert!(description.contains(word), "{name}: {word}: {description}");
        }
        let place = format!("/portcullis/guides/alerts/index.html#{}\"", name.to_lowercase());
        assert!(after(alert, "runbook_url: ")[0].ends_with(&place), "{name} leads to {place}");
    }
}

#[test]
fn page_and_rules_know_only_metrics_and_labels_that_the_crate_has() {
    let classes = CAUSES.map(|cause| cause.class().as_str());
    let outcomes = [RequestOutcome::Permitted, RequestOutcome::Refused, RequestOutcome::Passed]
        .map(RequestOutcome::as_str);
    assert!(classes.contains(&Class::Ours.as_str()));
    for (file, text) in [("docs/alerts.yml", alert_rules()), ("docs/guides/alerts.md", page())] {
        for metric in metrics(&text) {
            assert!(METRICS.contains(&metric.trim_end_matches("_bucket")), "{file}: {metric}");
        }
        let matchers = matchers(&text);
        assert!(matchers.contains(&("cause", "unavailable")), "{matchers:?}");
        for (label, value) in matchers {
            let is_known = match label {
                "cause" => value == "none" || CAUSES.iter().any(|cause| cause.as_str() == value),
                "class" => classes.contains(&value),
                "outcome" => outcomes.contains(&value),
                "caller" => ["known", "anonymous"].contains(&value),
                "concealed" => ["true", "false"].contains(&value),
                "scheme" => ["none", "other"].contains(&value),
                "stage" => ["authenticate", "authorize", "handler", "service"].contains(&value),
                "status" => value == "5..",
                "kind" => text.contains(&format!("labels: {{ kind: {value} }}")),
                _ => false,
            };
            assert!(is_known, "{file}: {label}={value:?}");
        }
    }
}
