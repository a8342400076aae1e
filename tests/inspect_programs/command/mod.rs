//! The command `portcullis`, as a person runs it.

mod guide;
mod pasted;
mod ran;
mod secrets;
mod server;
mod servers;
mod terminal;
mod tls;
