//! The destinations that a client may connect to: by default only public addresses.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::Uri;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpStream, lookup_host};
use tower::Service;

/// Which destinations are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destinations {
    /// Those that [`is_public`] accepts. Otherwise users of the proxy could reach what only its
    /// machine and its network can reach: services without a login, the metadata service of a cloud.
    Public,
    /// All addresses.
    Any,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum NoConnection {
    #[error("the address is not public")]
    NotPublic,
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Destinations {
    /// Reads the setting `ALLOW_PRIVATE`.
    pub fn read(allow_private: Option<&str>) -> Result<Self, String> {
        match allow_private {
            None | Some("off") => Ok(Self::Public),
            Some("on") => Ok(Self::Any),
            Some(other) => Err(format!("ALLOW_PRIVATE is `on` or `off`, and not {other:?}")),
        }
    }

    /// Looks up the host, and connects to one of its allowed addresses. It connects to the address that
    /// it has checked: a second look-up of the name could return another one.
    pub async fn connect(self, host: &str, port: u16) -> Result<TcpStream, NoConnection> {
        let host = host.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(host);
        let mut failed = None;
        for address in lookup_host((host, port)).await? {
            if self == Self::Any || is_public(address.ip()) {
                match TcpStream::connect(address).await {
                    Ok(stream) => return Ok(stream),
                    Err(error) => failed = Some(error),
                }
            }
        }
        Err(failed.map_or(NoConnection::NotPublic, NoConnection::Io))
    }
}

/// Whether an address is one of the public internet, by the registries of special-purpose addresses
/// (RFC 6890). Not loopback, link-local, private, shared, unique-local, unspecified, multicast,
/// documentation, benchmarking or reserved ones, nor those that an IPv6 address embeds by NAT64's
/// well-known prefix, 6to4, Teredo or ISATAP.
///
/// A network may have a NAT64 prefix of its own (RFC 6052 §2.2), which looks like other public
/// addresses. Where the proxy's network has one, refuse that prefix here, or let the
/// translator refuse private addresses.
///
/// A public address of this machine is public, too: its services should require a login, or listen
/// on loopback.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(it) => !SPECIAL_V4.iter().any(|(network, length)| {
            (it.to_bits() ^ u32::from_be_bytes(*network)) >> (32 - length) == 0
        }),
        IpAddr::V6(it) => {
            let is_in = |(network, length): &(Ipv6Addr, u32)| {
                (it.to_bits() ^ network.to_bits()) >> (128 - length) == 0
            };
            if is_in(&NAT64) {
                let [.., a, b, c, d] = it.octets();
                return is_public(Ipv4Addr::new(a, b, c, d).into());
            }
            is_in(&GLOBAL_UNICAST) && !SPECIAL_V6.iter().any(is_in) && !is_isatap(it)
        }
    }
}

/// Whether the second half is an IPv4 address by ISATAP (RFC 5214 §6.1), which may be in any prefix.
/// The bits for "universal" and for "group" count as either.
fn is_isatap(address: Ipv6Addr) -> bool {
    let [.., first, second, _, _] = address.segments();
    first & !0x0300 == 0 && second == 0x5efe
}

/// <https://www.iana.org/assignments/iana-ipv4-special-registry>, multicast, and the address of
/// Azure's services for its virtual machines.
const SPECIAL_V4: [([u8; 4], u32); 16] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([168, 63, 129, 16], 32),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// All that is allocated for hosts of the internet (RFC 4291 §2.4).
const GLOBAL_UNICAST: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// IPv4 addresses embedded for hosts without IPv4 (RFC 6052 §2.1).
const NAT64: (Ipv6Addr, u32) = (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);

/// <https://www.iana.org/assignments/iana-ipv6-special-registry>, as far as it overlaps with
/// [`GLOBAL_UNICAST`]: protocol assignments (Teredo, benchmarking), documentation, 6to4.
const SPECIAL_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Connects hyper's client to the origins of requests.
#[derive(Clone, Copy, Debug)]
pub struct Connector(pub Destinations);

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = NoConnection;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, NoConnection>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), NoConnection>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, origin: Uri) -> Self::Future {
        let Self(destinations) = *self;
        Box::pin(async move {
            let (host, port) = (origin.host().unwrap_or_default(), origin.port_u16().unwrap_or(80));
            Ok(TokioIo::new(destinations.connect(host, port).await?))
        })
    }
}
