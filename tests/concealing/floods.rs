//! What a client can hold open behind a time floor, over HTTP/2: D16.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, StreamBody};
use hyper::body::Frame;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use portcullis::ConcealLayer;
use tokio::net::TcpStream;

use crate::support::Server;

type Body = BoxBody<Bytes, Infallible>;

/// A body of which one byte is sent, and the rest is not.
fn unfinished() -> Body {
    let byte = tokio_stream::once(Ok(Frame::data(Bytes::from_static(b"x"))));
    BodyExt::boxed(StreamBody::new(tokio_stream::StreamExt::chain(
        byte,
        tokio_stream::pending::<Result<Frame<Bytes>, Infallible>>(),
    )))
}

async fn connect(server: &Server) -> SendRequest<Body> {
    let stream = TcpStream::connect(server.address).await.expect("a connection");
    let (sender, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("HTTP/2");
    tokio::spawn(connection);
    sender
}

async fn status(sender: &mut SendRequest<Body>, method: &str, path: &str, body: Body) -> u16 {
    let request = Request::builder().method(method).uri(format!("http://localhost{path}"));
    let request = request.body(body).expect("a request");
    sender.send_request(request).await.expect("an answer").status().as_u16()
}

#[tokio::test]
async fn d16_unfinished_uploads_over_http2_do_not_use_up_the_limit() {
    const FLOOR: Duration = Duration::from_millis(5);
    const OPEN: usize = 600;
    let app = Router::new()
        .route("/upload", post(async |_: Bytes| "read to its end"))
        .route("/there", get(async || "there"))
        .fallback(async || StatusCode::NOT_FOUND);
    let layer = ConcealLayer::everywhere().time_floor(FLOOR).unwrap();
    let server = Server::start(app.layer(layer.requests_per_period(100).unwrap()));

    // Six times as many as may arrive within one floor, all of which stay open.
    let mut uploads = tokio::task::JoinSet::new();
    let mut connections = Vec::new();
    while uploads.len() < OPEN {
        let mut sender = connect(&server).await;
        for _ in 0..100 {
            sender.ready().await.expect("a stream");
            let mut sender = sender.clone();
            uploads
                .spawn(async move { status(&mut sender, "POST", "/upload", unfinished()).await });
        }
        // The response to this one shows that the server has received those.
        let _ = status(&mut sender, "GET", "/there", Empty::new().boxed()).await;
        connections.push(sender);
        // Those beyond the limit got a response, and are sent again.
        tokio::time::sleep(FLOOR * 2).await;
        while uploads.try_join_next().is_some() {}
        assert!(connections.len() < 100, "most uploads are refused");
    }

    let mut sender = connect(&server).await;
    for (path, expected) in [("/there", 200), ("/nothing", 404)] {
        let got = status(&mut sender, "GET", path, Empty::new().boxed()).await;
        assert_eq!(got, expected, "{path}");
        assert!(uploads.len() >= OPEN, "they are open yet");
    }
}
