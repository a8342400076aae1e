//! The leak probe: it finds whatever was planted, and is silent about an honest service.

#[path = "../support/mod.rs"]
mod support;

mod app;
mod frames;
mod honest;
mod http2;
mod pace;
mod planted;
mod plants;
mod sometimes;
mod times;
mod told;
