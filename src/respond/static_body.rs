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

/// Answers with the same bytes to every refusal of a status: the application's own page.
///
/// It is meant for a [`ConcealLayer`](crate::ConcealLayer), where there is one refusal alone.
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
    fields: HeaderMap,
    body: Bytes,
}

/// There is no page.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StaticBodyError {
    /// The service gave no answer.
    #[error("the service that has the page gave no answer")]
    Service(#[source] Box<dyn Error + Send + Sync>),
    /// The page was not complete.
    #[error("the page broke off")]
    Body(#[source] Box<dyn Error + Send + Sync>),
    /// It is too long to be sent for every refusal.
    #[error("the page is longer than a mebibyte")]
    TooLong,
}

const LONGEST: usize = 1 << 20;

impl StaticBody {
    /// A page of this media type.
    pub fn new(content_type: HeaderValue, body: impl Into<Bytes>) -> Self {
        let mut fields = HeaderMap::new();
        fields.insert(CONTENT_TYPE, content_type);
        Self { fields, body: shared(body.into()) }
    }

    /// The page that a service answers with, a router's fallback or a file service. It is asked
    /// once, here, and never again: so what it says cannot depend on who asks for what.
    ///
    /// Its status does not matter. Its fields are kept, except those that are about this one
    /// answer: `Set-Cookie`, `Date`, `ETag` and `Last-Modified`.
    ///
    /// # Errors
    ///
    /// [`StaticBodyError`] if the service, or its body, fails, or if the body is longer than a mebibyte.
    ///
    /// ```
    /// use axum::Router;
    /// use http::Request;
    /// use portcullis::{ConcealLayer, StaticBody};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), portcullis::StaticBodyError> {
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
            // Trailers are no part of a page.
            let Ok(mut data) = frame.into_data() else { continue };
            if bytes.len() + data.remaining() > LONGEST {
                return Err(StaticBodyError::TooLong);
            }
            while data.has_remaining() {
                let chunk = data.chunk();
                bytes.extend_from_slice(chunk);
                let length = chunk.len();
                data.advance(length);
            }
        }
        let mut fields = parts.headers;
        for name in [SET_COOKIE, DATE, ETAG, LAST_MODIFIED] {
            fields.remove(name);
        }
        Ok(Self { fields, body: shared(bytes.freeze()) })
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
        *response.headers_mut() = self.fields.clone();
        response
    }
}

/// Bytes that were cloned once are shared; their later clones do not allocate.
fn shared(bytes: Bytes) -> Bytes {
    let _ = bytes.clone();
    bytes
}
