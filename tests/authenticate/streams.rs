//! Cancelled requests, and long-lived streams: A21, A23.

use std::collections::VecDeque;
use std::future::{pending, poll_fn};
use std::io::{Error, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::{any, post};
use http::{Response, StatusCode};
use http_body_util::BodyExt;
use hyper_util::rt::TokioIo;
use portcullis::{AuthenticateLayer, Bearer, Principal, ResponseBody, Unauthenticated, Verify};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tower::limit::ConcurrencyLimit;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::support::{Connection, Decisions, Events, Server, request};
use crate::{Name, Waiting};

/// Never completes for the token `stuck`.
struct Stuck;

impl Verify<str> for Stuck {
    type Principal = Name;

    async fn verify(&self, token: &str) -> Result<Name, Unauthenticated> {
        if token == "stuck" { pending().await } else { Ok("reader") }
    }
}

fn with_token(token: &str) -> http::Request<Body> {
    let request = http::Request::builder().header("authorization", format!("Bearer {token}"));
    request.body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a21_a_request_cancelled_while_deciding_leaves_nothing_behind() {
    let events = Events::capture();
    let decisions = Decisions::default();
    let called = Arc::new(AtomicUsize::new(0));
    let inner = service_fn({
        let called = called.clone();
        move |_: http::Request<Body>| {
            called.fetch_add(1, Ordering::SeqCst);
            async { Ok::<_, std::convert::Infallible>(Response::new(Body::empty())) }
        }
    });
    let layer = AuthenticateLayer::new(Bearer::new("test", Stuck).unwrap());
    let layer = layer.optional().on_decision(decisions.hook());
    // One slot, which each permitted request takes.
    let mut service = layer.layer(ConcurrencyLimit::new(inner, 1));

    for _ in 0..3 {
        let mut deciding = Box::pin(service.ready().await.unwrap().call(with_token("stuck")));
        let first = poll_fn(|cx| Poll::Ready(deciding.as_mut().poll(cx).is_pending())).await;
        assert!(first, "it is still deciding");
        let mut other = service.clone();
        let full = poll_fn(|cx| Poll::Ready(other.poll_ready(cx).is_pending())).await;
        assert!(full, "the slot is taken meanwhile");
        drop(deciding);
    }
    assert_eq!(called.load(Ordering::SeqCst), 0);
    assert!(decisions.take().is_empty());
    assert!(events.take().is_empty());

    let mut other = service.clone();
    let free = poll_fn(|cx| Poll::Ready(other.poll_ready(cx).is_ready())).await;
    assert!(free, "the slot is free again");
    assert_eq!(other.call(with_token("fine")).await.unwrap().status(), 200);
    assert_eq!(called.load(Ordering::SeqCst), 1);
    assert_eq!(decisions.take().len(), 1);
}

#[tokio::test]
async fn a21_a_refusal_keeps_no_slot() {
    let inner = service_fn(|_: http::Request<Body>| async {
        Ok::<_, std::convert::Infallible>(Response::new(Body::empty()))
    });
    let refusing = Waiting::<str>(|_| Err(Unauthenticated::invalid()));
    let layer = AuthenticateLayer::new(Bearer::new("test", refusing).unwrap());
    let mut service = layer.layer(ConcurrencyLimit::new(inner, 1));
    let mut other = service.clone();
    let refused = service.ready().await.unwrap().call(with_token("a")).await.unwrap();
    assert_eq!(refused.status(), 401);
    let free = poll_fn(|cx| Poll::Ready(other.poll_ready(cx).is_ready())).await;
    assert!(free, "the answer has left, and the slot is not free");
}

#[derive(Clone)]
struct Lease {
    expires: u64,
}

/// Counts how often it is called.
struct Counting(Arc<AtomicUsize>);

impl Verify<str> for Counting {
    type Principal = Lease;

    async fn verify(&self, _: &str) -> Result<Lease, Unauthenticated> {
        match self.0.fetch_add(1, Ordering::SeqCst) {
            0 => Ok(Lease { expires: 1_900_000_000 }),
            _ => Err(Unauthenticated::expired()),
        }
    }
}

#[test]
fn a23_a_decision_covers_the_head_and_the_stream_behind_it_is_not_judged_again() {
    async fn echo(Principal(lease): Principal<Lease>, request: Request) -> Response<Body> {
        let tells = lease.expires.to_string();
        let mut answer = Response::new(request.into_body());
        answer.headers_mut().insert("x-expires", tells.parse().unwrap());
        answer
    }
    let asked = Arc::new(AtomicUsize::new(0));
    let identity = Bearer::new("test", Counting(asked.clone())).unwrap();
    let router = Router::new().route("/", post(echo)).layer(AuthenticateLayer::new(identity));
    let server = Server::start(router);

    // The response begins before the request has ended: no layer buffers a body.
    let mut connection = Connection::open(server.address);
    let chunked: [&[u8]; 2] = [b"authorization: Bearer a", b"transfer-encoding: chunked"];
    connection.write(&request("POST", "/", &chunked));
    connection.write(b"5\r\nfirst\r\n");
    let until_first = connection.read_until(b"5\r\nfirst\r\n");
    assert!(until_first.starts_with(b"HTTP/1.1 200 "), "{}", until_first.escape_ascii());
    let head = String::from_utf8(until_first).unwrap();
    assert!(head.contains("x-expires: 1900000000\r\n"), "{head}");
    connection.write(b"6\r\nsecond\r\n0\r\n\r\n");
    connection.read_until(b"6\r\nsecond\r\n0\r\n\r\n");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    // The next request on the connection gets its own decision.
    let token: &[u8] = b"authorization: Bearer a";
    assert_eq!(connection.send(&request("POST", "/", &[token])).status, 401);
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[test]
fn a23_an_upgraded_connection_is_not_judged_again() {
    async fn upgrade(_: Principal<Lease>, mut request: Request) -> Response<Body> {
        let upgrading = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            let mut stream = TokioIo::new(upgrading.await.unwrap());
            let mut buffer = [0; 4];
            while stream.read_exact(&mut buffer).await.is_ok() {
                stream.write_all(&buffer).await.unwrap();
            }
        });
        let answer = Response::builder().status(StatusCode::SWITCHING_PROTOCOLS);
        answer
            .header("connection", "upgrade")
            .header("upgrade", "echo")
            .body(Body::empty())
            .unwrap()
    }
    let asked = Arc::new(AtomicUsize::new(0));
    let identity = Bearer::new("test", Counting(asked.clone())).unwrap();
    let server = Server::start(
        Router::new().route("/", any(upgrade)).layer(AuthenticateLayer::new(identity)),
    );
    let mut connection = Connection::open(server.address);
    let fields: [&[u8]; 3] = [b"authorization: Bearer a", b"connection: upgrade", b"upgrade: echo"];
    assert_eq!(connection.send(&request("GET", "/", &fields)).status, 101);
    for word in [b"ping", b"pong"] {
        connection.write(word);
        assert_eq!(connection.read(4), word);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);

    // A refused request gets no upgrade.
    let mut connection = Connection::open(server.address);
    let answer = connection.send(&request("GET", "/", &fields[1..]));
    assert_eq!(answer.status, 401);
    assert_eq!(answer.field("upgrade"), None);
}

#[tokio::test]
async fn a23_the_body_of_the_service_passes_with_its_size_its_errors_and_its_trailers() {
    let layer =
        || AuthenticateLayer::new(Bearer::new("test", Waiting::<str>(|_| Ok("a"))).unwrap());
    let sized = service_fn(|_: http::Request<Body>| async {
        Ok::<_, std::convert::Infallible>(Response::new(Body::from("twelve bytes")))
    });
    let answer = layer().layer(sized).oneshot(with_token("a")).await.unwrap();
    let body = answer.into_body();
    assert_eq!(http_body::Body::size_hint(&body).exact(), Some(12));
    assert_eq!(body.collect().await.unwrap().to_bytes(), "twelve bytes");

    let failing = service_fn(|_: http::Request<Body>| async {
        let mut trailers = http::HeaderMap::new();
        trailers.insert("checksum", http::HeaderValue::from_static("1"));
        let frames = [
            Ok(Frame::data("data".into())),
            Ok(Frame::trailers(trailers)),
            Err(Error::from(ErrorKind::BrokenPipe)),
        ];
        Ok::<_, std::convert::Infallible>(Response::new(ResponseBody::new(Frames(frames.into()))))
    });
    let answer = layer().layer(failing).oneshot(with_token("a")).await.unwrap();
    let mut body = answer.into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "data");
    let trailers = body.frame().await.unwrap().unwrap().into_trailers().unwrap();
    assert_eq!(trailers["checksum"], "1");
    assert_eq!(body.frame().await.unwrap().unwrap_err().kind(), ErrorKind::BrokenPipe);
}

type Frame = http_body::Frame<bytes::Bytes>;

/// A body of just these frames.
struct Frames(VecDeque<Result<Frame, Error>>);

impl http_body::Body for Frames {
    type Data = bytes::Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame, Error>>> {
        Poll::Ready(self.0.pop_front())
    }
}
