//! docs/alerts.yml: each alert fires in its incident, and no other does. `promtool` evaluates the rules over
//! recorded series; `.ci/clients` installs it, with Prometheus.

#[path = "../support/mod.rs"]
mod support;

#[macro_use]
mod batch;
mod calm;
mod confusions;
mod dashboard;
mod day;
mod hidden;
mod incidents;
mod mornings;
mod ramps;
mod rules;
mod strangers;
