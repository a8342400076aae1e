//! The example `observed`: each incident that it acts out fires its alert in a running Prometheus, and
//! no other; and its counters are where only operators reach them.

#[path = "../support/mod.rs"]
mod support;

mod dashboard;
mod incidents;
mod listeners;
mod observed;
mod prometheus;
