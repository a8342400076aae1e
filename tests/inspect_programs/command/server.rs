//! A server that refuses right, and servers that do not.

use portcullis::testing::basic;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::Server;

const COMMON: &str = "Content-Type: text/plain\r\nCache-Control: no-store\r\nConnection: close\r\n";

/// A response to the head of a request, in lower case but for its values.
pub type Reply = fn(&str) -> String;

pub fn response(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{COMMON}{headers}Content-Length: {length}\r\n\r\n{body}")
}

/// alice may see all pages, and bob none. A preflight is answered.
pub fn honest(head: &str) -> String {
    let has = |user: &str, password: &str| {
        let [(_, value)] = basic(user, password);
        head.matches("authorization:").count() == 1
            && head.contains(&format!("authorization: {value}\r"))
    };
    let mut response = if head.contains("access-control-request-method") {
        let allow =
            "Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Headers: authorization\r\n";
        response("200 OK", allow, "")
    } else if has("alice", "wonderland") {
        match (head.split(' ').next(), head.split(' ').nth(1)) {
            (Some("GET" | "HEAD"), Some("/reports")) => response("200 OK", "", "the reports"),
            (_, Some("/reports")) => response("405 No", "Allow: GET, HEAD\r\n", "not this method"),
            _ => response("404 No", "", "there is nothing here"),
        }
    } else if has("bob", "builder") {
        response("403 Forbidden", "", "you may not see this")
    } else {
        let challenge = "WWW-Authenticate: Basic realm=\"reports\", charset=\"UTF-8\"\r\n";
        response("401 Unauthorized", challenge, "a login is needed")
    };
    if head.starts_with("HEAD ") {
        response.truncate(response.find("\r\n\r\n").map_or(0, |end| end + 4));
    }
    response
}

/// Serves each connection one response.
pub fn start(reply: Reply) -> Server {
    Server::running(move |listener: TcpListener| async move {
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            tokio::spawn(serve(stream, reply));
        }
    })
}

pub async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, reply: Reply) {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read_buf(&mut head).await {
            Ok(1..) => {}
            _ => return,
        }
    }
    let _ = stream.write_all(reply(&String::from_utf8_lossy(&head)).as_bytes()).await;
    let _ = stream.shutdown().await;
}

pub fn url(server: &Server) -> String {
    format!("http://{}/reports", server.address)
}
