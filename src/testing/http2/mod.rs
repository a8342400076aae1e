//! HTTP/2 as the second transport: the requests of variants, and the observation of responses.

mod connection;
mod request;
mod response;
mod timed;
mod upload;

pub(super) use connection::{Connection, Streams};
pub(super) use request::{Http2Request, request};
pub(super) use response::{on_own_connection, on_stream};
pub(super) use timed::timed;
