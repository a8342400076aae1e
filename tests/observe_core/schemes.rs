//! K04: which scheme an event names, and K08: what the observer sees of the request.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::Request;
use http::request::Parts;
use portcullis::observe::{Event, Observe, ObservedLayer};
use portcullis::{AuthenticateLayer, Identity, any_of};
use tower::ServiceExt;

use crate::{Recorder, User, bearer, keys};

async fn scheme(layer: &Router, recorder: &Recorder, headers: &[(&str, &str)]) -> String {
    let mut request = Request::get("/");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    layer.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    recorder.only().scheme
}

fn site(layer: impl Fn() -> Router) -> Router {
    layer().route("/", get(|| async { "hello" }))
}

fn optional(identity: impl Identity<Principal = User>, recorder: &Recorder) -> Router {
    let layer = AuthenticateLayer::new(identity).optional().observe(recorder.clone());
    site(Router::new).layer(layer)
}

#[tokio::test]
async fn k04_the_scheme_is_an_offered_one_none_or_other() {
    let recorder = Recorder::default();
    let app = optional(bearer(), &recorder);
    for (expected, lines) in [
        ("none", &[][..]),
        ("Bearer", &["Bearer user"]),
        ("Bearer", &["bEaReR wrong"]),
        ("Bearer", &["Bearer \u{22}"]),
        ("other", &["Basic dXNlcjpwYXNzd2Q="]),
        ("other", &["Invented-By-A-Client x"]),
        ("other", &["a-token-without-a-scheme"]),
        ("other", &["\u{22}\u{22} = ,"]),
        // Names the offered scheme, and has no credentials of it (A03).
        ("none", &["Bearer"]),
        ("none", &[""]),
        // Ambiguous credentials were judged, and no one knows of which scheme.
        ("none", &["Bearer user", "Basic a"]),
    ] {
        let headers: Vec<_> = lines.iter().map(|line| ("authorization", *line)).collect();
        assert_eq!(scheme(&app, &recorder, &headers).await, expected, "{lines:?}");
    }
    // What is for a proxy is not for this stage.
    let proxy = [("proxy-authorization", "Basic dXNlcjpwYXNzd2Q=")];
    assert_eq!(scheme(&app, &recorder, &proxy).await, "none");
}

/// Keeps the schemes of the layer that it is attached to.
#[derive(Clone, Default)]
struct Attached(Arc<Mutex<Vec<String>>>);

impl Observe for Attached {
    type Context = ();

    fn attach(&mut self, layer: &ObservedLayer<'_>) {
        *self.0.lock().unwrap() = layer.schemes().iter().map(|it| (*it).to_owned()).collect();
    }

    fn begin(&self, _: &Parts) {}

    fn decided(&self, (): (), _: &Event<'_>) {}
}

#[test]
fn k04_an_observer_learns_the_schemes_in_the_order_of_the_responses() {
    let attached = Attached::default();
    let layer = || AuthenticateLayer::new(any_of((keys("x-key"), bearer())));
    let _ = layer().observe((attached.clone(), ()));
    assert_eq!(*attached.0.lock().unwrap(), ["Bearer", "ApiKey"]);
    let _ = layer().preserve_challenge_order().observe(attached.clone());
    assert_eq!(*attached.0.lock().unwrap(), ["ApiKey", "Bearer"]);
}

#[tokio::test]
async fn k04_a_stage_that_reads_another_header_knows_its_scheme_if_it_is_the_only_one() {
    let recorder = Recorder::default();
    let app = optional(keys("x-key"), &recorder);
    let basic = ("authorization", "Basic dXNlcjpwYXNzd2Q=");
    for (expected, headers) in [
        ("ApiKey", &[("x-key", "user")][..]),
        ("ApiKey", &[("x-key", "user"), basic]),
        ("ApiKey", &[("x-key", "wrong")]),
        ("other", &[basic]),
    ] {
        assert_eq!(scheme(&app, &recorder, headers).await, expected, "{headers:?}");
    }
    let app = optional(any_of((bearer(), keys("x-key"))), &recorder);
    for (expected, headers) in [
        ("none", &[("x-key", "user")][..]),
        ("none", &[("x-key", "user"), basic]),
        ("none", &[("x-key", "wrong"), basic]),
        ("Bearer", &[("authorization", "Bearer user")]),
        ("other", &[basic]),
    ] {
        assert_eq!(scheme(&app, &recorder, headers).await, expected, "{headers:?}");
    }
}

#[tokio::test]
async fn k04_the_scheme_does_not_depend_on_whether_the_stage_refuses() {
    let recorder = Recorder::default();
    let layer = || AuthenticateLayer::new(bearer());
    for layer in [layer(), layer().optional(), layer().ignore_invalid_credentials()] {
        let app = site(Router::new).layer(layer.observe(recorder.clone()));
        for (expected, line) in [
            ("Bearer", "Bearer user"),
            ("Bearer", "Bearer wrong"),
            ("other", "Basic dXNlcjpwYXNzd2Q="),
            ("none", ""),
        ] {
            let headers = [("authorization", line)];
            assert_eq!(scheme(&app, &recorder, &headers).await, expected, "{line}");
        }
    }
}

#[tokio::test]
async fn k04_a_proxy_looks_at_proxy_authorization() {
    let recorder = Recorder::default();
    let layer = AuthenticateLayer::new(bearer()).optional().at_proxy().unwrap();
    let app = site(Router::new).layer(layer.observe(recorder.clone()));
    for (expected, headers) in [
        ("none", &[("authorization", "Basic dXNlcjpwYXNzd2Q=")][..]),
        ("other", &[("proxy-authorization", "Basic dXNlcjpwYXNzd2Q=")]),
        ("Bearer", &[("proxy-authorization", "Bearer user"), ("authorization", "Basic a")]),
    ] {
        assert_eq!(scheme(&app, &recorder, headers).await, expected, "{headers:?}");
    }
}

#[tokio::test]
async fn k04_the_hook_and_an_audit_see_the_same() {
    let seen = Arc::new(Mutex::new(String::new()));
    let hook = {
        let seen = seen.clone();
        move |event: &portcullis::observe::RequestEvent<'_>| {
            *seen.lock().unwrap() = format!("{:?}", event.scheme());
        }
    };
    let layer = AuthenticateLayer::new(bearer()).optional();
    let hooked = site(Router::new).layer(layer.clone().on_decision(hook));
    let audited = site(Router::new).layer(layer.audited());
    let request = || Request::get("/").header("authorization", "Basic a").body(Body::empty());
    hooked.oneshot(request().unwrap()).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), "Other");
    let response = audited.oneshot(request().unwrap()).await.unwrap();
    let record = portcullis::AuditRecord::of(response.extensions()).unwrap();
    assert_eq!(format!("{:?}", record.event().scheme()), "Other");
}

/// Prints the headers.
struct Headers(Arc<Mutex<String>>);

impl Observe for Headers {
    type Context = ();

    fn begin(&self, request: &Parts) {
        *self.0.lock().unwrap() = format!("{:?}", request.headers);
    }

    fn decided(&self, (): (), _: &Event<'_>) {}
}

#[tokio::test]
async fn k08_the_observer_sees_credentials_marked_and_under_the_names_that_were_sent() {
    let printed = Arc::new(Mutex::new(String::new()));
    let layer = AuthenticateLayer::new(any_of((bearer(), keys("x-key")))).optional();
    let layer = layer.at_proxy().unwrap().observe(Headers(printed.clone()));
    let request = Request::get("/")
        .header("authorization", "Bearer secret-1")
        .header("proxy-authorization", "Bearer secret-2")
        .header("x-key", "secret-3")
        .header("x-tenant", "a");
    let app = site(Router::new).layer(layer);
    app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let printed = printed.lock().unwrap();
    for name in [
        "\"authorization\": Sensitive",
        "\"proxy-authorization\": Sensitive",
        "\"x-key\": Sensitive",
    ] {
        assert!(printed.contains(name), "{printed}");
    }
    assert!(printed.contains("\"x-tenant\": \"a\"") && !printed.contains("secret"), "{printed}");
}
