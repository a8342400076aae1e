//! A11, A24: logged out means out.

use axum::Router;
use axum::response::Redirect;
use axum::routing::{get as on_get, post as on_post};
use http::header::CACHE_CONTROL;
use http::request::Parts;
use portcullis::challenge::Challenge;
use portcullis::login::LogOut;
use portcullis::{
    AuthenticateLayer, Bearer, Denial, Identity, LoginPage, Tokens, Unauthenticated, any_of,
    identity_fn,
};

use crate::NAVIGATION;
use crate::support::{Server, get, send};

const COOKIE: &str = "logged-out=1; Max-Age=1; Path=/; HttpOnly; SameSite=Lax";

fn identity() -> impl Identity<Principal = &'static str> {
    let session =
        identity_fn(Challenge::bearer("site").unwrap(), |request: &Parts| {
            match request.headers.get("cookie").map(|value| value.as_bytes()) {
                Some(b"sid=1") => Ok("alice"),
                _ => Err(Unauthenticated::missing()),
            }
        });
    let session = session.reads_headers([http::header::COOKIE]);
    any_of((session, Bearer::new("site", Tokens::new().with("token", "alice")).unwrap()))
}

fn routes() -> Router {
    let cached =
        |line: &'static str| on_get(move || async move { ([(CACHE_CONTROL, line)], "page") });
    let leave =
        || Denial::reauthenticate().with_log_out(LogOut::new().clear_cache().clear_storage());
    Router::new()
        .route("/", on_get(|| async { "page" }))
        .route("/aged", cached("private, max-age=60"))
        .route("/public", cached("public, max-age=60"))
        .route("/shared", cached("s-maxage=60"))
        .route("/never", cached("no-store"))
        .route("/quoted", cached("ext=\"no-store"))
        .route("/understood", cached("no-store, must-understand, max-age=60"))
        .route("/leave", on_get(move || async move { leave() }))
        .route("/leave/hidden", on_get(move || async move { leave().concealed() }))
        .route(
            "/log-out",
            on_post(|| async { (LogOut::new().clear_cache().clear_cookies(), Redirect::to("/")) }),
        )
}

fn serve(layer: AuthenticateLayer<impl portcullis::authenticate::IdentityService>) -> Server {
    Server::start(Router::new().fallback_service(routes()).layer(layer))
}

#[test]
fn a11_no_response_to_a_verified_caller_is_stored_if_the_program_says_so() {
    let server =
        serve(AuthenticateLayer::new(identity()).optional().no_store_for_verified_callers());
    for (path, lines) in [
        ("/", &["no-store"][..]),
        ("/aged", &["no-store", "private", "max-age=60"]),
        ("/never", &["no-store"]),
        ("/quoted", &["no-store", "ext=\"no-store"]),
        ("/understood", &["no-store"]),
        // The service says that these are not the caller's own.
        ("/public", &["public", "max-age=60"]),
        ("/shared", &["s-maxage=60"]),
    ] {
        for sent in ["cookie: sid=1", "authorization: Bearer token"] {
            let answer = get(server.address, path, &[sent]);
            assert_eq!(
                (answer.status, answer.members("cache-control")),
                (200, lines.iter().map(|it| it.to_string()).collect()),
                "{path} {sent}"
            );
        }
        assert_eq!(get(server.address, path, &["cookie: sid=1"]).members("vary"), ["cookie"]);
    }
    // An anonymous caller's may be stored.
    let answer = get(server.address, "/", &[]);
    assert_eq!((answer.field("cache-control"), answer.members("vary").len()), (None, 2));
    // The two settings replace each other.
    let off = AuthenticateLayer::new(identity()).no_store_for_verified_callers();
    let server = serve(off.without_cache_headers());
    assert_eq!(get(server.address, "/", &["cookie: sid=1"]).field("cache-control"), None);
    let server = serve(AuthenticateLayer::new(identity()).optional());
    assert_eq!(get(server.address, "/", &["cookie: sid=1"]).members("cache-control"), ["private"]);
}

#[test]
fn a24_a_log_out_says_what_the_browser_deletes() {
    let layer = || AuthenticateLayer::new(identity()).optional();
    let server = serve(layer());
    let answer = send(server.address, "POST", "/log-out", &["cookie: sid=1"]);
    assert_eq!((answer.status, answer.field("location")), (303, Some("/")));
    assert_eq!(answer.field("clear-site-data"), Some(r#""cache", "cookies""#));
    assert_eq!(answer.lines("set-cookie"), [COOKIE]);

    let page = LoginPage::at("/login").unwrap();
    for (server, sent, status) in
        [(server, &["cookie: sid=1"][..], 401), (serve(layer().login_page(page)), &NAVIGATION, 303)]
    {
        for _ in 0..2 {
            let answer = get(server.address, "/leave", sent);
            assert_eq!(answer.status, status);
            assert_eq!(answer.field("clear-site-data"), Some(r#""cache", "storage""#));
            assert_eq!(answer.lines("set-cookie"), [COOKIE]);
        }
        // D01: a 404 is every other 404.
        let hidden = get(server.address, "/leave/hidden", sent);
        assert_eq!((hidden.status, hidden.field("clear-site-data")), (404, None));
        assert_eq!(hidden.field("set-cookie"), None);
    }
}

/// Otherwise the login returns to the log-out, which logs the user out again, for ever.
#[test]
fn a24_f06_a_login_never_returns_to_a_log_out() {
    let page = LoginPage::at("/login").unwrap().return_in("next").unwrap().redirect_htmx();
    let server = serve(AuthenticateLayer::new(identity()).optional().login_page(page));
    let answer = get(server.address, "/leave", &NAVIGATION);
    assert_eq!((answer.status, answer.field("location")), (303, Some("/login")));
    let htmx = ["hx-request: true", "sec-fetch-site: same-origin", "hx-current-url: http://a/b"];
    let answer = get(server.address, "/leave", &htmx);
    assert_eq!((answer.status, answer.field("hx-redirect")), (401, Some("/login")));
}

#[test]
fn a24_each_choice_is_a_directive() {
    for (log_out, expected) in [
        (LogOut::new(), None),
        (LogOut::new().clear_cache(), Some(r#""cache""#)),
        (LogOut::new().clear_cookies(), Some(r#""cookies""#)),
        (LogOut::new().clear_storage(), Some(r#""storage""#)),
        (LogOut::new().clear_storage().clear_cache(), Some(r#""cache", "storage""#)),
        (LogOut::new().clear_storage().clear_cookies(), Some(r#""cookies", "storage""#)),
        (LogOut::new().clear_cookies().clear_cache(), Some(r#""cache", "cookies""#)),
        (
            LogOut::new().clear_cookies().clear_storage().clear_cache(),
            Some(r#""cache", "cookies", "storage""#),
        ),
    ] {
        let mut response = http::Response::new(());
        response.headers_mut().insert("set-cookie", "sid=; Max-Age=0".parse().unwrap());
        let response = log_out.mark(response);
        let cleared = response.headers().get("clear-site-data");
        assert_eq!(cleared.map(|value| value.to_str().unwrap()), expected);
        let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
        assert_eq!(cookies, ["sid=; Max-Age=0", COOKIE]);
    }
}
