//! Problem details as a value, for errors of the application itself.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use super::finished::{NO_STORE, describes_body};
use super::json;
use super::{PROBLEM_JSON, Refusal};
use crate::denial::propagate::is_denial;
use crate::denial::{Cause, MemberList, MemberName, MemberValue};
use crate::grpc::GRPC_STATUS;

/// Problem details (RFC 9457) for an error of the application itself, in the format of the refusals.
///
/// In a handler it is an error type; for a caller who lacks authentication or permission return a
/// [`Denial`](crate::Denial) instead, which gets its challenge from the stage. The response is
/// `application/problem+json`; in an [`AuthenticateLayer`](crate::AuthenticateLayer) that
/// [negotiates](super::Negotiate) it is in the format that the client prefers
/// ([F14](crate::semantics#f14)).
///
/// ```
/// use axum::extract::rejection::{JsonRejection, PathRejection};
/// use axum::routing::put;
/// use axum::{Json, Router, extract::Path};
/// use http::StatusCode;
/// use portcullis::respond::{MemberName, Negotiate, ProblemDetails};
/// use portcullis::{AuthenticateLayer, Identity};
/// use tower::util::MapResponseLayer;
///
/// const BALANCE: MemberName = MemberName::from_static("balance");
///
/// async fn pay(
///     account: Result<Path<u32>, PathRejection>,
///     amount: Result<Json<u32>, JsonRejection>,
/// ) -> Result<String, ProblemDetails> {
///     // The application decides which of these texts a client may read.
///     let Path(account) = account.map_err(|error| {
///         ProblemDetails::new(error.status()).with_detail("This is not the number of an account.")
///     })?;
///     let Json(amount) = amount.map_err(|error| {
///         ProblemDetails::new(error.status()).with_detail(error.body_text())
///     })?;
///     if amount > 30 {
///         return Err(ProblemDetails::new(StatusCode::CONFLICT)
///             .with_type("https://bank.example/problems/out-of-credit")
///             .with_title("You do not have enough credit.")
///             .with_member(BALANCE, 30));
///     }
///     Ok(format!("paid {amount} from {account}\n"))
/// }
///
/// fn app(identity: impl Identity) -> Router {
///     Router::new()
///         .route("/accounts/{account}/payments", put(pay))
///         // What frameworks and middleware refuse in plain text: 404, 405, 408, 413, 415, …
///         .layer(MapResponseLayer::new(ProblemDetails::replace_plain_error))
///         .layer(AuthenticateLayer::new(identity).respond_with(Negotiate::new()))
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use = "problem details do nothing until they are made into a response"]
pub struct ProblemDetails {
    status: StatusCode,
    cause: Option<Cause>,
    type_uri: Cow<'static, str>,
    title: Cow<'static, str>,
    detail: Option<Cow<'static, str>>,
    instance: Option<Cow<'static, str>>,
    members: MemberList,
    language: Option<HeaderValue>,
}

impl ProblemDetails {
    /// Problem details with this status, the status phrase as the title, and the type `about:blank`.
    ///
    /// For 401 and 407, which need a challenge, use a [`Denial`](crate::Denial).
    pub fn new(status: StatusCode) -> Self {
        Self {
            status,
            cause: None,
            type_uri: Cow::Borrowed("about:blank"),
            title: Cow::Borrowed(phrase(status)),
            detail: None,
            instance: None,
            members: MemberList::EMPTY,
            language: None,
        }
    }

    /// Those of a refusal.
    pub(super) fn of(refusal: &Refusal<'_>, type_base: Option<&str>, fixed: &MemberList) -> Self {
        let detail = match refusal.own_detail {
            Some(own) => own.clone(),
            None => Cow::Borrowed(refusal.fixed_detail()),
        };
        let mut problem = Self::new(refusal.status()).with_detail(detail);
        if let Some(base) = type_base {
            problem = problem.with_type(format!("{base}{}", refusal.cause().as_str()));
        }
        problem.cause = Some(refusal.cause());
        problem.members = fixed.with_all(refusal.own_members);
        problem
    }

    /// Sets the `type`: a URI that names the kind of problem (RFC 9457 §3.1.1).
    pub fn with_type(mut self, uri: impl Into<Cow<'static, str>>) -> Self {
        self.type_uri = uri.into();
        self
    }

    /// Sets the `title`: a short text, the same for every problem of the type.
    pub fn with_title(mut self, title: impl Into<Cow<'static, str>>) -> Self {
        self.title = title.into();
        self
    }

    /// Sets the `detail`: a text about this occurrence. Clients can read it.
    pub fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Sets the `instance`: a URI that names this occurrence.
    pub fn with_instance(mut self, uri: impl Into<Cow<'static, str>>) -> Self {
        self.instance = Some(uri.into());
        self
    }

    /// Adds an extension member, or replaces the one with this name. JSON has it, HTML and plain text do
    /// not.
    pub fn with_member(mut self, name: MemberName, value: impl Into<MemberValue>) -> Self {
        self.members.set(name, value.into());
        self
    }

    pub(super) fn with_language(mut self, language: HeaderValue) -> Self {
        self.language = Some(language);
        self
    }

    pub(super) fn content_language(&self) -> Option<&HeaderValue> {
        self.language.as_ref()
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The cause as the client may know it, if this is a refusal.
    pub fn cause(&self) -> Option<Cause> {
        self.cause
    }

    /// The title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The detail.
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    /// The instance.
    pub fn instance(&self) -> Option<&str> {
        self.instance.as_deref()
    }

    /// The language of title and detail, if they were [translated](super::Negotiate::translate).
    pub fn language(&self) -> Option<&str> {
        self.language.as_ref()?.to_str().ok()
    }

    /// The JSON object.
    pub fn to_json(&self) -> String {
        json::write(&json::Members {
            type_uri: [&self.type_uri, ""],
            title: &self.title,
            status: self.status,
            detail: self.detail(),
            instance: self.instance(),
            extensions: &self.members,
        })
    }

    /// The response of a handler, for services without a framework: `application/problem+json`, with
    /// `Cache-Control: no-store`.
    ///
    /// The problem is in its extensions as well, so that an authenticate stage outside can render it in
    /// the format that the client prefers.
    #[must_use]
    pub fn into_http_response<B: From<Bytes>>(self) -> Response<B> {
        let body = self.to_json();
        let mut headers = HeaderMap::with_capacity(3);
        headers.insert(CONTENT_TYPE, PROBLEM_JSON);
        headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        headers.insert(CACHE_CONTROL, NO_STORE);
        let mut response = Response::new(B::from(Bytes::from(body)));
        *response.status_mut() = self.status;
        *response.headers_mut() = headers;
        response.extensions_mut().insert(self);
        response
    }

    /// Gives an error response in plain text, or without a body, the body of problem details: for
    /// tower's `MapResponseLayer`, inside the authenticate layer.
    ///
    /// Frameworks and middleware refuse in this way: a missing route (404), a wrong method (405), a body
    /// that is too long (413) or of another type (415). The status stays, and so do the headers that do not
    /// describe the body, such as `Allow`. The text of the body is dropped. Responses with another
    /// `Content-Type`, of gRPC, or with a [`Denial`](crate::Denial) stay as they are.
    #[must_use]
    pub fn replace_plain_error<B: From<Bytes>>(response: Response<B>) -> Response<B> {
        let status = response.status();
        let headers = response.headers();
        let is_plain = headers.get(CONTENT_TYPE).is_none_or(|value| {
            let (name, rest) = value.as_bytes().split_at_checked(10).unwrap_or_default();
            name.eq_ignore_ascii_case(b"text/plain")
                && !rest.first().is_some_and(u8::is_ascii_alphanumeric)
        });
        if !(status.is_client_error() || status.is_server_error())
            || !is_plain
            || headers.contains_key(GRPC_STATUS)
            || is_denial(response.extensions())
        {
            return response;
        }
        let (mut parts, _) = response.into_parts();
        let (problem, body) = Self::new(status).into_http_response::<B>().into_parts();
        replace_body_headers(&mut parts.headers, problem.headers);
        parts.extensions.extend(problem.extensions);
        Response::from_parts(parts, body)
    }
}

/// For a renderer of your own: a refusal with its text and its members, of type `about:blank`.
impl From<&Refusal<'_>> for ProblemDetails {
    fn from(refusal: &Refusal<'_>) -> Self {
        Self::of(refusal, None, &MemberList::EMPTY)
    }
}

/// Whether a `Content-Type` is that of problem details.
pub(crate) fn is_problem_json(content_type: &HeaderValue) -> bool {
    *content_type == PROBLEM_JSON
}

/// Replaces the headers that describe the body, and adds the others that the response lacks.
pub(crate) fn replace_body_headers(headers: &mut HeaderMap, of_body: HeaderMap) {
    let old: Vec<_> = headers.keys().filter(|name| describes_body(name)).cloned().collect();
    for name in old {
        headers.remove(name);
    }
    for (name, value) in of_body {
        let Some(name) = name else { continue };
        if name == http::header::VARY {
            headers.append(name, value);
        } else {
            headers.entry(name).or_insert(value);
        }
    }
}

/// The status phrase.
pub(super) fn phrase(status: StatusCode) -> &'static str {
    status.canonical_reason().unwrap_or("Refused")
}
