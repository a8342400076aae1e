//! The command `portcullis`, as a person runs it.

mod command;
mod pasted;
mod secrets;
mod server;
mod servers;
#[path = "../support/mod.rs"]
mod support;
mod terminal;
mod tls;
