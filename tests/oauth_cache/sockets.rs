//! [`Endpoint`]: an introspection endpoint on a port of loopback, and an HTTP client that reaches it.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use portcullis::oauth::{Fetch, FetchError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::RESOURCE;
use crate::support::Server;

#[derive(Clone, Debug)]
pub enum Mode {
    /// Answers as RFC 7662 says: a token is active if it begins with `right`.
    Right,
    /// Sends these bytes and closes the connection.
    Bytes(Vec<u8>),
    /// Reads the request and never answers.
    Hang,
    /// Sends the head of a response, then a byte of the body now and then.
    Dribble,
    /// Closes the connection without an answer.
    Close,
    /// Sends a body without end.
    Endless,
}

pub struct Endpoint {
    mode: Arc<Mutex<Mode>>,
    server: Server,
}

impl Endpoint {
    pub fn start() -> Self {
        let mode = Arc::new(Mutex::new(Mode::Right));
        let its_mode = mode.clone();
        let server = Server::running(async move |listener: TcpListener| {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let mode = its_mode.clone();
                tokio::spawn(async move {
                    let _ = serve(stream, &mode).await;
                });
            }
        });
        Self { mode, server }
    }

    pub fn set(&self, mode: Mode) {
        *self.mode.lock().unwrap() = mode;
    }

    pub fn url(&self) -> String {
        format!("http://{}/introspect", self.server.address)
    }
}

async fn serve(mut stream: TcpStream, mode: &Mutex<Mode>) -> std::io::Result<()> {
    let form = read_form(&mut stream).await?;
    let mode = mode.lock().unwrap().clone();
    match mode {
        Mode::Right => {
            let token = form.strip_prefix("token=").unwrap_or_default().split('&').next().unwrap();
            let body = if token.starts_with("right") {
                format!(r#"{{"active":true,"sub":"{token}","aud":"{RESOURCE}"}}"#)
            } else {
                r#"{"active":false}"#.to_owned()
            };
            stream.write_all(&http("200 OK", "application/json;charset=utf-8", &body)).await
        }
        Mode::Bytes(bytes) => stream.write_all(&bytes).await,
        Mode::Hang => std::future::pending().await,
        Mode::Close => Ok(()),
        Mode::Dribble => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n").await?;
            stream.write_all(b"content-length: 1000\r\n\r\n{").await?;
            loop {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                stream.write_all(b" ").await?;
            }
        }
        Mode::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n").await?;
            loop {
                stream.write_all(&[b' '; 1024]).await?;
            }
        }
    }
}

pub fn http(status: &str, content_type: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{body}"
    )
    .into()
}

/// Reads one request and returns its body.
async fn read_form(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut read = Vec::new();
    loop {
        if stream.read_buf(&mut read).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let text = String::from_utf8_lossy(&read);
        let Some((head, form)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
        });
        if form.len() >= length.unwrap_or(0) {
            return Ok(form.to_owned());
        }
    }
}

/// An HTTP client.
pub struct Http(Client<HttpConnector, Full<Bytes>>);

impl Http {
    pub fn new() -> Self {
        Self(Client::builder(TokioExecutor::new()).build_http())
    }
}

impl Fetch for Http {
    async fn fetch(
        &self,
        request: Request<Bytes>,
        max_body: usize,
    ) -> Result<Response<Bytes>, FetchError> {
        let response = self.0.request(request.map(Full::new)).await.map_err(FetchError::new)?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, max_body).collect().await.map_err(FetchError::new)?;
        Ok(Response::from_parts(head, body.to_bytes()))
    }
}
