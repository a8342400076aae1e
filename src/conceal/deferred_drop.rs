//! A request's body that is not let go before the answer leaves.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};

/// The body of a request to a service with a [time floor](crate::ConcealLayer::time_floor).
///
/// When a service lets a body go, everybody can see it: an HTTP/2 server asks for more, and an
/// HTTP/1.1 server closes the connection unless all of it has come. So it is held until the answer
/// leaves, however early the service is done with it.
#[derive(Debug)]
pub struct DeferredDropBody<B> {
    // There until it is dropped.
    body: Option<B>,
    keep: Option<Arc<Shared<B>>>,
}

/// Where a body is held that the service has let go. It goes with the last who knows the place.
type Shared<B> = Mutex<Option<B>>;

/// Whoever has this holds the body.
#[derive(Debug)]
pub struct BodyGuard<B>(#[expect(dead_code, reason = "it is there to be dropped")] Arc<Shared<B>>);

impl<B> DeferredDropBody<B> {
    pub(super) fn unguarded(body: B) -> Self {
        Self { body: Some(body), keep: None }
    }

    pub(super) fn guarded(body: B) -> (Self, BodyGuard<B>) {
        let keep = Arc::new(Mutex::new(None));
        (Self { body: Some(body), keep: Some(keep.clone()) }, BodyGuard(keep))
    }
}

impl<B> Drop for DeferredDropBody<B> {
    fn drop(&mut self) {
        if let Some(keep) = &self.keep {
            // Nobody panics while it is locked.
            *keep.lock().unwrap_or_else(PoisonError::into_inner) = self.body.take();
        }
    }
}

impl<B: Body + Unpin> Body for DeferredDropBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}
