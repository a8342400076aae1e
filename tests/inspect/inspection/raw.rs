//! Servers that write bytes, whatever was asked.

use std::net::SocketAddr;
use std::sync::Arc;

use portcullis::testing::{Inspection, InspectionError, InspectionReport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A server that sends the same bytes in response to every request, and then closes the connection, or keeps
/// it open.
pub struct RawServer {
    pub address: SocketAddr,
    serving: JoinHandle<()>,
}

impl RawServer {
    pub async fn sending(bytes: impl Into<Vec<u8>>) -> Self {
        Self::start(bytes.into(), Ends::Closed).await
    }

    pub async fn sending_and_waiting(bytes: impl Into<Vec<u8>>) -> Self {
        Self::start(bytes.into(), Ends::Open).await
    }

    /// Sends the second bytes again and again behind the first ones.
    pub async fn sending_without_end(first: &str, again: &str) -> Self {
        Self::start(first.as_bytes().to_vec(), Ends::Never(again.as_bytes().to_vec())).await
    }

    async fn start(bytes: Vec<u8>, ends: Ends) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let (bytes, ends) = (Arc::new(bytes), Arc::new(ends));
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(respond(stream, bytes.clone(), ends.clone()));
            }
        });
        Self { address, serving }
    }

    pub async fn inspect(&self) -> Result<InspectionReport, InspectionError> {
        Inspection::of_address(self.address).target("/reports").run().await
    }
}

impl Drop for RawServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

enum Ends {
    Closed,
    Open,
    Never(Vec<u8>),
}

async fn respond(mut stream: TcpStream, bytes: Arc<Vec<u8>>, ends: Arc<Ends>) {
    let mut received = Vec::new();
    while !received.windows(4).any(|end| end == b"\r\n\r\n") {
        if !matches!(stream.read_buf(&mut received).await, Ok(length) if length > 0) {
            return;
        }
    }
    // The client may have enough, and close the connection.
    let _ = stream.write_all(&bytes).await;
    match &*ends {
        Ends::Closed => {}
        Ends::Open => while matches!(stream.read(&mut [0; 64]).await, Ok(length) if length > 0) {},
        Ends::Never(again) => {
            let again = again.repeat(1024 / again.len() + 1);
            while stream.write_all(&again).await.is_ok() {}
        }
    }
}
