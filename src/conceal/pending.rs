//! What the layer does with a response, and the response that is held back.

use bytes::Bytes;
use http::Response;

use crate::respond::FinishedResponse;

/// The layer's own response, in place of the service's.
#[derive(Debug)]
pub(super) struct Replacement {
    response: FinishedResponse,
    /// Whether it answers a `HEAD` request.
    to_head: bool,
}

impl Replacement {
    pub(super) fn new(response: FinishedResponse, to_head: bool) -> Self {
        Self { response, to_head }
    }

    fn into_response<B: From<Bytes>>(self) -> Response<B> {
        self.response.into_response(self.to_head)
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
        let (Self::Replacement(Replacement { to_head, .. }) | Self::Original { to_head, .. }) =
            self;
        Self::Replacement(Replacement::new(response, *to_head))
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
