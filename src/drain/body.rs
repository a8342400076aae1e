//! [`DrainBody`].

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::HeaderMap;
use http::header::EXPECT;
use http_body::{Body, Frame, SizeHint};
use tokio::runtime::Handle;

use super::discard::{Limits, discard};

/// The body of a request to a service inside a [`DrainLayer`](crate::DrainLayer). If it is dropped before
/// its end, the rest is read and discarded.
pub struct DrainBody<B> {
    // `None` only after `drop` has taken it.
    body: Option<B>,
    /// `None` if the body needs no draining, or no longer.
    watch: Option<Watch<B>>,
}

/// What draining the body will need.
struct Watch<B> {
    limits: Arc<Limits>,
    runtime: Handle,
    /// Whether the client waits for `100 Continue`, and nothing has read the body yet.
    awaits_continue: bool,
    discard: fn(B, &Handle, &Arc<Limits>),
}

impl<B> DrainBody<B> {
    pub(super) fn unwatched(body: B) -> Self {
        Self { body: Some(body), watch: None }
    }
}

impl<B: Body + Send + Unpin + 'static> DrainBody<B> {
    pub(super) fn watched(body: B, headers: &HeaderMap, limits: &Arc<Limits>) -> Self {
        let watch = Handle::try_current().ok().map(|runtime| Watch {
            limits: limits.clone(),
            runtime,
            awaits_continue: headers.contains_key(EXPECT),
            discard,
        });
        Self { body: Some(body), watch }
    }
}

impl<B> Drop for DrainBody<B> {
    fn drop(&mut self) {
        if let (Some(watch), Some(body)) = (self.watch.take(), self.body.take())
            && !watch.awaits_continue
        {
            (watch.discard)(body, &watch.runtime, &watch.limits);
        }
    }
}

impl<B: Body + Unpin> Body for DrainBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(cx);
        match (&polled, &mut self.watch) {
            // At its end, or broken.
            (Poll::Ready(None | Some(Err(_))), watch) => *watch = None,
            // The server sends `100 Continue` when the body is read for the first time.
            (_, Some(watch)) => watch.awaits_continue = false,
            (_, None) => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl<B> fmt::Debug for DrainBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DrainBody").finish_non_exhaustive()
    }
}
