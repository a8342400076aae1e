//! F06 and D10: the target that the client has used, where a router or a front server changes it.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::OriginalUri;
use http::request::Parts;
use portcullis::login::ReturnOrigins;
use portcullis::{
    AuthenticateLayer, Bearer, Identity, LoginPage, Negotiate, OriginalTarget, Tokens,
};

use crate::NAVIGATION;
use crate::support::{Server, get};

fn identity() -> impl Identity<Principal = &'static str> {
    Bearer::new("site", Tokens::new().with("token", "alice")).unwrap()
}

fn original_uri() -> impl Fn(&Parts) -> Option<http::Uri> + Send + Sync + 'static {
    OriginalTarget::in_extension(|OriginalUri(target): &OriginalUri| target)
}

fn page() -> LoginPage {
    LoginPage::at("/notes/login").unwrap().return_in("next").unwrap()
}

async fn target(head: Parts) -> String {
    OriginalTarget::of(&head).to_string()
}

#[track_caller]
fn location(server: &Server, path: &str, sent: &[&str]) -> String {
    let answer = get(server.address, path, &[&NAVIGATION[..], sent].concat());
    assert_eq!(answer.status, 303, "{path}: {answer:#?}");
    answer.field("location").unwrap().to_owned()
}

#[test]
fn f06_inside_nest_the_return_path_has_the_prefix() {
    let nested = |stage| {
        let notes = Router::new().fallback(target).layer(stage);
        Server::start(Router::new().nest("/notes", notes))
    };
    let stage = || AuthenticateLayer::new(identity()).login_page(page());
    let told = nested(stage().original_target(original_uri()));
    assert_eq!(location(&told, "/notes/7?a=b", &[]), "/notes/login?next=/notes/7%3Fa%3Db");
    let answer = get(told.address, "/notes/7?a=b", &["authorization: Bearer token"]);
    assert_eq!(answer.text(), "/notes/7?a=b");
    // The page itself is known by its original target.
    assert_eq!(get(told.address, "/notes/login", &NAVIGATION).status, 401);
    // Without the setting the stage takes the target that it sees.
    let untold = nested(stage());
    assert_eq!(location(&untold, "/notes/7?a=b", &[]), "/notes/login?next=/7%3Fa%3Db");
    let answer = get(untold.address, "/notes/7?a=b", &["authorization: Bearer token"]);
    assert_eq!(answer.text(), "/7?a=b");
}

#[test]
fn f06_a_prefix_counts_only_from_a_trusted_front_server() {
    let stage = AuthenticateLayer::new(identity())
        .login_page(LoginPage::at("/app/login").unwrap().return_in("next").unwrap())
        .trust_forwarded_prefix(|head| head.headers.contains_key("x-from-the-front"));
    let server = Server::start(Router::new().fallback(target).layer(stage));
    let (front, prefix) = ("x-from-the-front: 1", "x-forwarded-prefix: /app");
    assert_eq!(location(&server, "/a?b", &[front, prefix]), "/app/login?next=/app/a%3Fb");
    assert_eq!(
        location(&server, "/a", &[front, prefix, "x-forwarded-prefix: /b/"]),
        "/app/login?next=/app/b/a"
    );
    assert_eq!(
        get(server.address, "/login", &[&NAVIGATION[..], &[front, prefix]].concat()).status,
        401
    );
    for sent in [&[prefix][..], &[front], &[front, "x-forwarded-prefix: //evil.example"]] {
        assert_eq!(location(&server, "/a", sent), "/app/login?next=/a", "{sent:?}");
    }
}

#[test]
fn f06_the_prefix_is_put_before_what_the_router_has_kept_and_once() {
    let stage = || {
        AuthenticateLayer::new(identity())
            .original_target(original_uri())
            .trust_forwarded_prefix(|_| true)
    };
    let inner = AuthenticateLayer::new(identity()).trust_forwarded_prefix(|_| true);
    let notes = Router::new().fallback(target).layer(inner).layer(stage());
    let server = Server::start(Router::new().nest("/notes", notes));
    let answer = get(
        server.address,
        "/notes/7",
        &["authorization: Bearer token", "x-forwarded-prefix: /app"],
    );
    assert_eq!(answer.text(), "/app/notes/7");
}

#[test]
fn f06_a_closure_that_panics_or_has_none_leaves_the_target_that_the_stage_sees() {
    let lost = AuthenticateLayer::new(identity()).login_page(page()).original_target(|_| None);
    let panics = AuthenticateLayer::new(identity())
        .login_page(page())
        .original_target(|head| panic!("no address for {}", head.uri));
    for stage in [lost, panics] {
        let server = Server::start(Router::new().fallback(target).layer(stage));
        assert_eq!(location(&server, "/a", &[]), "/notes/login?next=/a");
    }
}

#[test]
fn f06_the_host_of_the_original_target_is_checked_against_the_list_too() {
    let own = ReturnOrigins::new(["https://notes.example"]).unwrap();
    let page = LoginPage::at_origin("https://sso.example/login", own).unwrap();
    let forwarded = |head: &Parts| {
        let host = head.headers.get("x-forwarded-host")?.to_str().ok()?;
        format!("https://{host}{}", head.uri).parse().ok()
    };
    let stage = AuthenticateLayer::new(identity())
        .login_page(page.return_in("next").unwrap())
        .original_target(forwarded);
    let server = Server::start(Router::new().fallback(target).layer(stage));
    let login = "https://sso.example/login";
    assert_eq!(
        location(&server, "/a", &["x-forwarded-host: notes.example"]),
        format!("{login}?next=https%3A//notes.example/a")
    );
    assert_eq!(location(&server, "/a", &["x-forwarded-host: evil.example"]), login);
}

#[test]
fn d10_events_have_the_original_target() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let notes = seen.clone();
    let stage = AuthenticateLayer::new(identity()).original_target(original_uri()).on_decision(
        move |event| notes.lock().unwrap().push(format!("{} {}", event.method(), event.target())),
    );
    let notes = Router::new().fallback(|| async { "a note" }).layer(stage);
    let server = Server::start(Router::new().nest("/notes", notes));
    assert_eq!(get(server.address, "/notes/7?a=b", &[]).status, 401);
    assert_eq!(get(server.address, "/notes/8", &["authorization: Bearer token"]).status, 200);
    assert_eq!(*seen.lock().unwrap(), ["GET /notes/7?a=b", "GET /notes/8"]);
}

#[test]
fn f01_a_renderer_finds_the_original_target() {
    let negotiate = Negotiate::new().instance(|head| Some(OriginalTarget::of(head).to_string()));
    let stage = AuthenticateLayer::new(identity())
        .original_target(original_uri())
        .trust_forwarded_prefix(|_| true)
        .respond_with(negotiate);
    let notes = Router::new().fallback(target).layer(stage);
    let server = Server::start(Router::new().nest("/notes", notes));
    let answer = get(server.address, "/notes/7", &["x-forwarded-prefix: /app"]);
    assert_eq!(answer.json()["instance"], "/app/notes/7");
}

#[test]
fn f06_another_header_than_authorization_names_no_scheme() {
    // As a front server adds to every request, and browsers never send of their own accord.
    let header = http::HeaderName::from_static("x-forwarded-client-cert");
    let certificate = portcullis::challenge::Challenge::builder("Mutual").realm("site").build();
    let identity = portcullis::identity_fn(certificate.unwrap(), |_: &Parts| {
        Err::<&str, _>(portcullis::Unauthenticated::missing())
    });
    for identity in [
        identity.clone().reads_headers([header.clone()]),
        identity.reads_headers([]).reads_list_headers([header]),
    ] {
        let server =
            Server::start(Router::new().layer(AuthenticateLayer::new(identity).login_page(page())));
        let sent = ["x-forwarded-client-cert: Hash=1"];
        assert_eq!(location(&server, "/a", &sent), "/notes/login?next=/a");
    }
}
