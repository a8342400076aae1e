//! One request, and everything that can be seen of its answer.

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

/// How long a request's body is held back while there is no answer.
pub(super) const BODY_DELAY: Duration = Duration::from_millis(100);
/// After this, there is no answer.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);

/// The bytes of a request.
pub(super) struct RequestBytes {
    pub(super) method: &'static str,
    /// The head, and what of the body follows at once.
    pub(super) first: Vec<u8>,
    /// What of the body follows when there is an answer, or none for a while.
    pub(super) later: Vec<u8>,
    pub(super) delivery: Delivery,
}

/// What was seen.
#[derive(Default)]
pub(super) struct Observation {
    pub(super) interim: Vec<Head>,
    pub(super) outcome: Outcome,
    /// Whether there was a final answer while some of the body was held back.
    pub(super) early: Option<bool>,
}

#[derive(Default)]
pub(super) enum Outcome {
    Responded(FinalResponse),
    Failed(ReadError),
    /// No answer before the body, which is never sent.
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
    /// HTTP/2: what becomes of the part of a body that was not sent before the answer.
    pub(super) rest: Option<String>,
    pub(super) connection: Connection,
}

/// What became of the connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Connection {
    /// It took another request, with this answer.
    Kept(u16),
    /// Other streams use it, too, so it is looked at apart.
    Shared,
    Closed,
    /// It takes no more streams.
    GoneAway(Reason),
    /// It is open, and nothing comes.
    Stalled,
    Upgraded,
}

/// Sends a request over a connection of its own, and then another one that tells what became of
/// the connection.
pub(super) async fn exchange(
    target: &Target,
    sent: &RequestBytes,
    next: &[u8],
) -> io::Result<Observation> {
    let (reader, writer) = tokio::io::split(target.connect(Transport::Http1).await?);
    let mut connected = Http1Exchange {
        reader: Reader::new(reader),
        writing: RequestWriter {
            stream: writer,
            bytes: sent.first.clone(),
            written: 0,
            broken: false,
        },
    };
    let mut seen = Observation::default();
    if let Ok(outcome) = timeout(TIMEOUT, connected.response(sent, next, &mut seen)).await {
        seen.outcome = outcome.unwrap_or_else(Outcome::Failed);
    }
    Ok(seen)
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
        seen: &mut Observation,
    ) -> Result<Outcome, ReadError> {
        let mut first = None;
        if sent.delivery != Delivery::AtOnce {
            first = self.head_within(BODY_DELAY).await?;
            seen.early = Some(first.as_ref().is_some_and(|head| !head.is_interim()));
            if sent.delivery == Delivery::Never && seen.early == Some(false) {
                seen.interim.extend(first);
                return Ok(Outcome::AwaitsBody);
            }
            self.writing.bytes.extend_from_slice(&sent.later);
        }
        let head = loop {
            let head = match first.take() {
                Some(head) => head,
                None => both(&mut self.writing, self.reader.head()).await?,
            };
            if !head.is_interim() {
                break head;
            }
            seen.interim.push(head);
        };
        let framing = head.framing(sent.method);
        let body = both(&mut self.writing, self.reader.body(framing)).await?;
        let connection = match (head.status, framing, sent.delivery) {
            (101, ..) => Connection::Upgraded,
            (_, Framing::Close, _) => Connection::Closed,
            // Whatever is sent now would be taken for the body.
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
        let head = both(&mut self.writing, self.reader.head());
        timeout(limit, head).await.ok().transpose()
    }

    /// Sends the next request, and what is left of this one before it.
    async fn connection_state(&mut self, next: &[u8]) -> Connection {
        self.writing.bytes.extend_from_slice(next);
        match self.head_within(10 * BODY_DELAY).await {
            Ok(Some(head)) => Connection::Kept(head.status),
            Ok(None) => Connection::Stalled,
            Err(_) => Connection::Closed,
        }
    }
}

/// Bytes on their way.
struct RequestWriter<W> {
    stream: W,
    bytes: Vec<u8>,
    written: usize,
    broken: bool,
}

impl<W: AsyncWrite + Unpin> RequestWriter<W> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while self.written < self.bytes.len() && !self.broken {
            let rest = &self.bytes[self.written..];
            match Pin::new(&mut self.stream).poll_write(context, rest) {
                Poll::Ready(Ok(length)) if length > 0 => self.written += length,
                // Nobody reads: there may be an answer all the same, so this is not the end.
                Poll::Ready(_) => self.broken = true,
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(())
    }
}

/// Reads while it writes: a service may answer before it has taken the body.
async fn both<W, F>(writing: &mut RequestWriter<W>, reading: F) -> F::Output
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
