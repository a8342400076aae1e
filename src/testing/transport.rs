//! Which version of HTTP the probe speaks.

use std::collections::BTreeMap;
use std::fmt;

use super::report::{Leak, Report};

/// What requests are sent over.
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
    /// What follows a request in a report. HTTP/1.1 is not mentioned.
    pub(super) const fn suffix(self) -> &'static str {
        match self {
            Self::Http1 => "",
            Self::Http2 => " over HTTP/2",
        }
    }
}

/// How many there are over each.
#[derive(Clone, Debug, Default)]
pub(super) struct PerTransport(BTreeMap<Transport, usize>);

impl PerTransport {
    pub(super) fn add(&mut self, transport: Transport, more: usize) {
        *self.0.entry(transport).or_default() += more;
    }

    pub(super) fn of(&self, transport: Transport) -> usize {
        self.0.get(&transport).copied().unwrap_or_default()
    }

    pub(super) fn total(&self) -> usize {
        self.0.values().sum()
    }
}

/// "2872 over HTTP/1.1, 1187 over HTTP/2".
impl fmt::Display for PerTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.iter().map(|(transport, count)| format!("{count} over {transport}"));
        f.write_str(&text.collect::<Vec<_>>().join(", "))
    }
}

impl Report {
    /// How many different variants were tried over this transport, for each pair and caller.
    pub fn variants_over(&self, transport: Transport) -> usize {
        self.variants.of(transport)
    }

    /// How many requests were sent besides, to find what shows in
    /// [some of the answers](super#what-shows-in-some-of-the-answers).
    pub const fn samples(&self) -> usize {
        self.samples
    }
}

impl Leak {
    /// The transports over which it shows.
    pub fn transports(&self) -> impl Iterator<Item = Transport> {
        self.transports.0.keys().copied()
    }

    /// In which share of the answers it shows on the concealed path, and on the missing one, if it
    /// does not show in all: as it was in the first variant that showed it. The
    /// [module](super#what-shows-in-some-of-the-answers) says how it is found.
    pub fn shares(&self) -> Option<[f64; 2]> {
        let frequency = self.difference.frequency.as_ref()?;
        Some(frequency.times.map(|times| times as f64 / frequency.of as f64))
    }
}
