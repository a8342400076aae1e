//! The command `portcullis`, as a person runs it.

mod command;
mod pasted;
mod secrets;
mod server;
mod servers;
mod terminal;
mod tls;
