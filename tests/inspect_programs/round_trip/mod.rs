//! The example `lab` and the inspector test one another: each fault that the lab sends is found, and no other,
//! and nothing is found in what it sends without a fault. And clients go through its sequences.

#[path = "../../../examples/lab/simulator/mod.rs"]
#[allow(dead_code, reason = "its routes are run as a process")]
mod simulator;

mod pure;
mod sequences;
mod several;
mod sockets;
