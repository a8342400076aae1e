//! Times single requests on a connection that stays open from one to the next.

use std::pin::Pin;
use std::time::{Duration, Instant};

use tokio::io::{AsyncWriteExt, ReadHalf, WriteHalf};

use super::caller::Caller;
use super::http2::{self, Http2Request};
use super::request::request;
use super::response::{ReadError, Reader};
use super::target::{Stream, Target};
use super::transport::Transport;
use super::variants::RequestVariant;

/// A plain `GET`.
pub(super) enum TimedRequest {
    Http1(Vec<u8>),
    Http2(Box<Http2Request>),
}

impl TimedRequest {
    /// `None` if the transport cannot carry the headers of the caller.
    pub(super) fn new(
        transport: Transport,
        path: &str,
        host: &str,
        caller: &Caller,
    ) -> Option<Self> {
        let plain = RequestVariant::plain("GET");
        Some(match transport {
            Transport::Http1 => Self::Http1(request(&plain, path, host, caller).first),
            Transport::Http2 => Self::Http2(http2::request(&plain, path, host, caller)?.into()),
        })
    }

    /// The time until the response begins, on the connection, or on a new one if the server has closed it
    /// after the last response.
    pub(super) async fn time(
        &self,
        target: &Target,
        connection: &mut Option<TimedConnection>,
    ) -> Result<Duration, String> {
        if let Some(mut open) = connection.take()
            && let Ok(time) = open.time(self).await
        {
            *connection = Some(open);
            return Ok(time);
        }
        let mut open = TimedConnection::open(target, self).await?;
        let time = open.time(self).await.map_err(|_| "the connection is closed")?;
        *connection = Some(open);
        Ok(time)
    }
}

/// A connection that stays open.
pub(super) enum TimedConnection {
    Http1 {
        reader: Reader<ReadHalf<Pin<Box<dyn Stream>>>>,
        writer: WriteHalf<Pin<Box<dyn Stream>>>,
    },
    Http2(http2::Connection),
}

impl TimedConnection {
    /// Opens one for requests like this.
    async fn open(target: &Target, request: &TimedRequest) -> Result<Self, String> {
        let failed = |error: std::io::Error| error.to_string();
        Ok(match request {
            TimedRequest::Http1(_) => {
                let stream = target.connect(Transport::Http1).await.map_err(failed)?;
                let (reader, writer) = tokio::io::split(stream);
                Self::Http1 { reader: Reader::new(reader), writer }
            }
            TimedRequest::Http2(_) => {
                let connection = http2::Connection::open(target).await.map_err(failed)?;
                Self::Http2(connection.map_err(|_| "the server does not speak HTTP/2")?)
            }
        })
    }

    async fn time(&mut self, request: &TimedRequest) -> Result<Duration, ReadError> {
        match (self, request) {
            (Self::Http1 { reader, writer }, TimedRequest::Http1(request)) => {
                let start = Instant::now();
                writer.write_all(request).await.map_err(|_| ReadError::Closed)?;
                reader.first_byte().await?;
                let time = start.elapsed();
                loop {
                    let head = reader.head().await?;
                    if !head.is_interim() {
                        reader.body(head.framing("GET")).await?;
                        return Ok(time);
                    }
                }
            }
            (Self::Http2(connection), TimedRequest::Http2(request)) => {
                http2::timed(&connection.streams, request).await
            }
            _ => Err(ReadError::Closed),
        }
    }
}
