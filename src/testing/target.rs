//! The target of a probe: a service in memory, or an address.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};

use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::net::TcpStream;
use tower::Service;

use super::transport::Transport;

/// A connection.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> Stream for T {}

/// Serves the server's end of a connection.
type Serve = Box<dyn FnMut(DuplexStream, Transport) + Send>;

pub(super) enum Target {
    /// In a mutex, since services need not be `Sync`.
    Service(Mutex<Serve>),
    Address(SocketAddr),
    /// Connections that the user opens, for HTTP/1.
    Connector(Connect),
}

/// A connection that is being opened.
type Connecting = Pin<Box<dyn Future<Output = io::Result<Pin<Box<dyn Stream>>>> + Send>>;

type Connect = Box<dyn Fn() -> Connecting + Send + Sync>;

/// Large enough for a request with a huge body, so that all of it arrives at once: how much the server
/// has read when it responds is then its choice, and not a race.
const BUFFER: usize = 512 * 1024;

impl Target {
    pub(super) fn service<S, B>(service: S) -> Self
    where
        S: Service<Request<Incoming>, Response = Response<B>, Future: Send>,
        S: Clone + Send + 'static,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        Self::Service(Mutex::new(Box::new(move |stream, transport| {
            let service = TowerToHyperService::new(service.clone());
            let stream = TokioIo::new(stream);
            // The client observes how the connection ends, so errors are not handled here.
            match transport {
                Transport::Http1 => {
                    let connection = http1::Builder::new().serve_connection(stream, service);
                    drop(tokio::spawn(connection.with_upgrades()));
                }
                Transport::Http2 => {
                    let mut builder = http2::Builder::new(TokioExecutor::new());
                    builder.enable_connect_protocol();
                    drop(tokio::spawn(builder.serve_connection(stream, service)));
                }
            }
        })))
    }

    pub(super) fn connector<C, F, S>(connect: C) -> Self
    where
        C: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        Self::Connector(Box::new(move || {
            let connecting = connect();
            Box::pin(async move {
                let stream: Pin<Box<dyn Stream>> = Box::pin(connecting.await?);
                Ok(stream)
            })
        }))
    }

    pub(super) async fn connect(&self, transport: Transport) -> io::Result<Pin<Box<dyn Stream>>> {
        match self {
            Self::Service(serve) => {
                let (client, server) = tokio::io::duplex(BUFFER);
                serve.lock().unwrap_or_else(PoisonError::into_inner)(server, transport);
                Ok(Box::pin(client))
            }
            Self::Address(address) => {
                let stream = TcpStream::connect(address).await?;
                // Otherwise a request in two writes waits for an acknowledgement.
                stream.set_nodelay(true)?;
                Ok(Box::pin(stream))
            }
            Self::Connector(connect) => connect().await,
        }
    }
}
