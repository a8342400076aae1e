//! What is compared: everything that can be seen of an answer, field by field.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, SystemTime};

use headers::Header as _;
use http::HeaderValue;

use super::exchange::{Connection, FinalResponse, Observation, Outcome};
use super::response::{Framing, Head, RawHeaders, ReadError};

/// What two answers differ in. They are in the order of what says most about a cause.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Aspect {
    /// A plain `GET` succeeds, whether or not the missing path answers alike.
    Seen,
    /// Whether there is an answer at all.
    Outcome,
    /// Interim answers, such as `100 Continue`.
    Interim,
    /// Whether the answer came before the body, some of which was held back.
    Early,
    /// The status code.
    Status,
    /// A field, by its name in lower case: whether it is there, its lines and their values.
    Header(String),
    /// What ends the body: `content-length`, chunks, or the end of the connection.
    Framing,
    /// The trailer fields.
    Trailers,
    /// The bytes of the body.
    Body,
    /// The value of `content-length`.
    Length,
    /// How the body is cut into chunks, and their extensions.
    Chunks,
    /// The order and the case of field names.
    Order,
    /// The reason phrase.
    Reason,
    /// The version of HTTP.
    Version,
    /// What becomes of the connection: whether it takes the next request.
    Connection,
    /// HTTP/2: what becomes of the part of the request's body that was not sent before the answer:
    /// whether the server resets the stream, takes the rest, or leaves it waiting.
    Upload,
}

impl Aspect {
    /// What depends on how fast both sides are, too.
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

    /// What differs in another way for every path, though the cause is one.
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

/// Everything that was seen.
pub(super) type Aspects = BTreeMap<Aspect, Vec<u8>>;

/// What may differ.
pub(super) struct Normalizer<'a> {
    /// Names of fields whose values may differ, in lower case.
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

/// Whether it is a date in the form of HTTP (RFC 9110 §5.6.7), and less than a day from now, since
/// clocks differ. An answer that was kept, or made elsewhere, may have another one.
fn is_of_today(value: &[u8]) -> bool {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    const LENGTH: usize = "Sat, 29 Oct 1994 19:43:31 GMT".len();
    let Some(value) = HeaderValue::from_bytes(value).ok().filter(|it| it.len() == LENGTH) else {
        return false;
    };
    let Ok(date) = headers::Date::decode(&mut [&value].into_iter()) else { return false };
    let (date, now) = (SystemTime::from(date), SystemTime::now());
    now.duration_since(date).or_else(|_| date.duration_since(now)).is_ok_and(|apart| apart < DAY)
}

fn only(outcome: &str) -> Aspects {
    Aspects::from([(Aspect::Outcome, outcome.into())])
}

/// The names in their order and case; a name that is repeated stands there twice.
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
