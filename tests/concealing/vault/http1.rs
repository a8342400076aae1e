//! Over HTTP/1.1, by exact bytes: D01, D02, D03, D11, D14.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::{FAILED, FEW, METHODS, PATHS, STRANGERS};
use crate::support::{Example, send};

/// A request without its path and credentials.
#[derive(Clone, Debug)]
struct Shape {
    method: &'static str,
    /// The text before the path, and after it.
    around: (&'static str, &'static str),
    version: &'static str,
    headers: Vec<&'static str>,
    body: Vec<u8>,
}

impl Shape {
    fn new(method: &'static str, headers: &[&'static str]) -> Self {
        let headers = headers.to_vec();
        Self { method, around: ("", ""), version: "HTTP/1.1", headers, body: Vec::new() }
    }

    fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    fn around(self, before: &'static str, after: &'static str) -> Self {
        Self { around: (before, after), ..self }
    }

    fn version(self, version: &'static str) -> Self {
        Self { version, ..self }
    }

    fn bytes(&self, path: &str, credentials: &[&str]) -> Vec<u8> {
        let Self { method, around: (before, after), version, .. } = self;
        let mut head = format!("{method} {before}{path}{after} {version}\r\nhost: localhost\r\n");
        for line in credentials.iter().chain(&self.headers) {
            head.push_str(line);
            head.push_str("\r\n");
        }
        head.push_str("\r\n");
        [head.as_bytes(), &self.body].concat()
    }
}

/// Everything that came over a connection, without `Date`.
#[derive(Debug, PartialEq, Eq)]
struct Observed {
    /// The response, and the interim responses before it.
    response: String,
    /// What came for another request on the same connection, until it was closed.
    afterwards: String,
}

/// Sends a request, reads the whole response, then sends another on the same connection.
fn observe(address: SocketAddr, method: &str, bytes: &[u8]) -> Observed {
    let mut stream = TcpStream::connect(address).expect("a server");
    stream.set_nodelay(true).expect("an option");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
    // The server may close before everything is written.
    let _ = stream.write_all(bytes);
    let mut response = Vec::new();
    while !is_complete(&response, method == "HEAD") && read(&mut stream, &mut response) {}
    let again = b"GET /nothing HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let _ = stream.write_all(again);
    let mut afterwards = Vec::new();
    while read(&mut stream, &mut afterwards) {}
    Observed { response: undated(&response), afterwards: undated(&afterwards) }
}

/// Reads once; whether more may come. A reset counts as an end: which of the two a client sees is a
/// race with what it still sends.
fn read(stream: &mut TcpStream, received: &mut Vec<u8>) -> bool {
    let mut buffer = [0; 4096];
    match stream.read(&mut buffer) {
        Ok(length) => {
            received.extend_from_slice(&buffer[..length]);
            length > 0
        }
        Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset) => false,
        Err(error) => panic!("{error} after {:?}", String::from_utf8_lossy(received)),
    }
}

fn is_complete(received: &[u8], to_head: bool) -> bool {
    let text: String = received.iter().copied().map(char::from).collect();
    let Some((head, rest)) = text.split_once("\r\n\r\n") else { return false };
    if head.starts_with("HTTP/1.1 100 ") {
        return is_complete(rest.as_bytes(), to_head);
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.map_or(0, |length| length.parse().expect("a length"));
    to_head || rest.len() >= length
}

fn undated(received: &[u8]) -> String {
    let text: String = received.iter().copied().map(char::from).collect();
    let undated = |line: &str| match line.get(..6) {
        Some(name) if name.eq_ignore_ascii_case("date: ") => format!("{name}…"),
        _ => line.to_owned(),
    };
    text.split("\r\n").map(undated).collect::<Vec<_>>().join("\r\n")
}

/// Sends each shape with each credentials to each path, over many connections at a time. What is
/// observed for a path has to be what is observed for the first one.
fn compare(shapes: &[Shape], credentials: &[&[&str]], paths: &[&str]) {
    let example = Example::start("vault");
    let rows: Vec<(&Shape, &[&str])> =
        shapes.iter().flat_map(|shape| credentials.iter().map(move |it| (shape, *it))).collect();
    let next = AtomicUsize::new(0);
    let differences = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..24 {
            scope.spawn(|| {
                while let Some((shape, credentials)) =
                    rows.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    let seen = |path: &str| {
                        observe(example.address, shape.method, &shape.bytes(path, credentials))
                    };
                    let first = seen(paths[0]);
                    for path in &paths[1..] {
                        let other = seen(path);
                        // While a body is incomplete, what a busy server does first is a race, for
                        // each path alike. A leak is a response that the other path never gives.
                        let often = |path| (0..8).map(|_| seen(path)).collect::<Vec<_>>();
                        let never_alike = || {
                            let (here, there) = (often(path), often(paths[0]));
                            !here.contains(&first) && here.iter().all(|it| !there.contains(it))
                        };
                        if other != first && never_alike() {
                            let difference = format!(
                                "{path} {shape:.200?} {credentials:?} {first:#?} {other:#?}"
                            );
                            differences.lock().unwrap().push(difference);
                        }
                    }
                }
            });
        }
    });
    let differences = differences.into_inner().unwrap();
    assert!(differences.is_empty(), "{} differ: {}", differences.len(), differences[0]);
}

/// Requests with more than a request line and a host.
fn shapes(method: &'static str) -> Vec<Shape> {
    let huge = vec![b'x'; 300 * 1024];
    let chunks = [&b"4b000\r\n"[..], &huge, b"\r\n0\r\n\r\n"].concat();
    let with = |headers: &[&'static str]| Shape::new(method, headers);
    vec![
        with(&["if-match: *"]),
        with(&["if-match: \"x\""]),
        with(&["if-none-match: *"]),
        with(&["if-none-match: \"x\""]),
        with(&["if-modified-since: Sat, 29 Oct 2094 19:43:31 GMT"]),
        with(&["if-unmodified-since: Sat, 29 Oct 1994 19:43:31 GMT"]),
        with(&["if-range: \"x\"", "range: bytes=0-1"]),
        with(&["range: bytes=0-1"]),
        with(&["range: bytes=99999-"]),
        with(&["accept: text/html"]),
        with(&["accept: application/x-nothing"]),
        with(&["accept-encoding: gzip, br, identity;q=0"]),
        with(&["accept-language: de", "accept-charset: x"]),
        with(&["origin: https://a.example"]),
        with(&["origin: https://a.example", "access-control-request-method: PUT"]),
        with(&["cookie: a=b", "cookie: session=\"x"]),
        with(&["upgrade: websocket", "connection: upgrade", "sec-websocket-version: 13"]),
        with(&["upgrade: h2c", "connection: upgrade, http2-settings", "http2-settings: AAA"]),
        with(&["te: trailers", "connection: te"]),
        with(&["max-forwards: 0"]),
        with(&["x-http-method-override: DELETE", "x-original-url: /vault/notes"]),
        with(&["cache-control: only-if-cached"]),
        with(&["connection: close"]),
        with(&["connection: keep-alive"]),
        with(&["transfer-encoding: gzip"]),
        // Bodies of each type, in each framing: right, wrong, incomplete and absent.
        with(&["content-type: application/json", "content-length: 12"]).body("{\"text\":\"x\"}"),
        with(&["content-type: application/json", "content-length: 3"]).body("{]}"),
        with(&["content-type: application/json", "content-length: 10"]).body("{\"txt\":\"\"}"),
        with(&["content-type: text/plain", "content-length: 3"]).body("abc"),
        with(&["content-type: application/grpc", "te: trailers", "content-length: 5"]).body([0; 5]),
        with(&["content-type: application/grpc+proto", "content-length: 5"]).body([9; 5]),
        with(&["content-type: application/grpc-web", "content-length: 5"]).body([0; 5]),
        with(&["content-type: application/grpc-web-text+proto", "content-length: 8"])
            .body("AAAAAAA="),
        with(&["content-type: application/x-www-form-urlencoded", "content-length: 3"]).body("a=b"),
        with(&["content-type: multipart/form-data; boundary=x", "content-length: 5"]).body("--x--"),
        with(&["content-encoding: gzip", "content-length: 2"]).body(b"\x1f\x8b"),
        with(&["content-length: 0"]),
        with(&["content-length: 5"]).body("ab"),
        with(&["content-length: 2"]).body("abcde"),
        with(&["content-length: x"]).body("abc"),
        with(&["content-length: 2", "content-length: 3"]).body("abc"),
        with(&["content-length: 3", "transfer-encoding: chunked"]).body("3\r\nabc\r\n0\r\n\r\n"),
        with(&["content-length: 307200"]),
        with(&["content-length: 307200"]).body(huge),
        with(&["transfer-encoding: chunked"]),
        with(&["transfer-encoding: chunked"]).body("3\r\nabc\r\n0\r\n\r\n"),
        with(&["transfer-encoding: chunked"]).body("3\r\nabc\r\n0\r\nx-trailer: a\r\n\r\n"),
        with(&["transfer-encoding: chunked"]).body("3\r\nab"),
        with(&["transfer-encoding: chunked"]).body("x\r\nabc\r\n"),
        with(&["transfer-encoding: chunked"]).body(chunks),
        with(&["expect: 100-continue", "content-length: 5"]),
        with(&["expect: 100-continue", "content-length: 5"]).body("abcde"),
        with(&["expect: 100-continue", "transfer-encoding: chunked"]),
        with(&["expect: something-else", "content-length: 3"]).body("abc"),
        // Other forms of the request target, and older versions.
        with(&[]).around("", "?"),
        with(&[]).around("", "?id=1&id=x"),
        with(&[]).around("", "?%00%zz"),
        with(&[]).around("", ";v=1"),
        with(&[]).around("", "%00"),
        with(&[]).around("", "#fragment"),
        with(&[]).around("http://localhost", ""),
        with(&[]).around("https://elsewhere.example:99", "?x"),
        with(&[]).around("x", ""),
        with(&[]).version("HTTP/1.0"),
        with(&["connection: keep-alive"]).version("HTTP/1.0"),
        with(&["content-length: 5"]).body("ab").version("HTTP/1.0"),
        with(&[]).version("HTTP/0.9"),
        with(&["no colon"]),
    ]
}

#[test]
fn d01_a_caller_who_may_not_see_gets_the_same_bytes_for_every_path() {
    let example = Example::start("vault");
    for credentials in STRANGERS {
        let bytes = Shape::new("GET", &[]).bytes("/vault/notes", credentials);
        let seen = observe(example.address, "GET", &bytes);
        let body = "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,\
                    \"detail\":\"There is no such resource.\"}";
        let expected = format!(
            "HTTP/1.1 404 Not Found\r\n\
             content-type: application/problem+json\r\n\
             content-length: {}\r\n\
             cache-control: no-store\r\n\
             date: …\r\n\r\n{body}",
            body.len()
        );
        assert_eq!(seen.response, expected, "{credentials:?}");
        assert!(seen.afterwards.starts_with("HTTP/1.1 404 Not Found\r\n"), "{seen:#?}");
    }
}

#[test]
fn d02_d11_every_method_gets_the_same_response_on_every_path() {
    let shapes = METHODS.map(|method| Shape::new(method, &[]));
    compare(&shapes, &STRANGERS, &PATHS);
    // D11: credentials that fail do so on every path.
    compare(&shapes, &FAILED, &FEW);
}

#[test]
fn d03_d14_headers_and_bodies_change_neither_the_response_nor_the_connection() {
    compare(&shapes("GET"), &STRANGERS[..2], &FEW);
    compare(&shapes("POST"), &STRANGERS[..2], &PATHS);
    for method in ["HEAD", "PUT", "OPTIONS"] {
        compare(&shapes(method), &STRANGERS[1..2], &FEW);
    }
    compare(&shapes("PATCH"), &FAILED[..2], &FEW);
}

#[test]
fn d11_a_failed_credential_is_401_on_every_path() {
    let example = Example::start("vault");
    for credentials in &FAILED[..3] {
        for path in ["/nothing", "/vault/notes"] {
            let answer = send(example.address, "GET", path, credentials);
            assert_eq!((answer.status, answer.lines("www-authenticate").len()), (401, 2));
        }
    }
}

#[test]
fn d14_pipelined_requests_get_the_same_responses() {
    let example = Example::start("vault");
    let seen = |paths: [&str; 3]| {
        let requests = [
            Shape::new("GET", &[]).bytes(paths[0], &[]),
            Shape::new("POST", &["content-length: 3"]).body("abc").bytes(paths[1], STRANGERS[1]),
            Shape::new("HEAD", &["connection: close"]).bytes(paths[2], STRANGERS[2]),
        ];
        // All in one write.
        let mut stream = TcpStream::connect(example.address).expect("a server");
        stream.write_all(&requests.concat()).expect("to write");
        let mut received = Vec::new();
        while read(&mut stream, &mut received) {}
        undated(&received)
    };
    let missing = seen(["/nothing"; 3]);
    assert_eq!(missing.matches("HTTP/1.1 404 Not Found\r\n").count(), 3);
    assert_eq!(seen(["/vault/notes", "/vault/notes/1", "/vault/logo.svg"]), missing);
    assert_eq!(seen(["/vault/notes", "/nothing", "/repos/alice/wonder"]), missing);
    assert_eq!(seen(["/repos/alice/wonder", "/vault/notes", "/nothing"]), missing);
}
