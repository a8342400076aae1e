//! [`Recorded`]: an exchange that is kept.

use bytes::Bytes;
use http::{Request, Response};

use super::exchange::Exchange;

/// A request and its response, kept so that exchanges can be compared.
pub(crate) struct Recorded {
    pub(crate) request: Request<Bytes>,
    pub(crate) response: Response<Bytes>,
    pub(crate) is_encrypted: bool,
    /// Whether all of the body was read, and has no content coding.
    pub(crate) is_body_known: bool,
}

impl Recorded {
    pub(crate) fn exchange(&self) -> Exchange<'_> {
        Exchange::new(&self.request, &self.response, self.response.body())
            .encrypted(self.is_encrypted)
            .partial(!self.is_body_known)
    }
}
