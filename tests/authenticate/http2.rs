//! The same rows over HTTP/2, where headers are not lines of text and `Cookie` may be split.

use axum::Router;
use axum::routing::get;
use http::{HeaderMap, StatusCode};
use portcullis::{AuthenticateLayer, AuthorizeLayer, Denial, any_of, conceal, policy_fn};

use crate::support::{Server, send_http2};
use crate::{Name, Session, api_key, basic, bearer, who};

fn send(
    server: &Server,
    method: &str,
    path: &str,
    fields: &[(&str, &str)],
) -> (StatusCode, HeaderMap, Vec<u8>) {
    send_http2(server.address, method, path, fields)
}

fn server() -> Server {
    let identity = any_of((basic(), bearer(), api_key(), Session));
    let forbidden =
        policy_fn(|_: &Name, _: &http::request::Parts| portcullis::Decision::forbidden());
    let hidden = AuthorizeLayer::<Name>::new(conceal(forbidden));
    let routes = Router::new()
        .route("/", get(who))
        .route("/closed", get(|_: portcullis::Principal<Name>| async { "inside" }))
        .route("/hidden", get(|| async { "inside" }).layer(hidden))
        .fallback(|| async { Denial::not_found() });
    let stage = AuthenticateLayer::new(identity).optional();
    Server::start(Router::new().fallback_service(routes).layer(stage))
}

#[test]
fn a01_each_challenge_is_its_own_field_line_over_http2_too() {
    let (status, fields, body) = send(&server(), "GET", "/closed", &[]);
    assert_eq!(status, 401);
    let lines: Vec<_> = fields.get_all("www-authenticate").iter().collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0], "Bearer realm=\"test\"");
    assert_eq!(fields["content-length"], body.len().to_string());
    assert_eq!(fields["cache-control"], "no-store");
}

/// White space around a field value is not part of it (RFC 9110 §5.5). Over HTTP/1.1 the server
/// removes it, over HTTP/2 it reaches the stage.
#[test]
fn a04_white_space_behind_credentials_is_no_part_of_them() {
    let server = server();
    for white_space in ["", " ", "\t", " \t "] {
        for (credentials, name) in
            [("Basic dXNlcjpwYXNzd2Q=", "user"), ("Bearer tok-read", "reader")]
        {
            let value = format!("{credentials}{white_space}");
            let (status, _, body) = send(&server, "GET", "/", &[("authorization", &value)]);
            assert_eq!((status.as_u16(), &body[..]), (200, name.as_bytes()), "{value:?}");
        }
    }
}

#[test]
fn a05_two_header_values_are_ambiguous_over_http2_too_and_a_split_cookie_is_not() {
    let server = server();
    let token = ("authorization", "Bearer tok-read");
    let (status, fields, _) = send(&server, "GET", "/", &[token, token]);
    assert_eq!(status, 400);
    assert!(fields["www-authenticate"].to_str().unwrap().contains("error=\"invalid_request\""));
    let key = ("x-api-key", "key-1");
    assert_eq!(send(&server, "GET", "/", &[key, key]).0, 400);

    let (status, _, body) = send(&server, "GET", "/", &[("cookie", "a=b"), ("cookie", "sid=s1")]);
    assert_eq!((status, &body[..]), (StatusCode::OK, &b"session"[..]));
}

#[test]
fn a10_a_verified_request_goes_on_over_http2_too() {
    let server = server();
    for (field, name) in [
        (("authorization", "Bearer tok-read"), "reader"),
        (("authorization", "Basic dXNlcjpwYXNzd2Q="), "user"),
        (("x-api-key", "key-1"), "machine"),
    ] {
        let (status, _, body) = send(&server, "GET", "/", &[field]);
        assert_eq!((status, body.as_slice()), (StatusCode::OK, name.as_bytes()));
    }
}

#[test]
fn d01_concealed_and_missing_are_the_same_over_http2_too() {
    let server = server();
    for method in ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "FROB"] {
        for who in [&[][..], &[("authorization", "Bearer tok-read")], &[("cookie", "sid=s1")]] {
            let concealed = send(&server, method, "/hidden", who);
            assert_eq!(concealed, send(&server, method, "/missing", who), "{method} {who:?}");
            assert_eq!(concealed.0, 404, "{method}");
            assert_eq!(concealed.2.is_empty(), method == "HEAD");
        }
    }
}
