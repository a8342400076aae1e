//! Sends a request body over HTTP/2.

use std::task::{Context, Poll};

use bytes::Bytes;
use h2::{Reason, SendStream};
use http::HeaderMap;

/// A request body, sent as far as the server's flow-control windows allow.
pub(super) struct Upload {
    stream: SendStream<Bytes>,
    bytes: Bytes,
    trailers: Option<HeaderMap>,
    state: State,
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum State {
    /// More bytes will follow those that can be sent now.
    HeldBack,
    /// The end follows the bytes that can be sent now.
    Sending,
    /// The whole body has been sent.
    Ended,
    /// The server does not take the rest.
    Refused,
}

impl Upload {
    /// `bytes` is `None` if the header section has ended the stream.
    pub(super) fn new(
        stream: SendStream<Bytes>,
        bytes: Option<Bytes>,
        trailers: Option<HeaderMap>,
    ) -> Self {
        let state = if bytes.is_some() { State::HeldBack } else { State::Ended };
        Self { stream, bytes: bytes.unwrap_or_default(), trailers, state }
    }

    /// Releases the rest of the body and the end.
    pub(super) fn finish(&mut self, rest: Bytes) {
        if self.state == State::HeldBack {
            if self.bytes.is_empty() {
                self.bytes = rest;
            } else if !rest.is_empty() {
                self.bytes = [&self.bytes[..], &rest[..]].concat().into();
            }
            self.state = State::Sending;
        }
    }

    /// Sends what it can. Ready when there is nothing left to send.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while matches!(self.state, State::HeldBack | State::Sending) {
            if self.bytes.is_empty() {
                match self.state {
                    State::Sending => self.end(),
                    _ => return Poll::Pending,
                }
                continue;
            }
            self.stream.reserve_capacity(self.bytes.len());
            let capacity = match self.stream.capacity() {
                0 => match self.stream.poll_capacity(context) {
                    Poll::Ready(Some(Ok(capacity))) => capacity,
                    Poll::Ready(_) => {
                        self.state = State::Refused;
                        continue;
                    }
                    Poll::Pending => return Poll::Pending,
                },
                capacity => capacity,
            };
            let now = self.bytes.split_to(capacity.min(self.bytes.len()));
            let ends_stream =
                self.bytes.is_empty() && self.state == State::Sending && self.trailers.is_none();
            self.state = match self.stream.send_data(now, ends_stream) {
                Err(_) => State::Refused,
                Ok(()) if ends_stream => State::Ended,
                Ok(()) => self.state,
            };
        }
        Poll::Ready(())
    }

    fn end(&mut self) {
        let ended = match self.trailers.take() {
            Some(trailers) => self.stream.send_trailers(trailers),
            None => self.stream.send_data(Bytes::new(), true),
        };
        self.state = if ended.is_ok() { State::Ended } else { State::Refused };
    }

    pub(super) fn has_ended(&self) -> bool {
        self.state == State::Ended
    }

    /// Ready when the server resets the stream.
    pub(super) fn poll_reset(&mut self, context: &mut Context<'_>) -> Poll<Option<Reason>> {
        self.stream.poll_reset(context).map(Result::ok)
    }
}
