//! Recognizes gRPC: a request by its `Content-Type`, the result of a call by `grpc-status`.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};

/// The header, or trailer, with the status of the call.
pub(crate) const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// How a gRPC request is framed. The response has the content type of the same framing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GrpcFraming {
    Plain,
    Web,
    WebText,
}

impl GrpcFraming {
    /// The framing of a request, if its `Content-Type` is one of gRPC's.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        Self::of_content_type(headers.get(CONTENT_TYPE)?)
    }

    /// Whether a `Content-Type` is one of gRPC's.
    #[inline]
    pub(crate) fn is(content_type: &HeaderValue) -> bool {
        let start = content_type.as_bytes().first_chunk();
        let may_be = start.is_some_and(|start: &[u8; 16]| {
            start.eq_ignore_ascii_case(Self::Plain.name().as_bytes())
        });
        may_be && Self::of_content_type(content_type).is_some()
    }

    fn of_content_type(value: &HeaderValue) -> Option<Self> {
        let sent = value.as_bytes();
        let is = |name: &str| {
            let (start, rest) = sent.split_at_checked(name.len()).unwrap_or_default();
            let ends = rest.first().is_none_or(|next| matches!(next, b'+' | b';' | b' '));
            start.eq_ignore_ascii_case(name.as_bytes()) && ends
        };
        [Self::Plain, Self::Web, Self::WebText].into_iter().find(|kind| is(kind.name()))
    }

    pub(crate) fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(self.name())
    }

    #[inline]
    fn name(self) -> &'static str {
        match self {
            Self::Plain => "application/grpc",
            Self::Web => "application/grpc-web",
            Self::WebText => "application/grpc-web-text",
        }
    }
}

/// The status of the call, if these headers or trailers have one.
#[inline]
pub(crate) fn status(headers: &HeaderMap) -> Option<&HeaderValue> {
    // Few responses have one, and comparing all names costs the others less than looking one up.
    headers.iter().find(|(name, _)| **name == GRPC_STATUS).map(|(_, status)| status)
}
