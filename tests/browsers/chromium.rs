//! F06, F07, A11, A24: the same with Chromium, to `localhost` and over plain HTTP to another name.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::Path;
use axum::response::{Html, IntoResponse, Redirect};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use http::header::{CONTENT_TYPE, SET_COOKIE};
use http::request::Parts;
use portcullis::authenticate::IdentityService;
use portcullis::challenge::Challenge;
use portcullis::login::LogOut;
use portcullis::{
    AuthenticateLayer, Basic, Bearer, Identity, LoginPage, Principal, Tokens, Unauthenticated,
    Users, any_of, identity_fn,
};
use serde_json::{Value, json};

use crate::support::{Scratch, Server, Tool, run};

type Name = &'static str;

/// A site with a session in a cookie, tokens and Basic.
pub fn identity() -> impl Identity<Principal = Name> {
    let session = identity_fn(Challenge::bearer("site").unwrap(), |request: &Parts| {
        let cookie = request.headers.get("cookie").and_then(|value| value.to_str().ok());
        let is_alice = cookie.is_some_and(|cookie| cookie.split("; ").any(|it| it == "sid=alice"));
        if is_alice { Ok("alice") } else { Err(Unauthenticated::missing()) }
    });
    let session = session.reads_headers([http::header::COOKIE]);
    let tokens = Bearer::new("site", Tokens::new().with("token", "alice")).unwrap();
    any_of((session, tokens, basic()))
}

fn basic() -> impl Identity<Principal = Name> {
    Basic::new("site", Users::new().with("alice", "wonderland", "alice")).unwrap()
}

const START: &str = r#"<!doctype html><title>Start</title>
<a href="/mine">mine</a> <a href="/mine" download>save</a>
<form method="post" action="/mine"><button>send</button></form>"#;

const PRIVATE: &str = r#"<!doctype html><title>Private</title>
<form method="post" action="/log-out"><button>log out</button></form>
<script>addEventListener('pageshow', shown => fetch('/shown/' + (shown.persisted ? 'again' : 'new')))</script>"#;

/// Where it leads after the log-out.
const REFUSED: &str = r#"<!doctype html><title>Log in</title>
<script>fetch('/shown/login')</script>"#;

fn worker(Path(name): Path<String>) -> impl IntoResponse {
    let code = match &*name {
        "unchanged.js" => "event.respondWith(fetch(event.request))",
        "changed.js" => {
            "event.respondWith(fetch(event.request, { signal: new AbortController().signal }))"
        }
        _ => {
            "if (event.request.mode === 'navigate') event.respondWith((async () => \
             (await event.preloadResponse) || fetch(event.request))())"
        }
    };
    let preload =
        if name == "preload.js" { "registration.navigationPreload.enable()" } else { "0" };
    let script = format!(
        "oninstall = () => skipWaiting();\n\
         onactivate = event => event.waitUntil((async () => {{ await {preload}; await clients.claim() }})());\n\
         onfetch = event => {{ {code} }};"
    );
    (
        [
            (CONTENT_TYPE, "text/javascript"),
            (http::HeaderName::from_static("service-worker-allowed"), "/"),
        ],
        script,
    )
}

/// What a site has noticed.
#[derive(Default)]
struct Seen {
    /// The number of requests for pages in advance.
    speculated: AtomicU32,
    /// Which pages were shown, and whether anew or again.
    shown: Mutex<Vec<String>>,
}

fn routes(seen: Arc<Seen>) -> Router {
    let counted = seen.clone();
    let noted = seen.clone();
    let note =
        move |Path(page): Path<String>| async move { noted.shown.lock().unwrap().push(page) };
    let mine = |Principal(name): Principal<Name>| async move {
        Html(format!("<!doctype html><title>Mine</title>{name}"))
    };
    let log_in = || async { ([(SET_COOKIE, "sid=alice; Path=/; HttpOnly; SameSite=Lax")], "") };
    let log_out = || async {
        let ended = [(SET_COOKIE, "sid=; Path=/; Max-Age=0")];
        (ended, LogOut::new().clear_cache(), Redirect::to("/start"))
    };
    Router::new()
        .route("/start", get(|| async { Html(START) }))
        .route("/login", get(|| async { Html(REFUSED) }).post(log_in))
        .route("/log-out", post(log_out))
        .route("/mine", any(mine))
        .route("/private", get(|_: Principal<Name>| async { Html(PRIVATE) }))
        .route("/worker/{name}", get(|path| async { worker(path) }))
        .route("/shown", get(move || async move { Json(seen.shown.lock().unwrap().clone()) }))
        .route("/shown/{page}", get(note))
        .route("/seen", get(|| async {}))
        .route(
            "/speculated",
            get(move || async move { counted.speculated.load(Ordering::Relaxed).to_string() }),
        )
}

fn serve(layer: AuthenticateLayer<impl IdentityService>) -> Server {
    let seen = Arc::new(Seen::default());
    let routes = Router::new().fallback_service(routes(seen.clone())).layer(layer);
    let note = move |request: axum::extract::Request| {
        if request.headers().contains_key("sec-purpose") {
            seen.speculated.fetch_add(1, Ordering::Relaxed);
        }
        std::future::ready(request)
    };
    Server::start(Router::new().fallback_service(routes).layer(axum::middleware::map_request(note)))
}

fn page() -> LoginPage {
    LoginPage::at("/login").unwrap().return_in("next").unwrap()
}

/// Runs a part of `chromium.cjs` against the three sites. `None` if a program is not installed.
fn ask(part: &str, linking: SocketAddr) -> Option<Value> {
    let redirecting =
        serve(AuthenticateLayer::new(identity()).optional().login_page(page().redirect_forms()));
    let asking = serve(AuthenticateLayer::new(basic()).optional());
    drive(part, &[linking, redirecting.address, asking.address])
}

/// Runs a part of `chromium.cjs` against these sites. `None` if a program is not installed.
pub fn drive(part: &str, sites: &[SocketAddr]) -> Option<Value> {
    // One at a time: each of them is many processes.
    static TURN: Mutex<()> = Mutex::new(());
    let (node, chromium) = (Tool::find("node")?, Tool::find("chromium")?);
    let modules = Tool::find("node/node_modules")?;
    let home = Scratch::new();
    let mut command = node.command(&home);
    command.env("NODE_PATH", modules.path());
    command.arg(format!("{}/tests/browsers/chromium.cjs", env!("CARGO_MANIFEST_DIR")));
    command.arg(chromium.path()).arg(part);
    for address in sites {
        command.arg(address.port().to_string());
    }
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let ran = run(&mut command);
    assert_eq!(ran.code, 0, "{ran:#?}");
    Some(serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:#?}")))
}

/// No request of a page opens a dialog, no script is redirected, and a person who follows a link or
/// sends a form gets to the login.
#[test]
fn f07_chromium_opens_no_dialog_where_there_is_a_login_page() {
    let site = serve(AuthenticateLayer::new(identity()).optional().login_page(page()));
    let Some(told) = ask("requests", site.address) else { return };
    let each = json!({
        "fetch": 401, "fetchOfHtml": 401, "fetchOfJson": 401, "post": 401, "xhr": 401,
        "events": "error", "image": "error", "video": "error", "style": "error", "script": "error",
        "frame": "Log in",
        // Otherwise the login page would be the file.
        "download": "failed",
        "page": "/login?next=/mine%3Fa%3Db Log in",
        "form": 401,
        "linked": "/login?next=/start%3Fpage%3D2 Log in",
        "redirected": "/login?next=/start%3Fpage%3D2 Log in",
        "dialogs": 0,
        "asked": 1,
    });
    assert_eq!(told, json!({ "localhost": each, "intranet.example": each }));
}

/// Through a service worker, and from a page that was loaded before the login.
#[test]
fn f06_chromium_gets_to_the_login_through_a_service_worker() {
    let site = serve(AuthenticateLayer::new(identity()).optional().login_page(page()));
    let Some(told) = ask("workers", site.address) else { return };
    let worker = |sent: &str| {
        json!({
            "opened": "/login?next=/mine%3Fa%3Db Log in",
            "sent": format!("{sent} Log in"),
            "fetched": 401,
            "dialogs": 0,
        })
    };
    let form = worker("/login?next=/start%3Fpage%3D2");
    let expected = json!({
        // Of a request that the worker has changed, the worker is the sender.
        "unchanged": form, "changed": worker("/login"), "preload": form,
        "prefetch": "/mine Mine", "prerender": "/mine Mine",
    });
    assert_eq!(told, expected);
}

/// Chromium 156 shows it again from its back-forward cache if it is `private`, or if the log-out sets
/// no cookie.
#[test]
fn a11_a24_chromium_shows_no_page_again_after_a_log_out() {
    let layer = AuthenticateLayer::new(identity()).optional().login_page(page());
    let site = serve(layer.no_store_for_verified_callers());
    let Some(told) = ask("back", site.address) else { return };
    assert_eq!(told, json!({ "first": "new", "then": "login" }));
}
