//! The floors: the same work as the stages do, written by hand for this one application.
//!
//! Two services, each with one `Arc` of configuration, that answer with axum's own body. They mark
//! the credentials (A25) and look at them as the decision table wants it (A03 to A06), insert the
//! principal (A10), tell caches (A11), complete a 401 of the service (A12) and send the same
//! denials, field by field; [`same_denials`] proves it before anything is measured. What a library
//! must do because it cannot know its user, they leave out: there is one scheme, one realm, one way
//! to render, and nothing is caught or reported. Each renders its own denials where it is;
//! bubbling, the inner one hands them to the outer one in the extensions of a bare answer, as the
//! stages do, so that middlewares between and other stages outside have their say.
//!
//! [`same_denials`]: crate::cases::same_denials

use std::convert::Infallible;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::Bytes;
use constant_time_eq::constant_time_eq;
use http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, PROXY_AUTHORIZATION, VARY,
    WWW_AUTHENTICATE,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use pin_project_lite::pin_project;
use tower::Service;

use crate::world::{Request, Response, User};

/// The verified user, in the extensions.
#[derive(Clone, Copy)]
pub struct Caller(pub User);

// ==== who ====

#[derive(Clone)]
pub struct Bearer<S> {
    inner: S,
    config: Arc<BearerConfig>,
}

pub struct BearerConfig {
    token: Box<[u8]>,
    user: User,
    challenge: HeaderValue,
    /// Whether who sends nothing may go on (A02).
    optional: bool,
    /// Whether it renders what the inner one denies.
    bubbling: bool,
    pub missing: Page,
    pub malformed: Page,
    pub ambiguous: Page,
    pub invalid: Page,
    forbidden: Page,
    not_found: Page,
}

impl BearerConfig {
    pub fn new(token: &str, user: User, realm: &str) -> Self {
        let plain = format!("Bearer realm=\"{realm}\"");
        let failing = |error: &str, description: &str| {
            format!("{plain}, error=\"{error}\", error_description=\"{description}\"")
        };
        let unauthorized = StatusCode::UNAUTHORIZED;
        Self {
            token: token.as_bytes().into(),
            user,
            optional: false,
            bubbling: false,
            missing: Page::new(
                unauthorized,
                "You must authenticate to access this resource.",
                Some(plain.clone()),
            ),
            malformed: Page::new(
                unauthorized,
                "The credentials are malformed.",
                Some(failing("invalid_token", "The access token is malformed")),
            ),
            ambiguous: Page::new(
                StatusCode::BAD_REQUEST,
                "Credentials must be sent exactly once.",
                Some(failing("invalid_request", "Credentials must be sent exactly once")),
            ),
            invalid: Page::new(
                unauthorized,
                "The credentials are not valid.",
                Some(failing("invalid_token", "The access token is not valid")),
            ),
            forbidden: Page::forbidden(),
            not_found: Page::not_found(),
            challenge: constant(plain),
        }
    }

    pub fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    pub fn bubbling(self) -> Self {
        Self { bubbling: true, ..self }
    }

    /// Who sent the request, or the page that refuses it.
    pub fn identify(&self, headers: &HeaderMap) -> Result<User, &Page> {
        let mut lines = headers.get_all(AUTHORIZATION).iter();
        let Some(line) = lines.next() else { return Err(&self.missing) };
        if lines.next().is_some() {
            return Err(&self.ambiguous);
        }
        let Some((scheme, token)) = line.as_bytes().split_at_checked("Bearer ".len()) else {
            return Err(&self.missing);
        };
        if !scheme.eq_ignore_ascii_case(b"Bearer ") || token.is_empty() {
            return Err(&self.missing);
        }
        if !token.iter().all(|byte| B64TOKEN[usize::from(*byte)]) {
            return Err(&self.malformed);
        }
        if constant_time_eq(token, &self.token) { Ok(self.user) } else { Err(&self.invalid) }
    }
}

/// Which bytes a token is made of (RFC 6750 §2.1).
static B64TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128_u8 {
        table[byte as usize] = byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=');
        byte += 1;
    }
    table
};

impl<S> Bearer<S> {
    pub fn new(inner: S, config: BearerConfig) -> Self {
        Self { inner, config: Arc::new(config) }
    }
}

impl<S> Service<Request> for Bearer<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BearerFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        // Logs inside print no credential (A25).
        for (name, value) in request.headers_mut() {
            if *name == AUTHORIZATION || *name == PROXY_AUTHORIZATION {
                value.set_sensitive(true);
            }
        }
        let head = request.method() == Method::HEAD;
        let is_known = match self.config.identify(request.headers()) {
            Ok(user) => {
                request.extensions_mut().insert(Caller(user));
                true
            }
            Err(page) if self.config.optional && std::ptr::eq(page, &self.config.missing) => {
                request.extensions_mut().insert(Marker);
                false
            }
            Err(page) => return BearerFuture::Refused { response: Some(page.response(head)) },
        };
        let response = self.inner.call(request);
        BearerFuture::Serving { response, config: self.config.clone(), head, is_known }
    }
}

pin_project! {
    #[project = BearerProjection]
    pub enum BearerFuture<F> {
        Serving { #[pin] response: F, config: Arc<BearerConfig>, head: bool, is_known: bool },
        Refused { response: Option<Response> },
    }
}

impl<F> Future for BearerFuture<F>
where
    F: Future<Output = Result<Response, Infallible>>,
{
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (mut answer, is_known) = match self.project() {
            BearerProjection::Serving { response, config, head, is_known } => {
                let mut answer = ready!(response.poll(cx))?;
                if config.bubbling
                    && let Some(denied) = answer.extensions_mut().remove::<Denied>()
                {
                    let page = match denied {
                        Denied::Forbidden => &config.forbidden,
                        Denied::NotFound => &config.not_found,
                    };
                    let mut refusal = page.response(*head);
                    *refusal.extensions_mut() = mem::take(answer.extensions_mut());
                    return Poll::Ready(Ok(refusal));
                }
                if answer.status() == StatusCode::UNAUTHORIZED
                    && !answer.headers().contains_key(WWW_AUTHENTICATE)
                {
                    answer.headers_mut().insert(WWW_AUTHENTICATE, config.challenge.clone());
                }
                (answer, *is_known)
            }
            BearerProjection::Refused { response } => {
                return response.take().map_or(Poll::Pending, |response| Poll::Ready(Ok(response)));
            }
        };
        let headers = answer.headers_mut();
        if !headers.contains_key(CACHE_CONTROL) {
            if is_known {
                headers.insert(CACHE_CONTROL, HeaderValue::from_static("private"));
            } else {
                headers.append(VARY, HeaderValue::from_static("authorization"));
            }
        }
        Poll::Ready(Ok(answer))
    }
}

// ==== may they ====

#[derive(Clone)]
pub struct Role<S> {
    inner: S,
    config: Arc<RoleConfig>,
}

/// A denial on its way outward.
#[derive(Clone, Copy)]
enum Denied {
    Forbidden,
    NotFound,
}

pub struct RoleConfig {
    role: Box<str>,
    denied: Denied,
    bubbling: bool,
    refusal: Page,
    nobody: Page,
}

impl RoleConfig {
    pub fn forbidding(role: &str) -> Self {
        Self::new(role, Denied::Forbidden, Page::forbidden())
    }

    pub fn concealing(role: &str) -> Self {
        Self::new(role, Denied::NotFound, Page::not_found())
    }

    fn new(role: &str, denied: Denied, refusal: Page) -> Self {
        let nobody = Page::new(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong.", None);
        Self { role: role.into(), denied, bubbling: false, refusal, nobody }
    }

    pub fn bubbling(self) -> Self {
        Self { bubbling: true, ..self }
    }
}

impl<S> Role<S> {
    pub fn new(inner: S, config: RoleConfig) -> Self {
        Self { inner, config: Arc::new(config) }
    }
}

impl<S> Service<Request> for Role<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = RoleFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        use portcullis::HasRoles;

        let page = match request.extensions().get::<Caller>() {
            Some(Caller(user)) if user.has_role(&self.config.role) => {
                return RoleFuture::Serving { response: self.inner.call(request) };
            }
            Some(_) if self.config.bubbling => {
                let mut extensions = mem::take(request.extensions_mut());
                extensions.clear();
                extensions.insert(self.config.denied);
                let mut response = Response::new(Body::empty());
                *response.status_mut() = self.config.refusal.status;
                *response.extensions_mut() = extensions;
                return RoleFuture::Refused { response: Some(response) };
            }
            Some(_) => &self.config.refusal,
            None => &self.config.nobody,
        };
        let head = request.method() == Method::HEAD;
        RoleFuture::Refused { response: Some(page.response(head)) }
    }
}

pin_project! {
    #[project = RoleProjection]
    pub enum RoleFuture<F> {
        Serving { #[pin] response: F },
        Refused { response: Option<Response> },
    }
}

impl<F> Future for RoleFuture<F>
where
    F: Future<Output = Result<Response, Infallible>>,
{
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            RoleProjection::Serving { response } => {
                let answer = ready!(response.poll(cx))?;
                Poll::Ready(Ok(answer))
            }
            RoleProjection::Refused { response } => {
                response.take().map_or(Poll::Pending, |response| Poll::Ready(Ok(response)))
            }
        }
    }
}

// ==== what a refusal looks like ====

/// A denial, written once.
pub struct Page {
    status: StatusCode,
    challenge: Option<HeaderValue>,
    body: Bytes,
    length: HeaderValue,
}

impl Page {
    fn new(status: StatusCode, detail: &str, challenge: Option<String>) -> Self {
        let title = status.canonical_reason().unwrap_or_default();
        let status_code = status.as_u16();
        let body = format!(
            "{{\"type\":\"about:blank\",\"title\":\"{title}\",\"status\":{status_code},\
             \"detail\":\"{detail}\"}}"
        );
        Self {
            status,
            length: constant(body.len().to_string()),
            body: Bytes::from_static(String::leak(body).as_bytes()),
            challenge: challenge.map(constant),
        }
    }

    fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "You are not permitted to do this.", None)
    }

    fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "There is no such resource.", None)
    }

    pub fn response(&self, head: bool) -> Response {
        let body = if head { Body::empty() } else { Body::from(self.body.clone()) };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CONTENT_LENGTH, self.length.clone());
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(challenge) = &self.challenge {
            headers.insert(WWW_AUTHENTICATE, challenge.clone());
        }
        *response.headers_mut() = headers;
        response
    }
}

/// What would be a `const` in an application that is not a bench.
fn constant(text: String) -> HeaderValue {
    HeaderValue::from_static(String::leak(text))
}

// ==== nothing ====

/// Does nothing but what every layer of this kind costs: an `Arc` and a future.
/// With a `MARK` it puts a marker into the extensions, as an optional stage does (A02).
#[derive(Clone)]
pub struct Idle<S, const MARK: bool> {
    inner: S,
    config: Arc<HeaderValue>,
}

#[derive(Clone)]
struct Marker;

impl<S, const MARK: bool> Idle<S, MARK> {
    pub fn new(inner: S) -> Self {
        Self { inner, config: Arc::new(HeaderValue::from_static("idle")) }
    }
}

impl<S, const MARK: bool> Service<Request> for Idle<S, MARK>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = IdleFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        if MARK {
            request.extensions_mut().insert(Marker);
        }
        IdleFuture { response: self.inner.call(request), config: self.config.clone() }
    }
}

pin_project! {
    pub struct IdleFuture<F> {
        #[pin]
        response: F,
        config: Arc<HeaderValue>,
    }
}

impl<F> Future for IdleFuture<F>
where
    F: Future<Output = Result<Response, Infallible>>,
{
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().response.poll(cx)
    }
}
