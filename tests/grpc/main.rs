//! Refusals of gRPC and gRPC-Web calls (F08): their bytes, what a conceal layer outside makes of them, and
//! what clients report.

#[path = "../support/mod.rs"]
mod support;

#[path = "../../examples/grpc_server/notes.rs"]
mod notes;

mod app;
mod areas;
mod calls;
mod clients;
mod example;
mod refusals;
mod web;
