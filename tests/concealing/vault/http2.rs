//! Over HTTP/2: D02, D03, D11, D14.

use std::convert::Infallible;
use std::error::Error;
use std::iter;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Request;
use http_body::Frame;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::{FAILED, FEW, METHODS, PATHS, STRANGERS};
use crate::support::Example;

type Body = BoxBody<Bytes, Infallible>;

/// Everything that came over a stream, without `Date`.
#[derive(Debug, PartialEq, Eq)]
enum Streamed {
    Response { head: String, body: Bytes, trailers: String, end: String },
    Failed(String),
}

async fn send_over(sender: &mut http2::SendRequest<Body>, request: Request<Body>) -> Streamed {
    let response = match sender.send_request(request).await {
        Ok(response) => response,
        Err(error) => return Streamed::Failed(with_sources(&error)),
    };
    let (parts, mut body) = response.into_parts();
    let headers: Vec<_> = parts.headers.iter().filter(|(name, _)| *name != "date").collect();
    let head = format!("{:?} {} {headers:?}", parts.version, parts.status);
    let (mut data, mut trailers) = (Vec::new(), String::new());
    let mut end = "ended".to_owned();
    while let Some(frame) = body.frame().await {
        match frame.map(Frame::into_data) {
            Ok(Ok(bytes)) => data.extend_from_slice(&bytes),
            Ok(Err(frame)) => trailers = format!("{:?}", frame.into_trailers().ok()),
            Err(error) => end = with_sources(&error),
        }
    }
    Streamed::Response { head, body: data.into(), trailers, end }
}

/// An error with its sources, which have the code of a reset.
fn with_sources(error: &dyn Error) -> String {
    let sources = iter::successors(error.source(), |source| (*source).source());
    sources.fold(error.to_string(), |text, error| format!("{text}: {error}"))
}

/// The headers and the body of an HTTP/2 request.
type Content = (&'static [(&'static str, &'static str)], fn() -> Body);

const CONTENTS: [Content; 12] = [
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

/// A body that sends one byte and never ends.
fn never() -> Body {
    Unfinished { has_begun: false }.boxed()
}

struct Unfinished {
    has_begun: bool,
}

impl http_body::Body for Unfinished {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if std::mem::replace(&mut self.has_begun, true) {
            return Poll::Pending;
        }
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"{")))))
    }
}

/// Sends the same requests to each path, each path on a connection of its own, and compares them.
async fn compare(
    address: SocketAddr,
    methods: &'static [&'static str],
    credentials: &'static [&'static [&'static str]],
    contents: &'static [Content],
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
                for lines in credentials {
                    for (headers, body) in contents {
                        let mut builder = Request::builder().method(*method);
                        builder = builder.uri(format!("http://{address}{path}"));
                        for line in *lines {
                            let (name, value) = line.split_once(": ").expect("a header");
                            builder = builder.header(name, value);
                        }
                        for (name, value) in *headers {
                            builder = builder.header(*name, *value);
                        }
                        let request = builder.body(body()).expect("a request");
                        let streamed = send_over(&mut sender, request).await;
                        seen.push((format!("{method} {lines:?} {headers:?}"), streamed));
                    }
                }
            }
            (path, seen)
        });
    }
    let mut all = tasks.join_all().await;
    let (_, first) = all.swap_remove(all.iter().position(|(path, _)| **path == paths[0]).unwrap());
    assert!(matches!(first[0].1, Streamed::Response { .. }), "{:?}", first[0]);
    for (path, seen) in all {
        for (one, other) in seen.iter().zip(&first) {
            assert_eq!(one, other, "{path}");
        }
    }
}

fn over_http2<F: Future<Output = ()>>(run: impl FnOnce(SocketAddr) -> F) {
    let example = Example::start("vault");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(run(example.address));
}

#[test]
fn d02_d11_every_method_gets_the_same_response_on_every_path_over_http2() {
    // A `CONNECT` has no path in HTTP/2.
    let methods = METHODS.split_last().expect("some").1;
    over_http2(|address| compare(address, methods, &STRANGERS, &CONTENTS[..1], &PATHS));
    over_http2(|address| compare(address, methods, &FAILED, &CONTENTS[..1], &FEW));
}

#[test]
fn d03_d14_headers_and_bodies_change_neither_the_response_nor_the_stream_over_http2() {
    let methods = &["GET", "POST", "HEAD", "OPTIONS"];
    over_http2(|address| compare(address, methods, &STRANGERS, &CONTENTS, &FEW));
    over_http2(|address| compare(address, &["PUT"], &STRANGERS[..2], &CONTENTS, &PATHS));
}
