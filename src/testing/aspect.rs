//! The aspects of a response that are compared.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, SystemTime};

use headers::Header as _;
use http::HeaderValue;

use super::exchange::{Connection, FinalResponse, Observation, Outcome};
use super::response::{Framing, Head, RawHeaders, ReadError};

/// An aspect in which two responses can differ. The variants are ordered by how much they say about a
/// cause.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Aspect {
    /// A plain `GET` of the concealed path succeeds, even if the missing path has the same response.
    Seen,
    /// Whether a response arrives.
    Outcome,
    /// Interim responses, such as `100 Continue`.
    Interim,
    /// Whether the response arrives before the request body, part of which is held back.
    Early,
    /// The status code.
    Status,
    /// A header, by its name in lower case: its presence, its lines and their values.
    Header(String),
    /// How the end of the body is marked: `content-length`, chunks, or the end of the connection.
    Framing,
    /// The trailers.
    Trailers,
    /// The bytes of the body.
    Body,
    /// The value of `content-length`.
    Length,
    /// The chunks of the body, and their extensions.
    Chunks,
    /// The order and the case of header names.
    Order,
    /// The reason phrase.
    Reason,
    /// The version of HTTP.
    Version,
    /// The state of the connection: whether it takes the next request.
    Connection,
    /// HTTP/2: whether the server takes the part of the request body that was not sent before the
    /// response, resets the stream, or leaves the client waiting.
    Upload,
}

impl Aspect {
    /// Whether the aspect also depends on how fast client and server are.
    pub(super) const fn may_race(&self) -> bool {
        matches!(
            self,
            Self::Outcome
                | Self::Interim
                | Self::Early
                | Self::Chunks
                | Self::Connection
                | Self::Upload
        )
    }

    /// Whether the values differ from request to request although the cause is the same.
    pub(super) const fn varies_by_request(&self) -> bool {
        matches!(self, Self::Framing | Self::Body | Self::Length | Self::Chunks | Self::Order)
    }
}

impl fmt::Display for Aspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Seen => "status",
            Self::Outcome => "outcome",
            Self::Interim => "interim responses",
            Self::Early => "the response to a body that is held back",
            Self::Status => "status",
            Self::Header(name) => return write!(f, "`{name}`"),
            Self::Order => "order of headers",
            Self::Framing => "framing",
            Self::Trailers => "trailers",
            Self::Body => "body",
            Self::Length => "`content-length`",
            Self::Chunks => "layout of chunks",
            Self::Reason => "reason phrase",
            Self::Version => "version",
            Self::Connection => "connection",
            Self::Upload => "the rest of the request's body",
        })
    }
}

/// The value of each aspect of a response.
pub(super) type Aspects = BTreeMap<Aspect, Vec<u8>>;

/// Replaces values that may differ by constants.
pub(super) struct Normalizer<'a> {
    /// The names of headers whose values may differ, in lower case.
    pub(super) ignored: &'a [String],
}

impl Normalizer<'_> {
    pub(super) fn aspects(&self, observation: &Observation) -> Aspects {
        let mut aspects = Aspects::new();
        let mut put = |aspect, value: Vec<u8>| {
            aspects.insert(aspect, value);
        };
        if !observation.interim.is_empty() {
            let interim = observation.interim.iter().map(|head| self.interim(head));
            put(Aspect::Interim, interim.collect::<Vec<_>>().join("; ").into());
        }
        if let Some(early) = observation.early {
            let text = if early { "at once" } else { "not before the body" };
            put(Aspect::Early, text.into());
        }
        let response = match &observation.outcome {
            Outcome::Responded(response) => response,
            Outcome::Failed(ReadError::Closed) => return only("closed without a response"),
            Outcome::Failed(ReadError::Incomplete) => return only("closed during the response"),
            Outcome::Failed(ReadError::Malformed) => return only("a response that is not HTTP"),
            Outcome::Failed(ReadError::TooLarge) => return only("a response of too many headers"),
            Outcome::Failed(ReadError::Reset(reason)) => {
                return only(&format!("reset ({reason:?})"));
            }
            Outcome::Failed(ReadError::GoAway(reason)) => {
                return only(&format!("GOAWAY ({reason:?})"));
            }
            Outcome::Failed(ReadError::NotOffered) => {
                return only("extended CONNECT is not offered");
            }
            Outcome::AwaitsBody => {
                put(Aspect::Outcome, "none before the body".into());
                return aspects;
            }
            Outcome::TimedOut => return only("no response in time"),
        };
        put(Aspect::Outcome, "response received".into());
        put(Aspect::Status, response.head.status.to_string().into());
        put(Aspect::Reason, response.head.reason.clone().into());
        put(Aspect::Version, version(response.head.version).into());
        put(Aspect::Framing, framing(response).into());
        put(Aspect::Order, names(&response.head.headers).join(", ").into());
        put(Aspect::Body, response.body.clone());
        if response.framing == Framing::Chunked {
            put(Aspect::Chunks, response.chunks.join(",").into());
        }
        if let Some(connection) = connection(response.connection) {
            put(Aspect::Connection, connection.into());
        }
        if let Some(rest) = &response.rest {
            put(Aspect::Upload, rest.clone().into());
        }
        if !response.trailers.is_empty() {
            put(Aspect::Trailers, self.lines(&response.trailers).join("; ").into());
        }
        for (name, value) in &response.head.headers {
            let name = name.to_ascii_lowercase();
            let value = self.value(&name, value);
            let aspect = match &name[..] {
                "content-length" => Aspect::Length,
                _ => Aspect::Header(name),
            };
            let lines = aspects.entry(aspect).or_default();
            if !lines.is_empty() {
                lines.extend_from_slice(b" | ");
            }
            lines.extend_from_slice(&value);
        }
        aspects
    }

    fn interim(&self, head: &Head) -> String {
        let headers = self.lines(&head.headers);
        let space = if headers.is_empty() { "" } else { " with " };
        format!("{}{space}{}", head.status, headers.join(", "))
    }

    fn lines(&self, headers: &RawHeaders) -> Vec<String> {
        let line = |(name, value): &(String, Vec<u8>)| {
            let value = self.value(&name.to_ascii_lowercase(), value);
            format!("{name}: {}", String::from_utf8_lossy(&value))
        };
        headers.iter().map(line).collect()
    }

    fn value(&self, name: &str, value: &[u8]) -> Vec<u8> {
        if self.ignored.iter().any(|ignored| ignored == name) {
            return b"(any)".to_vec();
        }
        match name {
            "date" if is_of_today(value) => b"(now)".to_vec(),
            _ => value.to_vec(),
        }
    }
}

/// Whether the value is an HTTP date (RFC 9110 §5.6.7) less than a day from now, since clocks differ. A
/// cached response, or one of another server, may have an older date.
fn is_of_today(value: &[u8]) -> bool {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    const LENGTH: usize = "Sat, 29 Oct 1994 19:43:31 GMT".len();
    let Some(value) = HeaderValue::from_bytes(value).ok().filter(|value| value.len() == LENGTH)
    else {
        return false;
    };
    let Ok(date) = headers::Date::decode(&mut [&value].into_iter()) else { return false };
    let (date, now) = (SystemTime::from(date), SystemTime::now());
    now.duration_since(date)
        .or_else(|_| date.duration_since(now))
        .is_ok_and(|distance| distance < DAY)
}

fn only(outcome: &str) -> Aspects {
    Aspects::from([(Aspect::Outcome, outcome.into())])
}

/// The names in their order and case; a repeated name is listed twice.
fn names(headers: &RawHeaders) -> Vec<String> {
    headers.iter().map(|(name, _)| name.clone()).collect()
}

const fn version(version: u8) -> &'static str {
    match version {
        0 => "HTTP/1.0",
        1 => "HTTP/1.1",
        _ => "HTTP/2",
    }
}

fn framing(response: &FinalResponse) -> String {
    let framing = match response.framing {
        Framing::None => "no body",
        Framing::Length(_) => "content-length",
        Framing::Chunked => "chunked",
        Framing::Close => "until the connection closes",
        Framing::Stream(end) => match response.head.header("content-length") {
            Some(_) => return format!("content-length, {end}"),
            None => return end.to_string(),
        },
    };
    framing.to_owned()
}

fn connection(connection: Connection) -> Option<String> {
    Some(match connection {
        Connection::Shared => return None,
        Connection::Kept(status) => format!("kept open (next response: {status})"),
        Connection::Closed => "closed".to_owned(),
        Connection::GoneAway(reason) => format!("GOAWAY ({reason:?})"),
        Connection::Stalled => "kept open, without a response to the next request".to_owned(),
        Connection::Upgraded => "upgraded".to_owned(),
    })
}
