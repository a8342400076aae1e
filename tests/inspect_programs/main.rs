//! The inspector and other programs: its command, the servers of others, the examples of this crate, and the
//! example `lab`, which it tests and which tests it.

#[path = "../support/mod.rs"]
mod support;

mod command;
mod examples;
mod lab;
mod round_trip;
mod servers;
