//! How gRPC says that something does not exist (D09, F08).

use http::{HeaderMap, HeaderValue, StatusCode};

use crate::grpc::{self, GRPC_STATUS, GrpcFraming, GrpcRefusal, UNIMPLEMENTED};
use crate::respond::{CallOutcome, FinishedResponse};

/// The gRPC status that says that something does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GrpcAbsence {
    /// UNIMPLEMENTED (12): a server has no such method or service. A 404 counts as this one.
    Unimplemented,
    /// NOT_FOUND (5): a method has no such object.
    NotFound,
}

/// The `grpc-status` of a call, as far as the layer distinguishes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CallStatus {
    Ok,
    Absence(GrpcAbsence),
    OtherError,
}

impl CallStatus {
    pub(super) fn of(value: &HeaderValue) -> Self {
        match value.as_bytes() {
            b"0" => Self::Ok,
            b"12" => Self::Absence(GrpcAbsence::Unimplemented),
            b"5" => Self::Absence(GrpcAbsence::NotFound),
            _ => Self::OtherError,
        }
    }

    pub(super) fn is_ok(self) -> bool {
        self == Self::Ok
    }
}

impl From<GrpcRefusal> for CallStatus {
    fn from(refusal: GrpcRefusal) -> Self {
        match refusal {
            GrpcRefusal::NoSuchMethod(_) => Self::Absence(GrpcAbsence::Unimplemented),
            GrpcRefusal::NoSuchObject => Self::Absence(GrpcAbsence::NotFound),
            GrpcRefusal::Other(_) => Self::OtherError,
        }
    }
}

impl GrpcAbsence {
    /// What the response says does not exist, if it says so.
    ///
    /// gRPC servers respond in gRPC whatever the request's content type is, so both kinds of status
    /// count for every request.
    #[inline]
    pub(super) fn of_response(status: StatusCode, call: Option<CallStatus>) -> Option<Self> {
        if status == StatusCode::NOT_FOUND {
            return Some(Self::Unimplemented);
        }
        match call? {
            CallStatus::Absence(absence) => Some(absence),
            CallStatus::Ok | CallStatus::OtherError => None,
        }
    }

    fn status(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Unimplemented => "12",
            Self::NotFound => "5",
        })
    }

    /// The one response that says so: trailers only, without a message. Those of gRPC-Web are in the body
    /// (F08).
    pub(super) fn response(self, framing: GrpcFraming) -> FinishedResponse {
        CallOutcome::without_message(self.status(), framing).into_response(HeaderMap::new())
    }

    /// The marker for a conceal layer further out, which does not read the body.
    pub(super) fn marker(self) -> GrpcRefusal {
        match self {
            Self::Unimplemented => GrpcRefusal::NoSuchMethod(UNIMPLEMENTED),
            Self::NotFound => GrpcRefusal::NoSuchObject,
        }
    }
}

/// Removes everything but the status from trailers that say that something does not exist, as those
/// of a streaming method may.
pub(super) fn conceal_trailers(trailers: &mut HeaderMap) {
    if let Some(CallStatus::Absence(absence)) = grpc::status(trailers).map(CallStatus::of) {
        trailers.clear();
        trailers.insert(GRPC_STATUS, absence.status());
    }
}
