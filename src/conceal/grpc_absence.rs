//! What is missing, in the words of gRPC (D09, F08).

use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use crate::grpc::{self, GRPC_STATUS, Grpc};
use crate::respond::FinishedResponse;

/// What there is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GrpcAbsence {
    /// No such method or service: UNIMPLEMENTED, as servers answer by themselves.
    Method,
    /// A method's own word that there is no such object: NOT_FOUND.
    Object,
}

/// How a call went, as far as the layer cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Success,
    Missing(GrpcAbsence),
    Failure,
}

impl Status {
    pub(super) fn of(value: &HeaderValue) -> Self {
        match value.as_bytes() {
            b"0" => Self::Success,
            b"12" => Self::Missing(GrpcAbsence::Method),
            b"5" => Self::Missing(GrpcAbsence::Object),
            _ => Self::Failure,
        }
    }

    pub(super) fn is_success(self) -> bool {
        self == Self::Success
    }
}

impl GrpcAbsence {
    /// What an answer says is missing, if it says so.
    ///
    /// Servers answer in gRPC to whatever is sent to them, so it is not the request that tells
    /// which words to listen for.
    #[inline]
    pub(super) fn of_response(status: StatusCode, call: Option<Status>) -> Option<Self> {
        if status == StatusCode::NOT_FOUND {
            return Some(Self::Method);
        }
        match call? {
            Status::Missing(missing) => Some(missing),
            Status::Success | Status::Failure => None,
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
pub(super) fn conceal_trailers(trailers: &mut HeaderMap) {
    if let Some(Status::Missing(missing)) = grpc::status(trailers).map(Status::of) {
        trailers.clear();
        trailers.insert(GRPC_STATUS, missing.status());
    }
}

/// The one answer: trailers alone, without a message.
pub(super) fn answer(framing: Grpc, missing: GrpcAbsence) -> FinishedResponse {
    let mut response = Response::new(bytes::Bytes::new());
    response.headers_mut().insert(CONTENT_TYPE, framing.content_type());
    response.headers_mut().insert(GRPC_STATUS, missing.status());
    // Whoever is outside would add it, and not everybody to every answer: axum does for a route,
    // and not for its fallback.
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    FinishedResponse::unchanged(response)
}
