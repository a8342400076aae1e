//! Tests of the leak probe: it finds every planted leak, and reports none in an honest service.

#[path = "../support/mod.rs"]
mod support;

mod app;
mod concurrency;
mod frames;
mod honest;
mod http2;
mod learned;
mod ordinary;
mod planted;
mod plants;
mod plants_families;
mod plants_frameworks;
mod plants_fresh;
mod plants_services;
mod plants_together;
mod reports;
mod sometimes;
mod times;
