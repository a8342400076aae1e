//! Reads answers, and keeps what parsers usually hide: the order and the case of fields, the
//! reason phrase, interim answers, the framing, trailers.

use std::fmt;

use h2::Reason;
use httparse::Status;
use tokio::io::{AsyncRead, AsyncReadExt};

/// The most fields that an answer may have.
const MAX_HEADERS: usize = 128;

/// As they stand on the wire.
pub(super) type RawHeaders = Vec<(String, Vec<u8>)>;

pub(super) struct Head {
    pub(super) version: u8,
    pub(super) status: u16,
    pub(super) reason: String,
    pub(super) headers: RawHeaders,
}

impl Head {
    pub(super) fn is_interim(&self) -> bool {
        // After 101 comes another protocol.
        self.status < 200 && self.status != 101
    }

    pub(super) fn header(&self, name: &str) -> Option<&[u8]> {
        let mut values = self.headers.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
        values.next().map(|(_, value)| &value[..])
    }

    /// RFC 9112 §6.3.
    pub(super) fn framing(&self, method: &str) -> Framing {
        let chunked = self.header("transfer-encoding");
        let length = self.header("content-length").and_then(|it| str::from_utf8(it).ok());
        if method == "HEAD" || self.status < 200 || matches!(self.status, 204 | 304) {
            Framing::None
        } else if chunked.is_some_and(|it| it.to_ascii_lowercase().ends_with(b"chunked")) {
            Framing::Chunked
        } else if let Some(length) = length.and_then(|it| it.trim().parse().ok()) {
            Framing::Length(length)
        } else {
            Framing::Close
        }
    }
}

/// What ends the body.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Framing {
    None,
    Length(usize),
    Chunked,
    Close,
    /// HTTP/2 ends streams.
    Stream(StreamEnd),
}

/// The frame that ends an HTTP/2 response.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum StreamEnd {
    /// The header section has `END_STREAM`.
    Headers,
    /// A `DATA` frame with bytes has it.
    Data,
    /// A `DATA` frame without bytes has it.
    EmptyData,
    /// The trailer section has it.
    Trailers,
    /// The server resets the stream during the response.
    Reset(Reason),
    /// None: a `CONNECT` has succeeded.
    Tunnel,
}

impl fmt::Display for StreamEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Headers => "END_STREAM on HEADERS",
            Self::Data => "END_STREAM on the last DATA",
            Self::EmptyData => "END_STREAM on an empty DATA",
            Self::Trailers => "END_STREAM on trailers",
            Self::Reset(reason) => return write!(f, "RST_STREAM ({reason:?})"),
            Self::Tunnel => "a tunnel",
        })
    }
}

/// What follows a head.
#[derive(Default)]
pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    /// The lines in front of the chunks: their sizes and extensions.
    pub(super) chunks: Vec<String>,
    pub(super) trailers: RawHeaders,
}

impl Body {
    /// The first chunks are enough to tell one layout from another.
    fn add_chunk(&mut self, line: &[u8]) {
        const MOST: usize = 100;
        if self.chunks.len() < MOST {
            self.chunks.push(String::from_utf8_lossy(line).trim_end().to_owned());
        }
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum ReadError {
    /// The connection ended before the answer began.
    Closed,
    /// The connection ended within the answer.
    Incomplete,
    /// That is not HTTP of the version that was asked for.
    Malformed,
    /// HTTP/2: the stream is reset before the answer.
    Reset(Reason),
    /// HTTP/2: the connection ends with `GOAWAY`.
    GoAway(Reason),
    /// HTTP/2: the server's settings do not offer the extended `CONNECT`.
    NotOffered,
}

/// Reads from a connection.
pub(super) struct Reader<R> {
    stream: R,
    received: Vec<u8>,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    pub(super) const fn new(stream: R) -> Self {
        Self { stream, received: Vec::new() }
    }

    /// Waits for the first byte of what comes.
    pub(super) async fn first_byte(&mut self) -> Result<(), ReadError> {
        while self.received.is_empty() {
            self.more().await?;
        }
        Ok(())
    }

    /// The next head. Nothing is lost if this is dropped while it waits.
    pub(super) async fn head(&mut self) -> Result<Head, ReadError> {
        loop {
            if let Some((head, length)) = parse(&self.received)? {
                self.received.drain(..length);
                return Ok(head);
            }
            self.more().await?;
        }
    }

    /// The body, how it is cut into chunks, and its trailers.
    pub(super) async fn body(&mut self, framing: Framing) -> Result<Body, ReadError> {
        let mut body = Body::default();
        match framing {
            Framing::None | Framing::Stream(_) => {}
            Framing::Length(length) => body.bytes = self.take(length).await?,
            Framing::Chunked => self.chunks(&mut body).await?,
            Framing::Close => {
                while self.more().await.is_ok() {}
                body.bytes = std::mem::take(&mut self.received);
            }
        }
        Ok(body)
    }

    async fn chunks(&mut self, body: &mut Body) -> Result<(), ReadError> {
        loop {
            match httparse::parse_chunk_size(&self.received).map_err(|_| ReadError::Malformed)? {
                Status::Partial => self.within().await?,
                Status::Complete((length, 0)) => {
                    body.add_chunk(&self.received[..length]);
                    self.received.drain(..length);
                    body.trailers = self.trailers().await?;
                    return Ok(());
                }
                Status::Complete((length, size)) => {
                    body.add_chunk(&self.received[..length]);
                    self.received.drain(..length);
                    let size = usize::try_from(size).map_err(|_| ReadError::Malformed)?;
                    body.bytes.extend(self.take(size).await?);
                    self.take(2).await?;
                }
            }
        }
    }

    async fn trailers(&mut self) -> Result<RawHeaders, ReadError> {
        loop {
            let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
            let parsed = httparse::parse_headers(&self.received, &mut headers);
            match parsed.map_err(|_| ReadError::Malformed)? {
                Status::Complete((length, headers)) => {
                    let headers = owned(headers);
                    self.received.drain(..length);
                    return Ok(headers);
                }
                Status::Partial => self.within().await?,
            }
        }
    }

    async fn take(&mut self, length: usize) -> Result<Vec<u8>, ReadError> {
        while self.received.len() < length {
            self.within().await?;
        }
        Ok(self.received.drain(..length).collect())
    }

    async fn within(&mut self) -> Result<(), ReadError> {
        self.more().await.map_err(|_| ReadError::Incomplete)
    }

    async fn more(&mut self) -> Result<(), ReadError> {
        // A reset ends a connection as a close does: which of both a client gets to see depends on
        // what was still on its way.
        match self.stream.read_buf(&mut self.received).await {
            Ok(0) | Err(_) if self.received.is_empty() => Err(ReadError::Closed),
            Ok(0) | Err(_) => Err(ReadError::Incomplete),
            Ok(_) => Ok(()),
        }
    }
}

fn parse(bytes: &[u8]) -> Result<Option<(Head, usize)>, ReadError> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let Status::Complete(length) = response.parse(bytes).map_err(|_| ReadError::Malformed)? else {
        return Ok(None);
    };
    let head = Head {
        version: response.version.unwrap_or_default(),
        status: response.code.unwrap_or_default(),
        reason: response.reason.unwrap_or_default().to_owned(),
        headers: owned(response.headers),
    };
    Ok(Some((head, length)))
}

fn owned(headers: &[httparse::Header<'_>]) -> RawHeaders {
    headers.iter().map(|header| (header.name.to_owned(), header.value.to_vec())).collect()
}
