//! A refusal during an upload, as the client sees it on its connection: A26, D14.

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::routing::post;
use http::Version;
use portcullis::drain::InvalidDrain;
use portcullis::{AuthenticateLayer, Bearer, ConcealLayer, Denial, DrainLayer, Tokens};

use crate::Name;
use crate::support::{Answer, Connection, Server};

/// More than hyper has read before it is refused, and less than two sockets buffer.
const LENGTH: usize = 200_000;

fn app() -> Router {
    let identity = Bearer::new("test", Tokens::<Name>::new().with("alice-token", "alice")).unwrap();
    let upload = post(|body: Bytes| async move { body.len().to_string() });
    let limited = upload.clone().layer(DefaultBodyLimit::max(1000));
    let routes = Router::new().route("/upload", upload).route("/limited", limited);
    Router::new().fallback_service(routes).layer(AuthenticateLayer::new(identity))
}

fn drained(layer: DrainLayer) -> Server {
    Server::start(app().layer(layer))
}

fn head(path: &str, fields: &str) -> Vec<u8> {
    let length = format!("content-length: {LENGTH}\r\n");
    format!("POST {path} HTTP/1.1\r\nhost: test\r\n{length}{fields}\r\n").into_bytes()
}

const TOKEN: &str = "authorization: Bearer alice-token\r\n";

/// Begins an upload, and reads the response to it.
#[track_caller]
fn begin(connection: &mut Connection, path: &str, fields: &str) -> Answer {
    connection.write(&head(path, fields));
    connection.write(&[b'x'; LENGTH / 4]);
    connection.answer(false)
}

/// Sends the rest of the upload, and then another request, whose response it returns.
#[track_caller]
fn go_on(mut connection: Connection) -> Answer {
    connection.write(&[b'x'; LENGTH - LENGTH / 4]);
    let request = [head("/upload", TOKEN), vec![b'x'; LENGTH]].concat();
    connection.send(&request)
}

#[track_caller]
fn assert_goes_on(connection: Connection) {
    let answer = go_on(connection);
    assert_eq!((answer.status, answer.text()), (200, &*LENGTH.to_string()));
}

/// Waits until the server closes the connection, although the client has more to send.
#[track_caller]
fn assert_ends(connection: Connection) {
    assert_eq!(connection.received_to_end(), "", "nothing but the end follows the response");
}

// ==== the response arrives, and the connection goes on ====

#[test]
fn a26_the_response_does_not_wait_for_the_body_and_the_connection_goes_on() {
    let server = drained(DrainLayer::new());
    let mut connection = Connection::open(server.address);
    assert_eq!(begin(&mut connection, "/upload", "").status, 401);
    assert_goes_on(connection);
}

#[test]
fn a26_without_the_layer_the_server_closes() {
    let server = Server::start(app());
    let mut connection = Connection::open(server.address);
    assert_eq!(begin(&mut connection, "/upload", "").status, 401);
    assert_ends(connection);
}

#[test]
fn a26_a_chunked_body_is_drained_to_its_last_chunk() {
    let server = drained(DrainLayer::new());
    let mut connection = Connection::open(server.address);
    let head = "POST /upload HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n";
    connection.write(head.as_bytes());
    connection.write(b"5\r\nhello\r\n");
    assert_eq!(connection.answer(false).status, 401);
    connection
        .write(&[b"186a0\r\n", &[b'x'; 100_000][..], b"\r\n0\r\ntrailer: x\r\n\r\n"].concat());
    let request = [head.as_bytes(), b"0\r\n\r\n"].concat();
    assert_eq!(connection.send(&request).status, 401);
}

/// The limit of a handler is exceeded after it has read a part.
#[test]
fn a26_what_a_handler_leaves_unread_is_drained_as_well() {
    let server = drained(DrainLayer::new());
    let mut connection = Connection::open(server.address);
    assert_eq!(begin(&mut connection, "/limited", TOKEN).status, 413);
    assert_goes_on(connection);
    let mut connection = Connection::open(server.address);
    assert_eq!(begin(&mut connection, "/missing", TOKEN).status, 404);
    assert_goes_on(connection);
}

// ==== the limits ====

#[test]
fn a26_beyond_the_limit_of_bytes_the_server_closes() {
    let server = drained(DrainLayer::new().max_bytes(LENGTH as u64 / 2).unwrap());
    let mut connection = Connection::open(server.address);
    assert_eq!(begin(&mut connection, "/upload", "").status, 401);
    connection.write(&[b'x'; LENGTH / 2]);
    assert_ends(connection);
    let server = drained(DrainLayer::new().max_bytes(LENGTH as u64).unwrap());
    let mut connection = Connection::open(server.address);
    assert_eq!(begin(&mut connection, "/upload", "").status, 401);
    assert_goes_on(connection);
}

/// Without a limit on the time, the server would wait until the test gives up.
#[test]
fn a26_after_the_time_limit_the_server_closes() {
    let server = drained(DrainLayer::new().time_limit(Duration::from_millis(20)).unwrap());
    let mut connection = Connection::open(server.address);
    assert_eq!(begin(&mut connection, "/upload", "").status, 401);
    assert_ends(connection);
}

#[test]
fn a26_no_more_connections_are_held_than_stated() {
    let server = drained(DrainLayer::new().max_concurrent(2).unwrap());
    let mut held = [(); 2].map(|()| Connection::open(server.address));
    for connection in &mut held {
        assert_eq!(begin(connection, "/upload", "").status, 401);
    }
    let mut third = Connection::open(server.address);
    assert_eq!(begin(&mut third, "/upload", "").status, 401, "it is refused alike");
    assert_ends(third);
    held.into_iter().for_each(assert_goes_on);
    // Those two ended, so there is room again.
    let mut fourth = Connection::open(server.address);
    assert_eq!(begin(&mut fourth, "/upload", "").status, 401);
    assert_goes_on(fourth);
}

#[test]
fn a26_a_client_that_disconnects_frees_its_place() {
    let server = drained(DrainLayer::new().max_concurrent(1).unwrap());
    let mut left = Connection::open(server.address);
    assert_eq!(begin(&mut left, "/upload", "").status, 401);
    // The server has noticed it once its own end has arrived here.
    assert_eq!(left.rest(), b"");
    let mut next = Connection::open(server.address);
    assert_eq!(begin(&mut next, "/upload", "").status, 401);
    assert_goes_on(next);
}

#[test]
fn a26_a_limit_that_drains_nothing_is_no_limit() {
    let layer = DrainLayer::new;
    assert_eq!(layer().max_bytes(0).unwrap_err(), InvalidDrain::Bytes);
    assert_eq!(layer().max_concurrent(0).unwrap_err(), InvalidDrain::Concurrent);
    for time in [Duration::ZERO, Duration::from_secs(3601)] {
        assert_eq!(layer().time_limit(time).unwrap_err(), InvalidDrain::Time(time));
    }
}

// ==== who waits for `100 Continue` ====

#[test]
fn a26_a_client_that_waits_for_100_continue_does_not_get_it() {
    let server = drained(DrainLayer::new());
    let mut connection = Connection::open(server.address);
    connection.write(&head("/upload", "expect: 100-continue\r\n"));
    let answer = connection.answer(false);
    assert_eq!((answer.status, answer.interim), (401, Vec::new()));
    assert_ends(connection);
}

/// It got its `100 Continue` from the handler, so it sends.
#[test]
fn a26_a_client_that_was_told_to_continue_is_drained() {
    let server = drained(DrainLayer::new());
    let mut connection = Connection::open(server.address);
    let identity = format!("expect: 100-continue\r\ntransfer-encoding: chunked\r\n{TOKEN}");
    connection.write(format!("POST /limited HTTP/1.1\r\nhost: test\r\n{identity}\r\n").as_bytes());
    assert_eq!(connection.read_until(b"\r\n\r\n"), b"HTTP/1.1 100 Continue\r\n\r\n");
    connection.write(&[b"fa0\r\n", &[b'x'; 4000][..], b"\r\n"].concat());
    assert_eq!(connection.answer(false).status, 413);
    connection.write(&[b"fa0\r\n", &[b'x'; 4000][..], b"\r\n0\r\n\r\n"].concat());
    assert_eq!(connection.send(&[head("/upload", ""), vec![b'x'; LENGTH]].concat()).status, 401);
}

// ==== concealment ====

/// Concealed and missing paths, with an unread body of which a part was sent.
#[test]
fn d14_concealed_and_missing_paths_are_drained_alike() {
    let routes = || {
        let concealed = post(|| async { Denial::forbidden().concealed() });
        let read = post(|_: Bytes| async { Denial::forbidden().concealed() });
        let limited = read.layer(DefaultBodyLimit::max(1000));
        Router::new().route("/concealed", concealed).route("/limited", limited)
    };
    let floor = ConcealLayer::everywhere().time_floor(Duration::from_millis(1)).unwrap();
    let areas = [
        routes().layer(ConcealLayer::everywhere()).layer(DrainLayer::new()),
        routes().layer(floor).layer(DrainLayer::new()),
    ];
    for app in areas {
        let server = Server::start(Router::new().fallback_service(app));
        let [concealed, missing] = ["/concealed", "/missing"].map(|path| {
            let mut connection = Connection::open(server.address);
            let first = begin(&mut connection, path, "").undated();
            let rest = vec![b'x'; LENGTH - LENGTH / 4];
            let next = connection.send(&[rest, head(path, ""), vec![b'x'; LENGTH]].concat());
            (first, next.undated())
        });
        assert_eq!(concealed.0.status, 404);
        assert_eq!(concealed, missing);
    }
}

// ==== HTTP/2 ====

/// The server needs no layer for it: it responds, and says that it does not want the rest.
#[test]
fn a26_over_http2_the_stream_ends_with_no_error_after_the_response() {
    for app in [app(), app().layer(DrainLayer::new())] {
        let server = Server::start(app);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
            let (sender, connection) = h2::client::handshake(stream).await.unwrap();
            tokio::spawn(connection);
            let mut sender = sender.ready().await.unwrap();
            for _ in 0..2 {
                let uri = format!("http://{}/upload", server.address);
                let request = http::Request::post(uri).version(Version::HTTP_2).body(()).unwrap();
                let (response, mut upload) = sender.send_request(request, false).unwrap();
                upload.send_data(Bytes::from_static(&[b'x'; 10_000]), false).unwrap();
                let (parts, mut body) = response.await.unwrap().into_parts();
                assert_eq!(parts.status, 401);
                let mut read = 0;
                while let Some(data) = body.data().await {
                    read += data.unwrap().len();
                }
                assert_eq!(parts.headers["content-length"], *read.to_string());
                let reset = std::future::poll_fn(|cx| upload.poll_reset(cx)).await.unwrap();
                assert_eq!(reset, h2::Reason::NO_ERROR);
            }
        });
    }
}
