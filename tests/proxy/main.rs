//! Section B: the authenticate stage of a proxy.

#[path = "../support/mod.rs"]
mod support;

mod headers;
mod rows;
