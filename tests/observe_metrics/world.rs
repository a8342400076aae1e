//! A stage whose identity, policy and handler do what the request says.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Once;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderName, StatusCode};
use http_body_util::Full;
use metrics::Recorder;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use portcullis::challenge::Challenge;
use portcullis::{
    AuthorizeLayer, Basic, Bearer, Decision, Denial, Identity, Login, Policy, Requirement,
    Unauthenticated, any_of, identity_fn, verify_fn,
};
use tower::{Layer, Service, service_fn};

pub type Request = http::Request<()>;
pub type Response = http::Response<Full<Bytes>>;

pub const DECISIONS: &str = "portcullis_decisions_total";
pub const UNCLAIMED: &str = "portcullis_unclaimed_total";

pub fn prometheus() -> (PrometheusRecorder, PrometheusHandle) {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    (recorder, handle)
}

/// Builds something while this recorder is installed.
pub fn with<T>(recorder: &impl Recorder, build: impl FnOnce() -> T) -> T {
    metrics::with_local_recorder(recorder, build)
}

// ==== the parts ====

pub const FAILURES: [fn() -> Unauthenticated; 10] = [
    Unauthenticated::missing,
    Unauthenticated::malformed,
    Unauthenticated::ambiguous,
    Unauthenticated::invalid_request,
    Unauthenticated::invalid,
    Unauthenticated::expired,
    Unauthenticated::stale,
    Unauthenticated::suspended,
    || Unauthenticated::throttled(Duration::from_secs(1)),
    Unauthenticated::unavailable,
];

/// What no authentication satisfies.
fn impossible() -> Requirement {
    Requirement::acr(["gold"]).unwrap().and(&Requirement::acr(["silver"]).unwrap())
}

/// A denial of every cause.
pub fn denials() -> Vec<Denial> {
    let scopes = Requirement::scopes(["files:write"]).unwrap();
    let max_age = Requirement::max_age(Duration::from_secs(60));
    let own = [
        Denial::identity_needed(),
        Denial::reauthenticate(),
        Denial::forbidden(),
        Denial::insufficient(scopes),
        Denial::insufficient(max_age),
        Denial::not_found(),
        Denial::gone(),
        Denial::internal_error(),
        Denial::insufficient(impossible()),
    ];
    FAILURES.iter().map(|failure| failure().into()).chain(own).collect()
}

/// What a policy can decide but to permit, and to panic.
fn decisions() -> Vec<Decision> {
    let scopes = Requirement::scopes(["files:write"]).unwrap();
    let max_age = Requirement::max_age(Duration::from_secs(60));
    vec![
        Decision::forbidden(),
        Decision::insufficient(scopes),
        Decision::insufficient(max_age),
        Decision::identity_needed(),
        Decision::unavailable(),
        Decision::abstain(),
        Decision::insufficient(impossible()),
    ]
}

/// Numbers of [`decisions`], and one for the panic.
pub const DECISION_COUNT: usize = 8;

/// What a panic says that is meant.
const MEANT: &str = "a panic that is meant";

/// The panics of verifier and policy are meant; their messages would fill the output.
pub fn silence_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let payload = panic.payload();
            let is_meant = payload.downcast_ref::<&str>().is_some_and(|text| text.contains(MEANT))
                || payload.downcast_ref::<String>().is_some_and(|text| text.contains(MEANT));
            if !is_meant {
                others(panic);
            }
        }));
    });
}

/// The token `alice`, the failure with this number, or a panic.
fn verify(credential: &str) -> Result<&'static str, Unauthenticated> {
    match credential.split_once('-') {
        None if credential == "alice" => Ok("alice"),
        Some(("failure", number)) if number.parse::<usize>().is_ok_and(|it| it < 10) => {
            Err(FAILURES[number.parse::<usize>().unwrap()]())
        }
        Some(("failure", _)) => panic!("{MEANT}"),
        _ => Err(Unauthenticated::invalid()),
    }
}

pub const SESSION: HeaderName = HeaderName::from_static("x-session");

/// Bearer, Basic, and a session without a scheme of its own: two schemes.
pub fn identity() -> impl Identity<Principal = &'static str> {
    let bearer = Bearer::new("api", verify_fn(verify)).unwrap();
    let basic = Basic::new("api", verify_fn(|login: &Login| verify(login.password()))).unwrap();
    let challenge = Challenge::bearer("api").unwrap();
    let session = identity_fn(challenge, |request: &Parts| match request.headers.get(SESSION) {
        Some(value) => verify(value.to_str().unwrap()),
        None => Err(Unauthenticated::missing()),
    });
    any_of((bearer, basic, session.reads_headers([SESSION])))
}

/// Decides what `x-policy` says.
struct Scripted;

impl Scripted {
    fn decision(&self, request: &Parts) -> Decision {
        let Some(number) = number(&request.headers, "x-policy") else { return Decision::Permit };
        let decision = decisions().into_iter().nth(number).expect(MEANT);
        if request.headers.contains_key("x-concealed") { decision.concealed() } else { decision }
    }
}

impl Policy<&'static str> for Scripted {
    async fn decide(&self, _: &&'static str, request: &Parts) -> Decision {
        self.decision(request)
    }

    async fn decide_anonymous(&self, request: &Parts) -> Decision {
        self.decision(request)
    }
}

/// The number in a header.
pub fn number(headers: &HeaderMap, name: &str) -> Option<usize> {
    Some(headers.get(name)?.to_str().ok()?.parse().expect("a number"))
}

/// A handler that responds with the denial `x-handler`, or the status `x-status`.
pub fn handler()
-> impl Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone {
    service_fn(|request: Request| async move {
        let (request, ()) = request.into_parts();
        if let Some(index) = number(&request.headers, "x-handler") {
            let denial = denials().swap_remove(index);
            let is_concealed = request.headers.contains_key("x-concealed");
            let denial = if is_concealed { denial.concealed() } else { denial };
            return Ok(denial.into_http_response());
        }
        let status = number(&request.headers, "x-status").unwrap_or(200);
        let mut response = Response::default();
        *response.status_mut() = StatusCode::from_u16(status.try_into().unwrap()).unwrap();
        Ok(response)
    })
}

/// The handler, inside a policy.
pub fn service()
-> impl Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone {
    AuthorizeLayer::<&'static str>::new(Scripted).layer(handler())
}

// ==== requests ====

pub fn request(headers: &[(&str, &str)]) -> Request {
    let builder = Request::builder();
    let with = |builder: http::request::Builder, (name, value): &(&str, &str)| {
        builder.header(*name, *value)
    };
    headers.iter().fold(builder, with).body(()).unwrap()
}

/// The response to a request that waits for nothing.
pub fn send<S, B>(service: &mut S, request: http::Request<B>) -> Response
where
    S: Service<http::Request<B>, Response = Response, Error = Infallible>,
{
    let mut cx = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut cx).is_ready());
    let mut future = pin!(service.call(request));
    loop {
        if let Poll::Ready(Ok(response)) = future.as_mut().poll(&mut cx) {
            return response;
        }
    }
}
