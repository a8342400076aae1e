//! The example `vault`, asked over raw sockets and over HTTP/2 by everybody who may not see, and by
//! Alice, who may.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};
use std::{convert::Infallible, error::Error, iter, thread};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, Full};
use http_cache_semantics::{CacheOptions, CachePolicy};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::support::{Answer, Connection, Example, request, send};

/// What must not be told apart: whatever there is that strangers may not see, next to it what there
/// is not, and something elsewhere to compare them all with.
const PATHS: [&str; 35] = [
    "/nothing",
    "/",
    "/nothing/",
    "/nothing/notes/1",
    "/vaulted",
    "/vault",
    "/vault/",
    "/vault//",
    "/vault/nothing",
    "/vault/notes",
    "/vault/notes/",
    "/vault//notes",
    "//vault/notes",
    "/./vault/notes",
    "/nothing/../vault/notes",
    "/vault/../vault/notes",
    "/%76ault/notes",
    "/vault%2Fnotes",
    "/vault/notes%2F1",
    "/vault/notes/1",
    "/vault/notes/%31",
    "/vault/notes/99",
    "/vault/notes/x",
    "/vault/notes/%ff",
    "/vault/archive",
    "/vault/archive/",
    "/vault/archive/2020",
    "/vault/archive/year",
    "/vault/logo.svg",
    "/repos/alice/wonder",
    "/repos/alice/nothing",
    "/repos/nobody/x",
    "/repos/alice/wonder/issues/1",
    "/repos/alice/wonder/issues/x",
    "/repos/nobody/x/issues/1",
];

/// Paths for what takes long: one of each kind.
const FEW: [&str; 8] = [
    "/nothing",
    "/vault/nothing",
    "/vault/notes",
    "/vault/notes/1",
    "/vault/logo.svg",
    "/repos/alice/wonder",
    "/repos/alice/wonder/issues/9",
    "/repos/nobody/x/issues/x",
];

/// Who goes on, and sees nothing.
const STRANGERS: [&[&str]; 3] =
    [&[], &["authorization: Basic Ym9iOmJ1aWxkZXI="], &["authorization: Bearer bob-token"]];

/// Whose credentials fail, or are none.
const FAILED: [&[&str]; 6] = [
    &["authorization: Basic YWxpY2U6d3Jvbmc="],
    &["authorization: Bearer bob-expired"],
    &["authorization: Bearer nobody's"],
    &["authorization: Frob abc"],
    &["authorization: Basic"],
    &["authorization: Bearer alice-token", "authorization: Bearer alice-token"],
];

const ALICE: &str = "authorization: Basic YWxpY2U6d29uZGVybGFuZA==";

const METHODS: [&str; 11] =
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FROB", "get", "CONNECT"];

// ==== over raw sockets ====

/// What is sent, but for the path.
#[derive(Clone, Debug)]
struct Shape {
    method: &'static str,
    /// Before the path, and behind it.
    around: (&'static str, &'static str),
    version: &'static str,
    fields: Vec<&'static str>,
    body: Vec<u8>,
}

impl Shape {
    fn new(method: &'static str, fields: &[&'static str]) -> Self {
        let fields = fields.to_vec();
        Self { method, around: ("", ""), version: "HTTP/1.1", fields, body: Vec::new() }
    }

    fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    fn around(self, before: &'static str, behind: &'static str) -> Self {
        Self { around: (before, behind), ..self }
    }

    fn version(self, version: &'static str) -> Self {
        Self { version, ..self }
    }

    fn bytes(&self, path: &str, who: &[&str]) -> Vec<u8> {
        let Self { method, around: (before, behind), version, .. } = self;
        let mut head = format!("{method} {before}{path}{behind} {version}\r\nhost: localhost\r\n");
        for field in who.iter().chain(&self.fields) {
            head.push_str(field);
            head.push_str("\r\n");
        }
        head.push_str("\r\n");
        [head.as_bytes(), &self.body].concat()
    }
}

/// Everything that a connection did, but for the `Date`.
#[derive(Debug, PartialEq, Eq)]
struct Observed {
    /// The answer and the interim ones before it.
    answer: String,
    /// What came for another request on the same connection, until it was closed.
    afterwards: String,
}

/// Sends a request, waits for all of its answer, then tries the connection once more.
fn observe(address: SocketAddr, method: &str, bytes: &[u8]) -> Observed {
    let mut stream = TcpStream::connect(address).expect("a server");
    stream.set_nodelay(true).expect("an option");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
    // A server that has heard enough may have closed before everything is written.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    while !is_complete(&answer, method == "HEAD") && read(&mut stream, &mut answer) {}
    let again = b"GET /nothing HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let _ = stream.write_all(again);
    let mut afterwards = Vec::new();
    while read(&mut stream, &mut afterwards) {}
    Observed { answer: undated(&answer), afterwards: undated(&afterwards) }
}

/// Whether more may come. A reset is an end like another: which of them the client sees is a race
/// with what it still sends.
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

/// Sends each shape, as each of them, to each path, over many connections at a time; whatever was
/// observed at a path has to be what is observed at the first.
fn compare(shapes: &[Shape], whos: &[&[&str]], paths: &[&str]) {
    let example = Example::start("vault");
    let rows: Vec<(&Shape, &[&str])> =
        shapes.iter().flat_map(|shape| whos.iter().map(move |who| (shape, *who))).collect();
    let next = AtomicUsize::new(0);
    let differences = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..24 {
            scope.spawn(|| {
                while let Some((shape, who)) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let seen = |path: &str| {
                        observe(example.address, shape.method, &shape.bytes(path, who))
                    };
                    let first = seen(paths[0]);
                    for path in &paths[1..] {
                        let other = seen(path);
                        // While some of a body is still to come, what a busy server does first is a
                        // race, at each path alike. What tells a path is never seen at the other.
                        let often = |path| (0..8).map(|_| seen(path)).collect::<Vec<_>>();
                        let never_alike = || {
                            let (here, there) = (often(path), often(paths[0]));
                            !here.contains(&first) && here.iter().all(|it| !there.contains(it))
                        };
                        if other != first && never_alike() {
                            let said =
                                format!("{path} {shape:.200?} {who:?} {first:#?} {other:#?}");
                            differences.lock().unwrap().push(said);
                        }
                    }
                }
            });
        }
    });
    let differences = differences.into_inner().unwrap();
    assert!(differences.is_empty(), "{} differ: {}", differences.len(), differences[0]);
}

/// Requests that are more than a line and a host.
fn shapes(method: &'static str) -> Vec<Shape> {
    let huge = vec![b'x'; 300 * 1024];
    let chunks = [&b"4b000\r\n"[..], &huge, b"\r\n0\r\n\r\n"].concat();
    let with = |fields: &[&'static str]| Shape::new(method, fields);
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
        // Bodies: of each type, in each framing; right, wrong, in part and not at all.
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
        // Other ways to write the target, and older ones to speak.
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
fn d01_strangers_get_the_same_bytes_everywhere() {
    let example = Example::start("vault");
    for who in STRANGERS {
        let bytes = Shape::new("GET", &[]).bytes("/vault/notes", who);
        let seen = observe(example.address, "GET", &bytes);
        let body = "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,\
                    \"detail\":\"There is no such resource.\"}";
        let answer = format!(
            "HTTP/1.1 404 Not Found\r\n\
             content-type: application/problem+json\r\n\
             content-length: {}\r\n\
             cache-control: no-store\r\n\
             date: …\r\n\r\n{body}",
            body.len()
        );
        assert_eq!(seen.answer, answer, "{who:?}");
        assert!(seen.afterwards.starts_with("HTTP/1.1 404 Not Found\r\n"), "{seen:#?}");
    }
}

#[test]
fn d02_with_every_method_whoever_asks() {
    let shapes = METHODS.map(|method| Shape::new(method, &[]));
    compare(&shapes, &STRANGERS, &PATHS);
    // D11: and whoever fails, fails everywhere.
    compare(&shapes, &FAILED, &FEW);
}

#[test]
fn d03_d14_whatever_is_sent_along_and_the_connection_fares_alike() {
    compare(&shapes("GET"), &STRANGERS[..2], &FEW);
    compare(&shapes("POST"), &STRANGERS[..2], &PATHS);
    for method in ["HEAD", "PUT", "OPTIONS"] {
        compare(&shapes(method), &STRANGERS[1..2], &FEW);
    }
    compare(&shapes("PATCH"), &FAILED[..2], &FEW);
}

#[test]
fn d11_a_failed_credential_is_told_of_everywhere() {
    let example = Example::start("vault");
    for who in &FAILED[..3] {
        for path in ["/nothing", "/vault/notes"] {
            let answer = send(example.address, "GET", path, who);
            assert_eq!((answer.status, answer.lines("www-authenticate").len()), (401, 2));
        }
    }
}

#[test]
fn d14_what_follows_on_the_same_connection_is_answered_alike() {
    let example = Example::start("vault");
    let seen = |paths: [&str; 3]| {
        let requests = [
            Shape::new("GET", &[]).bytes(paths[0], &[]),
            Shape::new("POST", &["content-length: 3"]).body("abc").bytes(paths[1], STRANGERS[1]),
            Shape::new("HEAD", &["connection: close"]).bytes(paths[2], STRANGERS[2]),
        ];
        // All at once, one behind the other.
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

// ==== over HTTP/2 ====

type Body = BoxBody<Bytes, Infallible>;

/// Everything that a stream did, but for the `Date`.
#[derive(Debug, PartialEq, Eq)]
enum Streamed {
    Answered { head: String, body: Bytes, trailers: String, end: String },
    Failed(String),
}

async fn send_over(sender: &mut http2::SendRequest<Body>, request: Request<Body>) -> Streamed {
    let response = match sender.send_request(request).await {
        Ok(response) => response,
        Err(error) => return Streamed::Failed(told(&error)),
    };
    let (parts, mut body) = response.into_parts();
    let fields: Vec<_> = parts.headers.iter().filter(|(name, _)| *name != "date").collect();
    let head = format!("{:?} {} {fields:?}", parts.version, parts.status);
    let (mut data, mut trailers) = (Vec::new(), String::new());
    let mut end = "ended".to_owned();
    while let Some(frame) = body.frame().await {
        match frame.map(Frame::into_data) {
            Ok(Ok(bytes)) => data.extend_from_slice(&bytes),
            Ok(Err(frame)) => trailers = format!("{:?}", frame.into_trailers().ok()),
            Err(error) => end = told(&error),
        }
    }
    Streamed::Answered { head, body: data.into(), trailers, end }
}

/// An error with the reasons below it: the code of a reset is there.
fn told(error: &dyn Error) -> String {
    let below = iter::successors(error.source(), |below| (*below).source());
    below.fold(error.to_string(), |text, error| format!("{text}: {error}"))
}

/// What an HTTP/2 request brings along: fields, and a body.
type Along = (&'static [(&'static str, &'static str)], fn() -> Body);

const ALONG: [Along; 12] = [
    (&[], nothing),
    (&[("if-none-match", "*"), ("range", "bytes=0-1")], nothing),
    (&[("accept", "text/html"), ("accept-encoding", "gzip")], nothing),
    (&[("origin", "https://a.example"), ("access-control-request-method", "PUT")], nothing),
    (&[("expect", "100-continue")], || bytes(b"abc")),
    (&[("content-type", "application/json")], || bytes(b"{]}")),
    (&[("content-type", "application/grpc"), ("te", "trailers")], || bytes(&[0; 5])),
    (&[("content-type", "application/grpc-web+proto")], || bytes(&[0; 5])),
    (&[("content-encoding", "gzip")], || bytes(b"abc")),
    (&[("content-type", "multipart/form-data; boundary=x")], || bytes(b"--x--")),
    (&[], || bytes(&[b'x'; 300 * 1024])),
    (&[("content-type", "application/json")], never),
];

fn nothing() -> Body {
    Empty::new().boxed()
}

fn bytes(bytes: &'static [u8]) -> Body {
    Full::new(Bytes::from_static(bytes)).boxed()
}

/// A body that begins, and does not go on.
fn never() -> Body {
    Begun { begun: false }.boxed()
}

struct Begun {
    begun: bool,
}

impl http_body::Body for Begun {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if std::mem::replace(&mut self.begun, true) {
            return Poll::Pending;
        }
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"{")))))
    }
}

/// Asks the same of each path, each on a connection of its own.
async fn stream_all(
    address: SocketAddr,
    methods: &'static [&'static str],
    whos: &'static [&'static [&'static str]],
    alongs: &'static [Along],
    paths: &'static [&'static str],
) {
    let mut tasks = tokio::task::JoinSet::new();
    for path in paths {
        tasks.spawn(async move {
            let stream = tokio::net::TcpStream::connect(address).await.expect("a server");
            let connection = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
            let (mut sender, connection) = connection.expect("a connection");
            tokio::spawn(connection);
            let mut seen = Vec::new();
            for method in methods {
                for who in whos {
                    for (fields, body) in alongs {
                        let mut builder = Request::builder().method(*method);
                        builder = builder.uri(format!("http://{address}{path}"));
                        for line in *who {
                            let (name, value) = line.split_once(": ").expect("a field");
                            builder = builder.header(name, value);
                        }
                        for (name, value) in *fields {
                            builder = builder.header(*name, *value);
                        }
                        let request = builder.body(body()).expect("a request");
                        let streamed = send_over(&mut sender, request).await;
                        seen.push((format!("{method} {who:?} {fields:?}"), streamed));
                    }
                }
            }
            (path, seen)
        });
    }
    let mut all = tasks.join_all().await;
    let (_, first) = all.swap_remove(all.iter().position(|(path, _)| **path == paths[0]).unwrap());
    assert!(matches!(first[0].1, Streamed::Answered { .. }), "{:?}", first[0]);
    for (path, seen) in all {
        for (one, other) in seen.iter().zip(&first) {
            assert_eq!(one, other, "{path}");
        }
    }
}

fn over_http2<F: Future<Output = ()>>(asking: impl FnOnce(SocketAddr) -> F) {
    let example = Example::start("vault");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(asking(example.address));
}

#[test]
fn d02_with_every_method_over_http2() {
    // A `CONNECT` has no path there.
    let methods = METHODS.split_last().expect("some").1;
    over_http2(|address| stream_all(address, methods, &STRANGERS, &ALONG[..1], &PATHS));
    over_http2(|address| stream_all(address, methods, &FAILED, &ALONG[..1], &FEW));
}

#[test]
fn d03_d14_whatever_is_sent_along_over_http2_and_the_stream_fares_alike() {
    let methods = &["GET", "POST", "HEAD", "OPTIONS"];
    over_http2(|address| stream_all(address, methods, &STRANGERS, &ALONG, &FEW));
    over_http2(|address| stream_all(address, &["PUT"], &STRANGERS[..2], &ALONG, &PATHS));
}

// ==== the truth ====

/// Alice's answer.
fn alice(example: &Example, method: &str, path: &str, body: &str) -> Answer {
    let length = format!("content-length: {}", body.len());
    let fields = [ALICE, "content-type: application/json", &length].map(str::as_bytes);
    let bytes = [&request(method, path, &fields)[..], body.as_bytes()].concat();
    Connection::open(example.address).send(&bytes)
}

#[test]
fn d12_who_may_see_gets_the_truth() {
    let example = Example::start("vault");
    let note = r#"{"text":"Nor of this."}"#;
    let cases = [
        ("GET", "/vault/notes", "", 200),
        ("HEAD", "/vault/notes", "", 200),
        ("POST", "/vault/notes", note, 201),
        ("GET", "/vault/notes/2", "", 200),
        ("PUT", "/vault/notes/2", note, 204),
        ("DELETE", "/vault/notes/2", "", 204),
        ("GET", "/vault/notes/2", "", 404),
        ("PUT", "/vault/notes/2", note, 404),
        ("GET", "/vault/nothing", "", 404),
        ("GET", "/vault", "", 404),
        ("POST", "/vault/notes", "{]}", 400),
        ("POST", "/vault/notes", "{}", 422),
        ("GET", "/vault/notes/x", "", 400),
        ("PATCH", "/vault/notes", "", 405),
        ("OPTIONS", "/vault/notes/1", "", 405),
        ("GET", "/vault/archive/2020", "", 200),
        ("GET", "/vault/archive/year", "", 400),
        ("GET", "/vault/logo.svg", "", 200),
        ("GET", "/repos/alice/wonder", "", 200),
        ("GET", "/repos/alice/wonder/issues/1", "", 200),
        ("GET", "/repos/alice/wonder/issues/9", "", 404),
        ("DELETE", "/repos/alice/wonder", "", 405),
        ("GET", "/repos/alice/nothing", "", 404),
        // Not even she sees everything.
        ("GET", "/repos/bob/castle", "", 404),
        ("DELETE", "/repos/bob/castle", "", 404),
    ];
    for (method, path, body, status) in cases {
        let answer = alice(&example, method, path, body);
        assert_eq!(answer.status, status, "{method} {path} {body}: {answer:#?}");
    }
    let allowed = alice(&example, "PATCH", "/vault/notes", "").members("allow");
    assert_eq!(allowed, ["get", "head", "post"]);
    let created = alice(&example, "POST", "/vault/notes", note);
    assert_eq!(created.field("location"), Some("/vault/notes/2"));
    assert_eq!(alice(&example, "GET", "/vault/notes/2", "").json()["text"], "Nor of this.");
}

#[test]
fn d01_what_is_missing_is_the_same_to_who_may_see() {
    let example = Example::start("vault");
    let stranger = send(example.address, "GET", "/vault/notes", &[]).undated();
    for path in ["/vault/notes/99", "/vault/nothing", "/nothing", "/repos/alice/nothing"] {
        assert_eq!(send(example.address, "GET", path, &[ALICE]).undated(), stranger, "{path}");
    }
}

#[test]
fn d12_a_conditional_or_partial_answer_leaves_once_somebody_is_permitted() {
    let example = Example::start("vault");
    let logo = send(example.address, "GET", "/vault/logo.svg", &[ALICE]);
    let since = format!("if-modified-since: {}", logo.field("last-modified").expect("a date"));
    let cases = [(&*since, 304), ("range: bytes=0-3", 206), ("range: bytes=99999-", 416)];
    for (field, status) in cases {
        let answer = send(example.address, "GET", "/vault/logo.svg", &[ALICE, field]);
        assert_eq!(answer.status, status, "{field}");
        assert_eq!(send(example.address, "GET", "/vault/logo.svg", &[field]).status, 404);
    }
}

// ==== caches ====

/// Whether a shared cache may keep the answer, if it was to a `GET` that says nothing of
/// credentials: as it is where they are a cookie, or where something in front takes them away.
fn is_storable(answer: &Answer) -> bool {
    let asked = Request::get("http://localhost/").body(()).expect("a request");
    let mut response = Response::builder().status(answer.status);
    for (name, value) in &answer.fields {
        response = response.header(name, value);
    }
    let response = response.body(()).expect("a response");
    let options = CacheOptions { shared: true, ..CacheOptions::default() };
    CachePolicy::new_options(&asked, &response, SystemTime::now(), options).is_storable()
}

#[test]
fn d05_no_shared_cache_may_keep_a_404_hidden_or_genuine() {
    let example = Example::start("vault");
    for path in PATHS {
        for who in STRANGERS.iter().copied().chain([&[ALICE][..]]) {
            let answer = send(example.address, "GET", path, who);
            if answer.status == 404 {
                assert_eq!(answer.lines("cache-control"), ["no-store"], "{path} {who:?}");
                assert!(!is_storable(&answer), "{path} {who:?}");
            }
        }
    }
    // The judge is one: without the field it would be kept.
    let mut bare = send(example.address, "GET", "/nothing", &[]);
    bare.fields.retain(|(name, _)| name != "cache-control");
    assert!(is_storable(&bare));
}

#[test]
fn d13_no_shared_cache_may_keep_what_somebody_was_permitted() {
    let example = Example::start("vault");
    let note = r#"{"text":"Nor of this."}"#;
    let cases = [
        ("GET", "/vault/notes", ""),
        ("HEAD", "/vault/notes", ""),
        ("POST", "/vault/notes", note),
        ("PUT", "/vault/notes/1", note),
        ("PATCH", "/vault/notes", ""),
        ("GET", "/vault/notes/x", ""),
        ("GET", "/vault/archive/2020", ""),
        ("GET", "/vault/logo.svg", ""),
        ("GET", "/repos/alice/wonder", ""),
        ("DELETE", "/repos/alice/wonder", ""),
    ];
    for (method, path, body) in cases {
        let answer = alice(&example, method, path, body);
        assert_ne!(answer.status, 404, "{method} {path}");
        assert!(!is_storable(&answer), "{method} {path}: {answer:#?}");
    }
}
