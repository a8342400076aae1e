//! Reads a body and discards it, within limits.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Buf;
use http_body::Body;
use tokio::runtime::Handle;

use crate::timeout::Timeout;

/// A client that sends nothing for so long does not send the rest.
const STALLED: Duration = Duration::from_secs(5);

/// The limits of a [`DrainLayer`](crate::DrainLayer), and how many bodies are being discarded.
#[derive(Debug)]
pub(super) struct Limits {
    pub(super) bytes: u64,
    pub(super) time: Duration,
    pub(super) concurrent: usize,
    running: AtomicUsize,
}

impl Limits {
    pub(super) fn new(bytes: u64, time: Duration, concurrent: usize) -> Self {
        Self { bytes, time, concurrent, running: AtomicUsize::new(0) }
    }

    /// Takes a place among those that run at once, if one is free.
    fn start(self: &Arc<Self>) -> Option<Running> {
        let more = |running: usize| (running < self.concurrent).then_some(running + 1);
        self.running.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Running(self.clone()))
    }
}

/// A place among the bodies that are being discarded, free again when this is dropped.
struct Running(Arc<Limits>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Discards the rest of a body in a task of its own. At a limit the body is dropped unread, and then the
/// server closes the connection.
pub(super) fn discard<B>(body: B, runtime: &Handle, limits: &Arc<Limits>)
where
    B: Body + Send + Unpin + 'static,
{
    if body.is_end_stream() {
        return;
    }
    if let Some(running) = limits.start() {
        runtime.spawn(async move {
            let Limits { bytes, time, .. } = *running.0;
            let _ = Timeout::new(read_to_end(body, bytes), time).await;
            drop(running);
        });
    }
}

async fn read_to_end<B: Body + Unpin>(mut body: B, mut bytes: u64) {
    loop {
        let frame = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx));
        let Ok(Some(Ok(frame))) = Timeout::new(frame, STALLED).await else { return };
        let read = frame.data_ref().map_or(0, |data| data.remaining() as u64);
        match bytes.checked_sub(read) {
            Some(rest) => bytes = rest,
            None => return,
        }
    }
}
