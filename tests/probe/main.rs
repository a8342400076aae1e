//! The leak probe: it finds whatever was planted, and is silent about an honest service.

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
mod reports;
mod sometimes;
mod times;
