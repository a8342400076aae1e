//! Refuses what the pages of other sites send to this lab.
//!
//! The lab listens on a loopback address, which every page in a browser of this machine can reach. Such a page
//! must not use the lab: not directly, and not under a name of its own that resolves to 127.0.0.1 (DNS
//! rebinding). [`refuse_other_sites`] is for all of the lab, which has clients whose pages are on another port,
//! and as a proxy has requests for other hosts. [`require`] is for the guided page and its exchanges, which have
//! no such clients.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{HOST, HeaderName, ORIGIN};
use axum::http::{StatusCode, Version};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use portcullis::ProblemDetails;

const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The hosts by which the lab is reached.
#[derive(Clone)]
pub struct Hosts(Arc<[String]>);

impl Hosts {
    pub fn of(lab: SocketAddr) -> Self {
        let port = lab.port();
        let mut hosts = vec![format!("127.0.0.1:{port}"), format!("localhost:{port}")];
        if port == 80 {
            hosts.extend(["127.0.0.1".to_owned(), "localhost".to_owned()]);
        }
        Self(hosts.into())
    }

    fn has(&self, host: &str) -> bool {
        self.0.iter().any(|known| known.eq_ignore_ascii_case(host))
    }

    fn has_origin(&self, origin: &str) -> bool {
        origin.strip_prefix("http://").is_some_and(|host| self.has(host))
    }

    /// Whether a request is for this lab, and not one that the page of another site caused.
    fn check(&self, request: &Request) -> Result<(), Box<ProblemDetails>> {
        let mut hosts = hosts(request).peekable();
        if hosts.peek().is_none() || !hosts.all(|host| self.has(host)) {
            return Err(misdirected());
        }
        // A link to the page may be on any site.
        if request.method().is_safe() {
            return Ok(());
        }
        // Programs that are no browser send neither.
        if lines(request, SEC_FETCH_SITE).all(|site| site == "same-origin")
            && lines(request, ORIGIN).all(|origin| self.has_origin(origin))
        {
            return Ok(());
        }
        let detail = "Only the page of the lab itself sends requests through it.";
        Err(refusal(StatusCode::FORBIDDEN, detail))
    }
}

/// The lines of a header.
fn lines(request: &Request, name: HeaderName) -> impl Iterator<Item = &str> {
    request.headers().get_all(name).iter().map(|line| line.to_str().unwrap_or_default())
}

/// The hosts that a request is for: one, if it is well-formed. The target has it in HTTP/2, and in the absolute
/// form of HTTP/1.1.
fn hosts(request: &Request) -> impl Iterator<Item = &str> {
    let authority = request.uri().authority().map(|authority| authority.as_str());
    lines(request, HOST).chain(authority)
}

/// The names of the lab. The port is not compared, since it may be forwarded from another one. The simulator
/// itself asks for requests to `lab.example`, a name that no site can have (RFC 2606 §3).
const NAMES: [&str; 3] = ["127.0.0.1", "localhost", "lab.example"];

fn is_of_lab(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Whether a request is for the name of another site, which resolves to this machine. The absolute form of
/// HTTP/1.1 is for a proxy: a browser sends it if its user has chosen the lab as one, and not for a page.
fn is_for_another_site(request: &Request) -> bool {
    let is_for_proxy = request.version() <= Version::HTTP_11 && request.uri().authority().is_some();
    !is_for_proxy && !hosts(request).all(is_of_lab)
}

/// Whether the page of another site caused a request, and it is more than a link to this lab.
fn is_of_another_site(request: &Request) -> bool {
    let has = |name, value| request.headers().get_all(name).iter().any(|line| line == value);
    let is_link = request.method().is_safe() && has(SEC_FETCH_DEST, "document");
    has(SEC_FETCH_SITE, "cross-site") && !is_link
}

fn misdirected() -> Box<ProblemDetails> {
    let detail = "The lab is reached as 127.0.0.1 or localhost.";
    refusal(StatusCode::MISDIRECTED_REQUEST, detail)
}

fn refusal(status: StatusCode, detail: &'static str) -> Box<ProblemDetails> {
    Box::new(ProblemDetails::new(status).with_detail(detail))
}

/// The middleware.
pub async fn require(State(hosts): State<Hosts>, request: Request, next: Next) -> Response {
    match hosts.check(&request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

/// The middleware of the whole lab: the page of another site sends no request to it, whatever the path and the
/// name.
pub async fn refuse_other_sites(request: Request, next: Next) -> Response {
    if is_for_another_site(&request) {
        return misdirected().into_response();
    }
    if !is_of_another_site(&request) {
        return next.run(request).await;
    }
    let detail = "The page of another site cannot use this lab. A page of localhost reaches it as localhost.";
    refusal(StatusCode::FORBIDDEN, detail).into_response()
}
