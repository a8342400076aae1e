//! Section D through the outermost layer: whatever an application answers, what is hidden and
//! what is missing leave as one answer.

#[path = "../support/mod.rs"]
mod support;

mod floor;
mod grpc;
mod levelling;
mod order;
mod probed;
mod routes;
