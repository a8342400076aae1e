//! F06, F07: htmx and Turbo, which request pages by `fetch` and put them into the page. Each is what npm has,
//! in Chromium, on `localhost` and over plain HTTP to another name.

use axum::Router;
use axum::extract::Path;
use axum::response::Html;
use axum::routing::{any, get};
use http::header::CONTENT_TYPE;
use portcullis::{AuthenticateLayer, LoginPage, Principal};
use serde_json::json;

use crate::chromium::{drive, identity};
use crate::support::{Server, Tool};

/// Those of `target/clients`.
fn source(library: &str) -> String {
    let path = match library {
        "htmx" => "htmx.org/dist/htmx.min.js",
        "htmx2" => "htmx.org-2/dist/htmx.min.js",
        _ => "@hotwired/turbo/dist/turbo.es2017-umd.js",
    };
    let modules = Tool::find("node/node_modules").expect("what the test has found");
    std::fs::read_to_string(modules.path().join(path)).expect("a library")
}

const HTMX: &str = r##"<button id="get" hx-get="/mine" hx-target="#shown">get</button>
<form hx-post="/mine" hx-target="#shown"><button id="post">post</button></form>
<a id="boosted" href="/mine" hx-boost="true">boosted</a>
<p id="shown">before</p>"##;

const TURBO: &str = r##"<a id="visit" href="/mine">visit</a>
<form id="form" method="post" action="/mine"><button>post</button></form>
<turbo-frame id="frame"><a href="/mine">in a frame</a>
<form method="post" action="/mine"><button>post</button></form></turbo-frame>"##;

/// A page that says when the library listens, and when it has dealt with a response.
async fn page(Path(library): Path<String>) -> Html<String> {
    let body = if library == "turbo" { TURBO } else { HTMX };
    let events = match &*library {
        "htmx" => "'htmx:finally:request'",
        "htmx2" => "'htmx:afterRequest'",
        _ => "'turbo:before-fetch-response'",
    };
    Html(format!(
        "<!doctype html><title>Start</title><script src=\"/library/{library}\"></script>\
         <script>for (const name of [{events}]) \
         addEventListener(name, () => setTimeout(() => (window.isSettled = true)));\
         addEventListener('load', () => (window.isReady = true))</script>\
         <body>{body}</body>"
    ))
}

fn serve(login: LoginPage) -> Server {
    let library = |Path(library): Path<String>| async move {
        ([(CONTENT_TYPE, "text/javascript")], source(&library))
    };
    let routes = Router::new()
        .route("/page/{library}", get(page))
        .route("/library/{library}", get(library))
        .route("/login", get(|| async { Html("<!doctype html><title>Log in</title>") }))
        .route("/mine", any(|_: Principal<&'static str>| async { "mine" }));
    let stage = AuthenticateLayer::new(identity()).optional().login_page(login);
    Server::start(Router::new().fallback_service(routes).layer(stage))
}

/// The session has ended, on each page and in each library. No dialog opens.
#[test]
fn f06_f07_htmx_and_turbo_arrive_at_the_login() {
    let Some(_) = Tool::find("node/node_modules") else { return };
    let login = || LoginPage::at("/login").unwrap().return_in("next").unwrap();
    let leading = serve(login().redirect_htmx().link_for_turbo());
    let plain = serve(login());
    let Some(told) = drive("libraries", &[leading.address, plain.address]) else { return };
    let page = |library: &str| format!("401 /page/{library}?a=b Start");
    // The login returns to the page.
    let login = |library: &str| format!("401 /login?next=/page/{library}%3Fa%3Db Log in");
    let htmx = |library: &str, swapped: bool| {
        let login = login(library);
        json!({
            "#get": login, "#post": login, "#boosted": login,
            "unled": page(library), "swapped": swapped,
        })
    };
    // Turbo requests the page once more, in the window.
    let visited = "401 /login?next=/mine Log in";
    let turbo = |shown: String| json!({ "#visit": visited, "#form button": shown, "#frame a": shown, "#frame button": shown });
    let each = json!({
        // Of what it has not been told, version 4 shows the body of the 401, and version 2 nothing.
        "htmx": htmx("htmx", true),
        "htmx2": htmx("htmx2", false),
        "turbo": turbo(login("turbo")),
        "turboUnled": turbo(page("turbo")),
        "dialogs": 0,
    });
    assert_eq!(told, json!({ "localhost": each, "intranet.example": each }));
}
