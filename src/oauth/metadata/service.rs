//! [`MetadataService`]: the middleware of [`MetadataLayer`](super::MetadataLayer).

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower::Service;

use super::documents::Documents;
use super::future::MetadataFuture;
use crate::body::RefusalBody;

/// Middleware that serves the metadata of protected resources. Every other request goes to the inner
/// service as it is.
#[derive(Clone)]
pub struct MetadataService<S> {
    inner: S,
    documents: Arc<Documents>,
}

impl<S> MetadataService<S> {
    pub(super) fn new(inner: S, documents: Arc<Documents>) -> Self {
        Self { inner, documents }
    }

    /// The inner service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The inner service.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// The inner service.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for MetadataService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ResBody: RefusalBody,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = MetadataFuture<S::Future, ResBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    #[inline]
    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        if !Documents::may_have(request.uri()) {
            return MetadataFuture::inner(self.inner.call(request));
        }
        let (head, body) = request.into_parts();
        match self.documents.respond(&head) {
            Some(response) => MetadataFuture::ready(response),
            None => MetadataFuture::inner(self.inner.call(Request::from_parts(head, body))),
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for MetadataService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetadataService").field("inner", &self.inner).finish_non_exhaustive()
    }
}
