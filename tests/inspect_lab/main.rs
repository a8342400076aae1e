//! The guided page of the example `lab`: what its exchange refuses, and ten steps in Chromium.

#[path = "../support/mod.rs"]
mod support;

mod chromium;
mod exchange;
