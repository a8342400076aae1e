//! The body of an answer: the service's own, or the short one of a refusal.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

pin_project! {
    /// The body of a response that went through a stage: the service's own, or the short one of
    /// a refusal.
    ///
    /// It needs nothing of the service's body but that its data can be made from [`Bytes`], so it
    /// is neither boxed nor buffered.
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
        Service { #[pin] body: B, see_trailers: Option<fn(&mut HeaderMap)> },
        Refusal { bytes: Option<Bytes> },
    }
}

impl<B> ResponseBody<B> {
    pub(crate) fn service(body: B) -> Self {
        Self { kind: Kind::Service { body, see_trailers: None } }
    }

    /// The service's own, whose trailers are looked at as they leave.
    pub(crate) fn with_trailers_seen(body: B, see: fn(&mut HeaderMap)) -> Self {
        Self { kind: Kind::Service { body, see_trailers: Some(see) } }
    }

    pub(crate) fn empty() -> Self {
        Self { kind: Kind::Refusal { bytes: None } }
    }
}

/// The short body of a refusal.
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
            KindProjection::Service { body, see_trailers } => {
                let mut polled = body.poll_frame(cx);
                if let Some(see) = see_trailers
                    && let Poll::Ready(Some(Ok(frame))) = &mut polled
                    && let Some(trailers) = frame.trailers_mut()
                {
                    see(trailers);
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
    fn tells_its_size_and_its_end() {
        let refusal: ResponseBody<Full<Bytes>> = ResponseBody::from(Bytes::from_static(b"no"));
        assert_eq!(refusal.size_hint().exact(), Some(2));
        assert!(!refusal.is_end_stream());

        let empty: ResponseBody<Full<Bytes>> = ResponseBody::from(Bytes::new());
        assert_eq!(empty.size_hint().exact(), Some(0));
        assert!(empty.is_end_stream());

        let service = ResponseBody::service(Full::new(Bytes::from_static(b"yes")));
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
