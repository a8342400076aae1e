//! A request's body that is not let go before the answer leaves.

use std::mem;
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
pub struct HeldBody<B> {
    // There until it is dropped.
    body: Option<B>,
    keep: Option<Arc<Keep<B>>>,
}

/// Where a body is held that the service has let go.
#[derive(Debug)]
struct Keep<B>(Mutex<Kept<B>>);

#[derive(Debug)]
enum Kept<B> {
    Nothing,
    Body(B),
    /// The answer has left.
    Over,
}

/// Whoever has this holds the body.
#[derive(Debug)]
pub struct Holding<B>(Arc<Keep<B>>);

impl<B> HeldBody<B> {
    pub(super) fn free(body: B) -> Self {
        Self { body: Some(body), keep: None }
    }

    pub(super) fn held(body: B) -> (Self, Holding<B>) {
        let keep = Arc::new(Keep(Mutex::new(Kept::Nothing)));
        (Self { body: Some(body), keep: Some(keep.clone()) }, Holding(keep))
    }
}

impl<B> Keep<B> {
    /// Changes what is kept, and returns what was.
    fn replace(&self, change: impl FnOnce(Kept<B>) -> (Kept<B>, Kept<B>)) -> Kept<B> {
        // Nothing in here panics, and a body does not mind.
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (next, gone) = change(mem::replace(&mut *kept, Kept::Over));
        *kept = next;
        gone
    }
}

impl<B> Drop for HeldBody<B> {
    fn drop(&mut self) {
        if let (Some(body), Some(keep)) = (self.body.take(), &self.keep) {
            let gone = keep.replace(|kept| match kept {
                Kept::Over => (Kept::Over, Kept::Body(body)),
                kept => (Kept::Body(body), kept),
            });
            // Outside of the lock, which a body's own drop may know nothing of.
            drop(gone);
        }
    }
}

impl<B> Drop for Holding<B> {
    fn drop(&mut self) {
        drop(self.0.replace(|kept| (Kept::Over, kept)));
    }
}

impl<B: Body + Unpin> Body for HeldBody<B> {
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
