//! Section D, mostly through `ConcealLayer`: a hidden resource and a missing one get the same response,
//! whatever the application responds.
//!
//! Each module tests some rows, or one application; the names of the tests begin with their rows.

#[path = "../support/mod.rs"]
mod support;

mod arrangements;
mod body;
mod everything;
mod floods;
mod floor;
mod grpc;
mod grpc_routes;
mod levelling;
mod negotiated;
mod order;
mod probed;
mod readings;
mod routes;
mod shapes;
mod tonic;
mod vault;
mod without_layer;
