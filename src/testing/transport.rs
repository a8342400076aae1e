//! The versions of HTTP over which the probe sends requests.

use std::collections::BTreeMap;
use std::fmt;

/// A version of HTTP over which requests are sent.
///
/// ```
/// use portcullis::testing::Transport;
/// assert_eq!(Transport::Http2.to_string(), "HTTP/2");
/// ```
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Transport {
    /// HTTP/1.1 and HTTP/1.0 without TLS, each request on a connection of its own.
    Http1,
    /// HTTP/2 without TLS, by prior knowledge (RFC 9113 §3.3), many streams on each connection.
    Http2,
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http1 => "HTTP/1.1",
            Self::Http2 => "HTTP/2",
        })
    }
}

impl Transport {
    /// The suffix of a request in a report. HTTP/1.1 is not mentioned.
    pub(super) const fn suffix(self) -> &'static str {
        match self {
            Self::Http1 => "",
            Self::Http2 => " over HTTP/2",
        }
    }
}

/// A count for each transport.
#[derive(Clone, Debug, Default)]
pub(super) struct PerTransport(BTreeMap<Transport, usize>);

impl PerTransport {
    pub(super) fn add(&mut self, transport: Transport, more: usize) {
        *self.0.entry(transport).or_default() += more;
    }

    pub(super) fn of(&self, transport: Transport) -> usize {
        self.0.get(&transport).copied().unwrap_or_default()
    }

    pub(super) fn transports(&self) -> impl Iterator<Item = Transport> {
        self.0.keys().copied()
    }

    pub(super) fn total(&self) -> usize {
        self.0.values().sum()
    }
}

/// "2872 over HTTP/1.1, 1187 over HTTP/2".
impl fmt::Display for PerTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.0.iter().map(|(transport, count)| format!("{count} over {transport}"));
        f.write_str(&counts.collect::<Vec<_>>().join(", "))
    }
}
