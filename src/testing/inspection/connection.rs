//! [`Conversation`]: requests and responses on one connection.

use std::pin::Pin;
use std::time::Duration;

use tokio::io::{ReadHalf, WriteHalf};
use tokio::time::timeout;

use crate::testing::exchange::{RequestWriter, TIMEOUT, read_while_writing};
use crate::testing::response::{Body, Framing, Head, Limits, ReadError, Reader};
use crate::testing::target::{Stream, Target};
use crate::testing::transport::Transport;

use super::failure::Failure;

/// How much of a response is read. The types of `http` take at most 24,576 headers.
pub(super) const LIMITS: Limits =
    Limits { headers: 16 * 1024, head: 2 * 1024 * 1024, body: 1024 * 1024 };
/// How long to read a body. Some never end.
pub(super) const BODY_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a request with `Expect` waits for a response before it sends its body (RFC 9110 §10.1.1).
const EXPECT_TIMEOUT: Duration = Duration::from_secs(1);
/// The most 1xx responses in front of the final one.
const MAX_INTERIM: usize = 100;

/// The bytes of a request.
pub(super) struct RequestBytes<'a> {
    pub(super) method: &'a str,
    pub(super) bytes: Vec<u8>,
    pub(super) expected: Expected,
}

/// Whether a body follows after `100 Continue`.
pub(super) enum Expected {
    Nothing,
    /// This body, unless a response comes first.
    Body(&'static [u8]),
    /// A body that is never sent.
    Never,
}

/// What the server sent.
pub(super) struct Received {
    /// The final response, or `100 Continue` to a request with `Expect`.
    pub(super) head: Head,
    pub(super) body: Vec<u8>,
    /// Whether the body has been read to its end.
    pub(super) is_whole: bool,
    /// Whether it has not ended in time.
    pub(super) is_late: bool,
}

/// A connection to the server.
pub(super) struct Conversation {
    reader: Reader<ReadHalf<Pin<Box<dyn Stream>>>>,
    writing: RequestWriter<WriteHalf<Pin<Box<dyn Stream>>>>,
}

impl Conversation {
    pub(super) async fn open(server: &Target) -> Result<Self, Failure> {
        let connecting = timeout(TIMEOUT, server.connect(Transport::Http1)).await;
        let stream = connecting.map_err(|_| Failure::TimedOut)?.map_err(Failure::Connect)?;
        let (reader, writer) = tokio::io::split(stream);
        Ok(Self {
            reader: Reader::with_limits(reader, LIMITS),
            writing: RequestWriter::new(writer, Vec::new()),
        })
    }

    /// Sends a request, and reads the response; its body as long as this.
    pub(super) async fn ask(
        &mut self,
        sent: RequestBytes<'_>,
        body_timeout: Duration,
    ) -> Result<Received, Failure> {
        self.writing.add(&sent.bytes);
        let head = timeout(TIMEOUT, self.head(&sent.expected)).await;
        let head = head.map_err(|_| Failure::TimedOut)??;
        let mut body = Body::default();
        let framing = match head.status {
            // The bytes behind it are of another protocol.
            101 => Framing::None,
            _ => head.framing(sent.method),
        };
        let reading = self.reader.body_into(framing, &mut body);
        let reading = read_while_writing(&mut self.writing, reading);
        let read = timeout(body_timeout, reading).await;
        let (is_whole, is_late) = (matches!(read, Ok(Ok(()))), read.is_err());
        Ok(Received { head, body: body.bytes, is_whole, is_late })
    }

    async fn head(&mut self, expected: &Expected) -> Result<Head, Failure> {
        if !matches!(expected, Expected::Nothing) {
            match timeout(EXPECT_TIMEOUT, self.next_head()).await {
                Ok(head) => return Ok(head?),
                Err(_) => match expected {
                    Expected::Body(body) => self.writing.add(body),
                    _ => return Err(Failure::AwaitsBody),
                },
            }
        }
        for _ in 0..MAX_INTERIM {
            let head = self.next_head().await?;
            let is_asked_for = !matches!(expected, Expected::Nothing) && head.status == 100;
            if !head.is_interim() || is_asked_for {
                return Ok(head);
            }
        }
        Err(Failure::Interim)
    }

    async fn next_head(&mut self) -> Result<Head, ReadError> {
        read_while_writing(&mut self.writing, self.reader.head()).await
    }
}
