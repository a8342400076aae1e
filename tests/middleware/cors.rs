//! CORS preflights at a stage that requires credentials: F09.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use axum::routing::{any, get};
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Bearer, ConcealLayer, Disclosed, HasRoles, Identity, Tokens,
    Unauthenticated, anyone, conceal, identity_fn, role,
};
use tower::ServiceExt;
use tower_http::cors::CorsLayer;

#[derive(Clone, Debug)]
struct User;

impl HasRoles for User {
    fn has_role(&self, role: &str) -> bool {
        role == "admin"
    }
}

fn identity() -> impl Identity<Principal = User> {
    Bearer::new("test", Tokens::new().with("alice-token", User)).unwrap()
}

fn cors() -> CorsLayer {
    CorsLayer::new().allow_origin(HeaderValue::from_static("https://app.example"))
}

const ORIGIN: (&str, &str) = ("origin", "https://app.example");
const ASKS: (&str, &str) = ("access-control-request-method", "DELETE");
const TOKEN: (&str, &str) = ("authorization", "Bearer alice-token");

/// A response with its body, as text.
type Answer = (StatusCode, HeaderMap, String);

async fn send(app: &Router, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
}

async fn preflight(app: &Router, path: &str) -> Answer {
    send(app, "OPTIONS", path, &[ORIGIN, ASKS]).await
}

#[track_caller]
fn assert_refused(answer: &Answer) {
    let (status, headers, body) = answer;
    assert_eq!(*status, 401, "{answer:?}");
    assert_eq!(headers["www-authenticate"], "Bearer realm=\"test\"");
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(headers["content-type"], "application/problem+json");
    assert!(body.contains("requires authentication"), "{body}");
    assert_eq!(headers.len(), 4, "{headers:?}");
}

#[track_caller]
fn assert_allowed(answer: &Answer) {
    let (status, headers, body) = answer;
    assert_eq!((*status, &**body), (StatusCode::OK, ""), "{answer:?}");
    assert_eq!(headers["access-control-allow-origin"], "https://app.example");
}

/// Routes with CORS layers of their own, or without; a handler that runs counts.
fn routes(ran: &'static AtomicU32) -> Router {
    let handler = move || async move {
        ran.fetch_add(1, Ordering::SeqCst);
        (Disclosed, [("set-cookie", "secret=1"), ("x-secret", "1")], "a secret")
    };
    // It answers as a CORS layer does, and says more.
    let careless = move || async move {
        ran.fetch_add(1, Ordering::SeqCst);
        let headers = [("access-control-allow-origin", "https://app.example")];
        (Disclosed, headers, "a secret")
    };
    let failing = || async {
        (StatusCode::CONFLICT, [("access-control-allow-origin", "https://app.example")])
    };
    let admins = || AuthorizeLayer::<User>::new(role("admin"));
    let routes = Router::new()
        .route("/cors", get(handler).layer((cors(), admins())))
        .route("/inside", get(handler).layer((admins(), cors())))
        .route("/everybody", any(handler).layer(AuthorizeLayer::<User>::new(anyone())))
        .route("/get", get(handler))
        .route("/any", any(handler))
        .route("/careless", any(careless))
        .route("/failing", any(failing));
    // axum writes `Allow` outside `Router::layer`, so the stage goes around the finished router.
    Router::new().fallback_service(routes)
}

// ==== which requests are exempt ====

#[tokio::test]
async fn f09_only_options_with_an_origin_and_a_requested_method_is_exempt() {
    static RAN: AtomicU32 = AtomicU32::new(0);
    let app = routes(&RAN).layer(AuthenticateLayer::new(identity()).exempt_preflights());
    assert_allowed(&preflight(&app, "/cors").await);
    let others: [(&str, &[(&str, &str)]); 12] = [
        ("OPTIONS", &[]),
        ("OPTIONS", &[ORIGIN]),
        ("OPTIONS", &[ASKS]),
        ("OPTIONS", &[("origin", ""), ASKS]),
        ("OPTIONS", &[ORIGIN, ("access-control-request-method", "")]),
        ("OPTIONS", &[ORIGIN, ("access-control-request-method", "DELETE, GET")]),
        ("OPTIONS", &[ORIGIN, ASKS, ASKS]),
        ("OPTIONS", &[ORIGIN, ORIGIN, ASKS]),
        ("OPTIONS", &[ORIGIN, ("access-control-request-headers", "authorization")]),
        ("GET", &[ORIGIN, ASKS]),
        ("POST", &[ORIGIN, ASKS, ("x-http-method-override", "OPTIONS")]),
        ("options", &[ORIGIN, ASKS]),
    ];
    for (method, headers) in others {
        assert_refused(&send(&app, method, "/cors", headers).await);
    }
    let without = routes(&RAN).layer(AuthenticateLayer::new(identity()));
    assert_refused(&preflight(&without, "/cors").await);
    assert_eq!(RAN.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn f09_a_preflight_with_credentials_is_authenticated() {
    static RAN: AtomicU32 = AtomicU32::new(0);
    let app = routes(&RAN).layer(AuthenticateLayer::new(identity()).exempt_preflights());
    let wrong = ("authorization", "Bearer wrong-token");
    let (status, headers, _) = send(&app, "OPTIONS", "/cors", &[ORIGIN, ASKS, wrong]).await;
    assert_eq!(status, 401);
    let challenge = headers["www-authenticate"].to_str().unwrap();
    assert!(challenge.contains("error=\"invalid_token\""), "{challenge}");
    // Nor may it have those of another stage: no browser sends any with a preflight.
    for credentials in [("authorization", "Basic Ym9iOng="), ("cookie", "sid=1"), ("cookie", "")] {
        assert_refused(&send(&app, "OPTIONS", "/cors", &[ORIGIN, ASKS, credentials]).await);
    }
    // With the right ones it is a request like any other.
    let (status, headers, body) = send(&app, "OPTIONS", "/any", &[ORIGIN, ASKS, TOKEN]).await;
    assert_eq!((status, &*body), (StatusCode::OK, "a secret"));
    assert_eq!(headers["x-secret"], "1");
}

#[tokio::test]
async fn f09_it_has_no_effect_on_an_optional_stage_and_at_a_proxy() {
    static RAN: AtomicU32 = AtomicU32::new(0);
    let stage = || AuthenticateLayer::new(identity()).exempt_preflights();
    let (status, _, body) = preflight(&routes(&RAN).layer(stage().optional()), "/any").await;
    assert_eq!((status, &*body), (StatusCode::OK, "a secret"));
    RAN.store(0, Ordering::SeqCst);
    let (status, headers, _) =
        preflight(&routes(&RAN).layer(stage().at_proxy().unwrap()), "/cors").await;
    assert_eq!(status, 407);
    assert!(headers.contains_key("proxy-authenticate"));
    assert_eq!(RAN.load(Ordering::SeqCst), 0);
}

// ==== what is sent in response ====

#[tokio::test]
async fn f09_what_no_cors_layer_answers_is_the_same_401_for_every_path() {
    static RAN: AtomicU32 = AtomicU32::new(0);
    let app = routes(&RAN).layer(AuthenticateLayer::new(identity()).exempt_preflights());
    // A 405 with `Allow`, a missing path, authorize stages, and handlers that run.
    for path in ["/get", "/missing", "/inside", "/everybody", "/any", "/failing"] {
        assert_refused(&preflight(&app, path).await);
    }
    // An origin that the CORS layer does not allow: its answer has no `Access-Control-Allow-Origin`.
    let refusing =
        CorsLayer::new().allow_origin(tower_http::cors::AllowOrigin::predicate(|_, _| false));
    let app = Router::new().route("/cors", get(|| async {}).layer(refusing));
    let app = Router::new()
        .fallback_service(app)
        .layer(AuthenticateLayer::new(identity()).exempt_preflights());
    assert_refused(&preflight(&app, "/cors").await);
}

#[tokio::test]
async fn f09_it_is_the_401_without_the_exemption_also_in_the_words_of_the_identity() {
    let identity = || {
        let challenge = |realm| portcullis::challenge::Challenge::bearer(realm).unwrap();
        identity_fn(challenge("test"), move |_| {
            let missing = Unauthenticated::missing().with_challenge(challenge("tenant"));
            Err::<User, _>(missing.with_detail("Log in to your tenant."))
        })
    };
    let app = Router::new().fallback(any(|| async { "a secret" }));
    let without = app.clone().layer(AuthenticateLayer::new(identity()));
    let exempting = app.layer(AuthenticateLayer::new(identity()).exempt_preflights());
    let expected = preflight(&without, "/").await;
    assert_eq!(expected.1["www-authenticate"], "Bearer realm=\"tenant\"");
    assert_eq!(preflight(&exempting, "/").await, expected);
}

#[tokio::test]
async fn f09_the_body_of_the_answer_is_not_sent() {
    static RAN: AtomicU32 = AtomicU32::new(0);
    let app = routes(&RAN).layer(AuthenticateLayer::new(identity()).exempt_preflights());
    let answer = preflight(&app, "/careless").await;
    assert_allowed(&answer);
    assert!(!answer.1.contains_key("content-type"), "{answer:?}");
    assert_eq!(
        RAN.load(Ordering::SeqCst),
        1,
        "a handler that serves OPTIONS runs: the docs say so"
    );
}

#[tokio::test]
async fn f09_an_authorize_stage_refuses_it_without_asking_its_policy() {
    static RAN: AtomicU32 = AtomicU32::new(0);
    let app = routes(&RAN).layer(AuthenticateLayer::new(identity()).exempt_preflights());
    for path in ["/inside", "/everybody"] {
        assert_refused(&preflight(&app, path).await);
        assert_eq!(RAN.load(Ordering::SeqCst), 0, "{path}");
    }
    // Nor if a stage further in, for other principals, has identified the caller.
    #[derive(Clone)]
    struct Partner;
    let challenge = portcullis::challenge::Challenge::builder("Partner").param("realm", "test");
    let partner = identity_fn(challenge.build().unwrap(), |_| Ok(Partner));
    let inner = Router::new()
        .route("/partner", any(|| async { RAN.fetch_add(1, Ordering::SeqCst).to_string() }))
        .layer(AuthorizeLayer::<Partner>::new(portcullis::authenticated()))
        .layer(AuthenticateLayer::new(partner));
    let app = inner.layer(AuthenticateLayer::new(identity()).exempt_preflights());
    assert_refused(&preflight(&app, "/partner").await);
    assert_eq!(RAN.load(Ordering::SeqCst), 0);
    let (status, _, _) = send(&app, "OPTIONS", "/partner", &[TOKEN]).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn f09_the_event_says_why_it_was_refused() {
    static RAN: AtomicU32 = AtomicU32::new(0);
    let told: Arc<Mutex<Vec<_>>> = Arc::default();
    let notes = told.clone();
    let stage = AuthenticateLayer::new(identity()).exempt_preflights().on_decision(move |event| {
        let source = event.denial().and_then(|denial| denial.private_source());
        let status = event.denial().map(|_| event.status().as_u16());
        notes.lock().unwrap().push((status, source.map(ToString::to_string)));
    });
    let app = routes(&RAN).layer(stage);
    assert_refused(&preflight(&app, "/inside").await);
    assert_allowed(&preflight(&app, "/cors").await);
    let told = told.lock().unwrap();
    let [(Some(401), Some(source)), (None, None)] = &told[..] else { panic!("{told:?}") };
    assert!(source.contains("put the CORS layer outside the AuthorizeLayer"), "{source}");
}

// ==== concealment ====

#[tokio::test]
async fn d12_where_routes_are_hidden_a_preflight_tells_nothing() {
    static RAN: AtomicU32 = AtomicU32::new(0);
    let stage = || AuthenticateLayer::new(identity()).exempt_preflights();
    let hidden = ConcealLayer::routes_under("/vault").unwrap();
    let area = Router::new().fallback_service(routes(&RAN));
    let disclosing = AuthorizeLayer::<User>::new(conceal(role("admin"))).discloses_routes();
    let areas = [
        Router::new().nest("/vault", routes(&RAN)),
        Router::new().nest_service("/vault", area.clone().layer(disclosing.clone())),
        Router::new().nest_service("/vault", area.layer(disclosing).layer(cors())),
    ];
    for app in areas {
        let app = Router::new().fallback_service(app).layer(stage()).layer(hidden.clone());
        let missing = preflight(&app, "/vault/missing").await;
        assert_eq!(missing.0, 404);
        for path in ["/cors", "/inside", "/everybody", "/get", "/any", "/careless"] {
            let answer = preflight(&app, &format!("/vault{path}")).await;
            assert_eq!(answer, missing, "{path}");
        }
    }
}

/// Whatever a handler or a middleware inside has added says something about the route, or acts on the
/// client.
#[tokio::test]
async fn f09_only_the_headers_of_cors_are_sent() {
    let cors = [
        ("access-control-allow-origin", "*"),
        ("access-control-max-age", "60"),
        ("cache-control", "max-age=60"),
        ("vary", "origin"),
        ("vary", "access-control-request-headers"),
    ];
    let others = [
        ("allow", "DELETE"),
        ("clear-site-data", "\"cookies\""),
        ("content-length", "8"),
        ("location", "/files/7"),
        ("set-cookie", "secret=1"),
        ("x-secret", "1"),
    ];
    let answer = cors.iter().chain(&others).fold(Response::builder(), |answer, (name, value)| {
        answer.header(*name, *value) //
    });
    let answer = answer.status(204).body(Body::from("a secret")).unwrap();
    let answer = Arc::new(Mutex::new(Some(answer)));
    let handler = move || std::future::ready(answer.lock().unwrap().take().unwrap());
    let app = Router::new().route("/", any(handler));
    let app = app.layer(AuthenticateLayer::new(identity()).exempt_preflights());
    let (status, headers, body) = preflight(&app, "/").await;
    assert_eq!((status, &*body), (StatusCode::NO_CONTENT, ""));
    for (name, value) in cors {
        assert!(headers.get_all(name).iter().any(|line| line == value), "{name}: {headers:?}");
    }
    // axum, outside the stage, counts the body.
    let left = headers.iter().filter(|(name, _)| *name != "content-length").count();
    assert_eq!(left, cors.len(), "{headers:?}");
    assert_ne!(headers.get("content-length").map(HeaderValue::as_bytes), Some(&b"8"[..]));
}
