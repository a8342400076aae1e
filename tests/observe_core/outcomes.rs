//! K01–K03, K05, K06: one event for each response, with the right outcome and status.

use std::future::pending;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use axum::routing::{any, get};
use portcullis::observe::{Class, RequestOutcome};
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Bearer, Cause, Denial, LoginPage, ProblemDetails, Stage,
    Unauthenticated, async_verify_fn, conceal, role, verify_fn,
};
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_http::cors::CorsLayer;

use crate::support::{Server, send};
use crate::{Recorder, Told, User, bearer, keys};

fn routes() -> Router {
    let admins = Router::new().route("/admin", get(|| async { "reports" }));
    let hidden = Router::new().route("/hidden", get(|| async { "reports" }));
    Router::new()
        .merge(admins.route_layer(AuthorizeLayer::<User>::new(role("admin"))))
        .merge(hidden.route_layer(AuthorizeLayer::<User>::new(conceal(role("admin")))))
        .route("/", any(|| async { "hello" }))
        .route("/denied", get(|| async { Denial::gone() }))
        .route("/needs", get(|| async { Denial::identity_needed() }))
        .route("/problem", get(|| async { ProblemDetails::new(StatusCode::FORBIDDEN) }))
        .route(
            "/status/{status}",
            get(async |axum::extract::Path(status): axum::extract::Path<u16>| {
                StatusCode::from_u16(status).unwrap()
            }),
        )
        .route(
            "/challenge",
            get(|| async {
                (StatusCode::UNAUTHORIZED, [("www-authenticate", "Own realm=\"own\"")])
            }),
        )
}

async fn status_of<S>(service: S, request: Request<Body>) -> u16
where
    S: Service<Request<Body>, Response = Response<Body>, Error = std::convert::Infallible>,
{
    service.oneshot(request).await.unwrap().status().as_u16()
}

fn request(method: &str, path: &str, token: Option<&str>) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn k01_k02_k03_each_response_is_one_event_with_its_outcome_and_status() {
    use RequestOutcome::{Passed, Permitted, Refused};
    type Row = (
        &'static str,
        &'static str,
        Option<&'static str>,
        RequestOutcome,
        u16,
        Option<Class>,
        Option<Cause>,
    );
    let user = Some("user");
    let rows: [Row; 24] = [
        ("GET", "/", user, Permitted, 200, None, None),
        ("HEAD", "/", user, Permitted, 200, None, None),
        ("GET", "/", None, Permitted, 200, None, None),
        ("GET", "/", Some("wrong"), Refused, 401, Some(Class::Identity), Some(Cause::Invalid)),
        ("HEAD", "/", Some("wrong"), Refused, 401, Some(Class::Identity), Some(Cause::Invalid)),
        ("GET", "/admin", Some("admin"), Permitted, 200, None, None),
        ("GET", "/admin", user, Refused, 403, Some(Class::Policy), Some(Cause::Forbidden)),
        ("GET", "/admin", None, Refused, 401, Some(Class::Identity), Some(Cause::IdentityNeeded)),
        ("GET", "/hidden", user, Refused, 404, Some(Class::Policy), Some(Cause::Forbidden)),
        ("GET", "/denied", user, Refused, 410, Some(Class::Absence), Some(Cause::Gone)),
        ("GET", "/needs", None, Refused, 401, Some(Class::Identity), Some(Cause::IdentityNeeded)),
        ("GET", "/problem", user, Passed, 403, Some(Class::Policy), None),
        ("GET", "/missing", user, Passed, 404, Some(Class::Absence), None),
        ("POST", "/admin", Some("admin"), Permitted, 405, None, None),
        ("GET", "/status/401", user, Passed, 401, Some(Class::Identity), None),
        ("GET", "/challenge", user, Passed, 401, Some(Class::Identity), None),
        ("GET", "/status/407", user, Passed, 407, Some(Class::Identity), None),
        ("GET", "/status/403", user, Passed, 403, Some(Class::Policy), None),
        ("GET", "/status/410", user, Passed, 410, Some(Class::Absence), None),
        ("GET", "/status/429", user, Passed, 429, Some(Class::Load), None),
        ("GET", "/status/101", user, Permitted, 101, None, None),
        ("GET", "/status/303", user, Permitted, 303, None, None),
        ("GET", "/status/400", user, Permitted, 400, None, None),
        ("GET", "/status/503", user, Permitted, 503, None, None),
    ];
    let recorder = Recorder::default();
    let app = routes().layer(AuthenticateLayer::new(bearer()).optional().observe(recorder.clone()));
    for (method, path, token, outcome, status, class, cause) in rows {
        let context = format!("{method} {path} {token:?}");
        assert_eq!(status_of(app.clone(), request(method, path, token)).await, status, "{context}");
        let told = recorder.only();
        let seen = (told.outcome, told.status, told.class, told.cause);
        assert_eq!(seen, (outcome, status, class, cause), "{context}");
        assert_eq!(told.is_anonymous, token.is_none_or(|token| token == "wrong"), "{context}");
        assert_eq!(told.is_repaired, path == "/status/401", "{context}");
        assert_eq!(told.stage.is_some(), outcome == Refused, "{context}");
    }
    assert_eq!(recorder.alive(), 0);
}

#[tokio::test]
async fn k01_a_redirect_to_the_login_page_is_a_refusal_with_its_status() {
    let recorder = Recorder::default();
    let page = LoginPage::at("/login").unwrap();
    let layer = AuthenticateLayer::new(bearer()).login_page(page).observe(recorder.clone());
    let mut navigation = request("GET", "/", None);
    for (name, value) in
        [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document"), ("accept", "text/html")]
    {
        navigation.headers_mut().insert(name, value.parse().unwrap());
    }
    assert_eq!(status_of(routes().layer(layer), navigation).await, 303);
    let Told { outcome, status, cause, .. } = recorder.only();
    assert_eq!((outcome, status, cause), (RequestOutcome::Refused, 303, Some(Cause::Missing)));
}

#[tokio::test]
async fn k01_an_identity_that_panics_or_runs_out_of_time_is_one_event() {
    let recorder = Recorder::default();
    let panics = verify_fn(|_: &str| -> Result<User, Unauthenticated> { panic!("a bug") });
    let layer = AuthenticateLayer::new(Bearer::new("test", panics).unwrap());
    let layer = layer.observe(recorder.clone());
    assert_eq!(status_of(routes().layer(layer), request("GET", "/", Some("a"))).await, 500);
    let Told { outcome, status, class, .. } = recorder.only();
    assert_eq!((outcome, status, class), (RequestOutcome::Refused, 500, Some(Class::Ours)));

    let never = async_verify_fn(|_: &str| pending::<Result<User, Unauthenticated>>());
    let layer = AuthenticateLayer::new(Bearer::new("test", never).unwrap());
    let layer = layer.time_limit(Duration::from_millis(1)).observe(recorder.clone());
    assert_eq!(status_of(routes().layer(layer), request("GET", "/", Some("a"))).await, 503);
    let Told { outcome, status, class, .. } = recorder.only();
    assert_eq!((outcome, status, class), (RequestOutcome::Refused, 503, Some(Class::Ours)));
}

#[tokio::test]
async fn k01_a_service_that_fails_or_panics_gives_no_response_and_so_no_event() {
    let recorder = Recorder::default();
    let layer = AuthenticateLayer::new(bearer()).optional().observe(recorder.clone());
    let failing = service_fn(|_: Request<Body>| async { Err::<Response<Body>, _>("broken") });
    assert!(layer.layer(failing).oneshot(request("GET", "/", None)).await.is_err());
    let panicking = service_fn(|request: Request<Body>| async move {
        assert_ne!(request.uri().path(), "/", "a bug");
        Ok::<_, std::convert::Infallible>(Response::new(Body::empty()))
    });
    let response = tokio::spawn(layer.layer(panicking).oneshot(request("GET", "/", None)));
    assert!(response.await.is_err());
    assert_eq!((recorder.begun(), recorder.alive(), recorder.take()), (2, 0, vec![]));
}

#[test]
fn k01_an_upgrade_is_permitted() {
    let recorder = Recorder::default();
    let upgrade =
        get(|upgrade: axum::extract::WebSocketUpgrade| async { upgrade.on_upgrade(|_| async {}) });
    let layer = AuthenticateLayer::new(bearer()).optional().observe(recorder.clone());
    let server = Server::start(Router::new().route("/", upgrade).layer(layer));
    let fields = [
        "connection: upgrade",
        "upgrade: websocket",
        "sec-websocket-version: 13",
        "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
    ];
    let stream = std::net::TcpStream::connect(server.address).unwrap();
    let head = format!("GET / HTTP/1.1\r\nhost: a\r\n{}\r\n\r\n", fields.join("\r\n"));
    std::io::Write::write_all(&mut &stream, head.as_bytes()).unwrap();
    let mut start = [0; 12];
    std::io::Read::read_exact(&mut &stream, &mut start).unwrap();
    assert_eq!(&start, b"HTTP/1.1 101");
    let Told { outcome, status, .. } = recorder.only();
    assert_eq!((outcome, status), (RequestOutcome::Permitted, 101));
}

#[tokio::test]
async fn k05_a_proxy_repairs_no_401() {
    let recorder = Recorder::default();
    let layer = AuthenticateLayer::new(bearer()).optional().at_proxy().unwrap();
    let app = routes().layer(layer.observe(recorder.clone()));
    assert_eq!(status_of(app, request("GET", "/status/401", None)).await, 401);
    let Told { outcome, is_repaired, .. } = recorder.only();
    assert_eq!((outcome, is_repaired), (RequestOutcome::Passed, false));
}

#[test]
fn k06_an_exempt_preflight_is_one_event() {
    let recorder = Recorder::default();
    let layer = AuthenticateLayer::new(bearer()).exempt_preflights().observe(recorder.clone());
    let cors = Router::new().route("/cors", get(|| async {})).route_layer(CorsLayer::permissive());
    let server = Server::start(routes().merge(cors).layer(layer));
    let fields = ["origin: https://a.example", "access-control-request-method: GET"];
    for (path, status, outcome) in [
        ("/cors", 200, RequestOutcome::Permitted),
        ("/admin", 401, RequestOutcome::Refused),
        ("/", 401, RequestOutcome::Refused),
        ("/missing", 401, RequestOutcome::Refused),
    ] {
        assert_eq!(send(server.address, "OPTIONS", path, &fields).status, status, "{path}");
        let told = recorder.only();
        assert_eq!((told.outcome, told.status), (outcome, status), "{path}");
        let refused = outcome == RequestOutcome::Refused;
        assert_eq!(told.stage, refused.then_some(Stage::Authenticate), "{path}");
        assert_eq!(told.cause, refused.then_some(Cause::Missing), "{path}");
    }
}

#[tokio::test]
async fn k11_of_nested_stages_the_one_that_renders_refuses_and_those_outside_pass() {
    let (inner, middle, outer) = (Recorder::default(), Recorder::default(), Recorder::default());
    let page = LoginPage::at("/login").unwrap();
    let app = routes()
        .layer(AuthenticateLayer::new(bearer()).login_page(page).observe(inner.clone()))
        .layer(AuthenticateLayer::new(keys("x-key")).optional().observe(middle.clone()))
        .layer(AuthenticateLayer::new(bearer()).at_proxy().unwrap().observe(outer.clone()));
    let send = |path: &str, token: Option<&str>, key: Option<&str>, html: bool| {
        let mut request = request("GET", path, token);
        request.headers_mut().insert("proxy-authorization", "Bearer user".parse().unwrap());
        if let Some(key) = key {
            request.headers_mut().insert("x-key", key.parse().unwrap());
        }
        if html {
            request.headers_mut().insert("sec-fetch-mode", "navigate".parse().unwrap());
            request.headers_mut().insert("sec-fetch-dest", "document".parse().unwrap());
            request.headers_mut().insert("accept", "text/html".parse().unwrap());
        }
        status_of(app.clone(), request)
    };
    use RequestOutcome::{Passed, Permitted, Refused};
    for (path, token, key, html, status, outcomes) in [
        ("/", Some("user"), None, false, 200, [Some(Permitted), Some(Permitted), Some(Permitted)]),
        ("/admin", Some("user"), None, false, 403, [Some(Refused), Some(Passed), Some(Passed)]),
        ("/", None, None, false, 401, [Some(Refused), Some(Passed), Some(Passed)]),
        ("/", None, None, true, 303, [Some(Refused), Some(Passed), Some(Passed)]),
        ("/", None, Some("wrong"), false, 401, [None, Some(Refused), Some(Passed)]),
        ("/missing", Some("user"), None, false, 404, [Some(Passed), Some(Passed), Some(Passed)]),
        ("/status/401", Some("user"), None, false, 401, [Some(Passed), Some(Passed), Some(Passed)]),
    ] {
        let context = format!("{path} {token:?} {key:?}");
        assert_eq!(send(path, token, key, html).await, status, "{context}");
        for (recorder, outcome) in [&inner, &middle, &outer].into_iter().zip(outcomes) {
            let told = recorder.take();
            assert_eq!(told.len(), usize::from(outcome.is_some()), "{context}");
            assert!(told.iter().all(|told| told.status == status), "{context} {told:?}");
            assert_eq!(told.first().map(|told| told.outcome), outcome, "{context}");
            // A stage inside has told the class of what it has refused.
            let is_passed_by_service = path == "/missing" || path == "/status/401";
            let has_class = outcome == Some(Refused) || is_passed_by_service;
            assert_eq!(told.iter().any(|told| told.class.is_some()), has_class, "{context}");
        }
    }
}
