//! Section D through the outermost layer: whatever an application answers, what is hidden and
//! what is missing leave as one answer.
//!
//! Each module is some rows, or one application; the names of the tests begin with their rows.

#[path = "../support/mod.rs"]
mod support;

mod arrangements;
mod body;
mod floods;
mod floor;
mod grpc;
mod grpc_routes;
mod levelling;
mod order;
mod probed;
mod readings;
mod routes;
mod shapes;
mod tonic;
mod vault;
