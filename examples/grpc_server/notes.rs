//! The messages and the service of `notes.Notes`, as `tonic-prost-build` would write them from
//!
//! ```proto
//! package notes;
//! message Name { string name = 1; }
//! message Line { string text = 1; }
//! service Notes {
//!   rpc Read(Name) returns (Line);
//!   rpc Follow(Name) returns (stream Line);
//!   rpc Append(Name) returns (Line);
//! }
//! ```

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio_stream::Stream;
use tonic::body::Body;
use tonic::codegen::{Body as HttpBody, StdError};
use tonic::server::{Grpc, NamedService};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use tower::{Service, service_fn};

#[derive(Clone, PartialEq, prost::Message)]
pub struct Name {
    #[prost(string, tag = "1")]
    pub name: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct Line {
    #[prost(string, tag = "1")]
    pub text: String,
}

#[tonic::async_trait]
pub trait Notes: Send + Sync + 'static {
    type Lines: Stream<Item = Result<Line, Status>> + Send + 'static;

    async fn read(&self, request: Request<Name>) -> Result<Response<Line>, Status>;

    async fn follow(&self, request: Request<Name>) -> Result<Response<Self::Lines>, Status>;

    async fn append(&self, request: Request<Name>) -> Result<Response<Line>, Status>;
}

pub struct NotesServer<T> {
    notes: Arc<T>,
}

impl<T> NotesServer<T> {
    pub fn new(notes: T) -> Self {
        Self { notes: Arc::new(notes) }
    }
}

impl<T> Clone for NotesServer<T> {
    fn clone(&self) -> Self {
        Self { notes: self.notes.clone() }
    }
}

impl<T> NamedService for NotesServer<T> {
    const NAME: &'static str = "notes.Notes";
}

impl<T, B> Service<http::Request<B>> for NotesServer<T>
where
    T: Notes,
    B: HttpBody<Error: Into<StdError> + Send> + Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let notes = self.notes.clone();
        Box::pin(async move {
            let mut grpc = Grpc::new(ProstCodec::<Line, Name>::default());
            Ok(match request.uri().path() {
                "/notes.Notes/Read" => {
                    let read = service_fn(|name| {
                        let notes = notes.clone();
                        async move { notes.read(name).await }
                    });
                    grpc.unary(read, request).await
                }
                "/notes.Notes/Follow" => {
                    let follow = service_fn(|name| {
                        let notes = notes.clone();
                        async move { notes.follow(name).await }
                    });
                    grpc.server_streaming(follow, request).await
                }
                "/notes.Notes/Append" => {
                    let append = service_fn(|name| {
                        let notes = notes.clone();
                        async move { notes.append(name).await }
                    });
                    grpc.unary(append, request).await
                }
                _ => Status::new(tonic::Code::Unimplemented, "").into_http(),
            })
        })
    }
}
