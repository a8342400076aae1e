//! What is missing, in the words of gRPC (D09, F08).

use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use crate::disclosed::GRPC_STATUS;
use crate::respond::Sealed;

/// A request's gRPC, by its framing: the content type that its answers have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grpc {
    Plain,
    Web,
    WebText,
}

/// What there is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// No such method or service: UNIMPLEMENTED, as servers answer by themselves.
    Method,
    /// A method's own word that there is no such object: NOT_FOUND.
    Object,
}

impl Missing {
    /// What an answer says is missing, if it says so.
    ///
    /// Servers answer in gRPC to whatever is sent to them, so it is not the request that tells
    /// which words to listen for.
    pub(super) fn said_by<B>(answer: &Response<B>) -> Option<Self> {
        if answer.status() == StatusCode::NOT_FOUND {
            return Some(Self::Method);
        }
        Self::said_in(answer.headers())
    }

    fn said_in(fields: &HeaderMap) -> Option<Self> {
        match fields.get(GRPC_STATUS)?.as_bytes() {
            b"12" => Some(Self::Method),
            b"5" => Some(Self::Object),
            _ => None,
        }
    }

    fn status(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Method => "12",
            Self::Object => "5",
        })
    }
}

/// Leaves nothing but the status in trailers that say what is missing: a method that streams may
/// say it there.
pub(super) fn level(trailers: &mut HeaderMap) {
    if let Some(missing) = Missing::said_in(trailers) {
        trailers.clear();
        trailers.insert(GRPC_STATUS, missing.status());
    }
}

impl Grpc {
    /// Whether the request is one, by its `Content-Type`.
    pub(super) fn of(request: &HeaderMap) -> Option<Self> {
        let sent = request.get(CONTENT_TYPE)?.as_bytes();
        let is = |name: &str| {
            let (start, rest) = sent.split_at_checked(name.len()).unwrap_or_default();
            let ends = rest.first().is_none_or(|next| matches!(next, b'+' | b';' | b' '));
            start.eq_ignore_ascii_case(name.as_bytes()) && ends
        };
        [Self::Plain, Self::Web, Self::WebText].into_iter().find(|kind| is(kind.content_type()))
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Plain => "application/grpc",
            Self::Web => "application/grpc-web",
            Self::WebText => "application/grpc-web-text",
        }
    }

    /// The one answer: trailers alone, without a message.
    pub(super) fn answer(self, missing: Missing) -> Sealed {
        let mut response = Response::new(bytes::Bytes::new());
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type()));
        response.headers_mut().insert(GRPC_STATUS, missing.status());
        // Whoever is outside would add it, and not everybody to every answer: axum does for a route,
        // and not for its fallback.
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        Sealed::as_it_is(response)
    }
}
