//! A server of tonic whose verifier refuses by the token, and whose methods refuse by the name of the note,
//! and how clients call it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::request::Parts;
use http::uri::PathAndQuery;
use portcullis::policy::any;
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Bearer, Decision, Denial, HasScopes, Identity, Requirement,
    ResponseBody, Unauthenticated, resource_fn, scope, verify_fn,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_stream::{Iter, StreamExt, iter};
use tonic::codegen::{Body as HttpBody, StdError};
use tonic::transport::Endpoint;
use tonic::transport::server::{Server as Tonic, TcpIncoming};
use tonic::{Code, Request, Response, Status};
use tonic_prost::ProstCodec;
use tower::util::MapResponseLayer;

use crate::notes::{Line, Name, Notes, NotesServer};
use crate::support::Server;

// ==== the server ====

#[derive(Clone)]
pub struct User;

impl HasScopes for User {
    fn has_scope(&self, scope: &str) -> bool {
        scope == "notes:read"
    }
}

/// Counts how often it is asked.
pub fn identity(asked: Arc<AtomicUsize>) -> impl Identity<Principal = User> {
    let verify = move |token: &str| {
        asked.fetch_add(1, Ordering::Relaxed);
        match token {
            "right" => Ok(User),
            "suspended" => Err(Unauthenticated::suspended()),
            "throttled" => Err(Unauthenticated::throttled(Duration::ZERO)),
            "down" => Err(Unauthenticated::unavailable()),
            "panics" => panic!("a bug of the verifier"),
            _ => Err(Unauthenticated::invalid()),
        }
    };
    Bearer::new("notes", verify_fn(verify)).unwrap()
}

#[derive(Clone)]
pub struct Table;

/// Each note but one is denied for the reason that it is named after.
fn load(name: &str) -> Result<(), Status> {
    Err(denied(match name {
        "open" => return Ok(()),
        "concealed" => Denial::forbidden().concealed(),
        "forbidden" => Denial::forbidden().with_detail("100 % für alice"),
        "step up" => Denial::insufficient(Requirement::max_age(Duration::from_secs(60))),
        "down" => Denial::unavailable(),
        "bug" => Denial::internal_error(),
        _ => Denial::not_found(),
    }))
}

#[tonic::async_trait]
impl Notes for Table {
    type Lines = Iter<std::vec::IntoIter<Result<Line, Status>>>;

    async fn read(&self, request: Request<Name>) -> Result<Response<Line>, Status> {
        load(&request.get_ref().name)?;
        Ok(Response::new(Line { text: "a line".to_owned() }))
    }

    async fn follow(&self, request: Request<Name>) -> Result<Response<Self::Lines>, Status> {
        load(&request.get_ref().name)?;
        let lines = ["one", "two"].map(|text| Ok(Line { text: text.to_owned() }));
        Ok(Response::new(iter(lines.to_vec())))
    }

    async fn append(&self, _: Request<Name>) -> Result<Response<Line>, Status> {
        unreachable!("no caller has the scope");
    }
}

pub fn denied(denial: Denial) -> Status {
    let mut status = Status::new(Code::from_i32(denial.grpc_code()), denial.grpc_message());
    status.set_source(Arc::new(denial));
    status
}

pub fn restore_denial<B: Default>(response: http::Response<B>) -> http::Response<B> {
    let status = response.extensions().get::<Status>();
    let source = status.and_then(|status| std::error::Error::source(status));
    match source.and_then(|source| source.downcast_ref::<Denial>()) {
        Some(denial) => denial.clone().into_grpc_response(),
        None => response,
    }
}

/// `Append` needs a scope.
pub fn by_method() -> impl portcullis::Policy<User> + 'static {
    let is_open =
        resource_fn(|call: &Parts| Decision::permit_if(call.uri.path() != "/notes.Notes/Append"));
    any((is_open, scope("notes:append").unwrap()))
}

/// Starts the server, and returns how often its identity was asked.
pub fn server(renders_grpc: bool) -> (Server, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let layer = AuthenticateLayer::new(identity(asked.clone())).retry_after(Duration::ZERO);
    let layer = if renders_grpc { layer } else { layer.without_grpc() };
    let server = Tonic::builder()
        .layer(layer)
        .layer(AuthorizeLayer::<User>::new(by_method()))
        .layer(MapResponseLayer::new(restore_denial))
        .layer(MapResponseLayer::new(ResponseBody::wrap))
        .add_service(NotesServer::new(Table));
    let server =
        Server::running(|listener| server.serve_with_incoming(TcpIncoming::from(listener)));
    (server, asked)
}

// ==== calls ====

/// A call and what it gets.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    pub method: &'static str,
    pub name: &'static str,
    /// The values of `authorization`.
    pub tokens: &'static [&'static str],
    pub code: i32,
    pub message: &'static str,
    /// The challenge, or a part of it.
    pub challenge: Option<&'static str>,
}

/// What a client makes of an answer.
#[derive(Debug, Deserialize)]
pub struct Told {
    pub code: i32,
    pub message: String,
    pub metadata: Vec<(String, String)>,
    pub lines: Vec<String>,
}

impl Case {
    pub fn path(&self) -> String {
        format!("/notes.Notes/{}", self.method)
    }

    fn authorization(&self) -> impl Iterator<Item = String> {
        self.tokens.iter().map(|token| format!("Bearer {token}"))
    }

    /// As programs in other languages read it.
    pub fn json(&self, streams: bool) -> Value {
        let metadata: Vec<_> =
            self.authorization().map(|value| ["authorization".into(), value]).collect();
        json!({ "path": self.path(), "name": self.name, "streams": streams, "metadata": metadata })
    }

    #[track_caller]
    pub fn check(&self, client: &str, told: &Told) {
        assert_eq!(told.code, self.code, "{client}: {self:?}: {told:?}");
        assert_eq!(told.message, self.message, "{client}: {self:?}: {told:?}");
        let challenges = told.metadata.iter().filter(|(name, _)| name == "www-authenticate");
        let challenges: Vec<_> = challenges.map(|(_, value)| value.as_str()).collect();
        match (self.challenge, &challenges[..]) {
            (None, []) => {}
            (Some(part), [challenge]) if challenge.contains(part) => {}
            _ => panic!("{client}: {self:?}: {told:?}"),
        }
        assert_eq!(told.lines.is_empty(), self.code != 0, "{client}: {self:?}: {told:?}");
    }
}

/// Calls a method by tonic's client, over any channel to this address.
pub async fn tonic_call<T>(channel: T, address: SocketAddr, case: &Case, streams: bool) -> Told
where
    T: tonic::client::GrpcService<tonic::body::Body>,
    T::ResponseBody: HttpBody<Data = bytes::Bytes> + Send + 'static,
    <T::ResponseBody as HttpBody>::Error: Into<StdError> + Send,
{
    let origin = format!("http://{address}").parse().expect("an address");
    let mut client = tonic::client::Grpc::with_origin(channel, origin);
    client.ready().await.map_err(Into::into).expect("a connection");
    let mut request = Request::new(Name { name: case.name.to_owned() });
    for value in case.authorization() {
        request.metadata_mut().append("authorization", value.parse().unwrap());
    }
    let path: PathAndQuery = case.path().parse().unwrap();
    let codec = ProstCodec::<Name, Line>::default();
    let result = if streams {
        match client.server_streaming(request, path, codec).await {
            Ok(response) => response.into_inner().collect::<Result<Vec<_>, _>>().await,
            Err(status) => Err(status),
        }
    } else {
        client.unary(request, path, codec).await.map(|response| vec![response.into_inner()])
    };
    match result {
        Ok(lines) => Told {
            code: 0,
            message: String::new(),
            metadata: Vec::new(),
            lines: lines.into_iter().map(|line| line.text).collect(),
        },
        Err(status) => {
            let metadata = status.metadata().clone().into_headers();
            let text = |value: &http::HeaderValue| value.to_str().unwrap().to_owned();
            Told {
                code: status.code() as i32,
                message: status.message().to_owned(),
                metadata: metadata
                    .iter()
                    .map(|(name, value)| (name.to_string(), text(value)))
                    .collect(),
                lines: Vec::new(),
            }
        }
    }
}

pub async fn channel(address: SocketAddr) -> tonic::transport::Channel {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("an address");
    endpoint.connect().await.expect("a connection")
}

pub fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let patience = Duration::from_secs(60);
        tokio::time::timeout(patience, future).await.expect("it does not end")
    })
}
