//! [`Tap`]: keeps the beginnings of what the server sends, so that redirects can be reported.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How much of each connection is kept.
const MAX: usize = 16 * 1024;

/// The beginnings of the first connection and of the last one. An inspection sends each of its first requests
/// on a connection of its own.
#[derive(Default)]
pub(crate) struct Tap(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    connections: usize,
    first: Vec<u8>,
    last: Vec<u8>,
}

impl Tap {
    /// Keeps the beginning of a connection.
    pub(crate) fn connect<S>(self: &Arc<Self>, stream: S) -> Tapped<S> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.connections += 1;
        kept.last.clear();
        Tapped { stream, number: kept.connections, tap: Arc::clone(self) }
    }

    pub(crate) fn first(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).first.clone()
    }

    pub(crate) fn last(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).last.clone()
    }

    fn keep(&self, number: usize, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if number == 1 {
            append(&mut kept.first, bytes);
        }
        if number == kept.connections {
            append(&mut kept.last, bytes);
        }
    }
}

fn append(kept: &mut Vec<u8>, bytes: &[u8]) {
    let rest = MAX.saturating_sub(kept.len()).min(bytes.len());
    kept.extend_from_slice(&bytes[..rest]);
}

/// A connection whose beginning is kept.
pub(crate) struct Tapped<S> {
    stream: S,
    number: usize,
    tap: Arc<Tap>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Tapped<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        if let Some(bytes) = buffer.filled().get(before..) {
            self.tap.keep(self.number, bytes);
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tapped<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        if matches!(polled, Poll::Ready(Ok(_))) {
            // What TLS has encrypted has to be sent as well; an error shows at the next call.
            let _ = Pin::new(&mut self.stream).poll_flush(context);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
