//! [`Endpoint`]: asks the introspection endpoint (RFC 7662 §2).

use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::breaker::{Breaker, Ended};
use super::client_auth::ClientAuth;
use super::failure::{self, Failure};
use super::form::Form;
use crate::denial::Unauthenticated;
use crate::oauth::fetch::{BoxFetch, Fetch};
use crate::oauth::json;
use crate::oauth::token_error::TokenError;
use crate::timeout::Timeout;

/// The longest response that is read.
const MAX_BODY: usize = 64 * 1024;

/// For each call at once, so many tokens may wait for theirs.
const WAITING_PER_CALL: usize = 3;

/// The endpoint, and what limits the calls to it.
pub(super) struct Endpoint {
    url: Uri,
    fetch: BoxFetch,
    auth: ClientAuth,
    pub(super) time_limit: Duration,
    limits: Limits,
    breaker: Breaker,
}

struct Limits {
    at_once: usize,
    /// One for each call at once.
    calls: Semaphore,
    /// One for each call, at once or waiting.
    all: Semaphore,
}

impl Limits {
    fn new(at_once: usize) -> Self {
        let at_once = at_once.clamp(1, 1 << 20);
        let all = Semaphore::new(at_once * (1 + WAITING_PER_CALL));
        Self { at_once, calls: Semaphore::new(at_once), all }
    }
}

/// What the endpoint says of a token.
pub(super) struct Answer {
    /// The members of the response, if `active` is `true`.
    pub(super) members: Option<Map<String, Value>>,
    /// The length of the response in bytes.
    pub(super) length: usize,
    /// When it was asked.
    pub(super) asked: Instant,
}

impl Endpoint {
    pub(super) fn new(url: Uri, fetch: impl Fetch, auth: ClientAuth) -> Self {
        Self {
            url,
            fetch: BoxFetch::new(fetch),
            auth,
            time_limit: Duration::from_secs(5),
            limits: Limits::new(64),
            breaker: Breaker::new(),
        }
    }

    pub(super) fn limit_calls(&mut self, at_once: usize) {
        self.limits = Limits::new(at_once);
    }

    /// The refusal of a token about which no call can be made now.
    pub(super) fn unavailable_now(&self) -> Option<Unauthenticated> {
        if let Some(wait) = self.breaker.pause() {
            return Some(unavailable().with_retry_after(wait));
        }
        (self.limits.all.available_permits() == 0).then(|| self.busy(Duration::ZERO))
    }

    fn busy(&self, waited: Duration) -> Unauthenticated {
        failure::is_busy(self.limits.at_once, waited);
        unavailable()
    }

    pub(super) async fn ask(&self, token: &str) -> Result<Answer, Unauthenticated> {
        let Ok(_one_of_all) = self.limits.all.try_acquire() else {
            return Err(self.busy(Duration::ZERO));
        };
        let turn = Timeout::new(self.limits.calls.acquire(), self.time_limit).await;
        let Ok(Ok(_one_at_once)) = turn else { return Err(self.busy(self.time_limit)) };
        let call = self.breaker.enter().map_err(|wait| unavailable().with_retry_after(wait))?;
        let asked = Instant::now();
        let answer = Timeout::new(self.call(token), self.time_limit).await;
        let answer = answer.map_err(Failure::Timeout).and_then(|answer| answer);
        let ended = answer.as_ref().map_or_else(Failure::ended, |_| Ended::Well);
        if let Err(failure) = &answer {
            failure::failed(failure);
        }
        if let Some(change) = call.end(ended) {
            failure::changed(change);
        }
        let (members, length) = answer.map_err(|failure| failure.refusal())?;
        Ok(Answer { members, length, asked })
    }

    async fn call(&self, token: &str) -> Result<(Option<Map<String, Value>>, usize), Failure> {
        let response = self.fetch.fetch(self.request(token), MAX_BODY).await?;
        let members = read(&response)?;
        Ok((members, response.body().len()))
    }

    fn request(&self, token: &str) -> Request<Bytes> {
        let mut form = Form::default();
        form.parameter("token", token);
        form.parameter("token_type_hint", "access_token");
        self.auth.add_to(&mut form);
        let mut request = Request::new(form.into_bytes());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.url.clone();
        let headers = request.headers_mut();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        headers.extend(self.auth.header().map(|value| (AUTHORIZATION, value)));
        request
    }
}

fn unavailable() -> Unauthenticated {
    TokenError::IntrospectionUnavailable.into()
}

/// Reads a response. `None` if the token is not active; its other members do not matter then (RFC 7662
/// §2.2).
fn read(response: &Response<Bytes>) -> Result<Option<Map<String, Value>>, Failure> {
    match response.status() {
        StatusCode::OK => {}
        status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
            return Err(Failure::Client(status));
        }
        StatusCode::BAD_REQUEST if is_of_unsupported_type(response) => {
            return Err(Failure::TokenType);
        }
        status => return Err(Failure::Status(status)),
    }
    if !is_json(response) {
        return Err(Failure::MediaType);
    }
    // A `Fetch` of the program may not limit the length.
    if response.body().len() > MAX_BODY {
        return Err(Failure::TooLong(MAX_BODY));
    }
    let members = json::object(response.body()).map_err(Failure::NotJson)?;
    match members.get("active") {
        Some(Value::Bool(true)) => Ok(Some(members)),
        Some(Value::Bool(false)) => Ok(None),
        _ => Err(Failure::Active),
    }
}

/// Whether the endpoint does not introspect tokens of this type (RFC 7009 §2.2.1), such as JWTs. RFC 7662
/// does not have this error. It is an answer about the token, which no later call would change.
fn is_of_unsupported_type(response: &Response<Bytes>) -> bool {
    is_json(response)
        && response.body().len() <= MAX_BODY
        && json::object(response.body()).is_ok_and(|members| {
            members.get("error").is_some_and(|it| it == "unsupported_token_type")
        })
}

fn is_json(response: &Response<Bytes>) -> bool {
    let mut types = response.headers().get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (types.next(), types.next()) else { return false };
    let media_type = value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    media_type.trim_ascii().eq_ignore_ascii_case(b"application/json")
}
