//! The leak probe: it finds whatever was planted, and is silent about an honest service.

#[path = "../support/mod.rs"]
mod support;

mod app;
mod frames;
mod honest;
mod http2;
mod learned;
mod ordinary;
mod pace;
mod planted;
mod plants;
mod plants_families;
mod plants_frameworks;
mod plants_fresh;
mod plants_services;
mod plants_together;
mod sometimes;
mod times;
mod told;
