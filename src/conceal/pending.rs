//! What the layer does with a response, and the response that is held back.

use bytes::Bytes;
use http::Response;

use crate::audit::AuditRecord;
use crate::denial::propagate::ConcealedInside;
use crate::grpc::GrpcRefusal;
use crate::respond::FinishedResponse;

/// The layer's own response, in place of the service's.
#[derive(Debug)]
pub(super) struct Replacement {
    response: FinishedResponse,
    /// Whether it answers a `HEAD` request.
    to_head: bool,
    /// The record of the replaced response, for layers outside (D10).
    record: Option<AuditRecord>,
    /// What it says of a gRPC call.
    call: Option<GrpcRefusal>,
    /// Whether the layer's observer has been told that this response says that something does not exist.
    is_observed_absence: bool,
}

impl Replacement {
    pub(super) fn new(response: FinishedResponse, to_head: bool) -> Self {
        Self { response, to_head, record: None, call: None, is_observed_absence: false }
    }

    /// Keeps the audit record of the response that this one replaces.
    pub(super) fn keeping_record(self, record: Option<AuditRecord>) -> Self {
        Self { record, ..self }
    }

    /// Marks it as one that says that something does not exist, for stages and layers further out: in a gRPC
    /// call how, and otherwise only if the layer's observer is told. Without an observer the marker would cost
    /// two allocations for each such response.
    pub(super) fn of_absence(self, call: Option<GrpcRefusal>, is_observed: bool) -> Self {
        Self { call, is_observed_absence: is_observed, ..self }
    }

    fn into_response<B: From<Bytes>>(self) -> Response<B> {
        let mut response = self.response.into_response(self.to_head);
        if let Some(record) = self.record {
            response.extensions_mut().insert(record);
        }
        if let Some(call) = self.call {
            response.extensions_mut().insert(call);
        }
        if self.is_observed_absence {
            response.extensions_mut().insert(ConcealedInside);
        }
        response
    }
}

/// What the layer does with a response of the service.
#[derive(Debug)]
pub(super) enum Disposition {
    /// Releases it unchanged, at once.
    Release,
    /// Releases it at once. Its gRPC trailers may say that something does not exist.
    ConcealTrailers,
    /// Releases it unchanged, at the time that the timing says.
    Delay { to_head: bool },
    /// Releases this one in its place, at the time that the timing says.
    Replace(Replacement),
}

/// A response that waits until it may be released.
#[derive(Debug)]
pub(super) enum PendingResponse<B> {
    Replacement(Replacement),
    /// The service's own: an authenticate stage's response, which does not depend on the path.
    Original {
        response: Response<B>,
        to_head: bool,
    },
}

impl<B> PendingResponse<B> {
    /// Another response to the same request.
    pub(super) fn replaced_by(&self, response: FinishedResponse) -> Self {
        let (to_head, record) = match self {
            Self::Replacement(replaced) => (replaced.to_head, replaced.record.clone()),
            Self::Original { response, to_head } => {
                (*to_head, AuditRecord::of(response.extensions()).cloned())
            }
        };
        Self::Replacement(Replacement::new(response, to_head).keeping_record(record))
    }

    pub(super) fn into_response(self) -> Response<B>
    where
        B: From<Bytes>,
    {
        match self {
            Self::Replacement(replacement) => replacement.into_response(),
            Self::Original { response, .. } => response,
        }
    }
}
