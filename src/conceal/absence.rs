//! The answer that there is nothing.

use http::Response;

use crate::respond::Sealed;

/// A finished answer.
#[derive(Debug)]
pub(super) struct Absence {
    answer: Sealed,
    /// Whether it answers a `HEAD`.
    head: bool,
}

impl Absence {
    pub(super) fn new(answer: Sealed, head: bool) -> Self {
        Self { answer, head }
    }

    /// Another answer to the same request.
    pub(super) fn instead(&self, answer: Sealed) -> Self {
        Self { answer, head: self.head }
    }

    pub(super) fn into_response<B: From<bytes::Bytes>>(self) -> Response<B> {
        self.answer.into_response(self.head)
    }
}
