//! The address of the client: the key by which attempts are counted and the queue is shared.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use axum::http::Extensions;
use axum::middleware::Next;
use axum::response::Response;

tokio::task_local! {
    static SITE: Option<IpAddr>;
}

/// The address at the other end of the connection. Behind a reverse proxy that is the proxy: take
/// the address from the header that it writes, and only from that one.
pub fn address(extensions: &Extensions) -> Option<IpAddr> {
    let connection = extensions.get::<ConnectInfo<SocketAddr>>();
    connection.map(|ConnectInfo(address)| address.ip().to_canonical())
}

/// The addresses of one machine: an IPv4 address, or an IPv6 network of 64 bits.
pub fn subnet(address: IpAddr) -> IpAddr {
    prefix(address, 64)
}

/// The addresses that one customer of a provider may have: an IPv4 address, or an IPv6 network of 48 bits.
pub fn site(address: IpAddr) -> IpAddr {
    prefix(address, 48)
}

fn prefix(address: IpAddr, length: u32) -> IpAddr {
    match address {
        IpAddr::V6(it) => Ipv6Addr::from_bits(it.to_bits() & (u128::MAX << (128 - length))).into(),
        it => it,
    }
}

/// Middleware outside the stage that stores the site of the request for the verifier, which gets the
/// credentials and not the request.
pub async fn remember(request: Request, next: Next) -> Response {
    let site = address(request.extensions()).map(site);
    SITE.scope(site, next.run(request)).await
}

/// The site that the request of this task comes from.
pub fn current_site() -> Option<IpAddr> {
    SITE.try_with(|site| *site).ok().flatten()
}
