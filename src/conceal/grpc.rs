//! What is missing, in the words of gRPC (D09, F08).

use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use crate::grpc::{self, GRPC_STATUS, Grpc};
use crate::respond::Sealed;

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
        match grpc::status(fields)?.as_bytes() {
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

/// The one answer: trailers alone, without a message.
pub(super) fn answer(framing: Grpc, missing: Missing) -> Sealed {
    let mut response = Response::new(bytes::Bytes::new());
    response.headers_mut().insert(CONTENT_TYPE, framing.content_type());
    response.headers_mut().insert(GRPC_STATUS, missing.status());
    // Whoever is outside would add it, and not everybody to every answer: axum does for a route,
    // and not for its fallback.
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    Sealed::as_it_is(response)
}
