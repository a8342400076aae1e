//! F06: browsers are redirected to the login page, only for navigations.

use axum::Router;
use axum::routing::{any, get as on_get};
use http::request::Parts;
use http::{HeaderName, HeaderValue, StatusCode};
use portcullis::challenge::Challenge;
use portcullis::login::InvalidLoginPage;
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Basic, Bearer, Cause, ConcealLayer, Denial, HasRoles,
    Identity, LoginPage, Principal, Requirement, Tokens, Unauthenticated, Users, any_of,
    async_identity_fn, authenticated, conceal, identity_fn, role,
};
use std::time::Duration;

use crate::support::{Answer, Connection, Decisions, Server, get, request, send};
use crate::{FETCH, NAVIGATION};

#[derive(Clone)]
struct User(&'static str);

impl HasRoles for User {
    fn has_role(&self, role: &str) -> bool {
        role == "admin" && self.0 == "alice"
    }
}

/// A session in a cookie: `sid=NAME`, or `sid=broken` while the store is down.
fn session() -> impl Identity<Principal = User> {
    let challenge = Challenge::bearer("site").unwrap();
    let identity = identity_fn(challenge, |request: &Parts| {
        match request.headers.get("cookie").map(HeaderValue::as_bytes) {
            Some(b"sid=alice") => Ok(User("alice")),
            Some(b"sid=bob") => Ok(User("bob")),
            Some(b"sid=broken") => Err(Unauthenticated::unavailable()),
            Some(b"sid=stern") => Err(Unauthenticated::invalid()),
            _ => Err(Unauthenticated::missing()),
        }
    });
    identity.reads_headers([http::header::COOKIE])
}

fn identity() -> impl Identity<Principal = User> {
    any_of((session(), schemes()))
}

/// Without the session, which an identity at a proxy must not read (B02).
fn schemes() -> impl Identity<Principal = User> {
    let tokens = Tokens::new().with("alice-token", User("alice"));
    let users = Users::new().with("alice", "wonderland", User("alice"));
    any_of((Bearer::new("site", tokens).unwrap(), Basic::new("site", users).unwrap()))
}

fn page() -> LoginPage {
    LoginPage::at("/login").unwrap().return_in("next").unwrap()
}

fn routes() -> Router {
    let too_old = || Denial::insufficient(Requirement::max_age(Duration::from_secs(300)));
    Router::new()
        .route("/", any(|| async { "a page" }))
        .route("/login", on_get(|| async { "a form" }))
        .route("/mine", any(|Principal(user): Principal<User>| async move { user.0 }))
        .route("/again", on_get(|| async { Denial::reauthenticate() }))
        .route("/gone", on_get(|| async { Denial::gone() }))
        .route("/old", on_get(move || async move { too_old() }))
        .route("/bare", on_get(|| async { StatusCode::UNAUTHORIZED }))
        .route("/admin", on_get(|| async { "" }).layer(AuthorizeLayer::<User>::new(role("admin"))))
        .route(
            "/hidden",
            on_get(|| async { "" }).layer(AuthorizeLayer::<User>::new(conceal(role("admin")))),
        )
        .fallback(|| async { Denial::not_found() })
}

fn optional() -> Server {
    let layer = AuthenticateLayer::new(identity()).optional().login_page(page());
    Server::start(Router::new().fallback_service(routes()).layer(layer))
}

fn required() -> Server {
    let layer = AuthenticateLayer::new(identity()).login_page(page());
    Server::start(Router::new().fallback_service(routes()).layer(layer))
}

#[track_caller]
fn navigate(server: &Server, path: &str, sent: &[&str]) -> Answer {
    get(server.address, path, &[&NAVIGATION, sent].concat())
}

#[track_caller]
fn assert_redirects_to(answer: &Answer, location: &str) {
    assert_eq!(answer.status, 303, "{answer:#?}");
    assert_eq!(answer.field("location"), Some(location));
    assert_eq!(answer.field("cache-control"), Some("no-store"));
    assert_eq!(answer.field("www-authenticate"), None, "the browser would open a dialog");
    assert_eq!(answer.field("content-type"), Some("text/html; charset=utf-8"));
}

#[test]
fn f06_a_navigation_is_redirected_to_the_login_page_with_its_return_path() {
    for server in [optional(), required()] {
        let answer = navigate(&server, "/mine", &[]);
        assert_redirects_to(&answer, "/login?next=/mine");
        assert!(answer.text().contains(r#"<a href="/login?next=/mine">"#), "{}", answer.text());
        let length = answer.field("content-length").map(str::to_owned);
        assert_eq!(length, Some(answer.body.len().to_string()));

        let fields = NAVIGATION.map(str::as_bytes);
        let head = Connection::open(server.address).send(&request("HEAD", "/mine", &fields));
        assert_eq!(head.undated(), Answer { body: Vec::new(), ..answer.undated() });
    }
}

#[test]
fn f06_the_return_path_is_the_target_in_full_and_encoded() {
    let server = required();
    for (target, location) in [
        ("/", "/login?next=/"),
        ("/a/b", "/login?next=/a/b"),
        ("/a?b=c&d=e", "/login?next=/a%3Fb%3Dc%26d%3De"),
        ("/a?next=/evil&next=//evil", "/login?next=/a%3Fnext%3D/evil%26next%3D//evil"),
        ("/caf%C3%A9", "/login?next=/caf%25C3%25A9"),
        ("/a+b;c='d'", "/login?next=/a%2Bb%3Bc%3D%27d%27"),
        // An invalid return path is left out.
        ("//evil.example/", "/login"),
        ("/%2Fevil.example", "/login"),
        ("/%5Cevil.example", "/login"),
        ("/a/../b", "/login"),
        ("/a?b=%0d%0a", "/login"),
        ("http://evil.example/a", "/login?next=/a"),
    ] {
        assert_redirects_to(&navigate(&server, target, &[]), location);
    }
    let long = format!("/{}", "a".repeat(3000));
    assert_redirects_to(&navigate(&server, &long, &[]), "/login");
}

#[test]
fn f06_a_page_may_have_its_own_query_and_no_return_path() {
    for (page, location) in [
        (LoginPage::at("/login").unwrap(), "/login"),
        (LoginPage::at("/login?tenant=a").unwrap(), "/login?tenant=a"),
        (
            LoginPage::at("/login?tenant=a&b").unwrap().return_in("to").unwrap(),
            "/login?tenant=a&b&to=/mine%3Fx",
        ),
    ] {
        let layer = AuthenticateLayer::new(identity()).login_page(page);
        let server = Server::start(routes().layer(layer));
        let answer = navigate(&server, "/mine?x", &[]);
        assert_redirects_to(&answer, location);
        let link = location.replace('&', "&amp;");
        assert!(answer.text().contains(&format!("\"{link}\"")), "{}", answer.text());
    }
}

#[test]
fn f06_a_wrong_configuration_fails_when_it_is_made() {
    for path in ["", "login", "//evil.example", "https://evil.example/login", "/a b", "/login#x"] {
        assert!(matches!(LoginPage::at(path), Err(InvalidLoginPage::Path(_))), "{path}");
    }
    let at = |path| LoginPage::at(path).unwrap();
    for name in ["", "a b", "a=b", "a&b", "ä", "a%20", "a\r\nb"] {
        let error = at("/login").return_in(name).unwrap_err();
        assert_eq!(error, InvalidLoginPage::Parameter(name.to_owned()));
    }
    for path in ["/login?next", "/login?next=", "/login?a=b&next=/"] {
        assert!(at(path).return_in("next").is_err(), "{path}");
        assert!(at(path).return_in("nex").is_ok(), "{path}");
    }
}

/// Request headers, and whether the request is a navigation.
#[rustfmt::skip]
const ASKING: &[(&[&str], bool)] = &[
    (&["accept: text/html"], true),
    (&["accept: TEXT/HTML"], true),
    (&["accept: application/xhtml+xml"], true),
    (&["accept: text/html;q=0.1"], true),
    (&["accept: text/html;level=1;q=1.000"], true),
    (&["accept: text/html, application/json;q=0.9"], true),
    (&["accept: text/html, */*"], true),
    (&["accept: text/html", "accept: application/json;q=0.5"], true),
    (&["accept: text/html, , ;"], true),
    // No preference, or another.
    (&[], false),
    (&["accept: */*"], false),
    (&["accept: text/*"], false),
    (&["accept:"], false),
    (&["accept: text/html;q=0"], false),
    (&["accept: text/html;q=0.000, */*"], false),
    (&["accept: application/json"], false),
    (&["accept: application/json, text/html"], false),
    (&["accept: application/problem+json, text/html"], false),
    (&["accept: application/json, text/html;q=0.9"], false),
    (&["accept: text/plain, text/html;q=0.9"], false),
    (&["accept: */*, text/html;q=0.9"], false),
    (&["accept: text/html;q=2"], false),
    (&["accept: text/html;q=0.1234"], false),
    (&["accept: text/html;q=x"], false),
    (&["accept: text/html5"], false),
    (&["accept: application/json;a=\", text/html\""], false),
    // Fetch Metadata of browsers.
    (&["accept: text/html", "sec-fetch-mode: navigate"], true),
    (&["accept: text/html", "sec-fetch-mode: navigate", "sec-fetch-dest: document"], true),
    (&["accept: text/html", "sec-fetch-mode: navigate", "sec-fetch-dest: iframe"], true),
    (&["accept: text/html", "sec-fetch-mode: navigate", "sec-fetch-dest: object"], false),
    // A service worker has handed it on, unchanged or changed.
    (&["accept: text/html", "sec-fetch-mode: navigate", "sec-fetch-dest: empty"], true),
    (&["accept: text/html", "sec-fetch-mode: same-origin", "sec-fetch-dest: empty", "upgrade-insecure-requests: 1"], true),
    // A page that is loaded in advance would still be the login page after a login.
    (&["accept: text/html", "sec-fetch-mode: navigate", "sec-purpose: prefetch;prerender"], false),
    (&["accept: text/html", "sec-fetch-mode: cors"], false),
    (&["accept: text/html", "sec-fetch-mode: no-cors"], false),
    (&["accept: text/html", "sec-fetch-mode: same-origin"], false),
    (&["accept: text/html", "sec-fetch-mode: websocket"], false),
    (&["accept: text/html", "sec-fetch-mode:"], false),
    (&["accept: text/html", "sec-fetch-mode: navigate", "sec-fetch-mode: cors"], false),
    (&["accept: text/html", "x-requested-with: XMLHttpRequest"], false),
    (&["accept: text/html", "x-requested-with: xmlhttprequest"], false),
    // A browser inside an app sends the name of the app.
    (&["accept: text/html", "x-requested-with: com.example.app"], true),
    (&["accept: text/html", "content-type: application/grpc"], false),
    (&["accept: text/html", "content-type: application/grpc-web+proto"], false),
    (&["accept: application/grpc"], false),
];

#[test]
fn f06_only_navigations_are_redirected() {
    let server = required();
    for (sent, is_navigation) in ASKING {
        for method in ["GET", "HEAD"] {
            let answer = send(server.address, method, "/mine", sent);
            let status = if *is_navigation { 303 } else { 401 };
            assert_eq!(answer.status, status, "{method} {sent:?}");
            assert_eq!(answer.schemes().is_empty(), *is_navigation, "{sent:?}");
            assert_eq!(answer.field("location").is_some(), *is_navigation, "{sent:?}");
        }
    }
    assert_eq!(get(server.address, "/mine", &FETCH).status, 401);
    for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FROB", "CONNECT"] {
        let answer = send(server.address, method, "/mine", &NAVIGATION);
        assert_eq!((answer.status, answer.field("location")), (401, None), "{method}");
    }
}

/// Weights of HTML and of JSON (RFC 9110 §12.4.2), and whether that of HTML is higher.
const WEIGHED: &[(&str, &str, bool)] = &[
    ("0.5", "0.4", true),
    ("0.4", "0.5", false),
    ("0.5", "0.5", false),
    ("0.001", "0", true),
    ("0.001", "0.000", true),
    ("0.002", "0.001", true),
    ("0.01", "0.009", true),
    ("0.009", "0.01", false),
    ("0.1", "0.099", true),
    ("0.099", "0.1", false),
    ("0.2", "0.19", true),
    ("0.19", "0.2", false),
    ("0.12", "0.119", true),
    ("0.119", "0.12", false),
    ("0.109", "0.11", false),
    ("0.321", "0.123", true),
    ("0.123", "0.132", false),
    ("1", "0.999", true),
    ("0.999", "1", false),
    ("1.", "0.999", true),
    ("1.000", "1.", false),
    ("0.", "0", false),
    // Invalid weights count as zero.
    ("0.001", "1.001", true),
    ("0.001", "1.1", true),
    ("0.001", "2", true),
    ("0.001", "10", true),
    ("0.001", "00.9", true),
    ("0.001", ".9", true),
    ("0.001", "0.9999", true),
    ("0.001", "0.9a", true),
    ("0.001", "0 9", true),
    ("0.001", "", true),
    ("0.001", "-1", true),
];

#[test]
fn f06_a_page_is_preferred_to_the_thousandth_of_a_weight() {
    let server = required();
    for (html, json, is_navigation) in WEIGHED {
        let status = if *is_navigation { 303 } else { 401 };
        for accept in [
            format!("accept: text/html;q={html}, application/json;q={json}"),
            format!("accept: application/json;q={json}, text/html;q={html}"),
            format!("accept: text/html;level=1; q={html}, application/json; Q={json}"),
            format!("accept: application/xhtml+xml;Q={html}, application/vnd.api+json;q={json}"),
            // The highest weight of each kind counts.
            format!(
                "accept: text/html;q={html}, application/xhtml+xml;q=0, application/json;q={json}, a/b+json;q=0"
            ),
            format!(
                "accept: text/html;q=0, application/xhtml+xml;q={html}, application/json;q=0, a/b+json;q={json}"
            ),
        ] {
            assert_eq!(get(server.address, "/mine", &[&accept]).status, status, "{accept}");
        }
    }
    // Other types may weigh as much, and no more.
    for (html, other, status) in [("0.5", "0.5", 303), ("0.501", "0.5", 303), ("0.5", "0.501", 401)]
    {
        let accept = format!("accept: text/html;q={html}, text/plain;q={other}");
        assert_eq!(get(server.address, "/mine", &[&accept]).status, status, "{accept}");
    }
}

#[test]
fn f06_only_a_401_becomes_a_redirect() {
    let server = optional();
    for (path, cookie, status) in [
        ("/", "", 200),
        ("/mine", "", 303),
        ("/mine", "cookie: sid=nobody", 303),
        ("/mine", "cookie: sid=alice", 200),
        ("/mine", "cookie: sid=broken", 503),
        ("/again", "", 303),
        ("/again", "cookie: sid=alice", 303),
        ("/gone", "", 410),
        ("/admin", "", 303),
        ("/admin", "cookie: sid=bob", 403),
        ("/hidden", "", 404),
        ("/hidden", "cookie: sid=bob", 404),
        ("/nothing", "", 404),
        // Another login need not be stronger, and a login page redirects a logged-in user back at
        // once.
        ("/old", "cookie: sid=alice", 401),
        // A 401 of the service (A12).
        ("/bare", "", 401),
    ] {
        let sent: &[&str] = if cookie.is_empty() { &[] } else { &[cookie] };
        let answer = navigate(&server, path, sent);
        assert_eq!(answer.status, status, "{path} {cookie}");
        assert_eq!(answer.field("location").is_some(), status == 303, "{path} {cookie}");
        assert_eq!(answer.schemes().is_empty(), status != 401, "{path} {cookie}");
    }
    let twice = ["authorization: Bearer alice-token", "authorization: Bearer alice-token"];
    assert_eq!(navigate(&server, "/mine", &twice).status, 400);
}

#[test]
fn f06_credentials_of_an_offered_scheme_get_their_error() {
    for server in [optional(), required()] {
        for sent in [
            "authorization: Bearer nope",
            "authorization: Basic bm86cGU=",
            "authorization: Bearer a b",
            "authorization: Basic",
            "authorization: Bearer",
        ] {
            let answer = navigate(&server, "/mine", &[sent]);
            assert_eq!((answer.status, answer.field("location")), (401, None), "{sent}");
        }
        // Credentials of another scheme count as none (A03).
        let answer = navigate(&server, "/mine", &["authorization: Negotiate abc"]);
        assert_redirects_to(&answer, "/login?next=/mine");
    }
    let answer = navigate(&optional(), "/again", &["authorization: Bearer alice-token"]);
    assert_eq!(answer.status, 401);
}

#[test]
fn f06_no_redirect_goes_in_a_circle() {
    let server = required();
    for path in ["/login", "/login?next=/mine"] {
        assert_eq!(navigate(&server, path, &[]).status, 401, "{path}");
    }
    assert_redirects_to(&navigate(&server, "/login/", &[]), "/login?next=/login/");
    // An invalid session does not lock its owner out of the form.
    let server = optional();
    assert_redirects_to(&navigate(&server, "/mine", &["cookie: sid=stern"]), "/login?next=/mine");
    assert_eq!(navigate(&server, "/login", &["cookie: sid=stern"]).status, 401);
    assert_eq!(navigate(&server, "/login", &["cookie: sid=other"]).text(), "a form");
}

#[test]
fn f06_an_identity_that_waits_redirects_the_same() {
    let waiting = async_identity_fn(Challenge::basic("site").unwrap(), |_: &Parts| async {
        tokio::task::yield_now().await;
        Err::<User, _>(Unauthenticated::missing())
    });
    let layer = AuthenticateLayer::new(waiting).login_page(page());
    let server = Server::start(routes().layer(layer));
    assert_redirects_to(&navigate(&server, "/mine?a", &[]), "/login?next=/mine%3Fa");
    assert_eq!(get(server.address, "/mine", &FETCH).schemes(), ["Basic"]);
}

#[test]
fn f06_a_proxy_does_not_redirect() {
    let layer = AuthenticateLayer::new(schemes()).login_page(page()).at_proxy().unwrap();
    let server = Server::start(routes().layer(layer));
    let answer = navigate(&server, "/mine", &[]);
    assert_eq!((answer.status, answer.field("location")), (407, None));
    assert!(!answer.lines("proxy-authenticate").is_empty());
}

#[test]
fn f06_operators_see_the_denial_and_the_redirect() {
    let decisions = Decisions::default();
    let layer = AuthenticateLayer::new(identity()).login_page(page());
    let server = Server::start(routes().layer(layer.on_decision(decisions.hook())));
    navigate(&server, "/mine", &[]);
    let [decided] = &decisions.take()[..] else { panic!("one decision") };
    assert_eq!((decided.cause, decided.status), (Some(Cause::Missing), Some(303)));
}

#[test]
fn f06_headers_of_middlewares_inside_survive() {
    async fn stamp(mut response: axum::response::Response) -> axum::response::Response {
        let fields = response.headers_mut();
        fields.insert(HeaderName::from_static("x-request-id"), HeaderValue::from_static("7"));
        fields.insert("location", HeaderValue::from_static("https://evil.example/"));
        response
    }
    let layer = AuthenticateLayer::new(identity()).optional().login_page(page());
    let stamped = routes().layer(axum::middleware::map_response(stamp));
    let server = Server::start(Router::new().fallback_service(stamped).layer(layer));
    let answer = navigate(&server, "/mine", &[]);
    assert_redirects_to(&answer, "/login?next=/mine");
    assert_eq!(answer.field("x-request-id"), Some("7"));
}

/// D12: inside an area the redirect reveals nothing about the path.
#[test]
fn d12_in_a_concealed_area_every_path_is_redirected_alike_or_none() {
    let area = |layer: AuthenticateLayer<_, _>| {
        let vault = Router::new().route("/vault/gold", on_get(|| async { "gold" }));
        let may = AuthorizeLayer::<User>::new(conceal(role("admin")));
        let inside = Router::new().fallback_service(vault).layer(may);
        let app = Router::new().fallback_service(inside).layer(layer);
        Server::start(app.layer(ConcealLayer::routes_under("/vault").unwrap()))
    };
    let required = area(AuthenticateLayer::new(identity()).login_page(page()));
    for path in ["/vault/gold", "/vault/lead", "/vault/", "/vault/gold/"] {
        assert_redirects_to(&navigate(&required, path, &[]), &format!("/login?next={path}"));
        let mine = navigate(&required, path, &["cookie: sid=bob"]);
        assert_eq!((mine.status, mine.field("location")), (404, None), "{path}");
    }
    let layer = AuthenticateLayer::new(identity()).optional().login_page(page());
    let optional = area(layer);
    let missing = navigate(&optional, "/vault/lead", &[]).undated();
    assert_eq!((missing.status, missing.field("location")), (404, None));
    assert_eq!(navigate(&optional, "/vault/gold", &[]).undated(), missing);
}

/// A handler's own 401 reveals no more than its 404.
#[test]
fn d12_a_401_from_inside_a_hidden_area_is_covered_and_not_redirected() {
    let gold = on_get(|| async { "gold" });
    let gold = gold.layer(AuthorizeLayer::<User>::new(authenticated()));
    let layer = AuthenticateLayer::new(identity()).optional().login_page(page());
    let app = Router::new().route("/vault/gold", gold);
    let app = Router::new().fallback_service(app).layer(layer);
    let server = Server::start(app.layer(ConcealLayer::routes_under("/vault").unwrap()));
    let missing = navigate(&server, "/vault/lead", &[]).undated();
    assert_eq!(missing.status, 404);
    assert_eq!(navigate(&server, "/vault/gold", &[]).undated(), missing);
}
