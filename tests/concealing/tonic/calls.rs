//! The same call by tonic's client, and by one that shows everything.

use bytes::Bytes;
use http::{HeaderMap, Uri};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tonic::body::Body;
use tonic::metadata::MetadataMap;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tower::ServiceBuilder;
use tower::util::MapRequest;

use crate::support::Server;

/// The result for a user of tonic's client.
#[derive(Debug, PartialEq)]
pub enum CallResult {
    Response { metadata: String, messages: Vec<i32>, end: Option<Refused> },
    Error(Refused),
}

/// A status, without the time of day.
#[derive(Debug, PartialEq)]
pub struct Refused {
    pub code: tonic::Code,
    pub message: String,
    pub details: Vec<u8>,
    pub metadata: String,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Unary,
    Streaming,
}

pub fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let patience = std::time::Duration::from_secs(60);
        tokio::time::timeout(patience, future).await.expect("it does not end")
    })
}

fn metadata(map: &MetadataMap) -> String {
    let mut fields = map.clone().into_headers();
    fields.remove("date");
    format!("{fields:?}")
}

impl From<Status> for Refused {
    fn from(status: Status) -> Self {
        Self {
            code: status.code(),
            message: status.message().to_owned(),
            details: status.details().to_vec(),
            metadata: metadata(status.metadata()),
        }
    }
}

/// The credentials of a caller: none for `anonymous`, else a token.
fn credentials(caller: &str) -> Option<String> {
    (caller != "anonymous").then(|| format!("Bearer {caller}-token"))
}

/// A request about a note.
pub fn about(note: &str, caller: &str) -> Request<HealthCheckRequest> {
    let mut request = Request::new(HealthCheckRequest { service: note.to_owned() });
    if let Some(credentials) = credentials(caller) {
        let credentials = credentials.parse().expect("a value");
        request.metadata_mut().insert("authorization", credentials);
    }
    request
}

/// A generated client, which calls another method than it knows.
pub async fn client(
    server: &Server,
    path: &str,
) -> HealthClient<MapRequest<Channel, impl FnMut(http::Request<Body>) -> http::Request<Body>>> {
    let address = format!("http://{}", server.address);
    let channel = Endpoint::from_shared(address).expect("an address").connect().await;
    let path = Uri::try_from(path).expect("a path");
    let elsewhere = move |mut request: http::Request<Body>| {
        let mut parts = std::mem::take(request.uri_mut()).into_parts();
        parts.path_and_query = path.path_and_query().cloned();
        *request.uri_mut() = Uri::from_parts(parts).expect("a path");
        request
    };
    let channel = channel.expect("a connection");
    HealthClient::new(ServiceBuilder::new().map_request(elsewhere).service(channel))
}

/// Calls a method by tonic.
pub async fn call(
    server: &Server,
    kind: Kind,
    path: &str,
    request: Request<HealthCheckRequest>,
) -> CallResult {
    let mut client = client(server, path).await;
    let called = match kind {
        Kind::Unary => client.check(request).await.map(|response| {
            let (metadata, message, _) = response.into_parts();
            (metadata, vec![message.status], None)
        }),
        Kind::Streaming => match client.watch(request).await {
            Ok(response) => {
                let (metadata, mut stream, _) = response.into_parts();
                let mut messages = Vec::new();
                let end = loop {
                    match stream.message().await {
                        Ok(Some(message)) => messages.push(message.status),
                        Ok(None) => break None,
                        Err(status) => break Some(status.into()),
                    }
                };
                Ok((metadata, messages, end))
            }
            Err(status) => Err(status),
        },
    };
    match called {
        Ok((map, messages, end)) => {
            CallResult::Response { metadata: metadata(&map), messages, end }
        }
        Err(status) => CallResult::Error(status.into()),
    }
}

/// Everything that comes back on an HTTP/2 stream, without `Date`.
#[derive(Clone, Debug, PartialEq)]
pub struct Wire {
    pub status: u16,
    /// In order.
    pub fields: Vec<(String, String)>,
    /// Whether there were only headers: a trailers-only response of gRPC.
    pub ends: bool,
    pub data: Vec<u8>,
    pub trailers: Option<Vec<(String, String)>>,
}

impl Wire {
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

fn lines(fields: &HeaderMap) -> Vec<(String, String)> {
    let fields = fields.iter().filter(|(name, _)| name.as_str() != "date");
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    fields.map(|(name, value)| (name.to_string(), text(value))).collect()
}

/// The headers of a call; `more` comes last, and replaces a header that is there.
pub fn fields(caller: &str, more: &[(&'static str, &str)]) -> Vec<(String, String)> {
    let mut fields = vec![
        ("te".to_owned(), "trailers".to_owned()),
        ("content-type".to_owned(), "application/grpc".to_owned()),
    ];
    if let Some(credentials) = credentials(caller) {
        fields.push(("authorization".to_owned(), credentials));
    }
    for (name, value) in more {
        fields.retain(|(there, _)| there != name);
        fields.push(((*name).to_owned(), (*value).to_owned()));
    }
    fields.retain(|(_, value)| !value.is_empty());
    fields
}

/// A message that asks for a note, in gRPC's frame.
pub fn message(note: &str) -> Vec<u8> {
    let length = u8::try_from(note.len()).expect("a short name");
    [&[0, 0, 0, 0, length + 2, 0x0a, length], note.as_bytes()].concat()
}

/// Sends a request unchanged.
pub async fn send(
    server: &Server,
    method: &str,
    path: &str,
    fields: Vec<(String, String)>,
    body: impl Into<Bytes>,
) -> Wire {
    let stream = tokio::net::TcpStream::connect(server.address).await.expect("a connection");
    let handshake = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.expect("a handshake");
    tokio::spawn(connection);
    let mut request = http::Request::builder().method(method);
    request = request.uri(format!("http://{}{path}", server.address));
    for (name, value) in fields {
        request = request.header(name, value);
    }
    let request = request.body(Full::new(body.into())).expect("a request");
    let (parts, body) = sender.send_request(request).await.expect("an answer").into_parts();
    let ends = http_body::Body::is_end_stream(&body);
    let body = body.collect().await.expect("a body");
    let trailers = body.trailers().map(lines);
    let data = body.to_bytes().to_vec();
    Wire { status: parts.status.as_u16(), fields: lines(&parts.headers), ends, data, trailers }
}

/// A call as it is on the wire.
pub async fn wire(server: &Server, path: &str, note: &str, caller: &str) -> Wire {
    send(server, "POST", path, fields(caller, &[]), message(note)).await
}
