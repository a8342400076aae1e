//! H05: the `Authentication-Info` of a response.

use std::thread::sleep;
use std::time::Duration;

use axum::Router;
use axum::routing::get as on_get;
use headers::{Header, HeaderValue};
use portcullis::challenge::AuthenticationInfo;
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Decision, Denial, Principal, conceal, policy_fn,
};

use crate::support::{Answer, Server, get, send};
use crate::{ALL, Name, ask, digest, mufasa, serve, who};

/// The only `Authentication-Info`, decoded by the typed header.
#[track_caller]
fn info(answer: &Answer) -> AuthenticationInfo {
    let line = answer.field("authentication-info").expect("Authentication-Info");
    let value = HeaderValue::from_str(line).unwrap();
    Header::decode(&mut [value].iter()).expect("a valid header")
}

#[test]
fn h05_rspauth_proves_that_the_server_knows_the_secret() {
    let server = serve(digest().algorithms(ALL).unwrap());
    for algorithm in ALL {
        let mut client = mufasa(&server);
        client.algorithm = algorithm.as_str().to_owned();
        client.cnonce = "a\\b".to_owned();
        for count in [1, 0x1f] {
            client.count = count - 1;
            let line = client.line("GET", "/x?y");
            let line = line.replace("cnonce=\"a\\b\"", "cnonce=\"a\\\\b\"");
            let answer = get(server.address, "/x?y", &[&line]);
            assert_eq!(answer.status, 200);
            let nc = format!("{count:08x}");
            // The method in the A2 of `rspauth` is empty: RFC 7616 §3.5.
            let rspauth = client.input(&nc).response("", "/x?y");
            let expected = format!("rspauth=\"{rspauth}\", cnonce=\"a\\\\b\", nc={nc}, qop=auth");
            assert_eq!(answer.field("authentication-info"), Some(&*expected));
            let info = info(&answer);
            assert_eq!(info.rspauth(), Some(&*rspauth));
            assert_eq!(
                (info.cnonce(), info.nc(), info.qop()),
                (Some("a\\b"), Some(count), Some("auth"))
            );
            assert_eq!(info.next_nonce(), None);
        }
    }
}

#[test]
fn h05_a_new_nonce_comes_before_the_old_one_is_outdated_and_not_sooner() {
    // A unit test checks the times to the millisecond. Here the machine may stall for four seconds.
    let lifetime = Duration::from_secs(16);
    let server = serve(digest().nonce_lifetime(lifetime).unwrap());
    let mut client = mufasa(&server);
    assert_eq!(info(&ask(&server, &client.line("GET", "/"))).next_nonce(), None);
    sleep(lifetime / 4 * 3);
    let answer = ask(&server, &client.line("GET", "/"));
    let line = answer.field("authentication-info").unwrap();
    let next = info(&answer).next_nonce().expect("a new nonce").to_owned();
    assert!(line.contains(&format!("nextnonce=\"{next}\"")), "{line}");
    assert_ne!(next, client.nonce);
    // Both nonces are valid, so that requests need not wait for the previous response.
    assert_eq!(ask(&server, &client.line("GET", "/")).status, 200);
    client.nonce = next;
    client.count = 0;
    assert_eq!(info(&ask(&server, &client.line("GET", "/"))).next_nonce(), None);
}

/// Routes that permit, refuse and conceal.
fn routes() -> Router {
    async fn needy(_: Principal<Name>) {}
    let forbids = || policy_fn(|_: &Name, _: &http::request::Parts| Decision::forbidden());
    let hidden = AuthorizeLayer::<Name>::new(conceal(forbids()));
    let forbidden = AuthorizeLayer::<Name>::new(forbids());
    let routes = Router::new()
        .route("/", on_get(who))
        .route("/needy", on_get(needy))
        .route("/hidden", on_get(who).layer(hidden))
        .route("/forbidden", on_get(who).layer(forbidden))
        .route("/gone", on_get(|| async { Denial::gone() }))
        .route("/down", on_get(|| async { Denial::unavailable() }))
        .route("/own", on_get(|| async { ([("authentication-info", "x=1")], "own") }))
        .route("/404", on_get(|| async { http::StatusCode::NOT_FOUND }))
        .fallback(|| async { Denial::not_found() });
    Router::new().fallback_service(routes)
}

#[test]
fn h05_refusals_have_it_too_but_no_404_has() {
    let stage = AuthenticateLayer::new(digest()).optional();
    let server = Server::start(routes().layer(stage));
    let mut client = mufasa_of(&server);
    let mut ask = |path: &str| get(server.address, path, &[&client.line("GET", path)]);
    for (path, status) in
        [("/", 200), ("/needy", 200), ("/forbidden", 403), ("/gone", 410), ("/down", 503)]
    {
        let answer = ask(path);
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(info(&answer).nc().map(|count| count > 0), Some(true), "{path}");
        assert_eq!(answer.lines("www-authenticate"), [""; 0], "{path}");
    }
    // It replaces a header of the service.
    assert!(info(&ask("/own")).rspauth().is_some());
    // D01, D04.
    assert_eq!(ask("/404").field("authentication-info"), None);
    let hidden = ask("/hidden").undated();
    assert_eq!((hidden.status, hidden.field("authentication-info")), (404, None));
    assert_eq!(hidden, ask("/missing").undated());
    assert_eq!(hidden, get(server.address, "/hidden", &[]).undated());
    // No credentials were verified.
    assert_eq!(get(server.address, "/", &[]).field("authentication-info"), None);
}

fn mufasa_of(server: &Server) -> crate::client::Client {
    crate::client::Client::of(&get(server.address, "/needy", &[]), "Mufasa", "Circle of Life")
}

#[test]
fn h05_the_response_to_head_has_it() {
    let server = serve(digest());
    let mut client = mufasa(&server);
    let answer = send(server.address, "HEAD", "/", &[&client.line("HEAD", "/")]);
    assert_eq!(answer.status, 200);
    let rspauth = client.input("00000001").response("", "/");
    assert_eq!(info(&answer).rspauth(), Some(&*rspauth));
}

#[test]
fn h05_the_typed_header_reads_other_spellings() {
    let read = |lines: &[&str]| {
        let values: Vec<_> =
            lines.iter().map(|line| HeaderValue::from_bytes(line.as_bytes()).unwrap()).collect();
        AuthenticationInfo::decode(&mut values.iter())
    };
    let info =
        read(&["qop=\"auth\" , ,NC = 0000001F", "x=\"\u{e9}\", nextnonce=\"a\\\"b\""]).unwrap();
    assert_eq!((info.qop(), info.nc(), info.next_nonce()), (Some("auth"), Some(31), Some("a\"b")));
    assert_eq!(info.param("X"), Some("\u{e9}".as_bytes()));
    assert_eq!(format!("{info:?}"), r#"AuthenticationInfo(["qop", "NC", "x", "nextnonce"])"#);
    assert_eq!(read(&["nc=1"]).unwrap().nc(), None);
    assert_eq!(read(&["nc=+0000001"]).unwrap().nc(), None);
    for wrong in [&[][..], &[""], &[","], &["abc"], &["a=1, A=2"], &["a=1", "a=2"], &["a=\"1"]] {
        assert!(read(wrong).is_err(), "{wrong:?}");
    }
    let builder = AuthenticationInfo::builder;
    assert!(builder().cnonce("\u{e9}").build().is_err());
    assert!(builder().qop("a b").build().is_err());
    let all = builder().next_nonce("n").rspauth("r").qop("auth").cnonce("c").nc(10).build();
    assert_eq!(
        all.unwrap().header_value(),
        "nextnonce=\"n\", rspauth=\"r\", qop=auth, cnonce=\"c\", nc=0000000a"
    );
}
