//! F07: requests of scripts open no dialog, and every 401 has a challenge.

use axum::Router;
use axum::routing::get as on_get;
use http::StatusCode;
use portcullis::challenge::{Challenge, Challenges};
use portcullis::{
    AuthenticateLayer, Basic, Bearer, Denial, Identity, Principal, Tokens, Unauthenticated, Users,
    any_of, identity_fn,
};

use crate::support::{Server, get};
use crate::{FETCH, NAVIGATION};

type Name = &'static str;

fn bearer() -> impl Identity<Principal = Name> {
    Bearer::new("site", Tokens::new().with("tok", "token")).unwrap()
}

fn basic() -> impl Identity<Principal = Name> {
    Basic::new("site", Users::new().with("user", "passwd", "user")).unwrap()
}

/// Offers this scheme, and finds every caller anonymous.
fn offering(scheme: &str) -> impl Identity<Principal = Name> {
    let challenge = Challenge::builder(scheme).realm("site").build().unwrap();
    identity_fn(challenge, |_| Err::<Name, _>(Unauthenticated::missing()))
}

fn routes() -> Router {
    Router::new()
        .route("/bare", on_get(|| async { StatusCode::UNAUTHORIZED }))
        .route(
            "/kept",
            on_get(|| async { ([("cache-control", "max-age=60")], StatusCode::UNAUTHORIZED) }),
        )
        .route("/again", on_get(|| async { Denial::reauthenticate() }))
        .fallback(|Principal(name): Principal<Name>| async move { name })
}

fn serve(identity: impl Identity<Principal = Name>) -> Server {
    let layer = AuthenticateLayer::new(identity).optional().suppress_dialogs_for_scripts();
    Server::start(Router::new().fallback_service(routes()).layer(layer))
}

#[rustfmt::skip]
const ASKING: &[(&[&str], bool)] = &[
    (&FETCH, true),
    (&["sec-fetch-mode: cors"], true),
    (&["sec-fetch-mode: same-origin"], true),
    (&["sec-fetch-mode: no-cors"], true),
    (&["sec-fetch-mode: no-cors", "sec-fetch-dest: empty"], true),
    (&["x-requested-with: XMLHttpRequest"], true),
    (&["x-requested-with: xmlhttprequest", "sec-fetch-mode: navigate"], true),
    // A person, a program, or part of a page.
    (&NAVIGATION, false),
    (&[], false),
    (&["accept: application/json"], false),
    (&["sec-fetch-mode: navigate", "sec-fetch-dest: empty"], false),
    (&["sec-fetch-mode: no-cors", "sec-fetch-dest: image"], false),
    (&["sec-fetch-mode: cors", "sec-fetch-dest: script"], false),
    (&["sec-fetch-dest: empty"], false),
    // A handshake can send credentials only if a dialog asked for them.
    (&["sec-fetch-mode: websocket", "sec-fetch-dest: empty"], false),
    (&["x-requested-with: com.example.app"], false),
];

#[test]
fn f07_scripts_get_no_challenge_that_opens_a_dialog() {
    let server = serve(any_of((bearer(), basic(), offering("Digest"))));
    // Twice, so that cached responses are tested as well; in both orders.
    for (sent, is_script) in ASKING.iter().chain(ASKING.iter().rev()) {
        for path in ["/", "/again", "/bare"] {
            let answer = get(server.address, path, sent);
            assert_eq!(answer.status, 401, "{path} {sent:?}");
            let expected: &[&str] =
                if *is_script { &["Bearer"] } else { &["Bearer", "Basic", "Digest"] };
            assert_eq!(answer.schemes(), expected, "{path} {sent:?}");
        }
    }
}

#[test]
fn f07_failed_credentials_of_scripts_open_no_dialog_either() {
    let server = serve(any_of((basic(), bearer())));
    for _ in 0..2 {
        for (sent, error) in [
            ("authorization: Basic bm86cGU=", None),
            ("authorization: Bearer nope", Some("invalid_token")),
        ] {
            let answer = get(server.address, "/", &[&FETCH[..], &[sent]].concat());
            assert_eq!(
                (answer.status, answer.schemes()),
                (401, vec!["Bearer".to_owned()]),
                "{sent}"
            );
            assert_eq!(answer.error("Bearer").as_deref(), error);
            let answer = get(server.address, "/", &[sent]);
            assert_eq!(answer.schemes(), ["Bearer", "Basic"], "{sent}");
            assert_eq!(answer.error("Bearer").as_deref(), error);
        }
    }
    // Valid credentials work.
    let sent = [&FETCH[..], &["authorization: Basic dXNlcjpwYXNzd2Q="]].concat();
    assert_eq!(get(server.address, "/", &sent).text(), "user");
}

#[test]
fn f07_a_401_always_has_a_challenge() {
    let server = serve(basic());
    for path in ["/", "/bare", "/again"] {
        assert_eq!(get(server.address, path, &FETCH).schemes(), ["Basic"], "{path}");
    }
    let server = serve(any_of((basic(), offering("DIGEST"))));
    assert_eq!(get(server.address, "/", &FETCH).schemes().len(), 2);
    // Any other scheme remains, also one of the application.
    let server = serve(any_of((basic(), offering("Session"))));
    assert_eq!(get(server.address, "/", &FETCH).schemes(), ["Session"]);
}

#[test]
fn f07_an_identitys_own_challenge_counts() {
    let own = |own: Challenge| {
        let beside = Challenges::new(Challenge::basic("site").unwrap());
        serve(identity_fn(beside, move |_| {
            Err::<Name, _>(Unauthenticated::invalid().with_challenge(own.clone()))
        }))
    };
    // Instead of the only offered one.
    let server = own(Challenge::basic("another").unwrap());
    assert_eq!(
        get(server.address, "/", &FETCH).challenges(),
        ["Basic realm=another|charset=UTF-8"]
    );
    // Beside it.
    let server = own(Challenge::bearer("another").unwrap());
    assert_eq!(get(server.address, "/", &FETCH).schemes(), ["Bearer"]);
    assert_eq!(get(server.address, "/", &[]).schemes(), ["Basic", "Bearer"]);
}

#[test]
fn f07_is_off_by_default() {
    let layer = AuthenticateLayer::new(any_of((bearer(), basic()))).optional();
    let server = Server::start(Router::new().fallback_service(routes()).layer(layer));
    for path in ["/", "/bare"] {
        let answer = get(server.address, path, &FETCH);
        assert_eq!(answer.schemes(), ["Bearer", "Basic"], "{path}");
        assert!(!answer.members("vary").iter().any(|name| name == "sec-fetch-mode"), "{path}");
    }
}

#[test]
fn f07_a_proxy_offers_everything() {
    let identity = any_of((bearer(), basic()));
    let layer = AuthenticateLayer::new(identity).suppress_dialogs_for_scripts().at_proxy().unwrap();
    let server = Server::start(Router::new().fallback_service(routes()).layer(layer));
    let answer = get(server.address, "/", &FETCH);
    assert_eq!((answer.status, answer.schemes().len()), (407, 2));
}

/// A cache may store a 401 of the service (A12), if it has such a `Cache-Control`.
#[test]
fn f07_no_cache_reuses_the_services_own_401_for_another_kind_of_request() {
    let server = serve(any_of((bearer(), basic())));
    let answer = get(server.address, "/kept", &NAVIGATION);
    assert!(answer.members("vary").iter().any(|it| it == "*"), "{answer:#?}");
    // No cache stores those of the stage.
    assert_eq!(get(server.address, "/", &FETCH).field("cache-control"), Some("no-store"));
    assert_eq!(get(server.address, "/", &FETCH).field("vary"), None);
}
