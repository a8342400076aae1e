//! Reads a body and discards it, within limits.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Buf;
use http_body::{Body, Frame};
use tokio::runtime::Handle;
use tokio::task::yield_now;

use crate::timeout::Timeout;

/// A client that sends nothing for so long does not send the rest.
const STALLED: Duration = Duration::from_secs(5);

/// The limits of a [`DrainLayer`](crate::DrainLayer), and how many bodies are being discarded.
#[derive(Debug)]
pub(super) struct Limits {
    pub(super) bytes: u64,
    pub(super) time: Duration,
    pub(super) concurrent: usize,
    /// For how long a client may send nothing.
    stalled: Duration,
    running: AtomicUsize,
}

impl Limits {
    pub(super) fn new(bytes: u64, time: Duration, concurrent: usize) -> Self {
        Self { bytes, time, concurrent, stalled: STALLED, running: AtomicUsize::new(0) }
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
            let Limits { bytes, time, stalled, .. } = *running.0;
            let _ = Timeout::new(read_to_end(body, bytes, stalled), time).await;
            drop(running);
        });
    }
}

async fn read_to_end<B: Body + Unpin>(mut body: B, mut bytes: u64, stalled: Duration) {
    loop {
        let length = |frame: Frame<B::Data>| frame.data_ref().map_or(0, Buf::remaining);
        let frame = poll_fn(|cx| {
            Pin::new(&mut body).poll_frame(cx).map(|frame| Some(length(frame?.ok()?) as u64)) //
        });
        let Ok(Some(read)) = Timeout::new(frame, stalled).await else { return };
        match bytes.checked_sub(read) {
            Some(rest) => bytes = rest,
            None => return,
        }
        // A body that is always ready must not keep the thread, nor the time limit from being checked.
        // Not `consume_budget`: without a budget no timer of Tokio is ready.
        yield_now().await;
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::task::{Context, Poll};

    use bytes::Bytes;
    use tokio::sync::oneshot;
    use tokio::time::{Sleep, sleep};

    use super::*;

    const NEVER: Duration = Duration::from_secs(3600);

    /// Yields a chunk each time that so long has passed. Its last field reports that it was dropped.
    struct Slow(Duration, Pin<Box<Sleep>>, #[expect(dead_code, reason = "to be dropped")] Reports);

    type Reports = oneshot::Sender<()>;

    impl Body for Slow {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            std::task::ready!(self.1.as_mut().poll(cx));
            self.1 = Box::pin(sleep(self.0));
            Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"slow")))))
        }
    }

    /// Yields an empty chunk whenever it is asked.
    struct Endless(#[expect(dead_code, reason = "to be dropped")] Reports);

    impl Body for Endless {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Ready(Some(Ok(Frame::data(Bytes::new()))))
        }
    }

    fn slow(interval: Duration) -> impl FnOnce(Reports) -> Slow {
        move |reports| Slow(interval, Box::pin(sleep(Duration::ZERO)), reports)
    }

    /// Discards a body that does not end, and returns when it has been given up.
    async fn give_up<B>(limits: Limits, body: impl FnOnce(Reports) -> B)
    where
        B: Body + Send + Unpin + 'static,
    {
        let (reports, dropped) = oneshot::channel();
        let body = body(reports);
        let limits = Arc::new(limits);
        discard(body, &Handle::current(), &limits);
        assert_eq!(limits.running.load(Ordering::Relaxed), 1);
        dropped.await.unwrap_err();
        while limits.running.load(Ordering::Relaxed) > 0 {
            tokio::task::yield_now().await;
        }
    }

    /// Without these limits, the test would not end.
    #[tokio::test]
    async fn a26_a_client_that_stalls_or_takes_too_long_is_given_up() {
        let stalled = Duration::from_millis(5);
        give_up(Limits { stalled, ..Limits::new(u64::MAX, NEVER, 1) }, slow(NEVER)).await;
        let limits = Limits::new(u64::MAX, Duration::from_millis(5), 1);
        give_up(Limits { stalled: NEVER, ..limits }, slow(Duration::from_micros(10))).await;
        let limits = Limits::new(u64::MAX, Duration::from_millis(5), 1);
        give_up(limits, Endless).await;
    }
}
