//! A request body that is not dropped before the response is released.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use http_body::{Body, Frame, SizeHint};

/// The body of a request to a service with a [time floor](crate::ConcealLayer::time_floor).
///
/// A client can see when a service drops a request body: an HTTP/2 server then sends a window update
/// for more, and an HTTP/1.1 server closes the connection unless the whole body has arrived. So the
/// inner body is kept until the response is released, however early the service drops it.
#[derive(Debug)]
pub struct DeferredDropBody<B> {
    // `None` only after `drop` has parked it.
    body: Option<B>,
    parking: Option<Arc<Parking<B>>>,
}

/// Holds the body after the service has dropped it; freed with the last `Arc`.
type Parking<B> = Mutex<Option<B>>;

/// Keeps the body alive until this is dropped.
#[derive(Debug)]
pub struct BodyGuard<B>(#[expect(dead_code, reason = "it is there to be dropped")] Arc<Parking<B>>);

impl<B> DeferredDropBody<B> {
    pub(super) fn unguarded(body: B) -> Self {
        Self { body: Some(body), parking: None }
    }

    pub(super) fn guarded(body: B) -> (Self, BodyGuard<B>) {
        let parking = Arc::new(Mutex::new(None));
        (Self { body: Some(body), parking: Some(parking.clone()) }, BodyGuard(parking))
    }
}

impl<B> Drop for DeferredDropBody<B> {
    fn drop(&mut self) {
        if let Some(parking) = &self.parking {
            // No code panics while it holds the lock.
            *parking.lock().unwrap_or_else(PoisonError::into_inner) = self.body.take();
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
