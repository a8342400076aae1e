//! The examples are free of errors and warnings: each is inspected as its callers, and as a crawler.

mod each;
#[path = "../../observe_example/observed.rs"]
#[allow(dead_code, reason = "no incident begins here")]
mod observed;
mod quickstart;
