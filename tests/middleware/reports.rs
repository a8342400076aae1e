//! Bug reports about other middleware, replayed. Each name begins with the rows that decide.

use axum::Router;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Request, Response};
use axum::routing::any;
use http::header::{ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use portcullis::challenge::Challenge;
use portcullis::{
    AuthenticateLayer, Basic, Bearer, Denial, Identity, LoginPage, Tokens, Unauthenticated, Users,
    any_of, authenticated, identity_fn,
};
use std::time::Duration;
use tower::ServiceExt;
use tower_http::cors::CorsLayer;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::Name;

/// A session in a cookie stands before the schemes for programs.
fn session_first() -> impl Identity<Principal = Name> {
    let challenge = Challenge::builder("Session").realm("site").build().unwrap();
    let session = identity_fn(challenge, |request: &Parts| {
        let cookie = request.headers.get("cookie");
        cookie.filter(|it| *it == "sid=alice").map(|_| "alice").ok_or(Unauthenticated::missing())
    });
    any_of((
        session.reads_headers([http::header::COOKIE]),
        Basic::new("site", Users::new().with("alice", "wonderland", "alice")).unwrap(),
        Bearer::new("site", Tokens::new().with("token", "alice")).unwrap(),
    ))
}

fn routes() -> Router {
    Router::new()
        .route("/", any(|| async { "private" }))
        .route("/throttled", any(|| async { Denial::throttled(Duration::from_secs(30)) }))
        .fallback(|| async { Denial::not_found() })
}

fn app() -> Router {
    let page = LoginPage::at("/login").unwrap();
    routes().layer(AuthenticateLayer::new(session_first()).login_page(page))
}

async fn send(app: Router, method: &str, path: &str, lines: &[(&str, &str)]) -> Response<Body> {
    let request = Request::builder().method(method).uri(path);
    let request =
        lines.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

fn challenges(response: &Response<Body>) -> Vec<&str> {
    let lines = response.headers().get_all(WWW_AUTHENTICATE).iter();
    lines.map(|line| line.to_str().unwrap()).collect()
}

/// Django REST framework #3942, #2526, #5968: the first authenticator alone chooses between 401 and 403, so
/// an expired token is 403 where sessions come first.
#[tokio::test]
async fn a06_a08_an_invalid_token_is_401_whichever_identity_is_first() {
    let response = send(app(), "GET", "/", &[("authorization", "Bearer expired")]).await;
    assert_eq!(response.status(), 401);
    let challenges = challenges(&response);
    assert_eq!(challenges.len(), 3, "{challenges:?}");
    assert!(challenges.iter().any(|it| it.contains("error=\"invalid_token\"")), "{challenges:?}");
}

/// hapi-auth-bearer-simple #41, spica #165: a scheme that is not offered, or credentials without a scheme,
/// end in an error of the first strategy.
#[tokio::test]
async fn a03_a_scheme_that_is_not_offered_is_told_what_is() {
    for sent in ["Negotiate abc", "token", "JWT abc.def.ghi", "Bearer"] {
        let response = send(app(), "GET", "/", &[("authorization", sent)]).await;
        assert_eq!(response.status(), 401, "{sent}");
        let challenges = challenges(&response);
        assert_eq!(challenges.len(), 3, "{sent}: {challenges:?}");
        assert!(challenges.iter().all(|it| !it.contains("error=")), "{sent}: {challenges:?}");
    }
}

/// user_cas #57, nextcloud #6953, user_saml #181: clients of WebDAV, and Office, ask by `OPTIONS` or
/// `PROPFIND`, are redirected to a login page, and give up.
#[tokio::test]
async fn f06_clients_of_webdav_are_not_redirected() {
    let windows = ("user-agent", "Microsoft-WebDAV-MiniRedir/10.0.19045");
    let office = ("user-agent", "Microsoft Office Word 2014");
    for (method, lines) in [
        ("OPTIONS", &[windows, ("translate", "f")][..]),
        ("PROPFIND", &[windows, ("depth", "0"), ("translate", "f")][..]),
        ("OPTIONS", &[office, ("x-office-major-version", "16")][..]),
        ("HEAD", &[office][..]),
        ("GET", &[office, ("accept", "*/*")][..]),
        ("PUT", &[windows, ("content-length", "0")][..]),
        ("LOCK", &[windows][..]),
    ] {
        let response = send(app(), method, "/", lines).await;
        assert_eq!(response.status(), 401, "{method} {lines:?}");
        let challenges = challenges(&response);
        assert!(challenges.iter().any(|it| it.starts_with("Basic ")), "{method} {challenges:?}");
    }
}

/// htmx #2160, crowdsec-local-dashboard #13, oauth2-proxy #1522, aspnetcore #9039: scripts and streams of
/// events are redirected to a login page, and connect again for ever.
#[tokio::test]
async fn f06_scripts_and_streams_of_events_are_not_redirected() {
    for accept in ["text/event-stream", "application/json", "application/json, text/plain, */*"] {
        let response = send(app(), "GET", "/", &[("accept", accept)]).await;
        assert_eq!(response.status(), 401, "{accept}");
    }
}

/// blockfrost-backend-ryo #30, meetup api #305, postmangovsg #574: a script of another origin is not told of
/// a 429, or not how long to wait.
#[tokio::test]
async fn f10_a_script_of_another_origin_reads_how_long_to_wait() {
    let stage = AuthenticateLayer::new(session_first()).expose_challenges();
    let app = routes().layer(stage).layer(CorsLayer::permissive().expose_headers([] as [_; 0]));
    let lines = [("authorization", "Bearer token"), ("origin", "https://app.example")];
    let response = send(app, "GET", "/throttled", &lines).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()[RETRY_AFTER]),
        (429, &"30".parse().unwrap())
    );
    assert_eq!(response.headers()["access-control-allow-origin"], "*");
    let exposed = response.headers().get_all(ACCESS_CONTROL_EXPOSE_HEADERS).iter();
    let exposed: Vec<_> = exposed.map(|value| value.to_str().unwrap().to_lowercase()).collect();
    assert!(exposed.iter().any(|value| value.contains("retry-after")), "{exposed:?}");
}

/// skypilot #9498: a layer outside lets caches keep everything, and a CDN serves one caller's 401 to all. It
/// must not overwrite what the stage says.
#[tokio::test]
async fn a01_a_layer_outside_that_adds_cache_control_leaves_no_store() {
    let forever = HeaderValue::from_static("public, max-age=31536000");
    let layer = SetResponseHeaderLayer::if_not_present(CACHE_CONTROL, forever);
    let response = send(app().layer(layer.clone()), "GET", "/", &[]).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()[CACHE_CONTROL]),
        (401, &"no-store".parse().unwrap())
    );
    // Nor what it says of a response to a verified caller.
    let token = [("authorization", "Bearer token")];
    let response = send(app().layer(layer), "GET", "/", &token).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()[CACHE_CONTROL]),
        (200, &"private".parse().unwrap())
    );
}

/// ASP.NET Core #9242, Security #930: of several schemes one writes the response, and the challenges of the
/// others, or its redirect, are lost. passport-jwt #175, envoy #16200, nginx #715: a 401 has none.
#[tokio::test]
async fn a01_f06_each_scheme_has_its_challenge_and_a_page_its_redirect() {
    let response = send(app(), "GET", "/", &[]).await;
    assert_eq!((response.status().as_u16(), challenges(&response).len()), (401, 3));
    let response = send(app(), "GET", "/", &[("accept", "text/html")]).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["location"]),
        (303, &"/login".parse().unwrap())
    );
}

/// Django REST framework #4039: a view whose policy refuses, and that has no identity, asks for a login that
/// cannot help.
#[tokio::test]
async fn c09_a_policy_without_an_identity_is_a_mistake_of_the_application() {
    let stage = portcullis::AuthorizeLayer::<Name>::new(authenticated());
    let response = send(routes().layer(stage), "GET", "/", &[]).await;
    assert_eq!((response.status().as_u16(), challenges(&response).len()), (500, 0));
}
