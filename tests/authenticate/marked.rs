//! A25: inside the stage, the credentials in the headers are marked as sensitive.

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use portcullis::authenticate::IdentityService;
use portcullis::challenge::Challenge;
use portcullis::{
    Attempt, AuthenticateLayer, AuthorizeLayer, Decision, Identity, IdentityInfo, Outcome, Refusal,
    Respond, ResponseBody, Throttle, Unauthenticated, any_of, identity_fn, policy_fn,
};
use tower::{Layer, ServiceBuilder, ServiceExt, service_fn};
use tower_http::trace::{DefaultMakeSpan, TraceLayer};
use tracing_subscriber::fmt::MakeWriter;

use crate::support::Events;
use crate::{Name, Session, api_key, basic, bearer};

/// Printed request heads, and where they were printed.
#[derive(Clone, Default)]
struct Printed(Arc<Mutex<Vec<(&'static str, String)>>>);

impl Printed {
    fn print(&self, place: &'static str, head: &Parts) {
        self.0.lock().unwrap().push((place, format!("{head:?} {head:#?}")));
    }

    fn take(&self) -> Vec<(&'static str, String)> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// Prints the request head, then calls another identity.
struct Printing<I> {
    identity: I,
    printed: Printed,
    waits: bool,
}

impl<I: Identity> Identity for Printing<I> {
    type Principal = I::Principal;

    fn describe(&self) -> IdentityInfo {
        self.identity.describe()
    }

    async fn identify(&self, request: &Parts) -> Result<I::Principal, Unauthenticated> {
        tokio::task::yield_now().await;
        self.printed.print("identity", request);
        self.identity.identify(request).await
    }

    fn identify_now(&self, request: &Parts) -> Option<Result<I::Principal, Unauthenticated>> {
        if self.waits {
            return None;
        }
        self.printed.print("identity", request);
        self.identity.identify_now(request)
    }
}

impl Throttle for Printed {
    fn admit(&self, attempt: &Attempt<'_>) -> Result<(), std::time::Duration> {
        self.print("throttle", attempt.request());
        Ok(())
    }

    fn settle(&self, attempt: &Attempt<'_>, _: Outcome) {
        self.print("throttle", attempt.request());
    }
}

impl Respond for Printed {
    type Context = ();

    fn context(&self, request: &Parts) {
        self.print("renderer", request);
    }

    fn respond(&self, _: &Refusal<'_>, (): ()) -> Response<Bytes> {
        Response::default()
    }
}

type Line = (&'static str, &'static str);

const RIGHT: [Line; 3] =
    [("authorization", "Bearer tok-read"), ("x-api-key", "key-1"), ("cookie", "sid=s1")];
const WRONG: [Line; 3] =
    [("authorization", "Bearer tok-none"), ("x-api-key", "key-none"), ("cookie", "sid=none")];
const LOGIN: Line = ("authorization", "Basic dXNlcjpwYXNzd2Q=");

/// Every combination of headers of which each is missing, right, wrong, or there twice.
fn requests(reads_cookies: bool) -> Vec<Vec<Line>> {
    let fields =
        RIGHT.into_iter().zip(WRONG).filter(|(line, _)| reads_cookies || line.0 != "cookie");
    let fields = fields.map(|(right, wrong)| {
        let rest = if right.0 == "authorization" { vec![vec![LOGIN]] } else { vec![] };
        let cases = [vec![], vec![right], vec![wrong], vec![right, wrong], vec![wrong, right]];
        cases.into_iter().chain(rest).collect::<Vec<_>>()
    });
    let of_the_proxy = |cases: &Vec<Vec<Line>>| -> Vec<Vec<Line>> {
        let rename = |(_, value): &Line| ("proxy-authorization", *value);
        cases.iter().map(|lines| lines.iter().map(rename).collect()).collect()
    };
    let mut fields: Vec<Vec<Vec<Line>>> = fields.collect();
    fields.push(of_the_proxy(&fields[0]));
    fields.into_iter().fold(vec![vec![]], |requests, cases| {
        let with = |request: &Vec<Line>, lines: &Vec<Line>| [&request[..], lines].concat();
        requests.iter().flat_map(|it| cases.iter().map(move |lines| with(it, lines))).collect()
    })
}

fn request(lines: &[Line]) -> Request<Full<Bytes>> {
    // A header without credentials, to see that headers are printed.
    let request = Request::builder().uri("/notes").header("x-other", "visible");
    let request =
        lines.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(Full::default()).unwrap()
}

/// Sends all requests through a stage, and asserts that no credential was printed inside it.
/// Returns the number of requests that the handler got.
async fn assert_marked(
    layer: AuthenticateLayer<impl IdentityService<Principal = Name, Future: Send>>,
    reads_cookies: bool,
    printed: &Printed,
) -> usize {
    let policy = {
        let printed = printed.clone();
        policy_fn(move |_: &Name, request: &Parts| {
            printed.print("policy", request);
            Decision::Permit
        })
    };
    let handler = {
        let printed = printed.clone();
        service_fn(move |request: Request<Full<Bytes>>| {
            printed.print("handler", &request.into_parts().0);
            async { Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())) }
        })
    };
    // The policy requires authentication; the handler is for every caller.
    let known = AuthorizeLayer::<Name>::new(policy).layer(handler.clone());
    let inner = service_fn(move |request: Request<Full<Bytes>>| {
        let (known, unprotected) = (known.clone(), handler.clone());
        let is_known = portcullis::Principal::<Name>::of(request.extensions()).is_some();
        async move {
            if is_known {
                known.oneshot(request).await.map(|response| response.map(|_| Full::default()))
            } else {
                unprotected.oneshot(request).await
            }
        }
    });
    let service = layer.respond_with(printed.clone()).layer(inner);
    let mut handled = 0;
    for lines in requests(reads_cookies) {
        let response = service.clone().oneshot(request(&lines)).await.unwrap();
        let places = printed.take();
        assert_eq!(places[0].0, "renderer");
        for (place, text) in places {
            assert!(text.contains("visible"), "{place} of {lines:?}: {text}");
            for (_, value) in &lines {
                assert!(!text.contains(value), "{value} in {place} of {lines:?}: {text}");
            }
            if place == "handler" {
                assert_eq!(response.status(), StatusCode::OK);
                handled += 1;
            }
        }
    }
    handled
}

#[tokio::test]
async fn a25_no_credential_is_printed_inside_an_origins_stage() {
    for waits in [false, true] {
        let printed = Printed::default();
        let stage = || {
            let identity = any_of((basic(), bearer(), api_key(), Session));
            let identity = Printing { identity, printed: printed.clone(), waits };
            AuthenticateLayer::new(identity.throttled(printed.clone()))
        };
        let handled = [
            assert_marked(stage(), true, &printed).await,
            assert_marked(stage().optional(), true, &printed).await,
            assert_marked(stage().ignore_invalid_credentials(), true, &printed).await,
        ];
        assert_eq!(handled, [228, 240, 360]);
    }
}

/// Without cookies, which an identity at a proxy must not read (B02).
#[tokio::test]
async fn a25_no_credential_is_printed_inside_a_proxys_stage() {
    for waits in [false, true] {
        let printed = Printed::default();
        let stage = || {
            let identity = any_of((basic(), bearer(), api_key()));
            let identity = Printing { identity, printed: printed.clone(), waits };
            AuthenticateLayer::new(identity).at_proxy().unwrap()
        };
        let handled = [
            assert_marked(stage(), false, &printed).await,
            assert_marked(stage().optional(), false, &printed).await,
            assert_marked(stage().ignore_invalid_credentials(), false, &printed).await,
        ];
        assert_eq!(handled, [42, 48, 72]);
    }
}

/// A stage marks the usual credential headers, also if its own credentials are in others.
#[tokio::test]
async fn a25_credential_headers_that_no_identity_reads_are_marked() {
    let challenge = Challenge::basic("test").unwrap();
    let identity = identity_fn(challenge, |_: &Parts| Ok::<Name, _>("somebody")).reads_headers([]);
    let service = AuthenticateLayer::new(identity).layer(service_fn(
        |request: Request<Full<Bytes>>| async move {
            let fields = request.headers().iter();
            let marked = fields.filter(|(_, value)| value.is_sensitive());
            let marked: Vec<&str> = marked.map(|(name, _)| name.as_str()).collect();
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(marked.join(" ")))))
        },
    ));
    let lines = [RIGHT[0], WRONG[0], ("proxy-authorization", "Basic eA=="), RIGHT[1], RIGHT[2]];
    let response = service.oneshot(request(&lines)).await.unwrap();
    let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
    assert_eq!(body, "authorization authorization proxy-authorization");
}

/// Collects the lines of a log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a25_a_trace_layer_inside_the_stage_logs_no_credential() {
    let log = Log::default();
    let _others = Events::capture();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    let span = DefaultMakeSpan::new().level(tracing::Level::INFO).include_headers(true);
    let service = ServiceBuilder::new()
        .layer(
            AuthenticateLayer::new(any_of((basic(), bearer(), api_key(), Session)))
                .ignore_invalid_credentials(),
        )
        .map_response(ResponseBody::wrap)
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .service_fn(|_: Request<Full<Bytes>>| async {
            tracing::info!("handled");
            Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
        });
    for lines in [RIGHT, WRONG] {
        service.clone().oneshot(request(&lines)).await.unwrap();
    }
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("visible") && log.contains("Sensitive"), "{log}");
    for (_, value) in RIGHT.into_iter().chain(WRONG) {
        assert!(!log.contains(value), "{value} in {log}");
    }
}

/// `rspauth` is computed from the password, as the client's `response` is.
#[tokio::test]
async fn a25_authentication_info_is_marked_on_the_response() {
    use portcullis::challenge::AuthenticationInfo;
    let info =
        AuthenticationInfo::builder().rspauth("6629fae4").next_nonce("4f11").build().unwrap();
    assert!(info.header_value().is_sensitive());
    let mut headers = http::HeaderMap::new();
    headers::HeaderMapExt::typed_insert(&mut headers, info);
    assert_eq!(format!("{headers:?}"), r#"{"authentication-info": Sensitive}"#);
    let received: AuthenticationInfo = headers::HeaderMapExt::typed_get(&headers).unwrap();
    assert!(received.header_value().is_sensitive());
    assert_eq!(
        received.header_value(),
        HeaderValue::from_static("rspauth=\"6629fae4\", nextnonce=\"4f11\"")
    );
}
