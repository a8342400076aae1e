//! What every file of tests needs: a server, a client that sends exact bytes and hides none of
//! what comes back, the examples as processes, programs of others, and what operators get to see.
//!
//! Tests that use sockets are plain `#[test]`s: a [`Server`] has a thread and a runtime of its
//! own, and the client blocks.
#![allow(dead_code, unused_imports, reason = "no file of tests uses all of it")]

mod alerts;
mod challenges;
mod client;
mod example;
mod http2;
mod operators;
mod server;
mod started;
mod tools;
mod waits;

pub use alerts::{SHORT_WINDOWS, alert_rules, alert_rules_with_short_windows};
pub use client::{Answer, Connection, get, request, send};
pub use example::Example;
pub use http2::send_http2;
pub use operators::{Decided, Decisions, Events, Happened};
pub use server::Server;
pub use started::Started;
pub use tools::{Ran, Scratch, Tool, end, run};
pub use waits::{Waits, load_average};
