//! Sends one request of a probe.

use std::sync::Arc;

use super::aspect::{Aspects, Normalizer};
use super::caller::Caller;
use super::error::ProbeError;
use super::exchange::{self, exchange};
use super::http2::{self, Connection, Streams};
use super::probe::LeakProbe;
use super::request::request;
use super::transport::Transport;
use super::variants::RequestVariant;

/// The connection on which a request is sent.
pub(super) enum Channel {
    /// A connection for this request only, over HTTP/1.1 or over HTTP/2.
    OwnHttp1,
    OwnHttp2,
    /// An HTTP/2 connection that other requests share.
    Streams(Streams),
}

impl Channel {
    pub(super) const fn own(transport: Transport) -> Self {
        match transport {
            Transport::Http1 => Self::OwnHttp1,
            Transport::Http2 => Self::OwnHttp2,
        }
    }

    pub(super) fn shared_or_own(transport: Transport, connection: Option<&Connection>) -> Self {
        connection.map_or(Self::own(transport), |shared| Self::Streams(shared.streams.clone()))
    }
}

impl LeakProbe {
    /// Whether the transport can carry this request, for each caller and path.
    pub(super) fn can_send(&self, transport: Transport, variant: &RequestVariant) -> bool {
        let paths = || self.pairs.iter().flat_map(|pair| [&pair.concealed, &pair.missing]);
        let is_sendable =
            |caller, path: &str| http2::request(variant, path, &self.host, caller).is_some();
        transport == Transport::Http1
            || self.callers.iter().all(|caller| paths().all(|path| is_sendable(caller, path)))
    }

    /// Opens an HTTP/2 connection for many streams. `None` over HTTP/1.1, or if it cannot be opened.
    pub(super) async fn connect(
        &self,
        transport: Transport,
    ) -> Result<Option<Connection>, ProbeError> {
        match transport {
            Transport::Http1 => Ok(None),
            Transport::Http2 => Ok(Connection::open(&self.target).await?.ok()),
        }
    }

    /// Sends a request, and where it has its own connection then a plain `GET` for `next`, which shows
    /// the state of the connection. The future borrows nothing, so that it can be spawned.
    pub(super) fn ask(
        &self,
        channel: &Channel,
        caller: &Caller,
        path: &str,
        variant: &RequestVariant,
        next: &str,
    ) -> impl Future<Output = Result<Aspects, ProbeError>> + Send + use<> {
        let path = path.to_owned();
        let requests = [(variant, &path[..]), (&RequestVariant::plain("GET"), next)];
        let sent = match channel {
            Channel::OwnHttp1 => Sent::Http1(
                requests.map(|(variant, path)| request(variant, path, &self.host, caller)),
            ),
            Channel::OwnHttp2 | Channel::Streams(_) => Sent::Http2(Box::new(
                requests.map(|(variant, path)| http2::request(variant, path, &self.host, caller)),
            )),
        };
        let streams = match channel {
            Channel::Streams(streams) => Some(streams.clone()),
            Channel::OwnHttp1 | Channel::OwnHttp2 => None,
        };
        let (target, ignored) = (Arc::clone(&self.target), self.ignored.clone());
        async move {
            let observation = match sent {
                Sent::Http1([sent, next]) => exchange(&target, &sent, &next.first).await?,
                Sent::Http2(sent) => match (*sent, streams) {
                    ([Some(sent), _], Some(streams)) if !sent.own_connection => {
                        http2::on_stream(&streams, &sent).await
                    }
                    ([Some(sent), Some(next)], _) => {
                        http2::on_own_connection(&target, &sent, &next).await?
                    }
                    _ => {
                        let why = "HTTP/2 cannot carry this request";
                        return Err(no_response(Transport::Http2, &path, why));
                    }
                },
            };
            Ok(Normalizer { ignored: &ignored }.aspects(&observation))
        }
    }
}

/// A request, and the one that follows it on the same connection.
enum Sent {
    Http1([exchange::RequestBytes; 2]),
    /// Boxed, since they are large.
    Http2(Box<[Option<http2::Http2Request>; 2]>),
}

pub(super) fn no_response(transport: Transport, path: &str, why: impl ToString) -> ProbeError {
    ProbeError::NoResponse { transport, path: path.to_owned(), why: why.to_string() }
}
