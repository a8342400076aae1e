//! Fixed bytes as a renderer.

use std::error::Error;
use std::pin::pin;

use bytes::{Buf, Bytes, BytesMut};
use http::header::{CONTENT_TYPE, DATE, ETAG, LAST_MODIFIED, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Body;
use tower::Service;

use super::{Refusal, Respond};

/// Renders every refusal as the same bytes: the application's own page.
///
/// It is meant for a [`ConcealLayer`](crate::ConcealLayer), which has only one refusal.
///
/// ```
/// use http::HeaderValue;
/// use portcullis::{ConcealLayer, StaticBody};
///
/// let html = HeaderValue::from_static("text/html; charset=utf-8");
/// let layer = ConcealLayer::everywhere().respond_with(StaticBody::new(html, "<h1>No such page</h1>"));
/// ```
#[derive(Clone, Debug)]
pub struct StaticBody {
    headers: HeaderMap,
    body: Bytes,
}

/// The page could not be fetched from the service.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StaticBodyError {
    /// The service failed.
    #[error("the service that makes the page failed")]
    Service(#[source] Box<dyn Error + Send + Sync>),
    /// The body failed before its end.
    #[error("the body of the page failed before its end")]
    Body(#[source] Box<dyn Error + Send + Sync>),
    /// The page is longer than a mebibyte.
    #[error("the page is longer than a mebibyte")]
    TooLong,
}

const MAX_BYTES: usize = 1 << 20;

impl StaticBody {
    /// A page of this media type.
    pub fn new(content_type: HeaderValue, body: impl Into<Bytes>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, content_type);
        Self { headers, body: shared(body.into()) }
    }

    /// The response of a service, such as a router's fallback or a file service. The service is called
    /// once, here, so the page cannot depend on the caller or the path.
    ///
    /// The status is ignored. The headers are kept, except those of this one response: `Set-Cookie`,
    /// `Date`, `ETag` and `Last-Modified`.
    ///
    /// # Errors
    ///
    /// [`StaticBodyError`] if the service or its body fails, or if the body is longer than a mebibyte.
    ///
    /// ```
    /// use axum::Router;
    /// use http::Request;
    /// use portcullis::{ConcealLayer, StaticBody};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), portcullis::respond::StaticBodyError> {
    /// let fallback = Router::new().fallback(|| async { "There is nothing here.\n" });
    /// let page = StaticBody::from_service(fallback, Request::new(axum::body::Body::empty())).await?;
    /// let layer = ConcealLayer::everywhere().respond_with(page);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn from_service<S, ReqBody, ResBody>(
        mut service: S,
        request: Request<ReqBody>,
    ) -> Result<Self, StaticBodyError>
    where
        S: Service<Request<ReqBody>, Response = Response<ResBody>>,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        ResBody: Body,
        ResBody::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let failed = |error: S::Error| StaticBodyError::Service(error.into());
        std::future::poll_fn(|cx| service.poll_ready(cx)).await.map_err(failed)?;
        let (parts, body) = service.call(request).await.map_err(failed)?.into_parts();
        let mut body = pin!(body);
        let mut bytes = BytesMut::new();
        while let Some(frame) = std::future::poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
            let frame = frame.map_err(|error| StaticBodyError::Body(error.into()))?;
            // Skip trailers.
            let Ok(mut data) = frame.into_data() else { continue };
            if bytes.len() + data.remaining() > MAX_BYTES {
                return Err(StaticBodyError::TooLong);
            }
            while data.has_remaining() {
                let chunk = data.chunk();
                bytes.extend_from_slice(chunk);
                let length = chunk.len();
                data.advance(length);
            }
        }
        let mut headers = parts.headers;
        for name in [SET_COOKIE, DATE, ETAG, LAST_MODIFIED] {
            headers.remove(name);
        }
        Ok(Self { headers, body: shared(bytes.freeze()) })
    }
}

impl Respond for StaticBody {
    type Context = ();

    fn is_fixed(&self) -> bool {
        true
    }

    fn context(&self, _: &Parts) {}

    fn respond(&self, _: &Refusal<'_>, (): ()) -> Response<Bytes> {
        let mut response = Response::new(self.body.clone());
        *response.headers_mut() = self.headers.clone();
        response
    }
}

/// Clones the bytes once, because the first clone allocates their reference count.
fn shared(bytes: Bytes) -> Bytes {
    let _ = bytes.clone();
    bytes
}
