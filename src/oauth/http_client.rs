//! [`HttpClient`]: the HTTP client of the feature `fetch`.

use bytes::Bytes;
use http::{Request, Response};

use super::fetch::{Fetch, FetchError};

/// An HTTP/1.1 client over TLS that trusts the certificates of the system.
#[derive(Clone, Debug)]
pub struct HttpClient {}

/// The system has no certificates of authorities.
#[derive(Debug, thiserror::Error)]
#[error("the system has no root certificates: install them (Debian: `ca-certificates`)")]
pub struct NoRootCertificates {}

impl HttpClient {
    /// A client with the certificates of the system.
    ///
    /// # Errors
    ///
    /// [`NoRootCertificates`]
    pub fn new() -> Result<Self, NoRootCertificates> {
        todo!()
    }
}

impl Fetch for HttpClient {
    async fn fetch(&self, _: Request<Bytes>, _: usize) -> Result<Response<Bytes>, FetchError> {
        todo!()
    }
}
