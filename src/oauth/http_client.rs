//! [`HttpClient`]: the HTTP client of the feature `fetch`.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::fetch::{Fetch, FetchError};
use super::url::server_url;

/// How long the connection to one server may take, all its addresses together, without TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a connection stays open without a request. Shorter than the 5 s after which servers on
/// Node.js and Apache close theirs, so that a request rarely meets a connection that is being closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);

/// How many connections to one server stay open without a request.
const MAX_IDLE: usize = 32;

/// An HTTP/1.1 client over TLS 1.2 and 1.3 ([J43](crate::semantics#j43)).
///
/// - It follows no redirect, keeps no cookies and asks for no compression.
/// - It uses no proxy, and does not look at `HTTPS_PROXY` or similar variables. Where a proxy is needed,
///   implement [`Fetch`] with another client.
/// - It refuses `http` URLs, except those of this machine itself.
/// - A request is sent again once if the server closes the connection before it sends a response, because
///   that happens to connections that were kept open.
/// - Its cryptography is AWS-LC, whatever the default of the process is.
///
/// A copy shares the connections with the original.
#[derive(Clone)]
pub struct HttpClient(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

/// There are no certificates of authorities that the client could trust.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoRootCertificates {
    /// The system has none.
    #[error(
        "the system has no root certificates ({0}): install them (Debian: `ca-certificates`), or set \
         `SSL_CERT_FILE`"
    )]
    System(#[source] io::Error),
    /// The program has given none, or one that cannot be read.
    #[error("root certificates in PEM are needed, `-----BEGIN CERTIFICATE-----` and so on: {0}")]
    Given(String),
}

impl HttpClient {
    /// A client that trusts the certificates of the system, or of the file or folder that the variable
    /// `SSL_CERT_FILE` or `SSL_CERT_DIR` names.
    ///
    /// # Errors
    ///
    /// [`NoRootCertificates::System`]
    pub fn new() -> Result<Self, NoRootCertificates> {
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(provider())
            .map_err(NoRootCertificates::System)?;
        Ok(Self::with_connector(connector.https_or_http()))
    }

    /// A client that trusts these certificates, in PEM, and no others: for servers with certificates
    /// of an authority of your own.
    ///
    /// ```no_run
    /// use portcullis::oauth::HttpClient;
    ///
    /// let client = HttpClient::trusting_only(&std::fs::read("ca.pem")?)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NoRootCertificates::Given`] if there is no certificate, or one of them cannot be read.
    pub fn trusting_only(pem: &[u8]) -> Result<Self, NoRootCertificates> {
        let unreadable = |error: &dyn fmt::Display| NoRootCertificates::Given(error.to_string());
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| unreadable(&error))?;
            roots.add(certificate).map_err(|error| unreadable(&error))?;
        }
        if roots.is_empty() {
            return Err(unreadable(&"there is none"));
        }
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| unreadable(&error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = HttpsConnectorBuilder::new().with_tls_config(config);
        Ok(Self::with_connector(connector.https_or_http()))
    }

    fn with_connector(
        connector: HttpsConnectorBuilder<hyper_rustls::builderstates::WantsProtocols1>,
    ) -> Self {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(MAX_IDLE)
            .build(connector.enable_http1().wrap_connector(http));
        Self(client)
    }

    async fn send(
        &self,
        request: Request<Full<Bytes>>,
        max_body: usize,
    ) -> Result<Response<Bytes>, FetchError> {
        let response = match self.0.request(request.clone()).await {
            Err(error) if is_closed_early(&error) => self.0.request(request).await,
            response => response,
        };
        let (head, body) = response.map_err(FetchError::new)?.into_parts();
        match Limited::new(body, max_body).collect().await {
            Ok(body) => Ok(Response::from_parts(head, body.to_bytes())),
            Err(error) if error.is::<LengthLimitError>() => {
                Err(FetchError::body_too_long(max_body))
            }
            Err(error) => Err(FetchError::new(error)),
        }
    }
}

/// By its value: the default of the process is there only if the program installs it, and asking for it
/// panics where a dependency has turned on another one.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(default_provider())
}

impl Fetch for HttpClient {
    async fn fetch(
        &self,
        request: Request<Bytes>,
        max_body: usize,
    ) -> Result<Response<Bytes>, FetchError> {
        server_url(&request.uri().to_string()).map_err(FetchError::new)?;
        self.send(request.map(Full::new), max_body).await
    }
}

/// Whether the server has closed the connection without a response.
fn is_closed_early(error: &(dyn Error + 'static)) -> bool {
    let mut source = Some(error);
    while let Some(error) = source {
        let is_incomplete = error.downcast_ref().is_some_and(hyper::Error::is_incomplete_message);
        let is_reset = error.downcast_ref().is_some_and(|error: &io::Error| {
            matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe)
        });
        if is_incomplete || is_reset {
            return true;
        }
        source = error.source();
    }
    false
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").finish_non_exhaustive()
    }
}
