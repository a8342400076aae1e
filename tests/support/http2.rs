//! A client of HTTP/2.

use std::net::SocketAddr;

use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};

/// Sends a request by prior knowledge of HTTP/2, and returns all that comes back but `Date`.
pub fn send_http2(
    address: SocketAddr,
    method: &str,
    path: &str,
    fields: &[(&str, &str)],
) -> (StatusCode, HeaderMap, Vec<u8>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let (mut sender, connection) =
            http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let mut request = Request::builder().method(method);
        request = request.uri(format!("http://{address}{path}"));
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let request = request.body(Empty::<bytes::Bytes>::new()).unwrap();
        let (mut parts, body) = sender.send_request(request).await.unwrap().into_parts();
        assert_eq!(parts.version, http::Version::HTTP_2);
        parts.headers.remove("date");
        (parts.status, parts.headers, body.collect().await.unwrap().to_bytes().to_vec())
    })
}
