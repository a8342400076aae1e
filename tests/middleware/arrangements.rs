//! tower-http's layers, and [`DrainLayer`], in every place around and between the stages, alone and in
//! pairs: on axum and on hyper the rows hold in each arrangement. A01, A06, C02, D01, D12, F09, F10.
//!
//! From the outside in, the places are: outside the conceal layer, outside the authenticate stage,
//! outside the authorize stage, and inside all of them.

use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderName};
use http::request::Parts;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use portcullis::drain::DrainBody;
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Basic, Bearer, ConcealLayer, Decision, Denial, DrainLayer,
    Identity, Policy, ResponseBody, Tokens, Users, any_of, policy_fn,
};
use tokio::runtime::Runtime;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_http::body::Limited;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::cors::CorsLayer;
use tower_http::csrf::CsrfLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::normalize_path::NormalizePathLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::sensitive_headers::SetSensitiveHeadersLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;
use tower_http::validate_request::ValidateRequestHeaderLayer;

use crate::Name;
use crate::rows::{check, check_panic};
use crate::support::{Answer, Connection, Server, get};

// ==== what is arranged ====

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Middleware {
    Cors,
    Compression,
    Trace,
    Timeout,
    SetRequestId,
    PropagateRequestId,
    SetHeader,
    CatchPanic,
    BodyLimit,
    NormalizePath,
    SensitiveHeaders,
    Csrf,
    ValidateRequest,
    Drain,
}

use Middleware::*;

const ALL: [Middleware; 14] = [
    Cors,
    Compression,
    Trace,
    Timeout,
    SetRequestId,
    PropagateRequestId,
    SetHeader,
    CatchPanic,
    BodyLimit,
    NormalizePath,
    SensitiveHeaders,
    Csrf,
    ValidateRequest,
    Drain,
];

/// The number of stages that are inside it: from 3, outside all, to 0, inside all.
pub const PLACES: [usize; 4] = [3, 2, 1, 0];

/// Middlewares with their places, the outer ones of a place first.
#[derive(Clone, PartialEq, Eq)]
pub struct Arrangement(Vec<(Middleware, usize)>);

impl Arrangement {
    fn single() -> impl Iterator<Item = Self> {
        let places = ALL.into_iter().flat_map(|it| PLACES.map(|place| (it, place)));
        places.map(|it| Self(vec![it]))
    }

    /// In each place both orders, and once where the places differ.
    fn pairs() -> impl Iterator<Item = Self> {
        let places = || ALL.into_iter().flat_map(|it| PLACES.map(|place| (it, place)));
        let pairs = places().flat_map(move |first| places().map(move |second| [first, second]));
        pairs.filter(|[first, second]| first.1 >= second.1).map(|pair| Self(pair.to_vec()))
    }

    pub fn has(&self, middleware: Middleware, places: &[usize]) -> bool {
        self.0.iter().any(|(it, place)| *it == middleware && places.contains(place))
    }

    /// The outermost first.
    fn at(&self, place: usize) -> impl DoubleEndedIterator<Item = Middleware> + '_ {
        self.0.iter().filter(move |(_, at)| *at == place).map(|(it, _)| *it)
    }
}

impl fmt::Debug for Arrangement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = ["conceal", "authenticate", "authorize"];
        for place in PLACES {
            self.at(place).try_for_each(|it| write!(f, "{it:?} > "))?;
            if place > 0 {
                write!(f, "{} > ", names[3 - place])?;
            }
        }
        write!(f, "handler")
    }
}

const ORIGIN: HeaderValue = HeaderValue::from_static("https://app.example");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const SET: HeaderName = HeaderName::from_static("x-set");

/// Applies a middleware, with `around`, which takes its layer.
macro_rules! apply {
    ($middleware:expr, $around:expr) => {
        match $middleware {
            Cors => $around(CorsLayer::new().allow_origin(ORIGIN)),
            Compression => $around(CompressionLayer::new()),
            Trace => $around(TraceLayer::new_for_http()),
            Timeout => $around(TimeoutLayer::with_status_code(
                StatusCode::GATEWAY_TIMEOUT,
                Duration::from_secs(60),
            )),
            SetRequestId => $around(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid)),
            PropagateRequestId => $around(PropagateRequestIdLayer::new(REQUEST_ID)),
            SetHeader => {
                $around(SetResponseHeaderLayer::overriding(SET, HeaderValue::from_static("1")))
            }
            CatchPanic => $around(CatchPanicLayer::new()),
            BodyLimit => $around(RequestBodyLimitLayer::new(10)),
            NormalizePath => $around(NormalizePathLayer::trim_trailing_slash()),
            SensitiveHeaders => $around(SetSensitiveHeadersLayer::new([AUTHORIZATION])),
            Csrf => $around(CsrfLayer::new()),
            ValidateRequest => {
                $around(ValidateRequestHeaderLayer::accept("application/problem+json"))
            }
            Drain => $around(DrainLayer::new()),
        }
    };
}

fn identity() -> impl Identity<Principal = Name> {
    let tokens = Tokens::new().with("alice-token", "alice").with("bob-token", "bob");
    let users = Users::new().with("alice", "wonderland", "alice");
    any_of((Bearer::new("test", tokens).unwrap(), Basic::new("test", users).unwrap()))
}

/// Alice may do everything, and bob may neither read the reports nor see the vault.
fn policy() -> impl Policy<Name, Parts> {
    policy_fn(|name: &Name, request: &Parts| match request.uri.path() {
        path if path.starts_with("/vault") => Decision::permit_if(*name == "alice").concealed(),
        "/reports" => Decision::permit_if(*name == "alice"),
        _ => Decision::Permit,
    })
}

macro_rules! conceal {
    () => {
        ConcealLayer::everywhere().hide_routes_under("/vault").unwrap()
    };
}

macro_rules! authenticate {
    () => {
        AuthenticateLayer::new(identity()).exempt_preflights().expose_challenges()
    };
}

macro_rules! authorize {
    () => {
        AuthorizeLayer::<Name>::new(policy()).discloses_routes()
    };
}

/// Long enough to be compressed.
pub const PAGE: &str = "a page that is long enough, that is long enough, that is long enough";

/// What is inside. Its 404 has a body of its own.
fn handle<B>(request: Request<B>) -> Response<Bytes> {
    let page = match request.uri().path() {
        "/" | "/reports" | "/vault/notes" => PAGE,
        "/denied" => return Denial::forbidden().into_http_response(),
        "/panic" => panic!("a handler panics on purpose"),
        path => {
            let mut missing = Response::new(Bytes::from(format!("there is no {path}")));
            *missing.status_mut() = StatusCode::NOT_FOUND;
            return missing;
        }
    };
    Response::new(Bytes::from(page))
}

// ==== on axum ====

fn on_axum(arrangement: &Arrangement) -> Router {
    let handler =
        service_fn(|request| async move { Ok::<_, Infallible>(handle(request).map(Body::from)) });
    let mut app = Router::new().fallback_service(handler);
    for place in PLACES.into_iter().rev() {
        app = match place {
            0 => app,
            1 => app.layer(authorize!()),
            2 => app.layer(authenticate!()),
            _ => app.layer(conceal!()),
        };
        for middleware in arrangement.at(place).rev() {
            app = apply!(middleware, |layer| app.layer(layer));
        }
    }
    app
}

// ==== on hyper ====

type Boxed = UnsyncBoxBody<Bytes, BoxError>;
type OnHyper = BoxCloneSyncService<Request<Boxed>, Response<ResponseBody<Boxed>>, Infallible>;

fn boxed<B>(body: B) -> Boxed
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    body.map_err(Into::into).boxed_unsync()
}

/// Boxes the body of a request, whatever a layer outside has made of it.
#[derive(Clone)]
struct BoxRequests(OnHyper);

impl<B> Service<Request<B>> for BoxRequests
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    type Response = <OnHyper as Service<Request<Boxed>>>::Response;
    type Error = Infallible;
    type Future = <OnHyper as Service<Request<Boxed>>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.0.call(request.map(boxed))
    }
}

/// Applies a layer that may change the types of both bodies, and boxes them.
fn around<L, B>(layer: L, app: OnHyper) -> OnHyper
where
    L: Layer<BoxRequests>,
    L::Service: Service<Request<Boxed>, Response = Response<B>, Error = Infallible>,
    L::Service: Clone + Send + Sync + 'static,
    <L::Service as Service<Request<Boxed>>>::Future: Send + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let service = layer.layer(BoxRequests(app));
    let boxed = |response: Response<B>| response.map(|body| ResponseBody::new(boxed(body)));
    BoxCloneSyncService::new(service.map_response(boxed))
}

fn on_hyper(arrangement: &Arrangement) -> OnHyper {
    let handler = service_fn(|request| async move {
        Ok::<_, Infallible>(handle(request).map(|bytes| ResponseBody::new(boxed(Full::new(bytes)))))
    });
    let mut app = BoxCloneSyncService::new(handler);
    for place in PLACES.into_iter().rev() {
        app = match place {
            0 => app,
            1 => BoxCloneSyncService::new(authorize!().layer(app)),
            2 => BoxCloneSyncService::new(authenticate!().layer(app)),
            _ => BoxCloneSyncService::new(conceal!().layer(app)),
        };
        for middleware in arrangement.at(place).rev() {
            app = apply!(middleware, |layer| around(layer, app));
        }
    }
    app
}

// ==== how it is asked ====

/// The headers of every request. A form of another origin is what `CsrfLayer` refuses.
fn always(method: &str) -> &'static [(&'static str, &'static str)] {
    const ALWAYS: [(&str, &str); 3] =
        [("origin", "https://app.example"), ("accept", "*/*"), ("x-request-id", "7")];
    if method == "POST" { &ALWAYS[1..] } else { &ALWAYS }
}

/// Sends requests to a service in this process.
fn in_process<S, Q, B>(
    runtime: &Runtime,
    app: S,
    body: fn(Full<Bytes>) -> Q,
) -> impl Fn(&str, &str, &[(&str, &str)]) -> Answer
where
    S: Service<Request<Q>, Response = Response<B>, Error = Infallible> + Clone,
    B: http_body::Body<Data = Bytes, Error: fmt::Debug>,
{
    move |method, path, headers| {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in always(method).iter().chain(headers) {
            request = request.header(*name, *value);
        }
        let sent = if method == "POST" { &[b'x'; 100][..] } else { &[] };
        let request = request.body(body(Full::from(sent))).unwrap();
        let (parts, body) = runtime.block_on(app.clone().oneshot(request)).unwrap().into_parts();
        let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
        let fields = parts.headers.iter();
        Answer {
            status: parts.status.as_u16(),
            fields: fields.map(|(name, value)| (name.to_string(), text(value))).collect(),
            body: runtime.block_on(body.collect()).unwrap().to_bytes().to_vec(),
            interim: Vec::new(),
        }
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

// ==== the tests ====

#[test]
fn f03_d12_each_layer_in_each_place_on_axum() {
    let runtime = runtime();
    for arrangement in Arrangement::single() {
        let app = on_axum(&arrangement);
        let send = in_process(&runtime, app, Body::new::<Full<Bytes>>);
        check(&arrangement, &send);
        check_panic(&arrangement, &send);
    }
}

#[test]
fn f03_d12_each_pair_of_layers_in_each_place_on_axum() {
    let runtime = runtime();
    for arrangement in Arrangement::pairs() {
        let app = on_axum(&arrangement);
        check(&arrangement, &in_process(&runtime, app, Body::new::<Full<Bytes>>));
    }
}

#[test]
fn f03_d12_each_pair_of_layers_in_each_place_without_a_framework() {
    let runtime = runtime();
    for arrangement in Arrangement::pairs() {
        let app = on_hyper(&arrangement);
        check(&arrangement, &in_process(&runtime, app, boxed::<Full<Bytes>>));
    }
}

#[test]
fn f03_d12_each_layer_in_each_place_on_hyper() {
    let arrangements: Arc<[_]> = Arrangement::single().collect();
    let apps: Vec<_> = arrangements.iter().map(on_hyper).collect();
    let apps = Arc::new(Mutex::new(apps));
    // The request says which arrangement it is for.
    let server = Server::start(service_fn(move |request: Request<Incoming>| {
        let index: usize = request.headers()["x-arrangement"].to_str().unwrap().parse().unwrap();
        let app = apps.lock().unwrap()[index].clone();
        app.oneshot(request.map(boxed))
    }));
    for (index, arrangement) in arrangements.iter().enumerate() {
        let send = |method: &str, path: &str, headers: &[(&str, &str)]| {
            let index = index.to_string();
            let own = [("x-arrangement", &*index)];
            let headers = own.iter().chain(always(method)).chain(headers);
            let mut request = format!("{method} {path} HTTP/1.1\r\nhost: test\r\n");
            for (name, value) in headers {
                request.push_str(&format!("{name}: {value}\r\n"));
            }
            request.push_str("\r\n");
            if method == "POST" {
                request.push_str(&"x".repeat(100));
            }
            Connection::open(server.address).send(request.as_bytes())
        };
        check(arrangement, &send);
        check_panic(arrangement, &send);
    }
}

/// The body of a [`ResponseBody`] fits every layer as it is: none of these is boxed.
#[test]
fn every_layer_fits_outside_the_stages_on_plain_hyper() {
    let service = ServiceBuilder::new()
        .layer(DrainLayer::new())
        .layer(SetSensitiveHeadersLayer::new([AUTHORIZATION]))
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .layer(TraceLayer::new_for_http())
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
        .layer(CompressionLayer::new())
        .layer(RequestBodyLimitLayer::new(10))
        .layer(NormalizePathLayer::trim_trailing_slash())
        .layer(SetResponseHeaderLayer::overriding(SET, HeaderValue::from_static("1")))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, Duration::from_secs(60)))
        .layer(CsrfLayer::new())
        .layer(ValidateRequestHeaderLayer::accept("application/problem+json"))
        .layer(CorsLayer::new().allow_origin(ORIGIN))
        .layer(conceal!())
        .layer(authenticate!())
        .layer(authorize!())
        .map_response(ResponseBody::wrap)
        .service_fn(|request: Request<_>| async move {
            // The body type is what the layers outside make of the server's.
            let request: Request<Limited<DrainBody<Incoming>>> = request;
            Ok::<_, Infallible>(handle(request).map(Full::new))
        });
    let server = Server::start(service);
    let ask = |fields: &[&str]| get(server.address, "/reports", fields);
    let answer = ask(&["origin: https://app.example"]);
    assert_eq!(answer.status, 401);
    assert_eq!(answer.lines("www-authenticate").len(), 2);
    for name in ["access-control-allow-origin", "x-request-id", "x-set"] {
        assert!(answer.field(name).is_some(), "{name}: {answer:?}");
    }
    assert_eq!(ask(&["authorization: Bearer bob-token"]).status, 403);
    assert_eq!(ask(&["authorization: Bearer alice-token"]).text(), PAGE);
}
