//! The inspection: what it asks, what it finds when it compares, and what it makes of servers that do not
//! behave; and the layer that judges the exchanges of other tests.

mod crawlers;
mod hostile;
mod layer;
mod layer_streams;
mod mistaken;
mod raw;
mod requests;
mod server;
mod settings;
mod several;
mod several_failing;
mod several_honest;
mod several_ignored;
