//! [`Fetch`]: the HTTP client that asks an authorization server.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};

/// An HTTP client, as far as a resource server needs one: it sends a request and returns the response.
///
/// [`HttpClient`](super::HttpClient) is one (feature `fetch`).
///
/// The URI of a request is absolute, and `https`, or `http` on this machine itself. The caller limits
/// the time, and drops the future when it has passed; the implementation
///
/// - returns [`FetchError::body_too_long`] if the body is longer than `max_body` bytes, before it has read
///   more than that;
/// - follows no redirect, sends no cookie, decompresses nothing, and does not retry (but for a request
///   that met a connection which the server had closed);
/// - returns every response as it is, whatever its status.
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use portcullis::oauth::{Fetch, FetchError};
///
/// /// Serves one key set, for a test.
/// struct Fixed(&'static str);
///
/// impl Fetch for Fixed {
///     async fn fetch(&self, _: Request<Bytes>, max_body: usize) -> Result<Response<Bytes>, FetchError> {
///         if self.0.len() > max_body {
///             return Err(FetchError::body_too_long(max_body));
///         }
///         Ok(Response::new(Bytes::from_static(self.0.as_bytes())))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an HTTP client that `oauth` can use",
    label = "not a `Fetch`",
    note = "use `HttpClient::new()?`, with the feature `fetch`, or implement `Fetch` for an HTTP client of \
            your own",
    note = "the `Result` of `HttpClient::new()` is not a client: add `?`"
)]
pub trait Fetch: Send + Sync + 'static {
    /// Sends the request and returns the response with its whole body.
    ///
    /// # Errors
    ///
    /// [`FetchError`] if there is no response, or if its body is longer than `max_body` bytes.
    fn fetch(
        &self,
        request: Request<Bytes>,
        max_body: usize,
    ) -> impl Future<Output = Result<Response<Bytes>, FetchError>> + Send;
}

impl<F: Fetch> Fetch for Arc<F> {
    fn fetch(
        &self,
        request: Request<Bytes>,
        max_body: usize,
    ) -> impl Future<Output = Result<Response<Bytes>, FetchError>> + Send {
        F::fetch(self, request, max_body)
    }
}

/// Why an authorization server did not answer.
#[derive(Debug)]
pub struct FetchError(Why);

#[derive(Debug)]
enum Why {
    TooLong(usize),
    Other(Box<dyn Error + Send + Sync>),
}

impl FetchError {
    /// An error with this source. Operators see it, clients do not.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Why::Other(source.into()))
    }

    /// The body is longer than the limit, in bytes. The server has responded, so this is no outage: a
    /// stranger may have sent the token of which the response is so long.
    pub fn body_too_long(max_body: usize) -> Self {
        Self(Why::TooLong(max_body))
    }

    pub(super) fn is_body_too_long(&self) -> bool {
        matches!(self.0, Why::TooLong(_))
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = match &self.0 {
            Why::TooLong(max) => {
                return write!(
                    f,
                    "the response of the authorization server is longer than {max} bytes"
                );
            }
            Why::Other(error) => error,
        };
        write!(f, "no complete response from the authorization server: {error}")?;
        // The outermost error of an HTTP client says little ("client error"); a log has one line.
        let mut source = error.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

impl Error for FetchError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            Why::TooLong(_) => None,
            Why::Other(error) => Some(&**error),
        }
    }
}

type Fetching<'a> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, FetchError>> + Send + 'a>>;

trait DynFetch: Send + Sync {
    fn fetch(&self, request: Request<Bytes>, max_body: usize) -> Fetching<'_>;
}

impl<F: Fetch> DynFetch for F {
    fn fetch(&self, request: Request<Bytes>, max_body: usize) -> Fetching<'_> {
        Box::pin(Fetch::fetch(self, request, max_body))
    }
}

/// A [`Fetch`] of any type, so that `Keys` and `Introspection` are not generic over it.
#[derive(Clone)]
pub(super) struct BoxFetch(Arc<dyn DynFetch>);

impl BoxFetch {
    pub(super) fn new(fetch: impl Fetch) -> Self {
        Self(Arc::new(fetch))
    }

    pub(super) async fn fetch(
        &self,
        request: Request<Bytes>,
        max_body: usize,
    ) -> Result<Response<Bytes>, FetchError> {
        self.0.fetch(request, max_body).await
    }
}
