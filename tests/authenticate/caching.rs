//! The headers for caches: A02, A11.

use std::convert::Infallible;

use axum::Router;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::Full;
use portcullis::{AuthenticateLayer, any_of};
use tower::{Layer, ServiceExt, service_fn};

use crate::support::{Answer, Server, get};
use crate::{Session, Transport, api_key, bearer, site};

/// A service whose response has the headers that the request names: each `x-say: name: value`.
fn configurable_site() -> Router {
    Router::new().fallback(|request: HeaderMap| async move {
        let mut own_headers = HeaderMap::new();
        for line in request.get_all("x-say") {
            let (name, value) = line.to_str().unwrap().split_once(": ").unwrap();
            let name: HeaderName = name.parse().unwrap();
            own_headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        (own_headers, "said")
    })
}

/// Headers that the service sets on its response.
type OwnHeaders<'a> = &'a [(HeaderName, &'a str)];

/// Requests a response on which the service sets these headers.
#[track_caller]
fn get_with(server: &Server, sent: &[&str], own_headers: OwnHeaders<'_>) -> Answer {
    let own_headers = own_headers.iter().map(|(name, value)| format!("x-say: {name}: {value}"));
    let fields: Vec<String> = sent.iter().map(|it| (*it).to_owned()).chain(own_headers).collect();
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    let answer = get(server.address, "/", &fields);
    assert_eq!((answer.status, answer.text()), (200, "said"));
    answer
}

#[test]
fn a02_without_credentials_the_response_varies_with_every_header_that_the_stage_reads() {
    let identity = any_of((Session, bearer(), api_key()));
    let server =
        Server::start(configurable_site().layer(AuthenticateLayer::new(identity).optional()));
    let all: &[&str] = &["authorization", "cookie", "x-api-key"];
    #[rustfmt::skip]
    let cases: &[(OwnHeaders<'_>, &[&str])] = &[
        (&[], all),
        (&[(CACHE_CONTROL, "public, max-age=600")], all),
        (&[(CACHE_CONTROL, "max-age=600")], all),
        (&[(CACHE_CONTROL, "no-cache")], all),
        // The qualified form covers some headers, and the rest may be stored.
        (&[(CACHE_CONTROL, "private=\"set-cookie\"")], all),
        (&[(CACHE_CONTROL, "private=set-cookie")], all),
        (&[(CACHE_CONTROL, "no-cache=\"private, no-store\"")], all),
        (&[(CACHE_CONTROL, "community=\"no-store\"")], all),
        (&[(CACHE_CONTROL, "no-store")], &[]),
        // A cache that understands the status ignores `no-store` there (RFC 9111 §5.2.2.3).
        (&[(CACHE_CONTROL, "no-store, must-understand")], all),
        (&[(CACHE_CONTROL, "private")], &[]),
        (&[(CACHE_CONTROL, "max-age=60, private")], &[]),
        (&[(CACHE_CONTROL, "max-age=60"), (CACHE_CONTROL, "no-store")], &[]),
        // Some caches join the lines, and read a quoted-string to its end, on another line.
        (&[(CACHE_CONTROL, "ext=\""), (CACHE_CONTROL, "private")], all),
        (&[(VARY, "accept")], &["accept", "authorization", "cookie", "x-api-key"]),
        (&[(VARY, "Cookie, accept"), (VARY, "AUTHORIZATION")],
            &["accept", "authorization", "cookie", "x-api-key"]),
        (&[(VARY, "*")], &["*"]),
        (&[(VARY, "accept, *")], &["*", "accept"]),
    ];
    for (own_headers, vary) in cases {
        let answer = get_with(&server, &[], own_headers);
        let mut members = answer.members("vary");
        members.sort();
        assert_eq!(members, *vary, "{own_headers:?}");
        let own: Vec<_> =
            own_headers.iter().filter(|it| it.0 == CACHE_CONTROL).map(|it| it.1).collect();
        assert_eq!(answer.lines("cache-control"), own, "{own_headers:?}");
    }
}

#[test]
fn a02_directives_are_read_in_any_case() {
    let server =
        Server::start(configurable_site().layer(AuthenticateLayer::new(bearer()).optional()));
    for own_headers in ["Private", "No-Store", "max-age=60, PRIVATE"] {
        let answer = get_with(&server, &[], &[(CACHE_CONTROL, own_headers)]);
        assert_eq!(answer.members("vary"), [""; 0], "{own_headers}");
    }
}

/// Values in which `public` stands within a quoted-string, so that it is not a directive.
const QUOTED: &[&str] = &[
    r#"ext="public""#,
    r#"ext="a, public""#,
    r#"ext="a, b", other="c, public, d""#,
    // A quoted-pair does not end the string.
    r#"ext="a\", public""#,
    r#"ext="\\\", public""#,
    // Outside a string a backslash is an ordinary byte: here the string begins after it.
    r#"ext=\", public, other=""#,
];

/// Values in which it stands after the end of a quoted-string.
const UNQUOTED: &[&str] = &[
    r#"ext="a", public"#,
    r#"ext="a, b",public"#,
    r#"ext="", public"#,
    r#"ext="a\"b", public"#,
    r#"ext="a\b", public"#,
    r#"ext="\\", public"#,
    r"ext=\, public",
    r#"public, ext="a\", b""#,
];

#[test]
fn a11_a_word_within_a_quoted_string_is_not_a_directive() {
    let server = Server::start(configurable_site().layer(AuthenticateLayer::new(api_key())));
    for own_headers in QUOTED {
        let answer = get_with(&server, &["x-api-key: key-1"], &[(CACHE_CONTROL, own_headers)]);
        assert_eq!(answer.lines("cache-control"), ["private", *own_headers]);
    }
    for own_headers in UNQUOTED {
        let answer = get_with(&server, &["x-api-key: key-1"], &[(CACHE_CONTROL, own_headers)]);
        assert_eq!(answer.lines("cache-control"), [*own_headers]);
    }
}

#[test]
fn a02_private_beside_a_quoted_string_is_not_read_by_every_cache_so_the_response_varies() {
    let server =
        Server::start(configurable_site().layer(AuthenticateLayer::new(bearer()).optional()));
    for own_headers in [r#"ext="private""#, r#"ext="a\", private"#, r#"private, ext="a""#] {
        let answer = get_with(&server, &[], &[(CACHE_CONTROL, own_headers)]);
        assert_eq!(answer.members("vary"), ["authorization"], "{own_headers}");
    }
    let answer = get_with(&server, &[], &[(CACHE_CONTROL, r"ext=\, private")]);
    assert_eq!(answer.members("vary"), [""; 0]);
}

#[test]
fn a02_lenient_stages_add_the_same_cache_headers_for_invalid_credentials() {
    let server = Server::start(
        configurable_site().layer(AuthenticateLayer::new(bearer()).ignore_invalid_credentials()),
    );
    for sent in [&[][..], &["authorization: Bearer nope"]] {
        assert_eq!(get_with(&server, sent, &[]).members("vary"), ["authorization"]);
        let answer = get_with(&server, sent, &[(CACHE_CONTROL, "private")]);
        assert_eq!(answer.members("vary"), [""; 0]);
    }
}

#[test]
fn a11_identity_from_authorization_is_private_without_cache_control_of_the_service() {
    let server = Server::start(configurable_site().layer(AuthenticateLayer::new(bearer())));
    let sent = ["authorization: Bearer tok-read"];
    #[rustfmt::skip]
    let cases: &[(&[&str], &[&str])] = &[
        (&[], &["private"]),
        (&["max-age=60"], &["max-age=60"]),
        (&["public"], &["public"]),
        (&["no-store"], &["no-store"]),
        (&["no-cache", "must-revalidate"], &["no-cache", "must-revalidate"]),
    ];
    for (own_headers, expected) in cases {
        let own_headers: Vec<_> = own_headers.iter().map(|value| (CACHE_CONTROL, *value)).collect();
        let answer = get_with(&server, &sent, &own_headers);
        assert_eq!(answer.lines("cache-control"), *expected, "{own_headers:?}");
        assert_eq!(answer.members("vary"), [""; 0], "{own_headers:?}");
    }
}

/// The service's `Cache-Control`, and what is sent to a caller who was authenticated by something
/// other than `Authorization`.
#[rustfmt::skip]
const ELSEWHERE: &[(&[&str], &[&str])] = &[
    (&[], &["private"]),
    (&["max-age=60"], &["private", "max-age=60"]),
    (&["no-cache"], &["private", "no-cache"]),
    (&["must-revalidate, max-age=0"], &["private", "must-revalidate", "max-age=0"]),
    (&["private=\"set-cookie\""], &["private", "private=\"set-cookie\""]),
    (&["private=set-cookie"], &["private", "private=set-cookie"]),
    (&["public=x"], &["private", "public=x"]),
    (&["ext=\"public\""], &["private", "ext=\"public\""]),
    (&["private"], &["private"]),
    (&["no-store"], &["no-store"]),
    (&["no-store", "must-understand"], &["private", "no-store", "must-understand"]),
    (&["public, max-age=60"], &["public", "max-age=60"]),
    (&["s-maxage=60"], &["s-maxage=60"]),
    (&["max-age=60", "private"], &["max-age=60", "private"]),
];

#[test]
fn a11_identity_from_another_header_varies_with_it_and_is_private_beside_max_age() {
    let key = Server::start(configurable_site().layer(AuthenticateLayer::new(api_key())));
    let session = any_of((Session, bearer()));
    let session = Server::start(configurable_site().layer(AuthenticateLayer::new(session)));
    for (server, sent, vary) in
        [(&key, "x-api-key: key-1", "x-api-key"), (&session, "cookie: sid=s1", "cookie")]
    {
        for (own_headers, expected) in ELSEWHERE {
            let own_headers: Vec<_> =
                own_headers.iter().map(|value| (CACHE_CONTROL, *value)).collect();
            let answer = get_with(server, &[sent], &own_headers);
            assert_eq!(answer.members("cache-control"), *expected, "{own_headers:?}");
            assert_eq!(answer.members("vary"), [vary], "{own_headers:?}");
        }
        let answer = get_with(server, &[sent], &[(VARY, "Accept"), (VARY, "Cookie, X-Api-Key")]);
        assert_eq!(answer.members("vary"), ["accept", "cookie", "x-api-key"]);
        assert_eq!(get_with(server, &[sent], &[(VARY, "*")]).members("vary"), ["*"]);
    }
}

/// Some caches ignore a value with bytes outside ASCII.
#[test]
fn a02_names_listed_beside_bytes_outside_ascii_are_listed_again() {
    let layer = AuthenticateLayer::new(bearer()).optional();
    let service = layer.layer(service_fn(|_: Request<()>| async {
        let vary = HeaderValue::from_bytes(b"authorization, caf\xe9").unwrap();
        let mut response = Response::new(Full::<Bytes>::default());
        response.headers_mut().insert(VARY, vary);
        Ok::<_, Infallible>(response)
    }));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let response = runtime.block_on(service.oneshot(Request::new(()))).unwrap();
    let lines: Vec<&[u8]> =
        response.headers().get_all(VARY).iter().map(HeaderValue::as_bytes).collect();
    assert_eq!(lines, [&b"authorization, caf\xe9"[..], b"authorization"]);
}

/// Some caches join the lines, and read a quoted-string without an end to the end of them all.
#[test]
fn a11_private_stands_in_front_of_a_quoted_string_that_does_not_end() {
    let server = Server::start(configurable_site().layer(AuthenticateLayer::new(api_key())));
    for second in ["max-age=60", "private", "no-store"] {
        let own_headers = [(CACHE_CONTROL, "max-age=60, ext=\""), (CACHE_CONTROL, second)];
        let answer = get_with(&server, &["x-api-key: key-1"], &own_headers);
        assert_eq!(answer.lines("cache-control"), ["private", "max-age=60, ext=\"", second]);
    }
}

#[test]
fn a11_directives_are_read_in_any_case() {
    let server = Server::start(configurable_site().layer(AuthenticateLayer::new(api_key())));
    for own_headers in ["Public", "S-MaxAge=60", "NO-STORE", "Private"] {
        let answer = get_with(&server, &["x-api-key: key-1"], &[(CACHE_CONTROL, own_headers)]);
        assert_eq!(answer.lines("cache-control"), [own_headers]);
    }
}

#[test]
fn a11_identity_from_the_transport_is_private_and_varies_with_no_header() {
    let server = Server::start(configurable_site().layer(AuthenticateLayer::new(Transport)));
    for sent in [&[][..], &["authorization: Bearer whatever"]] {
        for (own_headers, expected) in ELSEWHERE {
            let own_headers: Vec<_> =
                own_headers.iter().map(|value| (CACHE_CONTROL, *value)).collect();
            let answer = get_with(&server, sent, &own_headers);
            assert_eq!(answer.members("cache-control"), *expected, "{own_headers:?}");
            assert_eq!(answer.members("vary"), [""; 0], "{own_headers:?}");
        }
    }
}

#[test]
fn a11_an_authorization_header_that_proved_nothing_does_not_count_as_the_source_of_the_identity() {
    let identity = any_of((bearer(), Transport));
    let server = Server::start(configurable_site().layer(AuthenticateLayer::new(identity)));
    for sent in ["authorization: Negotiate abc", "authorization: Bearer"] {
        let answer = get_with(&server, &[sent], &[(CACHE_CONTROL, "max-age=60")]);
        assert_eq!(answer.members("cache-control"), ["private", "max-age=60"], "{sent}");
    }
}

#[test]
fn a11_without_cache_headers_adds_none() {
    let identity = || any_of((Session, bearer(), api_key()));
    let layer = AuthenticateLayer::new(identity()).optional().without_cache_headers();
    let server = Server::start(configurable_site().layer(layer));
    for sent in
        [&[][..], &["authorization: Bearer tok-read"], &["x-api-key: key-1"], &["cookie: sid=s1"]]
    {
        let answer = get_with(&server, sent, &[]);
        assert_eq!(answer.lines("cache-control"), [""; 0]);
        assert_eq!(answer.lines("vary"), [""; 0]);
        let answer = get_with(&server, sent, &[(CACHE_CONTROL, "max-age=60"), (VARY, "accept")]);
        assert_eq!(answer.lines("cache-control"), ["max-age=60"]);
        assert_eq!(answer.lines("vary"), ["accept"]);
    }
    // Refusals are not responses of the service.
    let answer = get(server.address, "/", &["authorization: Bearer nope"]);
    assert_eq!(answer.field("cache-control"), Some("no-store"));
}

#[test]
fn a11_never_adds_directives_that_let_caches_store_more() {
    let required =
        Server::start(site().layer(AuthenticateLayer::new(any_of((bearer(), api_key())))));
    for sent in ["authorization: Bearer tok-read", "x-api-key: key-1"] {
        assert_eq!(get(required.address, "/", &[sent]).members("cache-control"), ["private"]);
    }
}
