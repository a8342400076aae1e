//! HTTP/2 as the second transport: what a variant is in HTTP/2, and what is seen of its answer.

mod connection;
mod end;
mod request;
mod response;
mod upload;

pub(super) use connection::{Connection, Streams};
pub(super) use end::End;
pub(super) use request::{Http2Request, request};
pub(super) use response::{alone, on_stream};
