//! The inspection: what it asks, what it finds when it compares, and what it makes of servers that do not
//! behave; and the layer that judges the exchanges of other tests.

mod server;
mod several;
mod several_ignored;
