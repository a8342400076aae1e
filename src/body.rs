//! Response bodies that a stage can send its refusals in.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

/// A response body that a stage can answer with: one that is [`From<Bytes>`] and [`Default`].
///
/// A stage does not change the type of the service's response body, so that layers which expect
/// that type can stand outside it, and so that axum need not box the body once more at each layer.
/// axum's `Body` and `Full<Bytes>` are both. [`ResponseBody`] adapts a body that is not.
#[diagnostic::on_unimplemented(
    message = "a stage cannot answer with a `{Self}`, because it is not `From<Bytes>` and `Default`",
    label = "not `From<Bytes>` and `Default`",
    note = "adapt the responses of the service inside the stages: with `ServiceBuilder`, put \
            `.map_response(ResponseBody::wrap)` below their layers; elsewhere, the layer \
            `tower::util::MapResponseLayer::new(ResponseBody::wrap)` inside theirs"
)]
pub trait RefusalBody: From<Bytes> + Default {}

#[diagnostic::do_not_recommend]
impl<B: From<Bytes> + Default> RefusalBody for B {}

pin_project! {
    /// Adapts a response body that is not [`From<Bytes>`], so that a stage can answer with it: it is
    /// either a body of the service, or the bytes of a refusal.
    ///
    /// hyper's `Incoming`, tonic's `Body`, `BoxBody` and the bodies of tower-http's layers need it.
    /// The data of the body has to be `From<Bytes>`, which [`Bytes`] is. Nothing is boxed or buffered.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use http::{Request, Response};
    /// use http_body_util::Empty;
    /// use portcullis::{AuthenticateLayer, Identity, ResponseBody};
    /// use tower::ServiceBuilder;
    ///
    /// # fn service(identity: impl Identity) {
    /// let service = ServiceBuilder::new()
    ///     .layer(AuthenticateLayer::new(identity))
    ///     .map_response(ResponseBody::wrap)
    ///     .service_fn(|_: Request<()>| async {
    ///         Ok::<_, std::convert::Infallible>(Response::new(Empty::<Bytes>::new()))
    ///     });
    /// # let _ = tower::ServiceExt::oneshot(service, Request::new(()));
    /// # }
    /// ```
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        #[pin]
        kind: Kind<B>,
    }
}

pin_project! {
    #[project = KindProjection]
    #[derive(Debug)]
    enum Kind<B> {
        Service { #[pin] body: B, map_trailers: Option<fn(&mut HeaderMap)> },
        Refusal { bytes: Option<Bytes> },
    }
}

impl<B> ResponseBody<B> {
    /// Adapts a body of the service.
    pub fn new(body: B) -> Self {
        Self { kind: Kind::Service { body, map_trailers: None } }
    }

    /// Adapts the body of a response; for `ServiceBuilder::map_response`.
    pub fn wrap(response: Response<B>) -> Response<Self> {
        response.map(Self::new)
    }

    /// Applies `map` to the trailers of the service's body.
    pub(crate) fn with_map_trailers(mut self, map: fn(&mut HeaderMap)) -> Self {
        if let Kind::Service { map_trailers, .. } = &mut self.kind {
            *map_trailers = Some(map);
        }
        self
    }
}

/// An empty body.
impl<B> Default for ResponseBody<B> {
    fn default() -> Self {
        Self { kind: Kind::Refusal { bytes: None } }
    }
}

/// The body of a refusal.
impl<B> From<Bytes> for ResponseBody<B> {
    fn from(bytes: Bytes) -> Self {
        Self { kind: Kind::Refusal { bytes: (!bytes.is_empty()).then_some(bytes) } }
    }
}

impl<B> Body for ResponseBody<B>
where
    B: Body,
    B::Data: From<Bytes>,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        match self.project().kind.project() {
            KindProjection::Service { body, map_trailers } => {
                let mut polled = body.poll_frame(cx);
                if let Some(map) = map_trailers
                    && let Poll::Ready(Some(Ok(frame))) = &mut polled
                    && let Some(trailers) = frame.trailers_mut()
                {
                    map(trailers);
                }
                polled
            }
            KindProjection::Refusal { bytes } => {
                Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes.into()))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Service { body, .. } => body.is_end_stream(),
            Kind::Refusal { bytes } => bytes.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Service { body, .. } => body.size_hint(),
            Kind::Refusal { bytes } => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt, Full};

    use super::*;

    #[test]
    fn reports_its_size_and_its_end() {
        let refusal: ResponseBody<Full<Bytes>> = ResponseBody::from(Bytes::from_static(b"no"));
        assert_eq!(refusal.size_hint().exact(), Some(2));
        assert!(!refusal.is_end_stream());

        let empty: ResponseBody<Full<Bytes>> = ResponseBody::from(Bytes::new());
        assert_eq!(empty.size_hint().exact(), Some(0));
        assert!(empty.is_end_stream());

        let default: ResponseBody<Full<Bytes>> = ResponseBody::default();
        assert_eq!(default.size_hint().exact(), Some(0));
        assert!(default.is_end_stream());

        let service = ResponseBody::new(Full::new(Bytes::from_static(b"yes")));
        assert_eq!(service.size_hint().exact(), Some(3));
        assert!(!service.is_end_stream());
    }

    #[tokio::test]
    async fn yields_its_bytes_once() {
        let mut refusal: ResponseBody<Full<Bytes>> = ResponseBody::from(Bytes::from_static(b"no"));
        assert_eq!(refusal.frame().await.unwrap().unwrap().into_data().unwrap(), "no");
        assert!(refusal.frame().await.is_none());
        assert!(refusal.is_end_stream());
    }
}
