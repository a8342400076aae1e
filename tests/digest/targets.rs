//! H03: the `uri` of the credentials and the target of the request.

use std::convert::Infallible;

use axum::Router;
use axum::extract::OriginalUri;
use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use http_body_util::Full;
use portcullis::{AuthenticateLayer, Principal};
use tower::ServiceBuilder;

use crate::client::Client;
use crate::support::{Answer, Connection, Server, get};
use crate::{Name, digest, mufasa, site};

/// A server without a router, which would reject some targets itself.
fn server() -> Server {
    let who = |request: Request<hyper::body::Incoming>| async move {
        let name = Principal::<Name>::of(request.extensions()).expect("a principal");
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(*name))))
    };
    let stage = AuthenticateLayer::new(digest());
    Server::start(ServiceBuilder::new().layer(stage).service_fn(who))
}

/// Sends a request for this target with credentials for this `uri`.
fn send(server: &Server, client: &mut Client, method: &str, target: &str, uri: &str) -> Answer {
    send_to(server, client, "HTTP/1.1\r\nhost: Example.org:80", method, target, uri)
}

/// As [`send`], with another version and `Host`.
fn send_to(
    server: &Server,
    client: &mut Client,
    host: &str,
    method: &str,
    target: &str,
    uri: &str,
) -> Answer {
    let line = client.line(method, uri);
    let request = format!("{method} {target} {host}\r\n{line}\r\n\r\n");
    Connection::open(server.address).send(request.as_bytes())
}

#[test]
fn h03_the_uri_is_the_request_target_in_any_form() {
    let server = server();
    let mut client = mufasa(&server);
    let same = [
        ("GET", "/", "/"),
        ("GET", "/a/b?c=d&e", "/a/b?c=d&e"),
        ("GET", "/a?", "/a?"),
        ("GET", "/%7Efoo?%41", "/%7Efoo?%41"),
        ("GET", "//example.org/x", "//example.org/x"),
        ("POST", "/a", "http://example.org/a"),
        ("GET", "/a?b", "http://EXAMPLE.ORG:80/a?b"),
        ("GET", "/", "http://example.org"),
        ("GET", "/?x", "http://example.org?x"),
        ("GET", "http://example.org/a?b", "http://example.org/a?b"),
        ("GET", "http://example.org/a?b", "http://example.org:80/a?b"),
        ("GET", "http://example.org/a?b", "/a?b"),
        ("GET", "http://example.org", "/"),
        ("OPTIONS", "*", "*"),
        ("CONNECT", "example.org:443", "example.org:443"),
        ("CONNECT", "example.org:443", "EXAMPLE.org:443"),
    ];
    for (method, target, uri) in same {
        let answer = send(&server, &mut client, method, target, uri);
        assert_eq!(answer.status, 200, "{method} {target} for {uri}: {answer:?}");
    }
}

#[test]
fn h03_a_uri_that_is_not_the_request_target_is_400() {
    let server = server();
    let mut client = mufasa(&server);
    let other = [
        ("GET", "/", ""),
        ("GET", "/", "/index.html"),
        ("GET", "/a", "/a/"),
        ("GET", "/a", "a"),
        ("GET", "/a", "/A"),
        ("GET", "/a", "/a?"),
        ("GET", "/a?", "/a"),
        ("GET", "/a?b=c", "/a"), // what an old browser sent
        ("GET", "/a", "/a?b=c"),
        ("GET", "/a?b", "/a?c"),
        ("GET", "/a", "*"),
        ("GET", "/", "*"),
        ("OPTIONS", "*", "/"),
        ("OPTIONS", "/", "*"),
        ("GET", "/a", "http://other.example/a"),
        ("GET", "/a", "http://example.org:8080/a"),
        ("GET", "/a", "https://example.org/a"),
        ("GET", "/a", "http://example.org/b"),
        ("GET", "/a", "//example.org/a"),
        ("GET", "/a", "mailto:a@example.org"),
        ("GET", "/a", "://example.org/a"),
        ("GET", "/a", "ftp://example.org:80/a"),
        ("GET", "http://example.org/a", "https://example.org/a"),
        ("GET", "http://example.org/a", "http://other.example/a"),
        ("GET", "http://example.org/a", "/b"),
        ("CONNECT", "example.org:443", "example.org:80"),
        ("CONNECT", "example.org:443", "other.example:443"),
        ("CONNECT", "example.org:443", "/"),
        ("CONNECT", "example.org:443", "https://example.org/"),
    ];
    for (method, target, uri) in other {
        let answer = send(&server, &mut client, method, target, uri);
        assert_eq!(answer.status, 400, "{method} {target} for {uri}: {answer:?}");
        assert_eq!(answer.schemes(), ["Digest"], "{method} {target} for {uri}");
        assert_eq!(answer.field("cache-control"), Some("no-store"));
    }
}

#[test]
fn h03_the_host_and_port_of_the_uri_are_the_requests() {
    let server = server();
    let mut client = mufasa(&server);
    let http = "http://example.org/a";
    let https = "https://example.org/a";
    let cases = [
        ("HTTP/1.1\r\nhost: example.org", "/a", http, 200),
        ("HTTP/1.1\r\nhost: example.org", "/a", "http://example.org:80/a", 200),
        ("HTTP/1.1\r\nhost: example.org", "/a", "http://example.org:443/a", 400),
        // A request in origin form does not tell whether the connection is secure.
        ("HTTP/1.1\r\nhost: example.org", "/a", https, 200),
        ("HTTP/1.1\r\nhost: example.org", "/a", "https://example.org:443/a", 200),
        ("HTTP/1.1\r\nhost: example.org", "/a", "https://example.org:80/a", 400),
        ("HTTP/1.1\r\nhost: example.org:443", "/a", https, 200),
        ("HTTP/1.1\r\nhost: example.org:443", "/a", http, 400),
        ("HTTP/1.1\r\nhost: example.org:80", "/a", https, 400),
        ("HTTP/1.1\r\nhost: example.org:8080", "/a", "http://example.org:8080/a", 200),
        ("HTTP/1.1\r\nhost: example.org:8080", "/a", http, 400),
        ("HTTP/1.1\r\nhost: other.example", "/a", http, 400),
        // A scheme without a default port.
        ("HTTP/1.1\r\nhost: a", "ftp://example.org/a", "ftp://example.org/a", 200),
        ("HTTP/1.1\r\nhost: a", "ftp://example.org/a", "ftp://example.org:80/a", 400),
        // Without `Host`, every host matches; an invalid `Host` matches none.
        ("HTTP/1.1", "/a", http, 200),
        ("HTTP/1.1", "/a", https, 200),
        ("HTTP/1.1", "/a", "http://example.org/b", 400),
        ("HTTP/1.1\r\nhost: exa mple.org", "/a", http, 400),
        ("HTTP/1.1\r\nhost:", "/a", http, 400),
    ];
    for (host, target, uri, status) in cases {
        let answer = send_to(&server, &mut client, host, "GET", target, uri);
        assert_eq!(answer.status, status, "{host}, {target} for {uri}: {answer:?}");
    }
}

#[test]
fn h03_the_uri_of_a_tunnel_is_its_authority() {
    let server = server();
    let mut client = mufasa(&server);
    for (uri, status) in [
        ("example.org:443", 200),
        ("Example.ORG:443", 200),
        ("example.org", 400),
        ("example.org:444", 400),
        ("", 400),
        ("*", 400),
        ("//example.org:443", 400),
        ("http://example.org:443", 400),
    ] {
        let answer = send(&server, &mut client, "CONNECT", "example.org:443", uri);
        assert_eq!(answer.status, status, "{uri}: {answer:?}");
    }
}

#[test]
fn h03_the_method_is_the_requests() {
    let server = server();
    let mut client = mufasa(&server);
    for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "TRACE", "FROB"] {
        let line = client.line(method, "/x");
        let request = |method| format!("{method} /x HTTP/1.1\r\nhost: a\r\n{line}\r\n\r\n");
        let other = if method == "GET" { "HEAD" } else { "GET" };
        let answer = Connection::open(server.address).send(request(other).as_bytes());
        assert_eq!(answer.status, 401, "{method} sent as {other}");
        let answer = Connection::open(server.address).send(request(method).as_bytes());
        assert_eq!(answer.status, 200, "{method}");
        assert!(answer.field("authentication-info").is_some(), "{method}");
    }
}

fn original_uri(head: &Parts) -> Option<http::Uri> {
    head.extensions.get::<OriginalUri>().map(|OriginalUri(target)| target.clone())
}

#[test]
fn h03_the_uri_is_the_original_target_where_the_stage_knows_it() {
    let stage = || AuthenticateLayer::new(digest());
    let nested = |stage| Server::start(Router::new().nest("/notes", site().layer(stage)));
    let told = nested(stage().original_target(original_uri));
    let mut client = Client::of(&get(told.address, "/notes/7", &[]), "Mufasa", "Circle of Life");
    for (target, uri, status) in [
        ("/notes/7?a=b", "/notes/7?a=b", 200),
        ("/notes/7", "http://example.org/notes/7", 200),
        ("/notes/7", "/7", 400),
        ("/notes/7", "/notes/8", 400),
        ("/notes/7", "http://example.org/7", 400),
        ("/notes/7", "http://other.example/notes/7", 400),
    ] {
        let answer = send(&told, &mut client, "GET", target, uri);
        assert_eq!(answer.status, status, "{target} for {uri}: {answer:?}");
    }
    // Without the setting it is the target that the stage sees.
    let untold = nested(stage());
    let mut client = Client::of(&get(untold.address, "/notes/7", &[]), "Mufasa", "Circle of Life");
    for (uri, status) in [("/7", 200), ("/notes/7", 400)] {
        assert_eq!(send(&untold, &mut client, "GET", "/notes/7", uri).status, status, "{uri}");
    }
}

#[test]
fn h03_a_prefix_that_a_client_sends_does_not_change_the_target() {
    let trusted = |head: &Parts| head.headers.get("host").is_some_and(|host| host == "inner");
    let stage = AuthenticateLayer::new(digest()).trust_forwarded_prefix(trusted);
    let server = Server::start(site().layer(stage));
    let mut client = mufasa(&server);
    let prefix = "x-forwarded-prefix: /app";
    for (host, uri, status) in [
        ("inner", "/app/a", 200),
        ("inner", "/a", 400),
        ("outer", "/a", 200),
        ("outer", "/app/a", 400),
    ] {
        let host = format!("HTTP/1.1\r\nhost: {host}\r\n{prefix}");
        let answer = send_to(&server, &mut client, &host, "GET", "/a", uri);
        assert_eq!(answer.status, status, "{host} for {uri}: {answer:?}");
    }
}
