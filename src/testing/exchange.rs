//! Sends one request over HTTP/1, and observes the response.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use h2::Reason;
use tokio::io::{AsyncWrite, ReadHalf, WriteHalf};
use tokio::time::timeout;

use super::response::{Body, Framing, Head, RawHeaders, ReadError, Reader};
use super::target::{Stream, Target};
use super::transport::Transport;
use super::variants::Delivery;

/// How long a request body is held back while no response arrives.
pub(super) const BODY_DELAY: Duration = Duration::from_millis(100);
/// How long to wait for a response.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);

/// The bytes of a request.
pub(super) struct RequestBytes {
    pub(super) method: &'static str,
    /// The head, and the part of the body that follows at once.
    pub(super) first: Vec<u8>,
    /// The part of the body that follows after a response, or after [`BODY_DELAY`] without one.
    pub(super) later: Vec<u8>,
    pub(super) delivery: Delivery,
}

/// Everything that a client sees of the response to one request.
#[derive(Default)]
pub(super) struct Observation {
    pub(super) interim: Vec<Head>,
    pub(super) outcome: Outcome,
    /// Whether the final response arrived while part of the body was held back.
    pub(super) early: Option<bool>,
}

#[derive(Default)]
pub(super) enum Outcome {
    Responded(FinalResponse),
    Failed(ReadError),
    /// No response before the body, which is never sent.
    AwaitsBody,
    #[default]
    TimedOut,
}

pub(super) struct FinalResponse {
    pub(super) head: Head,
    pub(super) framing: Framing,
    pub(super) body: Vec<u8>,
    pub(super) chunks: Vec<String>,
    pub(super) trailers: RawHeaders,
    /// HTTP/2: whether the server takes the part of the request body that was not sent before the
    /// response.
    pub(super) rest: Option<String>,
    pub(super) connection: Connection,
}

/// The state of the connection after the response.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Connection {
    /// It took another request, whose response has this status.
    Kept(u16),
    /// Other streams share it, so its state is not observed here.
    Shared,
    Closed,
    /// It takes no more streams.
    GoneAway(Reason),
    /// It is open, and no response to the next request arrives.
    Stalled,
    Upgraded,
}

/// Sends a request over its own connection, and then another one that shows the state of the
/// connection.
pub(super) async fn exchange(
    target: &Target,
    sent: &RequestBytes,
    next: &[u8],
) -> io::Result<Observation> {
    let (reader, writer) = tokio::io::split(target.connect(Transport::Http1).await?);
    let mut connected = Http1Exchange {
        reader: Reader::new(reader),
        writing: RequestWriter::new(writer, sent.first.clone()),
    };
    let mut observation = Observation::default();
    if let Ok(outcome) = timeout(TIMEOUT, connected.response(sent, next, &mut observation)).await {
        observation.outcome = outcome.unwrap_or_else(Outcome::Failed);
    }
    Ok(observation)
}

struct Http1Exchange {
    reader: Reader<ReadHalf<Pin<Box<dyn Stream>>>>,
    writing: RequestWriter<WriteHalf<Pin<Box<dyn Stream>>>>,
}

impl Http1Exchange {
    async fn response(
        &mut self,
        sent: &RequestBytes,
        next: &[u8],
        observation: &mut Observation,
    ) -> Result<Outcome, ReadError> {
        let mut first = None;
        if sent.delivery != Delivery::AtOnce {
            first = self.head_within(BODY_DELAY).await?;
            observation.early = Some(first.as_ref().is_some_and(|head| !head.is_interim()));
            if sent.delivery == Delivery::Never && observation.early == Some(false) {
                observation.interim.extend(first);
                return Ok(Outcome::AwaitsBody);
            }
            self.writing.add(&sent.later);
        }
        let head = loop {
            let head = match first.take() {
                Some(head) => head,
                None => read_while_writing(&mut self.writing, self.reader.head()).await?,
            };
            if !head.is_interim() {
                break head;
            }
            observation.interim.push(head);
        };
        let framing = head.framing(sent.method);
        let body = read_while_writing(&mut self.writing, self.reader.body(framing)).await?;
        let connection = match (head.status, framing, sent.delivery) {
            (101, ..) => Connection::Upgraded,
            (_, Framing::Close, _) => Connection::Closed,
            // The server would take another request for the body.
            (_, _, Delivery::Never) => Connection::Stalled,
            _ => self.connection_state(next).await,
        };
        let Body { bytes: body, chunks, trailers } = body;
        let rest = None;
        Ok(Outcome::Responded(FinalResponse {
            head,
            framing,
            body,
            chunks,
            trailers,
            rest,
            connection,
        }))
    }

    async fn head_within(&mut self, limit: Duration) -> Result<Option<Head>, ReadError> {
        let head = read_while_writing(&mut self.writing, self.reader.head());
        timeout(limit, head).await.ok().transpose()
    }

    /// Sends the rest of this request and the next one, and observes the response to that.
    async fn connection_state(&mut self, next: &[u8]) -> Connection {
        self.writing.add(next);
        match self.head_within(10 * BODY_DELAY).await {
            Ok(Some(head)) => Connection::Kept(head.status),
            Ok(None) => Connection::Stalled,
            Err(_) => Connection::Closed,
        }
    }
}

/// Writes the bytes of requests.
pub(super) struct RequestWriter<W> {
    stream: W,
    bytes: Vec<u8>,
    written: usize,
    broken: bool,
}

impl<W: AsyncWrite + Unpin> RequestWriter<W> {
    pub(super) const fn new(stream: W, bytes: Vec<u8>) -> Self {
        Self { stream, bytes, written: 0, broken: false }
    }

    /// Adds bytes to those that are to be written.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while self.written < self.bytes.len() && !self.broken {
            let rest = &self.bytes[self.written..];
            match Pin::new(&mut self.stream).poll_write(context, rest) {
                Poll::Ready(Ok(length)) if length > 0 => self.written += length,
                // The server does not read. It may respond all the same, so this is not an error.
                Poll::Ready(_) => self.broken = true,
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(())
    }
}

/// Reads and writes concurrently: a service may respond before it has read the body.
pub(super) async fn read_while_writing<W, F>(
    writing: &mut RequestWriter<W>,
    reading: F,
) -> F::Output
where
    W: AsyncWrite + Unpin,
    F: Future,
{
    let mut reading = pin!(reading);
    poll_fn(|context| {
        let _ = writing.poll(context);
        reading.as_mut().poll(context)
    })
    .await
}
