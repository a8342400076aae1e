//! [`InspectBody`].

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};

use super::watch::Watch;

/// The most frames that are read before they are asked for.
const MAX_READY: usize = 64;

/// Response body that is judged at its end.
pub struct InspectBody<B: Body> {
    body: Pin<Box<B>>,
    /// What has been read before it was asked for.
    ready: VecDeque<Result<Frame<Bytes>, B::Error>>,
    /// Whether the body has ended, or failed.
    has_ended: bool,
    /// `None` once the exchange is judged.
    watch: Option<Watch>,
}

impl<B: Body> InspectBody<B> {
    /// Reads what is ready of the body: all of a refusal, and a few frames of one that is always ready.
    pub(super) fn new(body: B, watch: Watch, cx: &mut Context<'_>) -> Self {
        let (body, ready) = (Box::pin(body), VecDeque::new());
        let mut this = Self { body, ready, has_ended: false, watch: Some(watch) };
        if this.watch.as_ref().is_some_and(Watch::has_no_body) {
            this.judge(true);
        }
        while this.watch.is_some()
            && this.ready.len() < MAX_READY
            && let Poll::Ready(Some(frame)) = this.poll_body(cx)
        {
            this.ready.push_back(frame);
        }
        this
    }

    fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        if self.has_ended {
            return Poll::Ready(None);
        }
        let Poll::Ready(polled) = self.body.as_mut().poll_frame(cx) else { return Poll::Pending };
        match polled {
            Some(Ok(frame)) => {
                let frame = frame.map_data(|mut data| data.copy_to_bytes(data.remaining()));
                if let (Some(data), Some(watch)) = (frame.data_ref(), &mut self.watch) {
                    watch.read(data);
                    if watch.is_full() {
                        self.judge(false);
                    }
                }
                // A server need not poll a body whose end is known.
                if self.body.is_end_stream() {
                    self.judge(true);
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(error)) => {
                self.has_ended = true;
                self.judge(false);
                Poll::Ready(Some(Err(error)))
            }
            None => {
                self.has_ended = true;
                self.judge(true);
                Poll::Ready(None)
            }
        }
    }

    fn judge(&mut self, is_whole: bool) {
        if let Some(watch) = self.watch.take() {
            watch.judge(is_whole);
        }
    }
}

impl<B: Body> Drop for InspectBody<B> {
    fn drop(&mut self) {
        let is_whole = self.body.is_end_stream();
        self.judge(is_whole);
    }
}

impl<B: Body> Unpin for InspectBody<B> {}

impl<B: Body> Body for InspectBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.ready.pop_front() {
            Some(frame) => Poll::Ready(Some(frame)),
            None => self.poll_body(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ready.is_empty() && (self.has_ended || self.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.body.size_hint();
        let ready = self.ready.iter().flatten().filter_map(Frame::data_ref);
        let ready: u64 = ready.map(|data| data.len() as u64).sum();
        let mut hint = SizeHint::new();
        hint.set_lower(rest.lower().saturating_add(ready));
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper.saturating_add(ready));
        }
        hint
    }
}

impl<B: Body> fmt::Debug for InspectBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InspectBody").finish_non_exhaustive()
    }
}
