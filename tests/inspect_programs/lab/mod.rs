//! The guided page of the example `lab`: what its exchange refuses, and ten steps in Chromium.

mod chromium;
mod exchange;
mod lines;
mod start;
