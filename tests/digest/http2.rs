//! Over HTTP/2 the target is an absolute URI, and there is no request line.

use http::{HeaderMap, Request, StatusCode};
use http_body_util::Empty;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::client::Client;
use crate::support::Server;
use crate::{digest, mufasa, serve};

fn send(server: &Server, path: &str, line: &str) -> (StatusCode, HeaderMap) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let value = line.strip_prefix("authorization: ").unwrap();
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
        let (mut sender, connection) =
            http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let uri = format!("http://{}{path}", server.address);
        let request = Request::builder().uri(uri).header("authorization", value);
        let request = request.body(Empty::<bytes::Bytes>::new()).unwrap();
        let response = sender.send_request(request).await.unwrap();
        (response.status(), response.headers().clone())
    })
}

#[test]
fn h03_the_uri_is_the_path_or_the_absolute_target_over_http2() {
    let server = serve(digest());
    let mut client: Client = mufasa(&server);
    for uri in ["/a?b".to_owned(), format!("http://{}/a?b", server.address)] {
        let (status, headers) = send(&server, "/a?b", &client.line("GET", &uri));
        assert_eq!(status, 200, "{uri}");
        assert!(headers.contains_key("authentication-info"));
    }
    for uri in ["/a", "/a?c", "http://other.example/a?b", "https://127.0.0.1/a?b"] {
        let (status, headers) = send(&server, "/a?b", &client.line("GET", uri));
        assert_eq!(status, 400, "{uri}");
        assert!(headers["www-authenticate"].to_str().unwrap().starts_with("Digest realm="));
    }
}
