//! What leaves, once it may: the answer that there is nothing, or another.

use bytes::Bytes;
use http::Response;

use crate::respond::FinishedResponse;

/// A finished answer.
#[derive(Debug)]
pub(super) struct NotFoundResponse {
    answer: FinishedResponse,
    /// Whether it answers a `HEAD`.
    head: bool,
}

impl NotFoundResponse {
    pub(super) fn new(answer: FinishedResponse, head: bool) -> Self {
        Self { answer, head }
    }

    fn into_response<B: From<Bytes>>(self) -> Response<B> {
        self.answer.into_response(self.head)
    }
}

/// What the curtain makes of an answer.
#[derive(Debug)]
pub(super) enum Disposition {
    /// It leaves.
    Immediate,
    /// It leaves, and its trailers may say that something is missing.
    WithTrailers,
    /// It leaves when its time has come.
    InTime { to_head: bool },
    /// This leaves in its place, when its time has come.
    Replaced(NotFoundResponse),
}

/// What leaves when its time has come.
#[derive(Debug)]
pub(super) enum PendingResponse<B> {
    Absence(NotFoundResponse),
    /// What a stage says of credentials, to whatever path.
    Answer {
        answer: Response<B>,
        to_head: bool,
    },
}

impl<B> PendingResponse<B> {
    /// Another answer to the same request.
    pub(super) fn replaced_by(&self, answer: FinishedResponse) -> Self {
        let (Self::Absence(NotFoundResponse { head, .. }) | Self::Answer { to_head: head, .. }) =
            self;
        Self::Absence(NotFoundResponse::new(answer, *head))
    }

    pub(super) fn into_response(self) -> Response<B>
    where
        B: From<Bytes>,
    {
        match self {
            Self::Absence(absence) => absence.into_response(),
            Self::Answer { answer, .. } => answer,
        }
    }
}
