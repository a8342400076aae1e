//! F06, F07, F13: what each kind of client gets where a login page is configured.

use axum::Router;
use axum::routing::{any, get as on_get};
use http::StatusCode;
use http::request::Parts;
use portcullis::challenge::Challenge;
use portcullis::login::NoDialog;
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Basic, Bearer, ConcealLayer, Denial, Identity, LoginPage,
    Principal, Requirement, Tokens, Unauthenticated, Users, any_of, authenticated, identity_fn,
};
use std::time::Duration;

use crate::support::{Answer, Server, get, send};
use crate::{FETCH, NAVIGATION};

type Name = &'static str;

/// What browsers send over plain HTTP beside `Accept`.
const AGENT: [&str; 2] = ["user-agent: Mozilla/5.0 (X11; Linux x86_64)", "accept-language: en"];
const FORM: &str = "content-type: application/x-www-form-urlencoded";

fn basic() -> impl Identity<Principal = Name> {
    Basic::new("site", Users::new().with("alice", "wonderland", "alice")).unwrap()
}

fn identity() -> impl Identity<Principal = Name> {
    let session =
        identity_fn(Challenge::bearer("site").unwrap(), |request: &Parts| {
            match request.headers.get("cookie").map(|value| value.as_bytes()) {
                Some(b"sid=alice") => Ok("alice"),
                _ => Err(Unauthenticated::missing()),
            }
        });
    let session = session.reads_headers([http::header::COOKIE]);
    any_of((session, Bearer::new("site", Tokens::new().with("token", "alice")).unwrap(), basic()))
}

fn page() -> LoginPage {
    LoginPage::at("/login").unwrap().return_in("next").unwrap()
}

fn routes() -> Router {
    let too_old = || Denial::insufficient(Requirement::max_age(Duration::from_secs(300)));
    Router::new()
        .route("/login", any(|| async { "a form" }))
        .route("/tagged", on_get(|| async { ([("x-robots-tag", "all")], Denial::forbidden()) }))
        .route("/mine", any(|Principal(name): Principal<Name>| async move { name }))
        .route("/forbidden", any(|| async { Denial::forbidden() }))
        .route("/old", any(move || async move { too_old() }))
        .route("/own", any(|| async { Denial::identity_needed().with_detail("a <b> & \"c\"") }))
        .route("/outage", any(|| async { Denial::unavailable() }))
        .route("/missing", any(|| async { Denial::not_found() }))
        .route("/bare", any(|| async { (StatusCode::UNAUTHORIZED, NoDialog, "wrong password") }))
        .route("/bare/denial", any(|| async { (NoDialog, Denial::reauthenticate()) }))
        .route("/bare/hidden", any(|| async { (NoDialog, Denial::reauthenticate().concealed()) }))
        .route("/bare/forbidden", any(|| async { (NoDialog, Denial::forbidden()) }))
        .route("/bare/plain", any(|| async { (StatusCode::UNAUTHORIZED, "wrong password") }))
}

fn serve(layer: AuthenticateLayer<impl portcullis::authenticate::IdentityService>) -> Server {
    Server::start(Router::new().fallback_service(routes()).layer(layer))
}

fn with(page: LoginPage) -> Server {
    serve(AuthenticateLayer::new(identity()).optional().login_page(page))
}

/// A form that a browser sends from this page of the site, with Fetch Metadata.
fn post(server: &Server, path: &str, sent: &[&str]) -> Answer {
    send(server.address, "POST", path, &[&NAVIGATION[..3], &[FORM], sent].concat())
}

#[test]
fn f06_a_form_gets_a_page_that_links_to_the_login_and_returns_to_its_own() {
    let server = with(page());
    let own = ["sec-fetch-site: same-origin", "referer: https://proxied.example/notes/new?a=b&c"];
    let answer = post(&server, "/mine", &own);
    assert_eq!((answer.status, answer.schemes()), (401, vec!["Bearer".to_owned()]));
    assert_eq!(answer.field("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(answer.field("cache-control"), Some("no-store"));
    let link = r#"<a href="/login?next=/notes/new%3Fa%3Db%26c">Log in</a>"#;
    assert!(answer.text().contains(link), "{}", answer.text());
    assert!(answer.text().contains("This resource requires authentication."));
    // A text of the application is escaped.
    let answer = post(&server, "/own", &[]);
    assert!(answer.text().contains("<p>a &lt;b&gt; &amp; &quot;c&quot;<p>"), "{}", answer.text());
    // Over plain HTTP as well.
    let plain = [&AGENT[..], &[NAVIGATION[0], FORM, "referer: http://localhost/new"]].concat();
    let answer = send(server.address, "POST", "/mine", &plain);
    assert!(answer.text().contains(r#"href="/login?next=/new""#), "{answer:#?}");
    assert_eq!(answer.schemes(), ["Bearer"]);
}

#[test]
fn f06_a_form_may_be_redirected_to_the_login() {
    let server = with(page().redirect_forms());
    let located = |sent: &[&str]| {
        let answer = post(&server, "/mine?x", sent);
        assert_eq!((answer.status, answer.schemes().len()), (303, 0), "{sent:?}");
        answer.field("location").unwrap().to_owned()
    };
    // The test's requests have `host: localhost`.
    for (sent, location) in [
        (&["referer: http://localhost/notes?page=2"][..], "/login?next=/notes%3Fpage%3D2"),
        (&["referer: https://LOCALHOST/notes#top"], "/login?next=/notes"),
        (&["referer: http://localhost"], "/login?next=/"),
        (&["sec-fetch-site: same-origin", "referer: http://other.example/a"], "/login?next=/a"),
        // No page, one of another origin, the login page itself, and none that is valid.
        (&[], "/login"),
        (&["referer: http://evil.example/notes"], "/login"),
        (&["referer: http://localhost.evil.example/notes"], "/login"),
        (&["referer: http://localhost:8080/notes"], "/login"),
        (&["referer: http://localhost@evil.example/notes"], "/login"),
        (&["sec-fetch-site: cross-site", "referer: http://evil.example/notes"], "/login"),
        (
            &[
                "sec-fetch-site: same-origin",
                "sec-fetch-site: cross-site",
                "referer: http://evil.example/notes",
            ],
            "/login",
        ),
        (&["referer: http://localhost/login?next=/x"], "/login"),
        (&["referer: http://localhost//evil.example"], "/login"),
        (&["referer: http://localhost/%5Cevil.example"], "/login"),
        (&["referer: /notes"], "/login"),
        (&["referer: about:blank"], "/login"),
    ] {
        assert_eq!(located(sent), location, "{sent:?}");
    }
    // A service worker has changed the request, and names itself.
    let changed = [
        NAVIGATION[0],
        FORM,
        "upgrade-insecure-requests: 1",
        "sec-fetch-mode: same-origin",
        "sec-fetch-dest: empty",
        "sec-fetch-site: same-origin",
        "referer: http://localhost/worker.js",
    ];
    let answer = send(server.address, "POST", "/mine", &changed);
    assert_eq!((answer.status, answer.field("location")), (303, Some("/login")));
    // A script's POST, other methods and programs get the 401.
    for (method, sent) in [
        ("POST", &[&FETCH[..], &[FORM]].concat()[..]),
        ("POST", &[FORM]),
        ("PUT", &NAVIGATION),
        ("DELETE", &NAVIGATION),
    ] {
        let answer = send(server.address, method, "/mine", sent);
        assert_eq!((answer.status, answer.field("location")), (401, None), "{method} {sent:?}");
    }
    assert_eq!(post(&server, "/mine", &["authorization: Basic bm86cGU="]).schemes().len(), 2);
    assert_eq!(post(&server, "/mine", &["cookie: sid=alice"]).text(), "alice");
    assert_eq!(post(&server, "/login", &[]).text(), "a form");
    // Another login would not help.
    assert_eq!(post(&server, "/old", &["cookie: sid=alice"]).status, 401);
    assert_eq!(post(&server, "/forbidden", &[]).status, 403);
}

/// Requests of browsers and of programs, and whether a browser sent them.
#[rustfmt::skip]
const CLIENTS: &[(&[&str], bool)] = &[
    (&["sec-fetch-mode: no-cors", "sec-fetch-dest: image"], true),
    (&["sec-fetch-mode: no-cors", "sec-fetch-dest: video"], true),
    (&["sec-fetch-mode: cors", "sec-fetch-dest: script"], true),
    (&["sec-fetch-mode: navigate", "sec-fetch-dest: object", "accept: text/html"], true),
    // A download, and a WebSocket.
    (&["sec-fetch-mode: navigate", "sec-fetch-dest: empty"], true),
    (&["sec-fetch-mode: websocket", "sec-fetch-dest: empty"], true),
    (&["sec-fetch-mode: navigate", "accept: text/html", "sec-purpose: prefetch"], true),
    (&FETCH, true),
    (&["user-agent: Mozilla/5.0", "accept-language: en", "accept: image/*"], true),
    (&["user-agent: Mozilla/5.0", "accept-language: en", "accept: */*"], true),
    (&["user-agent: Mozilla/5.0", "accept-language: en", "accept: text/html"], true),
    (&["user-agent: Mozilla/5.0", "accept-language: en"], true),
    (&["hx-request: true"], true),
    (&["user-agent: Mozilla/5.0 WindowsPowerShell/5.1"], false),
    (&["user-agent: git/2.39", "accept-language: de", "accept: */*"], false),
    (&["accept: application/json"], false),
    (&[], false),
];

#[test]
fn f07_where_there_is_a_login_page_no_request_of_a_browser_opens_a_dialog() {
    let server = with(page());
    for (sent, is_browser) in CLIENTS.iter().chain(CLIENTS.iter().rev()) {
        for path in ["/mine", "/bare/plain"] {
            let answer = get(server.address, path, sent);
            let schemes: &[&str] = if *is_browser { &["Bearer"] } else { &["Bearer", "Basic"] };
            assert_eq!(
                (answer.status, &answer.schemes()[..]),
                (401, &schemes.iter().map(|it| it.to_string()).collect::<Vec<_>>()[..]),
                "{path} {sent:?}"
            );
            assert_eq!(answer.field("location"), None, "{path} {sent:?}");
        }
    }
    // A browser that has a login from a dialog may ask for a better one.
    let sent = [&NAVIGATION[..], &["authorization: Basic bm86cGU="]].concat();
    assert_eq!(get(server.address, "/mine", &sent).schemes(), ["Bearer", "Basic"]);
    // Never a 401 without a challenge.
    let server = serve(AuthenticateLayer::new(basic()).login_page(page()));
    assert_eq!(get(server.address, "/mine", &FETCH).schemes(), ["Basic"]);
    // Without a login page only scripts are spared.
    let server = serve(AuthenticateLayer::new(identity()).suppress_dialogs_for_scripts());
    for (sent, expected) in [
        (&["sec-fetch-mode: no-cors", "sec-fetch-dest: image"][..], 2),
        (&["hx-request: true"], 1),
        (&["user-agent: Mozilla/5.0", "accept-language: en", "accept: text/event-stream"], 1),
        (&["accept: text/event-stream"], 2),
    ] {
        assert_eq!(get(server.address, "/mine", sent).schemes().len(), expected, "{sent:?}");
    }
}

#[test]
fn f06_htmx_is_told_the_login_page_if_the_program_says_so() {
    let htmx = ["hx-request: true", "hx-current-url: http://localhost/notes?page=2#a"];
    let told = with(page().redirect_htmx());
    let answer = get(told.address, "/mine", &htmx);
    assert_eq!((answer.status, answer.schemes()), (401, vec!["Bearer".to_owned()]));
    assert_eq!(answer.field("hx-redirect"), Some("/login?next=/notes%3Fpage%3D2"));
    assert_eq!(answer.field("content-type"), Some("application/problem+json"));
    for (sent, address) in [
        (&["referer: http://localhost/a"][..], "/login?next=/a"),
        (
            &["hx-current-url: http://evil.example/", "referer: http://localhost/a"],
            "/login?next=/a",
        ),
        (&["hx-current-url: javascript:alert(1)"], "/login"),
    ] {
        let sent = [&["hx-request: true"], sent].concat();
        assert_eq!(get(told.address, "/mine", &sent).field("hx-redirect"), Some(address));
        let answer = send(told.address, "DELETE", "/mine", &sent);
        assert_eq!(answer.field("hx-redirect"), Some(address), "{sent:?}");
    }
    // Not on other refusals, not for other scripts, and not if the program does not say so.
    for (path, sent) in [
        ("/forbidden", &htmx[..]),
        ("/old", &["hx-request: true", "cookie: sid=alice"]),
        ("/mine", &FETCH),
        ("/mine", &["hx-request: true", "authorization: Bearer nope"]),
    ] {
        assert_eq!(get(told.address, path, sent).field("hx-redirect"), None, "{path} {sent:?}");
    }
    assert_eq!(get(with(page()).address, "/mine", &htmx).field("hx-redirect"), None);
}

#[test]
fn f06_turbo_gets_a_page_that_it_shows_in_the_window_if_the_program_says_so() {
    let html = "accept: text/html, application/xhtml+xml";
    let stream = "accept: text/vnd.turbo-stream.html, text/html, application/xhtml+xml";
    let out_of_frame = r#"<meta name="turbo-visit-control" content="reload">"#;
    let told = with(page().link_for_turbo());
    for (method, sent, is_page, is_out_of_frame) in [
        ("GET", &["turbo-frame: notes", html][..], true, true),
        ("POST", &["turbo-frame: notes", stream], true, true),
        ("POST", &[stream], true, false),
        ("PATCH", &[stream], true, false),
        // For the plain 401 to a visit Turbo opens the address in the window.
        ("GET", &["x-turbo-request-id: 7", html], false, false),
    ] {
        let sent = [sent, &["referer: http://localhost/notes"]].concat();
        let answer = send(told.address, method, "/mine", &sent);
        assert_eq!((answer.status, answer.schemes()), (401, vec!["Bearer".to_owned()]));
        let link = r#"<a href="/login?next=/notes">"#;
        assert_eq!(answer.text().contains(link), is_page, "{method} {sent:?}");
        assert_eq!(answer.text().contains(out_of_frame), is_out_of_frame, "{method} {sent:?}");
        let answer = send(with(page()).address, method, "/mine", &sent);
        assert_eq!(answer.field("content-type"), Some("application/problem+json"));
    }
}

#[test]
fn f13_search_engines_list_no_refusal_and_no_login_page_with_a_return_path() {
    let tag = |server: &Server, path: &str, sent: &[&str]| {
        get(server.address, path, sent).field("x-robots-tag").map(str::to_owned)
    };
    let server = with(page());
    for (path, expected) in [
        ("/mine", Some("noindex")),
        ("/forbidden", Some("noindex")),
        ("/login?next=/mine", Some("noindex")),
        ("/login?a&next", Some("noindex")),
        ("/tagged", Some("all")),
        // The page itself may be found; and nothing is said of what is missing or not decided.
        ("/login", None),
        ("/login?nextpage=2", None),
        ("/missing", None),
        ("/unknown", None),
        ("/outage", None),
        ("/bare", None),
    ] {
        assert_eq!(tag(&server, path, &[]).as_deref(), expected, "{path}");
        assert_eq!(tag(&server, path, &[]).as_deref(), expected, "{path}, again");
    }
    assert_eq!(tag(&server, "/mine", &NAVIGATION).as_deref(), Some("noindex"));
    assert_eq!(tag(&server, "/mine", &["cookie: sid=alice"]), None);
    for silent in
        [with(page().without_noindex()), serve(AuthenticateLayer::new(identity()).optional())]
    {
        for (path, sent) in [
            ("/mine", &[][..]),
            ("/mine", &NAVIGATION),
            ("/login?next=/", &[]),
            ("/forbidden", &[]),
        ] {
            assert_eq!(tag(&silent, path, sent), None, "{path}");
        }
    }
}

/// F13: what a search engine that follows the redirect may list, as Googlebot requests it.
#[test]
fn f13_a_crawler_finds_noindex_on_the_page_to_which_it_is_redirected() {
    const CRAWLER: [&str; 2] = [
        "user-agent: Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    ];
    let bare = || LoginPage::at("/login").unwrap();
    let found = |page: LoginPage, path: &str| {
        let server = with(page);
        let refused = get(server.address, path, &CRAWLER);
        assert_eq!(refused.status, 303, "{path}");
        let answer = get(server.address, refused.field("location").unwrap(), &CRAWLER);
        assert_eq!((answer.status, answer.text()), (200, "a form"));
        answer.field("x-robots-tag").map(str::to_owned)
    };
    for (page, expected) in [
        (page(), Some("noindex")),
        (page().noindex(), Some("noindex")),
        (bare().noindex(), Some("noindex")),
        (bare().without_noindex().noindex(), Some("noindex")),
        // Without a return path, the page is one that people search for.
        (bare(), None),
        (bare().noindex().without_noindex(), None),
    ] {
        assert_eq!(found(page.clone(), "/mine").as_deref(), expected, "{page:?}");
    }
    let server = with(bare().noindex());
    let tag =
        |path: &str| get(server.address, path, &CRAWLER).field("x-robots-tag").map(str::to_owned);
    for (path, expected) in [
        ("/login", Some("noindex")),
        ("/login?a", Some("noindex")),
        ("/mine", Some("noindex")),
        ("/tagged", Some("all")),
        ("/unknown", None),
        ("/missing", None),
        ("/login/help", None),
    ] {
        assert_eq!(tag(path).as_deref(), expected, "{path}");
    }
}

/// D01, D12: what the stage does for clients depends on the request alone, and not on the path.
#[test]
fn d12_in_a_concealed_area_each_kind_gets_the_same_for_every_path() {
    let page = || page().redirect_htmx().link_for_turbo();
    let area = |layer: AuthenticateLayer<_, _>| {
        let gold = on_get(|| async { "gold" }).post(|| async { "gold" });
        let gold = gold.layer(AuthorizeLayer::<Name>::new(authenticated()));
        let vault = Router::new().route("/vault/gold", gold);
        let app = Router::new().fallback_service(vault).layer(layer);
        Server::start(app.layer(ConcealLayer::routes_under("/vault").unwrap()))
    };
    let same = |server: &Server, method: &str, sent: &[&str], status: u16| {
        let sent = [sent, &["referer: http://localhost/vault/gold"]].concat();
        let [gold, lead] = ["/vault/gold", "/vault/lead"].map(|path| {
            let answer = send(server.address, method, path, &sent).undated().everything();
            answer.replace("gold", "NAME").replace("lead", "NAME")
        });
        assert_eq!(gold, lead, "{method} {sent:?}");
        assert!(gold.starts_with(&status.to_string()), "{method} {sent:?}: {gold}");
    };
    let form = [&NAVIGATION[..], &[FORM]].concat();
    let clients: [(&str, &[&str], u16); 6] = [
        ("GET", &NAVIGATION, 303),
        ("POST", &form, 401),
        ("GET", &FETCH, 401),
        ("GET", &["hx-request: true"], 401),
        ("GET", &["turbo-frame: x"], 401),
        ("GET", &["sec-fetch-mode: no-cors", "sec-fetch-dest: image"], 401),
    ];
    let required = area(AuthenticateLayer::new(identity()).login_page(page()));
    let optional = area(AuthenticateLayer::new(identity()).optional().login_page(page()));
    for (method, sent, status) in clients {
        same(&required, method, sent, status);
        same(&optional, method, sent, 404);
    }
}

/// A12: a login handler's own 401.
#[test]
fn a12_a_handler_may_say_that_its_401_opens_no_dialog() {
    let server = serve(AuthenticateLayer::new(identity()).optional());
    let answer = get(server.address, "/bare", &[]);
    assert_eq!((answer.status, answer.schemes()), (401, vec!["Bearer".to_owned()]));
    assert_eq!(answer.text(), "wrong password");
    assert_eq!(get(server.address, "/bare/plain", &[]).schemes(), ["Bearer", "Basic"]);
    // With nothing else to offer, the challenge names what it is. A 401 always has one.
    let server = serve(AuthenticateLayer::new(basic()).optional());
    assert_eq!(get(server.address, "/bare", &[]).challenges(), ["Form realm=site"]);
    assert_eq!(get(server.address, "/bare/plain", &[]).schemes(), ["Basic"]);
}

/// A handler may refuse by a `Denial` as well.
#[test]
fn a12_the_marker_counts_on_a_denial_too() {
    for (layer, schemes) in [
        (AuthenticateLayer::new(identity()).optional(), "Bearer"),
        (AuthenticateLayer::new(identity()).optional().suppress_dialogs_for_scripts(), "Bearer"),
    ] {
        let server = serve(layer);
        for _ in 0..2 {
            assert_eq!(get(server.address, "/bare/denial", &[]).schemes(), [schemes]);
            // The next one is not affected.
            assert_eq!(get(server.address, "/own", &[]).schemes(), [schemes, "Basic"]);
        }
        let hidden = get(server.address, "/bare/hidden", &[]);
        assert_eq!((hidden.status, hidden.schemes().len()), (404, 0));
        let forbidden = get(server.address, "/bare/forbidden", &[]);
        assert_eq!((forbidden.status, forbidden.schemes().len()), (403, 0));
    }
    let server = serve(AuthenticateLayer::new(basic()).optional().suppress_dialogs_for_scripts());
    for _ in 0..2 {
        let scripted = get(server.address, "/mine", &FETCH);
        assert_eq!(scripted.schemes(), ["Basic"]);
        let answer = get(server.address, "/bare/denial", &FETCH);
        assert_eq!(answer.lines("www-authenticate"), ["Form realm=\"site\""]);
        let hidden = get(server.address, "/bare/hidden", &FETCH);
        assert_eq!((hidden.status, hidden.schemes().len()), (404, 0));
        let forbidden = get(server.address, "/bare/forbidden", &FETCH);
        assert_eq!((forbidden.status, forbidden.schemes().len()), (403, 0));
    }
    let proxy = serve(AuthenticateLayer::new(basic()).optional().at_proxy().unwrap());
    let answer = get(proxy.address, "/bare/denial", &[]);
    assert_eq!((answer.status, answer.lines("proxy-authenticate").len()), (407, 1));
    assert!(answer.field("proxy-authenticate").unwrap().starts_with("Basic"));
}
