//! Times one request on a stream.

use std::time::{Duration, Instant};

use super::connection::Streams;
use super::request::Http2Request;
use super::response::read_error;
use crate::testing::response::ReadError;

/// The time from handing the request to the connection to the head of its response. The rest of the
/// response is read, and not part of it.
pub(in crate::testing) async fn timed(
    streams: &Streams,
    sent: &Http2Request,
) -> Result<Duration, ReadError> {
    let mut streams = streams.clone().ready().await.map_err(read_error)?;
    let head = sent.head.clone();
    let start = Instant::now();
    let (response, _) = streams.send_request(head, true).map_err(read_error)?;
    let response = response.await.map_err(read_error)?;
    let time = start.elapsed();
    let mut body = response.into_body();
    while let Some(data) = body.data().await {
        let length = data.map_err(read_error)?.len();
        body.flow_control().release_capacity(length).map_err(read_error)?;
    }
    body.trailers().await.map_err(read_error)?;
    Ok(time)
}
