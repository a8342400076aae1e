//! Reads HTTP/1 responses, and keeps what parsers usually hide: the order and the case of headers, the
//! reason phrase, interim responses, the framing, trailers.

use std::fmt;

use h2::Reason;
use httparse::Status;
use tokio::io::{AsyncRead, AsyncReadExt};

/// How much of a response is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The most headers of a section.
    pub(super) headers: usize,
    /// The most bytes of a section of headers, or of the line in front of a chunk.
    pub(super) head: usize,
    /// The most bytes of a body, without its framing.
    pub(super) body: usize,
}

impl Limits {
    /// Those of the probe, whose service belongs to the test.
    pub(super) const PROBE: Self = Self { headers: 128, head: usize::MAX, body: usize::MAX };
}

/// Headers or trailers as they are on the wire.
pub(super) type RawHeaders = Vec<(String, Vec<u8>)>;

pub(super) struct Head {
    pub(super) version: u8,
    pub(super) status: u16,
    pub(super) reason: String,
    pub(super) headers: RawHeaders,
}

impl Head {
    pub(super) fn is_interim(&self) -> bool {
        // After 101, the connection changes to another protocol.
        matches!(self.status, 100 | 102..200)
    }

    pub(super) fn header(&self, name: &str) -> Option<&[u8]> {
        let mut values = self.headers.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
        values.next().map(|(_, value)| &value[..])
    }

    /// How the end of the body is marked (RFC 9112 §6.3).
    pub(super) fn framing(&self, method: &str) -> Framing {
        let chunked = self.header("transfer-encoding");
        let length = self.header("content-length").and_then(|length| str::from_utf8(length).ok());
        if method == "HEAD" || self.status < 200 || matches!(self.status, 204 | 304) {
            Framing::None
        } else if chunked.is_some_and(|codings| codings.to_ascii_lowercase().ends_with(b"chunked"))
        {
            Framing::Chunked
        } else if let Some(length) = length.and_then(|length| length.trim().parse().ok()) {
            Framing::Length(length)
        } else {
            Framing::Close
        }
    }
}

/// How the end of a response body is marked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Framing {
    None,
    Length(usize),
    Chunked,
    Close,
    /// HTTP/2: by the frame with `END_STREAM`.
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

/// The part of a response after its head.
#[derive(Default)]
pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    /// The lines in front of the chunks: their sizes and extensions.
    pub(super) chunks: Vec<String>,
    pub(super) trailers: RawHeaders,
}

impl Body {
    /// Keeps the first chunks, which are enough to distinguish two layouts.
    fn add_chunk(&mut self, line: &[u8]) {
        const MAX_CHUNKS: usize = 100;
        if self.chunks.len() < MAX_CHUNKS {
            self.chunks.push(String::from_utf8_lossy(line).trim_end().to_owned());
        }
    }
}

/// Why a response could not be read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum ReadError {
    /// The connection ended before the response began.
    Closed,
    /// The connection ended during the response.
    Incomplete,
    /// The bytes are not HTTP of the expected version.
    Malformed,
    /// The response is larger than [`Limits`].
    TooLarge,
    /// HTTP/2: the server reset the stream before the response.
    Reset(Reason),
    /// HTTP/2: the connection ended with `GOAWAY`.
    GoAway(Reason),
    /// HTTP/2: the server's settings do not offer the extended `CONNECT`.
    NotOffered,
}

/// Reads responses from a connection.
pub(super) struct Reader<R> {
    stream: R,
    received: Vec<u8>,
    limits: Limits,
}

impl<R: AsyncRead + Unpin> Reader<R> {
    pub(super) const fn new(stream: R) -> Self {
        Self::with_limits(stream, Limits::PROBE)
    }

    pub(super) const fn with_limits(stream: R, limits: Limits) -> Self {
        Self { stream, received: Vec::new(), limits }
    }

    /// Waits for the first byte of a response.
    pub(super) async fn first_byte(&mut self) -> Result<(), ReadError> {
        while self.received.is_empty() {
            self.more().await?;
        }
        Ok(())
    }

    /// Reads the next head. Nothing is lost if the future is dropped while it waits.
    pub(super) async fn head(&mut self) -> Result<Head, ReadError> {
        // Not after each byte, so that a long head which arrives in small parts is parsed a few times.
        let mut parsed: usize = 0;
        loop {
            let is_longer = self.received.len() >= parsed + (parsed / 8).saturating_sub(512);
            if is_longer || self.has_blank_line(parsed) {
                if let Some((head, length)) = parse(&self.received, self.limits)? {
                    self.received.drain(..length);
                    return Ok(head);
                }
                parsed = self.received.len();
            }
            self.more_of_head().await?;
        }
    }

    /// Whether there may be an empty line, which ends a section, after this many bytes.
    fn has_blank_line(&self, parsed: usize) -> bool {
        let from = &self.received[parsed.saturating_sub(3).min(self.received.len())..];
        from.windows(2).any(|pair| pair == b"\n\n") || from.windows(3).any(|end| end == b"\n\r\n")
    }

    /// Reads the body, its chunks and its trailers.
    pub(super) async fn body(&mut self, framing: Framing) -> Result<Body, ReadError> {
        let mut body = Body::default();
        self.body_into(framing, &mut body).await?;
        Ok(body)
    }

    /// As [`body`](Self::body). What has been read stays in `body` if this fails, or is dropped.
    pub(super) async fn body_into(
        &mut self,
        framing: Framing,
        body: &mut Body,
    ) -> Result<(), ReadError> {
        match framing {
            Framing::None | Framing::Stream(_) => Ok(()),
            Framing::Length(length) => self.fill(length, body).await,
            Framing::Chunked => self.chunks(body).await,
            Framing::Close => loop {
                body.bytes.append(&mut self.received);
                self.check_size(body)?;
                if self.more().await.is_err() {
                    return Ok(());
                }
            },
        }
    }

    async fn chunks(&mut self, body: &mut Body) -> Result<(), ReadError> {
        loop {
            match httparse::parse_chunk_size(&self.received).map_err(|_| ReadError::Malformed)? {
                Status::Partial => self.more_of_head().await.map_err(incomplete)?,
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
                    self.fill(size, body).await?;
                    self.skip_line_end().await?;
                }
            }
        }
    }

    async fn trailers(&mut self) -> Result<RawHeaders, ReadError> {
        loop {
            let mut headers = vec![httparse::EMPTY_HEADER; self.limits.headers];
            let parsed = httparse::parse_headers(&self.received, &mut headers);
            match parsed.map_err(read_error)? {
                Status::Complete((length, headers)) => {
                    let headers = owned(headers);
                    self.received.drain(..length);
                    return Ok(headers);
                }
                Status::Partial => self.more_of_head().await.map_err(incomplete)?,
            }
        }
    }

    /// Moves this many bytes to the body.
    async fn fill(&mut self, mut length: usize, body: &mut Body) -> Result<(), ReadError> {
        while length > 0 {
            if self.received.is_empty() {
                self.more().await.map_err(incomplete)?;
            }
            let part = length.min(self.received.len());
            body.bytes.extend(self.received.drain(..part));
            self.check_size(body)?;
            length -= part;
        }
        Ok(())
    }

    fn check_size(&self, body: &mut Body) -> Result<(), ReadError> {
        if body.bytes.len() > self.limits.body {
            body.bytes.truncate(self.limits.body);
            return Err(ReadError::TooLarge);
        }
        Ok(())
    }

    /// Skips the line end behind the data of a chunk.
    async fn skip_line_end(&mut self) -> Result<(), ReadError> {
        while self.received.len() < 2 {
            self.more().await.map_err(incomplete)?;
        }
        self.received.drain(..2);
        Ok(())
    }

    /// Waits for more of a section of headers, or of the line in front of a chunk.
    async fn more_of_head(&mut self) -> Result<(), ReadError> {
        if self.received.len() > self.limits.head {
            return Err(ReadError::TooLarge);
        }
        self.more().await
    }

    async fn more(&mut self) -> Result<(), ReadError> {
        // A reset counts as a close: which of the two a client sees depends on what is still in
        // transit.
        match self.stream.read_buf(&mut self.received).await {
            Ok(0) | Err(_) if self.received.is_empty() => Err(ReadError::Closed),
            Ok(0) | Err(_) => Err(ReadError::Incomplete),
            Ok(_) => Ok(()),
        }
    }
}

fn parse(bytes: &[u8], limits: Limits) -> Result<Option<(Head, usize)>, ReadError> {
    let mut headers = vec![httparse::EMPTY_HEADER; limits.headers];
    let mut response = httparse::Response::new(&mut headers);
    let Status::Complete(length) = response.parse(bytes).map_err(read_error)? else {
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

const fn read_error(error: httparse::Error) -> ReadError {
    match error {
        httparse::Error::TooManyHeaders => ReadError::TooLarge,
        _ => ReadError::Malformed,
    }
}

/// The connection ended, and the response had begun.
fn incomplete(error: ReadError) -> ReadError {
    match error {
        ReadError::Closed => ReadError::Incomplete,
        error => error,
    }
}

fn owned(headers: &[httparse::Header<'_>]) -> RawHeaders {
    headers.iter().map(|header| (header.name.to_owned(), header.value.to_vec())).collect()
}
