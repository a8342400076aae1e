//! Each incident, acted out.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::dashboard;
use crate::observed::Observed;
use crate::prometheus::{Prometheus, shortened};

/// Each incident, and the alert that names it.
const ALERTS: [(&str, Option<&str>); 12] = [
    ("none", None),
    ("rotation", Some("PortcullisIdentityPlumbing")),
    ("dead-credential", Some("PortcullisCredentialExpired")),
    ("stripped-header", Some("PortcullisCredentialsMissing")),
    ("broken-policy", Some("PortcullisPolicyPlumbing")),
    ("broken-route", Some("PortcullisRoutes")),
    ("probing", Some("PortcullisProbing")),
    ("guessing", Some("PortcullisGuessing")),
    ("outage", Some("PortcullisOutage")),
    ("fault", Some("PortcullisFault")),
    ("unclaimed", Some("PortcullisFault")),
    ("repaired", Some("PortcullisRepaired")),
];

/// All alerts that have fired so far, with their jobs.
const FIRED: &str =
    "count by (job, alertname) (count_over_time(ALERTS{alertstate=\"firing\"}[1h]))";

/// No alert compares with less of the hour before than this.
const BASELINE: &str = "sum by (job) (portcullis:permitted:before{kind=\"missing\"}) \
                        / sum by (job) (portcullis:permitted:count{kind=\"missing\"}) > 0.8";

fn pairs(series: &[(Value, f64)]) -> BTreeSet<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    series.iter().map(|(labels, _)| (text(&labels["job"]), text(&labels["alertname"]))).collect()
}

#[test]
fn each_incident_fires_its_alert_and_no_other() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/alerts.yml");
    let rules = shortened(&fs::read_to_string(path).expect("the rules"));
    let mut running = ALERTS.map(|(incident, _)| (incident, Observed::start(incident)));
    let targets: Vec<_> = running.iter().map(|(name, it)| (*name, it.metrics)).collect();
    let Some(prometheus) = Prometheus::start(&rules, &targets) else { return };

    prometheus.until(Duration::from_secs(240), BASELINE, |series| series.len() == ALERTS.len());
    let quiet = pairs(&prometheus.query(FIRED));
    assert!(quiet.is_empty(), "before any incident: {quiet:#?}");

    running.iter_mut().for_each(|(_, it)| it.begin());
    let begun = Instant::now();
    let expected: BTreeSet<_> = ALERTS
        .iter()
        .filter_map(|(incident, alert)| Some((incident.to_string(), alert.as_ref()?.to_string())))
        .collect();
    prometheus
        .until(Duration::from_secs(180), FIRED, |series| pairs(series).is_superset(&expected));
    // An alert that takes longer, and should not fire, has the time to. No incident has to last so long.
    thread::sleep(Duration::from_secs(25).saturating_sub(begun.elapsed()));
    let fired = pairs(&prometheus.query(FIRED));
    assert_eq!(fired, expected, "more has fired than should have");

    // A rotation after which most tokens are refused is a page.
    let page = "ALERTS{alertstate=\"firing\",severity=\"page\",job=\"rotation\"}";
    prometheus.until(Duration::from_secs(60), page, |series| !series.is_empty());

    dashboard::shows_all_incidents(&prometheus);
}
