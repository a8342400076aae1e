//! F07: what a script asks for opens no dialog, and no 401 goes without a challenge.

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

/// Offers this, and knows nobody.
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
    // It can bring nothing but what a dialog got.
    (&["sec-fetch-mode: websocket", "sec-fetch-dest: empty"], false),
    (&["x-requested-with: com.example.app"], false),
];

#[test]
fn f07_scripts_are_not_offered_what_opens_a_dialog() {
    let server = serve(any_of((bearer(), basic(), offering("Digest"))));
    // Twice, so that the kept answers are seen as well; in both orders.
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
fn f07_failed_credentials_are_answered_without_a_dialog_too() {
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
    // And right ones work.
    let sent = [&FETCH[..], &["authorization: Basic dXNlcjpwYXNzd2Q="]].concat();
    assert_eq!(get(server.address, "/", &sent).text(), "user");
}

#[test]
fn f07_a_401_never_goes_without_a_challenge() {
    let server = serve(basic());
    for path in ["/", "/bare", "/again"] {
        assert_eq!(get(server.address, path, &FETCH).schemes(), ["Basic"], "{path}");
    }
    let server = serve(any_of((basic(), offering("DIGEST"))));
    assert_eq!(get(server.address, "/", &FETCH).schemes().len(), 2);
    // Any other scheme is another: an application's own as well.
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
    // In the place of the only one that was offered.
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
fn f07_is_off_unless_asked_for() {
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

/// A 401 of the service's own (A12) may be kept by a cache, if it says so.
#[test]
fn f07_caches_are_told_what_the_services_own_401_depends_on() {
    let server = serve(any_of((bearer(), basic())));
    let answer = get(server.address, "/kept", &NAVIGATION);
    for name in ["sec-fetch-mode", "sec-fetch-dest", "x-requested-with"] {
        assert!(answer.members("vary").iter().any(|it| it == name), "{answer:#?}");
    }
    // Those of the stage are not kept by anybody.
    assert_eq!(get(server.address, "/", &FETCH).field("cache-control"), Some("no-store"));
    assert_eq!(get(server.address, "/", &FETCH).field("vary"), None);
}
