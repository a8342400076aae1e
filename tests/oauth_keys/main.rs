//! Issuers that are out of order, over sockets: J30–J49.

mod http_client;
mod issuer;
mod outages;
mod responses;
mod service;
#[path = "../support/mod.rs"]
mod support;
mod tls;
