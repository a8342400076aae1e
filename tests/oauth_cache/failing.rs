//! J61: every failure of the endpoint is 503, over sockets.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use portcullis::oauth::{ClientAuth, Introspection, TokenError};
use portcullis::{AuthenticateLayer, Bearer, Verify};
use tower::util::BoxCloneSyncService;
use tower::{Layer, ServiceExt, service_fn};

use crate::sockets::{Endpoint, Http, Mode, http};
use crate::support::Events;
use crate::times::TTL;
use crate::{SECRET, resource, verdict};

type Stage = BoxCloneSyncService<Request<Full<Bytes>>, Response<()>, Infallible>;

/// An authenticate stage with these tokens.
pub fn stage(tokens: impl Verify<str>) -> Stage {
    let inner = service_fn(async |_: Request<Full<Bytes>>| {
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
    });
    let layer = AuthenticateLayer::new(Bearer::new("notes", tokens).unwrap());
    BoxCloneSyncService::new(layer.layer(inner).map_response(|response| response.map(drop)))
}

/// The status, and `Retry-After`.
pub async fn ask(stage: &Stage, token: &str) -> (StatusCode, String) {
    let mut request = Request::new(Full::default());
    request.headers_mut().insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    let response = stage.clone().oneshot(request).await.unwrap();
    let has_challenge = response.headers().contains_key(WWW_AUTHENTICATE);
    assert_eq!(has_challenge, response.status() == StatusCode::UNAUTHORIZED);
    let wait = response.headers().get(RETRY_AFTER).map(|wait| wait.to_str().unwrap().to_owned());
    (response.status(), wait.unwrap_or_default())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn introspection(url: &str) -> Introspection {
    let auth = ClientAuth::basic("notes", SECRET);
    Introspection::at(url, Http::new(), auth, &resource()).unwrap()
}

fn ways_to_fail() -> Vec<(&'static str, Mode)> {
    let json = "application/json";
    let active = format!(r#"{{"active":true,"aud":"{}"}}"#, crate::RESOURCE);
    let long = format!(r#"{{"active":true,"pad":"{}"}}"#, "x".repeat(70_000));
    let twice = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {json}\r\ncontent-type: text/html\r\n\
                         content-length: {}\r\n\r\n{active}",
        active.len()
    );
    vec![
        ("hangs", Mode::Hang),
        ("dribbles", Mode::Dribble),
        ("closes", Mode::Close),
        ("never ends", Mode::Endless),
        ("401", Mode::Bytes(http("401 Unauthorized", json, r#"{"error":"invalid_client"}"#))),
        ("403", Mode::Bytes(http("403 Forbidden", json, &active))),
        ("400", Mode::Bytes(http("400 Bad Request", json, r#"{"active":false}"#))),
        ("404", Mode::Bytes(http("404 Not Found", json, r#"{"active":false}"#))),
        ("429", Mode::Bytes(http("429 Too Many Requests", json, "{}"))),
        ("500", Mode::Bytes(http("500 Internal Server Error", json, &active))),
        ("503", Mode::Bytes(http("503 Service Unavailable", json, "{}"))),
        ("201", Mode::Bytes(http("201 Created", json, &active))),
        ("302", Mode::Bytes(http("302 Found\r\nlocation: /login", json, &active))),
        ("HTML", Mode::Bytes(http("200 OK", "text/html", "<h1>Log in</h1>"))),
        ("JSON named HTML", Mode::Bytes(http("200 OK", "text/html", &active))),
        ("JSON named text", Mode::Bytes(http("200 OK", "application/jsonx", &active))),
        (
            "JSON named JWT",
            Mode::Bytes(http("200 OK", "application/token-introspection+jwt", &active)),
        ),
        ("two types", Mode::Bytes(twice.into())),
        ("not JSON", Mode::Bytes(http("200 OK", json, "active=true"))),
        ("half of it", Mode::Bytes(http("200 OK", json, &active[..20]))),
        ("an array", Mode::Bytes(http("200 OK", json, "[true]"))),
        ("nothing", Mode::Bytes(http("200 OK", json, ""))),
        ("no `active`", Mode::Bytes(http("200 OK", json, "{}"))),
        ("a text", Mode::Bytes(http("200 OK", json, r#"{"active":"true"}"#))),
        ("too long", Mode::Bytes(http("200 OK", json, &long))),
        ("not HTTP", Mode::Bytes(b"+PONG\r\n".into())),
    ]
}

#[test]
fn j61_every_failure_of_the_endpoint_is_503_and_an_event() {
    let events = Events::capture();
    runtime().block_on(async {
        let endpoint = Endpoint::start();
        for (way, mode) in ways_to_fail() {
            for cached in [false, true] {
                let tokens = introspection(&endpoint.url()).time_limit(Duration::from_millis(300));
                let stage = if cached { stage(tokens.cached(100, TTL)) } else { stage(tokens) };
                endpoint.set(mode.clone());
                let (status, retry_after) = ask(&stage, "right").await;
                assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{way}");
                assert!(!retry_after.is_empty(), "{way}");
                // The operators see why, and once more with the denial.
                let happened = events.take();
                assert_eq!(happened.len(), 2, "{way}: {happened:?}");
                assert!(happened.iter().all(|event| event.level == tracing::Level::WARN), "{way}");
                assert_eq!(happened[0].fields["stage"], "introspection");
                assert!(!happened[0].fields["source"].is_empty());
                for event in happened {
                    let printed = format!("{event:?}");
                    assert!(!printed.contains(SECRET) && !printed.contains("right"), "{printed}");
                }
                // It is back.
                endpoint.set(Mode::Right);
                assert_eq!(ask(&stage, "right").await.0, StatusCode::OK, "{way}");
                assert_eq!(ask(&stage, "wrong").await.0, StatusCode::UNAUTHORIZED, "{way}");
                events.take();
            }
        }
    });
}

#[test]
fn j61_an_endpoint_that_is_gone_and_comes_back() {
    runtime().block_on(async {
        let endpoint = Endpoint::start();
        let url = endpoint.url();
        let tokens = introspection(&url).cached(100, TTL);
        assert!(tokens.verify("right-1").await.is_ok());
        drop(endpoint);
        // What is remembered passes, what is new gets 503, and the breaker opens.
        for id in 2..20 {
            assert!(tokens.verify("right-1").await.is_ok());
            assert!(crate::is_unavailable(tokens.verify(&format!("right-{id}")).await));
        }
        // A verifier whose endpoint was never there starts.
        let other = introspection("http://127.0.0.1:9/introspect");
        assert!(crate::is_unavailable(other.verify("right").await));
    });
}

#[test]
fn j61_an_endpoint_that_flaps_gets_503_or_the_truth() {
    runtime().block_on(async {
        let endpoint = Endpoint::start();
        let tokens = introspection(&endpoint.url());
        for round in 0..30 {
            let is_up = round % 3 != 0;
            endpoint.set(if is_up { Mode::Right } else { Mode::Close });
            let right = verdict(tokens.verify("right").await);
            let wrong = verdict(tokens.verify("wrong").await);
            let expected = if is_up {
                (Ok("right".to_owned()), Err(TokenError::Inactive))
            } else {
                let gone = TokenError::IntrospectionUnavailable;
                (Err(gone), Err(gone))
            };
            assert_eq!((right, wrong), expected, "{round}");
        }
    });
}

#[test]
fn j61_without_a_runtime_or_its_timer_it_is_503() {
    let poll_once = |tokens: &Introspection| {
        let mut verifying = std::pin::pin!(tokens.verify("right"));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        match verifying.as_mut().poll(&mut cx) {
            std::task::Poll::Ready(verdict) => crate::is_unavailable(verdict),
            std::task::Poll::Pending => false,
        }
    };
    let fake = crate::fake::Fake::right();
    assert!(poll_once(&crate::introspection(&fake)));
    let untimed = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let tokens = crate::introspection(&fake).cached(100, TTL);
    assert!(crate::is_unavailable(untimed.block_on(tokens.verify("right"))));
}
