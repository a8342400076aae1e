//! [`Exchange`]: a request and its response.

use std::fmt;

use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};

use super::checks;
use super::finding::Finding;
use super::findings::Findings;
use super::redact::ShownPaths;
use super::view::View;

/// What [`inspect`] found in one exchange: [`Exchange::new`], then [`Exchange::findings`].
pub fn inspect<Q, S>(request: &Request<Q>, response: &Response<S>, body: &[u8]) -> Vec<Finding> {
    Exchange::new(request, response, body).findings()
}

/// A request and its response, with what is known about them.
///
/// `Debug` prints the method, the status and the names of the headers.
#[derive(Clone, Copy)]
#[must_use = "an exchange is judged by `findings`"]
pub struct Exchange<'a> {
    pub(super) request: Option<Sent<'a>>,
    pub(super) status: StatusCode,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
    pub(super) is_encrypted: Option<bool>,
    pub(super) is_partial: bool,
    /// Headers that are not judged, and whose credentials are not shown.
    pub(super) unread: Option<&'a HeaderMap>,
}

/// The request of an exchange.
#[derive(Clone, Copy)]
pub(super) struct Sent<'a> {
    pub(super) method: &'a Method,
    pub(super) target: &'a Uri,
    pub(super) headers: &'a HeaderMap,
}

impl<'a> Exchange<'a> {
    /// The body is that of the response, as far as it was read, without content codings.
    pub fn new<Q, S>(request: &'a Request<Q>, response: &'a Response<S>, body: &'a [u8]) -> Self {
        let (method, target, headers) = (request.method(), request.uri(), request.headers());
        let sent = Sent { method, target, headers };
        Self { request: Some(sent), ..Self::of_response(response, body) }
    }

    /// A response whose request is unknown. Checks that need the request find nothing.
    pub fn of_response<S>(response: &'a Response<S>, body: &'a [u8]) -> Self {
        let (status, headers) = (response.status(), response.headers());
        let (request, is_encrypted, is_partial, unread) = (None, None, false, None);
        Self { request, status, headers, body, is_encrypted, is_partial, unread }
    }

    /// Whether the exchange used TLS. Without this, the scheme of the request's URI says it, if there is one.
    pub const fn encrypted(mut self, is_encrypted: bool) -> Self {
        self.is_encrypted = Some(is_encrypted);
        self
    }

    /// Whether only a part of the body is known, or the body is unknown because it has a content coding. Then
    /// nothing is found for which all of it is needed: half of a document of JSON is none.
    pub const fn partial(mut self, is_partial: bool) -> Self {
        self.is_partial = is_partial;
        self
    }

    /// Headers that are not judged, such as those of a request that cannot be read as a whole: no finding
    /// shows the credentials in them.
    pub const fn hiding(mut self, headers: &'a HeaderMap) -> Self {
        self.unread = Some(headers);
        self
    }

    /// The method and the path of the request, such as `GET /reports?…`, which name it in a report; `None` if
    /// the request is unknown. Credentials of the exchange are replaced, and queries left out.
    pub fn request_name(&self) -> Option<String> {
        let sent = self.request?;
        Some(format!("{} {}", sent.method, ShownPaths::of([*self]).show(sent.target)))
    }

    /// What is wrong with the response, in the order of the checks; nothing if it is right.
    pub fn findings(self) -> Vec<Finding> {
        found_in(&View::new(self))
    }
}

/// What is wrong with one exchange.
pub(super) fn found_in(view: &View<'_>) -> Vec<Finding> {
    let mut findings = Findings::default();
    for check in checks::of_one_exchange() {
        findings.judge(check, view);
    }
    findings.into_vec()
}

/// Values of headers may be credentials, and so may the target and the body.
impl fmt::Debug for Exchange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |headers: &HeaderMap| headers.keys().cloned().collect::<Vec<_>>();
        f.debug_struct("Exchange")
            .field("method", &self.request.map(|sent| sent.method))
            .field("request_headers", &self.request.map(|sent| names(sent.headers)))
            .field("status", &self.status)
            .field("headers", &names(self.headers))
            .finish_non_exhaustive()
    }
}
