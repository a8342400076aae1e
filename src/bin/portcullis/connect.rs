//! [`Connector`]: opens connections to the server.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::address::Address;
use crate::failure::Failure;
use crate::tapped::{Tap, Tapped};
use crate::tls;

/// How long to wait for the addresses of a name.
const LOOKUP: Duration = Duration::from_secs(10);
/// How long to wait for one of several addresses.
const CONNECT: Duration = Duration::from_secs(3);

/// How long to wait for the TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(6);

/// A connection.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

pub(crate) struct Connector {
    host: String,
    port: u16,
    /// At least one.
    addresses: Vec<SocketAddr>,
    /// The place of the last one that worked, so that all requests are for one server.
    working: AtomicUsize,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    tap: Arc<Tap>,
}

impl Connector {
    pub(crate) async fn new(
        address: &Address,
        ca_file: Option<&Path>,
        tap: Arc<Tap>,
    ) -> Result<Self, Failure> {
        let (host, port) = (address.host.clone(), address.port);
        let tls = match address.is_encrypted {
            true => {
                let name = ServerName::try_from(host.clone())
                    .map_err(|_| Failure::new("the host of the URL is no name of a server"))?;
                Some((TlsConnector::from(Arc::new(tls::config(ca_file)?)), name))
            }
            false => None,
        };
        let found = timeout(LOOKUP, lookup_host((&host[..], port))).await;
        let found = found.map_err(|_| Failure::new(format!("no address for {host} in time")))?;
        let addresses: Vec<_> = found
            .map_err(|error| Failure::new(format!("no address for {host}: {error}")))?
            .collect();
        if addresses.is_empty() {
            return Err(Failure::new(format!("{host} has no address")));
        }
        Ok(Self { host, port, addresses, working: AtomicUsize::new(0), tls, tap })
    }

    /// Opens a connection. The message of an error is for a person to read.
    pub(crate) async fn open(&self) -> io::Result<Tapped<Box<dyn Stream>>> {
        let stream = self.connect().await?;
        // Otherwise a request in two writes waits for an acknowledgement.
        stream.set_nodelay(true)?;
        let stream: Box<dyn Stream> = match &self.tls {
            None => Box::new(stream),
            Some((connector, name)) => {
                let (host, port) = (&self.host, self.port);
                let shaken = timeout(HANDSHAKE, connector.connect(name.clone(), stream)).await;
                let shaken = shaken.map_err(|_| {
                    let seconds = HANDSHAKE.as_secs();
                    io::Error::other(format!(
                        "{host} does not finish the TLS handshake in {seconds} seconds: is port {port} for \
                         https?"
                    ))
                })?;
                Box::new(shaken.map_err(|error| {
                    io::Error::new(error.kind(), tls::describe(&error, host, port))
                })?)
            }
        };
        Ok(self.tap.connect(stream))
    }

    async fn connect(&self) -> io::Result<TcpStream> {
        let count = self.addresses.len();
        let first = self.working.load(Ordering::Relaxed);
        let mut failed = None;
        for place in (0..count).map(|next| (first + next) % count) {
            let address = self.addresses[place];
            let connecting = TcpStream::connect(address);
            let connected = match count {
                1 => connecting.await,
                _ => timeout(CONNECT, connecting)
                    .await
                    .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())),
            };
            match connected {
                Ok(stream) => {
                    self.working.store(place, Ordering::Relaxed);
                    return Ok(stream);
                }
                Err(error) => {
                    let failure = failed.get_or_insert((error.kind(), String::new()));
                    let said = match error.kind() {
                        io::ErrorKind::ConnectionRefused => {
                            format!("nothing listens at {address}")
                        }
                        _ => format!("cannot connect to {address}: {error}"),
                    };
                    let separator = if failure.1.is_empty() { "" } else { "; " };
                    failure.1 += &format!("{separator}{said}");
                }
            }
        }
        let (kind, said) = failed.unwrap_or((io::ErrorKind::NotConnected, String::new()));
        Err(io::Error::new(kind, said))
    }
}
