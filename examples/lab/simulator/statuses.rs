//! The statuses, and the right response with each.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::LazyLock;
use std::time::Duration;

use axum::http::header::{
    ACCEPT, ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG,
    LINK, LOCATION, UPGRADE,
};
use axum::http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use bytes::Bytes;
use futures_util::FutureExt;
use http_body_util::{BodyExt, Full};
use portcullis::authenticate::IdentityService;
use portcullis::{
    AuthenticateLayer, Basic, Bearer, Denial, Identity, Login, ProblemDetails, Unauthenticated,
    any_of, verify_fn,
};
use serde_json::json;
use tower::util::{BoxCloneSyncService, ServiceExt};
use tower::{Layer, service_fn};

/// A registered status code.
#[derive(Clone, Copy)]
pub struct Status {
    pub code: u16,
    /// The section that defines it.
    pub source: &'static str,
    /// What it tells the client.
    pub says: &'static str,
}

/// Those that the simulator sends.
pub static STATUSES: &[Status] = &[
    status(200, "RFC 9110 §15.3.1", "The request has succeeded."),
    status(204, "RFC 9110 §15.3.5", "The request has succeeded, and there is nothing to send."),
    status(300, "RFC 9110 §15.4.1", "There are several representations: choose one."),
    status(301, "RFC 9110 §15.4.2", "The resource has a new address for good."),
    status(302, "RFC 9110 §15.4.3", "The resource is at another address for now."),
    status(303, "RFC 9110 §15.4.4", "The answer is at another address: GET it there."),
    status(304, "RFC 9110 §15.4.5", "The stored response is still fresh."),
    status(305, "RFC 9110 §15.4.6", "Deprecated: the proxy to use."),
    status(306, "RFC 9110 §15.4.7", "Reserved: no server sends it."),
    status(307, "RFC 9110 §15.4.8", "Send the same request to another address for now."),
    status(308, "RFC 9110 §15.4.9", "Send the same request to another address from now on."),
    status(400, "RFC 9110 §15.5.1", "The request is malformed."),
    status(
        401,
        "RFC 9110 §15.5.2",
        "The request lacks valid credentials: the challenges say which.",
    ),
    status(402, "RFC 9110 §15.5.3", "Reserved for payments."),
    status(
        403,
        "RFC 9110 §15.5.4",
        "The server has understood the request and does not permit it.",
    ),
    status(
        404,
        "RFC 9110 §15.5.5",
        "There is nothing here, or the server does not say that there is.",
    ),
    status(
        405,
        "RFC 9110 §15.5.6",
        "The resource does not support the method: Allow lists those it does.",
    ),
    status(406, "RFC 9110 §15.5.7", "There is no representation that the client accepts."),
    status(407, "RFC 9110 §15.5.8", "The proxy needs credentials: Proxy-Authenticate says which."),
    status(
        408,
        "RFC 9110 §15.5.9",
        "The request did not arrive in time, and the connection closes.",
    ),
    status(409, "RFC 9110 §15.5.10", "The request conflicts with the state of the resource."),
    status(410, "RFC 9110 §15.5.11", "The resource was removed for good."),
    status(411, "RFC 9110 §15.5.12", "The request has no Content-Length."),
    status(412, "RFC 9110 §15.5.13", "A precondition of the request is false."),
    status(413, "RFC 9110 §15.5.14", "The content of the request is too large."),
    status(414, "RFC 9110 §15.5.15", "The target of the request is too long."),
    status(415, "RFC 9110 §15.5.16", "The content has another type than Accept lists."),
    status(
        416,
        "RFC 9110 §15.5.17",
        "The range is outside of the representation, whose length Content-Range has.",
    ),
    status(417, "RFC 9110 §15.5.18", "The server does not meet the expectation of the request."),
    status(418, "RFC 9110 §15.5.19", "Reserved: it is in use as a joke."),
    status(
        421,
        "RFC 9110 §15.5.20",
        "This server does not answer for the host: use another connection.",
    ),
    status(
        422,
        "RFC 9110 §15.5.21",
        "The content is well-formed, and its instructions cannot be followed.",
    ),
    status(423, "RFC 4918 §11.3", "The resource is locked."),
    status(424, "RFC 4918 §11.4", "Another action, on which this one depends, has failed."),
    status(
        425,
        "RFC 8470 §5.2",
        "The request came in early data, and could be a replay: send it again later.",
    ),
    status(426, "RFC 9110 §15.5.22", "The server wants another protocol: Upgrade says which."),
    status(428, "RFC 6585 §3", "The request needs a precondition, such as If-Match."),
    status(
        429,
        "RFC 6585 §4",
        "The client has sent too many requests: Retry-After says when to go on.",
    ),
    status(431, "RFC 6585 §5", "The headers of the request are too large."),
    status(451, "RFC 7725 §3", "A law forbids it: Link names who demands it."),
    status(500, "RFC 9110 §15.6.1", "The server is at fault."),
    status(501, "RFC 9110 §15.6.2", "The server does not know the method."),
    status(502, "RFC 9110 §15.6.3", "A server behind this one has given an invalid response."),
    status(
        503,
        "RFC 9110 §15.6.4",
        "The server cannot answer for now: Retry-After says when to try again.",
    ),
    status(504, "RFC 9110 §15.6.5", "A server behind this one has not responded in time."),
    status(
        505,
        "RFC 9110 §15.6.6",
        "The server does not speak this version of HTTP: it speaks HTTP/1.1.",
    ),
    status(506, "RFC 2295 §8.1", "The negotiation of a representation is misconfigured."),
    status(507, "RFC 4918 §11.5", "There is no room to store the representation."),
    status(508, "RFC 5842 §7.2", "The request has led in a circle."),
    status(510, "RFC 2774 §7", "Historic: the request lacks an extension."),
    status(511, "RFC 6585 §6", "The network needs a login: Link leads to it."),
];

const fn status(code: u16, source: &'static str, says: &'static str) -> Status {
    Status { code, source, says }
}

impl Status {
    pub fn find(code: u16) -> Option<&'static Self> {
        STATUSES.iter().find(|status| status.code == code)
    }

    /// Whether responses with it have content (RFC 9110 §6.4.1).
    pub fn has_body(&self) -> bool {
        !matches!(self.code, 204 | 304)
    }

    /// The right response to this request.
    pub fn respond(&self, request: &Request<()>) -> Response<Bytes> {
        let code = StatusCode::from_u16(self.code).expect("the table has three digits each");
        let mut response = match code {
            StatusCode::UNAUTHORIZED => STAGES.origin.ask(request, None),
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => STAGES.proxy.ask(request, None),
            _ => STAGES.others.ask(request, Some(*self)),
        };
        for (name, value) in headers_of(code, request.method()) {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }

    /// What a handler returns.
    fn inner(&self) -> Answer {
        let code = StatusCode::from_u16(self.code).expect("the table has three digits each");
        let denial = match code {
            StatusCode::FORBIDDEN => Denial::forbidden(),
            StatusCode::GONE => Denial::gone(),
            StatusCode::TOO_MANY_REQUESTS => Denial::throttled(WAIT),
            StatusCode::INTERNAL_SERVER_ERROR => Denial::internal_error(),
            StatusCode::SERVICE_UNAVAILABLE => Denial::unavailable().with_retry_after(WAIT),
            code if code.is_client_error() || code.is_server_error() => {
                return ProblemDetails::new(code).with_detail(self.says).into_http_response();
            }
            code => return self.success_or_redirect(code),
        };
        denial.with_detail(self.says).into_http_response()
    }

    /// 2xx and 3xx are no problems, so that their bodies are plain JSON.
    fn success_or_redirect(&self, code: StatusCode) -> Answer {
        let body = match self.has_body() {
            true => Bytes::from(json!({ "detail": self.says }).to_string()),
            false => Bytes::new(),
        };
        let mut response = Response::new(Full::new(body.clone()));
        *response.status_mut() = code;
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.has_body() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        }
        response
    }
}

const WAIT: Duration = Duration::from_secs(5);

/// The headers that the section of the status asks for, besides those of the stages.
fn headers_of(code: StatusCode, method: &Method) -> Vec<(HeaderName, &'static str)> {
    // A 405 does not list the method to which it responds.
    let reads = matches!(*method, Method::GET | Method::HEAD);
    match code.as_u16() {
        300..=303 | 305 | 307 | 308 => vec![(LOCATION, "/status/200")],
        304 => vec![(ETAG, "\"1\"")],
        405 => vec![(ALLOW, if reads { "PUT, DELETE" } else { "GET, HEAD" })],
        408 => vec![(CONNECTION, "close")],
        415 => vec![(ACCEPT, "application/json")],
        416 => vec![(CONTENT_RANGE, "bytes */1024")],
        426 => vec![(UPGRADE, "websocket"), (CONNECTION, "upgrade")],
        451 => vec![(LINK, "</status/200>; rel=\"blocked-by\"")],
        511 => vec![(LINK, "</status/200>; rel=\"help\"")],
        _ => Vec::new(),
    }
}

// ==== the stages ====

type Answer = Response<Full<Bytes>>;

/// A stage in front of a service that responds with the status in the extensions of the request: the denial is
/// made there, since the stage, which renders it, may refuse the request itself.
struct Stage(BoxCloneSyncService<Request<()>, Answer, Infallible>);

fn wanted(request: Request<()>) -> Ready<Result<Answer, Infallible>> {
    let status = request.extensions().get::<Status>();
    ready(Ok(status.map_or_else(Answer::default, Status::inner)))
}

static STAGES: LazyLock<Stages> = LazyLock::new(Stages::new);

struct Stages {
    origin: Stage,
    proxy: Stage,
    others: Stage,
}

impl Stages {
    fn new() -> Self {
        let stage = |realm| {
            AuthenticateLayer::new(refuses_all(realm))
                .suppress_dialogs_for_scripts()
                .retry_after(WAIT)
                .without_grpc()
        };
        Self {
            origin: Stage::new(stage("lab")),
            proxy: Stage::new(stage("proxy").at_proxy().expect("only Authorization is read")),
            others: Stage::new(stage("lab").optional().ignore_invalid_credentials()),
        }
    }
}

/// An identity for which no credentials are right.
fn refuses_all(realm: &str) -> impl Identity<Principal = ()> + use<> {
    let no_token = verify_fn(|_: &str| Err(Unauthenticated::invalid()));
    let no_login = verify_fn(|_: &Login| Err(Unauthenticated::invalid()));
    let bearer = Bearer::new(realm, no_token).expect("a realm of letters");
    any_of((bearer, Basic::new(realm, no_login).expect("a realm of letters")))
}

impl Stage {
    fn new<I: IdentityService>(layer: AuthenticateLayer<I>) -> Self {
        Self(BoxCloneSyncService::new(layer.layer(service_fn(wanted))))
    }

    /// The response of the stage; its service responds with `inner`.
    fn ask(&self, request: &Request<()>, inner: Option<Status>) -> Response<Bytes> {
        let mut asked = Request::new(());
        *asked.method_mut() = request.method().clone();
        *asked.uri_mut() = request.uri().clone();
        *asked.headers_mut() = request.headers().clone();
        if let Some(inner) = inner {
            asked.extensions_mut().insert(inner);
        }
        // Nothing in it waits.
        let response = self.0.clone().oneshot(asked).now_or_never().expect("no waiting");
        let Ok(response) = response;
        let (parts, body) = response.into_parts();
        let Ok(body) = body.collect().now_or_never().expect("a whole body");
        Response::from_parts(parts, body.to_bytes())
    }
}
