//! HTTP/2 connections and their streams.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use h2::client::{self, SendRequest};
use h2::{Ping, PingPong};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::response::read_error;
use crate::testing::response::ReadError;
use crate::testing::target::Target;
use crate::testing::transport::Transport;

/// After this time without a response to a `PING`, the server counts as gone.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A handle to open streams on a connection.
pub(in crate::testing) type Streams = SendRequest<Bytes>;

/// A connection, which is closed on drop.
pub(in crate::testing) struct Connection {
    pub(in crate::testing) streams: Streams,
    ping_pong: PingPong,
    driver: JoinHandle<Result<(), h2::Error>>,
}

impl Connection {
    /// Connects, and waits for the server's settings, which say how many streams it allows, and whether
    /// it offers the extended `CONNECT`.
    pub(in crate::testing) async fn open(target: &Target) -> io::Result<Result<Self, ReadError>> {
        let stream = target.connect(Transport::Http2).await?;
        let opened = async {
            let (streams, mut connection) = client::handshake(stream).await.map_err(read_error)?;
            let ping_pong = connection.ping_pong().ok_or(ReadError::Malformed)?;
            let driver = tokio::spawn(connection);
            let mut opened = Self { streams, ping_pong, driver };
            // The settings are the first thing that a server sends (RFC 9113 §3.4).
            opened.ping().await.map(|()| opened)
        };
        Ok(opened.await)
    }

    /// Whether the connection takes another stream, after everything that the server sent has arrived.
    pub(in crate::testing) async fn is_open(&mut self) -> bool {
        self.ping().await.is_ok() && self.streams.clone().ready().await.is_ok()
    }

    /// Why the connection has ended, after its streams have ended.
    pub(super) async fn end(&mut self) -> ReadError {
        match timeout(TIMEOUT, &mut self.driver).await {
            Ok(Ok(Err(error))) => read_error(error),
            _ => ReadError::Closed,
        }
    }

    async fn ping(&mut self) -> Result<(), ReadError> {
        match timeout(TIMEOUT, self.ping_pong.ping(Ping::opaque())).await {
            Ok(pong) => pong.map(drop).map_err(read_error),
            Err(_) => Err(ReadError::Closed),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}
