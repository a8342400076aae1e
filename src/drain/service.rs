//! The service whose requests' bodies are read to their end, [`Drain`].

use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Version};
use http_body::Body;
use tower::Service;

use super::body::DrainBody;
use super::discard::Limits;

/// Middleware that reads the rest of a request body that the inner service leaves unread.
///
/// [`DrainLayer`](crate::DrainLayer) applies it.
#[derive(Clone, Debug)]
pub struct Drain<S> {
    inner: S,
    limits: Arc<Limits>,
}

impl<S> Drain<S> {
    pub(super) fn new(inner: S, limits: Arc<Limits>) -> Self {
        Self { inner, limits }
    }
}

impl<S, B> Service<Request<B>> for Drain<S>
where
    S: Service<Request<DrainBody<B>>>,
    B: Body + Send + Unpin + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (parts, body) = request.into_parts();
        let body = if parts.version > Version::HTTP_11 || body.is_end_stream() {
            DrainBody::unwatched(body)
        } else {
            DrainBody::watched(body, &parts.headers, &self.limits)
        };
        self.inner.call(Request::from_parts(parts, body))
    }
}
