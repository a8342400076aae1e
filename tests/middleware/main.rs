//! The stages among other middleware: tower-http's layers around and between them, CORS (F09, F10), and
//! uploads that are refused (A26).

#[path = "../support/mod.rs"]
mod support;

mod arrangements;
mod cors;
mod drain;
mod exposed;
mod leaks;
mod limits;
mod reports;
mod rows;

/// A principal.
type Name = &'static str;
