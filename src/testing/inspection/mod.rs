//! [`Inspection`]: asks a server as several callers, and judges its responses.

mod allowed;
mod connection;
mod error;
mod failure;
mod finding;
mod imitation;
mod merge;
mod names;
mod partly;
mod plan;
mod planned;
mod recorded;
mod report;
mod run;
mod settings;

use std::error::Error;
use std::fmt;
use std::io;
use std::net::SocketAddr;

use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use tokio::io::{AsyncRead, AsyncWrite};
use tower::Service;

use super::caller::{Caller, header_lines};
use super::target::Target;
use super::variants::HeaderLine;

pub(in crate::testing) use allowed::check as check_to_allow;
pub use error::InspectionError;
pub use finding::ReportedFinding;
pub use report::{InspectionReport, Unanswered};

/// The most requests of an inspection.
const MAX_REQUESTS: usize = 60;

/// Asks a running server, or a service, about one target as several callers, and judges each response and
/// what shows when they are compared.
///
/// ```
/// use axum::Router;
/// use axum::routing::get;
/// use portcullis::testing::{Inspection, basic};
/// use portcullis::{AuthenticateLayer, AuthorizeLayer, Basic, Users, role};
/// # use portcullis::HasRoles;
/// # #[derive(Clone)] struct User(&'static str);
/// # impl HasRoles for User { fn has_role(&self, role: &str) -> bool { self.0 == role } }
/// # fn app() -> Router {
/// #     let users = Users::new()
/// #         .with("alice", "wonderland", User("auditor"))
/// #         .with("bob", "builder", User("member"));
/// #     Router::new()
/// #         .route("/reports", get(|| async { "the reports" }))
/// #         .layer(AuthorizeLayer::<User>::new(role("auditor")))
/// #         .layer(AuthenticateLayer::new(Basic::new("reports", users).unwrap()))
/// #         .layer(tower_http::cors::CorsLayer::new())
/// # }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), portcullis::testing::InspectionError> {
/// let report = Inspection::of_service(app()) // or `of_address("127.0.0.1:3000".parse()?)`
///     .target("/reports")
///     .permitted("alice", basic("alice", "wonderland"))
///     .refused("bob", basic("bob", "builder")) // known, and not permitted
///     .run()
///     .await?;
/// println!("{report}");
/// report.assert_clean(); // panics with the report if it has an error or a warning
/// # Ok(())
/// # }
/// ```
///
/// # What it asks
///
/// `GET` of the target without credentials, with malformed and with wrong ones, with two lines of
/// `Authorization`, and as each caller that you name; `HEAD`, `OPTIONS`, a CORS preflight, a `GET` with an
/// `Origin`, `PROPFIND` and an unknown path beside the target, without credentials and as a permitted caller;
/// and a `GET` without credentials on a connection that had some. At most 60 requests, over HTTP/1.1.
///
/// All of these methods are safe (RFC 9110 §9.2.1): they ask for no change. `PROPFIND` (RFC 4918 §9.1) stands
/// for a method that the target does not support: every parser knows it, and only WebDAV servers support it.
/// [`with_methods`](Self::with_methods) allows others.
///
/// Inspect only servers that are yours: an inspection sends wrong credentials, which a server may count.
#[must_use = "an inspection asks nothing before it runs"]
pub struct Inspection {
    server: Target,
    host: String,
    is_encrypted: bool,
    target: String,
    permitted: Vec<Caller>,
    refused: Vec<Caller>,
    expired: Option<Vec<HeaderLine>>,
    headers: Vec<HeaderLine>,
    methods: Vec<String>,
    origin: Option<String>,
    allowed: Vec<&'static str>,
    is_crawler: bool,
}

impl Inspection {
    /// Inspects a service: an axum `Router`, or any other that hyper can serve. It is served in memory, on the
    /// runtime on which [`run`](Self::run) is called.
    pub fn of_service<S, B>(service: S) -> Self
    where
        S: Service<Request<Incoming>, Response = Response<B>, Future: Send>,
        S: Clone + Send + 'static,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        Self::of(Target::service(service), "localhost".to_owned(), false)
    }

    /// Inspects a server that listens at this address, without TLS.
    pub fn of_address(address: SocketAddr) -> Self {
        Self::of(Target::Address(address), address.to_string(), false)
    }

    /// Inspects a server to which `connect` opens connections, such as one with TLS, whose ALPN offers
    /// `http/1.1` alone. `host` is the value of the header `host`: a name, and the port unless it is the default.
    ///
    /// ```
    /// use portcullis::testing::Inspection;
    /// use tokio::net::TcpStream;
    ///
    /// let inspection = Inspection::of_connector("api.example", false, || async {
    ///     TcpStream::connect("127.0.0.1:3000").await
    /// });
    /// ```
    pub fn of_connector<C, F, S>(host: impl Into<String>, is_encrypted: bool, connect: C) -> Self
    where
        C: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Send + 'static,
    {
        Self::of(Target::connector(connect), host.into(), is_encrypted)
    }

    fn of(server: Target, host: String, is_encrypted: bool) -> Self {
        Self {
            server,
            host,
            is_encrypted,
            target: "/".to_owned(),
            permitted: Vec::new(),
            refused: Vec::new(),
            expired: None,
            headers: Vec::new(),
            methods: Vec::new(),
            origin: None,
            allowed: Vec::new(),
            is_crawler: false,
        }
    }

    /// The path to ask for, and its query if it has one. It must be one that needs credentials and supports
    /// `GET`. The default is `/`.
    pub fn target(mut self, target: impl Into<String>) -> Self {
        self.target = target.into();
        self
    }

    /// Sets the value of the header `host`. The default is the address, or `localhost` for a service.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = host.into();
        self
    }

    /// Adds a caller that may see the target: headers by [`basic`](super::basic), by
    /// [`bearer`](super::bearer), or any, such as `[("x-api-key", "…")]`. Reports show the name, and never the
    /// headers. Without a permitted caller, the inspection compares less.
    pub fn permitted(
        mut self,
        name: impl Into<String>,
        headers: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Self {
        self.permitted.push(Caller::new(name, headers));
        self
    }

    /// Adds a caller that the server knows, and that may not see the target.
    pub fn refused(
        mut self,
        name: impl Into<String>,
        headers: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Self {
        self.refused.push(Caller::new(name, headers));
        self
    }

    /// Sets credentials that were valid once, such as an expired token.
    pub fn expired(
        mut self,
        headers: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Self {
        self.expired = Some(header_lines(headers));
        self
    }

    /// Adds a header to every request, as one that names a tenant. Not for credentials.
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.extend(header_lines([(name, value)]));
        self
    }

    /// Also asks with these methods, which need not be safe: without credentials, with wrong ones, and as
    /// each named caller, with an empty body; and without credentials with a body of an unknown type, and
    /// with `Expect: 100-continue`.
    pub fn with_methods(mut self, methods: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.methods.extend(methods.into_iter().map(Into::into));
        self
    }

    /// Sets the origin whose scripts may use the target, such as `https://app.example`. A preflight that is
    /// refused is then a warning whatever its status; the default is an origin that no server knows.
    pub fn origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = Some(origin.into());
        self
    }

    /// Does not report what this [check](crate::inspect::Check) finds. Name it by its id or its number.
    ///
    /// `unanswered` stands for the requests without a response that can be judged, as where a firewall closes
    /// the connection at a method that it does not know.
    ///
    /// # Panics
    ///
    /// If there is no such check, with the ids of all.
    #[track_caller]
    pub fn allow(mut self, id: &str) -> Self {
        self.allowed.push(allowed::check_or_unanswered(id));
        self
    }

    /// Also asks what a crawler asks: `/robots.txt`, the target, the page to which the target redirects, and
    /// an unknown path.
    pub const fn crawler(mut self) -> Self {
        self.is_crawler = true;
        self
    }

    /// Asks, and judges the responses.
    ///
    /// # Errors
    ///
    /// If a setting is wrong, if the server does not respond, or if a permitted caller is not permitted, so
    /// that nothing can be compared. What is wrong with the responses is in the report.
    pub async fn run(self) -> Result<InspectionReport, InspectionError> {
        run::run(&self).await
    }
}

/// Shows the names of the callers, and never their headers, which are credentials.
impl fmt::Debug for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |callers: &[Caller]| -> Vec<String> {
            callers.iter().map(|caller| caller.name.clone()).collect()
        };
        f.debug_struct("Inspection")
            .field("host", &self.host)
            .field("permitted", &names(&self.permitted))
            .field("refused", &names(&self.refused))
            .field("has_expired", &self.expired.is_some())
            .field("methods", &self.methods)
            .field("allowed", &self.allowed)
            .finish_non_exhaustive()
    }
}
