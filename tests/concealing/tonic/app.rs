//! The application, as a user of tonic writes it. Its services are the generated one that comes
//! with `tonic-health`, under several names; its methods return a note.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::response::IntoResponse;
use http::request::Parts;
use http::{Extensions, Uri};
use portcullis::policy::any;
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Bearer, ConcealLayer, Decision, HasRoles, Identity, Policy,
    Principal, ResponseBody, Tokens, conceal, policy_fn, resource_fn, role,
};
use tokio_stream::{Iter, iter};
use tonic::body::Body;
use tonic::metadata::MetadataMap;
use tonic::server::NamedService;
use tonic::service::{LayerExt, Routes};
use tonic::transport::server::{Server as Tonic, TcpIncoming};
use tonic::{Code, Request, Response, Status};
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tonic_web::GrpcWebLayer;
use tower::util::MapResponseLayer;
use tower::{Service, ServiceBuilder};

use crate::support::Server;

/// Its methods are public; some notes are not.
pub const OPEN: &str = "grpc.health.v1.Health";
/// Only admins may know of it.
pub const HIDDEN: &str = "notes.Hidden";
/// Only admins may know of its method `Watch`.
pub const PARTLY: &str = "notes.Partly";

#[derive(Clone)]
pub struct User {
    name: &'static str,
    admin: bool,
}

impl HasRoles for User {
    fn has_role(&self, role: &str) -> bool {
        role == "admin" && self.admin
    }
}

struct Note {
    owner: &'static str,
    lines: usize,
}

fn find(name: &str) -> Option<Note> {
    match name {
        "of alice" => Some(Note { owner: "alice", lines: 3 }),
        "long" => Some(Note { owner: "alice", lines: 20_000 }),
        _ => None,
    }
}

fn can_read() -> impl Policy<User, Note> {
    policy_fn(|user: &User, note: &Note| Decision::permit_if(user.name == note.owner))
}

#[derive(Clone)]
struct Notes;

impl Notes {
    /// Loads a note, then checks. Its messages say more than they should.
    async fn load(name: &str, caller: &Extensions) -> Result<Note, Status> {
        let note = find(name).ok_or_else(|| Status::not_found(format!("no note {name:?}")))?;
        let caller = Principal::<User>::of(caller);
        conceal(can_read()).check(caller, &note).await.map_err(|denial| {
            let message = denial.to_string();
            let mut metadata = MetadataMap::new();
            metadata.insert("x-owner", note.owner.parse().expect("a value"));
            Status::with_details_and_metadata(Code::NotFound, message, "details".into(), metadata)
        })?;
        Ok(note)
    }
}

type Lines = Vec<Result<HealthCheckResponse, Status>>;

#[tonic::async_trait]
impl Health for Notes {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        if request.get_ref().service == "locked" {
            return Err(Status::permission_denied("locked"));
        }
        let note = Self::load(&request.get_ref().service, request.extensions()).await?;
        let mut response = Response::new(HealthCheckResponse { status: note.lines as i32 });
        response.metadata_mut().insert("x-lines", note.lines.into());
        Ok(response)
    }

    type WatchStream = Iter<<Lines as IntoIterator>::IntoIter>;

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let line = |at| Ok(HealthCheckResponse { status: at as i32 });
        let name = &request.get_ref().service;
        if let Some(name) = name.strip_prefix("in the stream: ") {
            let refusal = Self::load(name, request.extensions()).await.map(|_| Default::default());
            return Ok(Response::new(iter(vec![line(0), refusal])));
        }
        let note = Self::load(name, request.extensions()).await?;
        let mut lines: Lines = (0..note.lines).map(line).collect();
        // The status of a stream is in its trailers, after the messages.
        let mut trailers = MetadataMap::new();
        trailers.insert("x-last", "line".parse().expect("a value"));
        lines.push(Err(Status::with_metadata(Code::DataLoss, "torn off", trailers)));
        Ok(Response::new(iter(lines)))
    }
}

/// A generated service under another name.
pub struct Named<N, S>(S, PhantomData<fn() -> N>);

macro_rules! names {
    ($($name:ident = $value:expr;)*) => { $(
        pub struct $name;
        impl NamedService for $name {
            const NAME: &'static str = $value;
        }
    )* };
}

names! {
    Hidden = HIDDEN;
    Partly = PARTLY;
}

impl<N: NamedService, S> NamedService for Named<N, S> {
    const NAME: &'static str = N::NAME;
}

impl<N, S: Clone> Clone for Named<N, S> {
    fn clone(&self) -> Self {
        Self(self.0.clone(), PhantomData)
    }
}

impl<N: NamedService, S: Service<http::Request<B>>, B> Service<http::Request<B>> for Named<N, S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, mut request: http::Request<B>) -> S::Future {
        let path = request.uri().path().replacen(N::NAME, OPEN, 1);
        *request.uri_mut() = Uri::try_from(path).expect("a path");
        self.0.call(request)
    }
}

fn open() -> HealthServer<impl Health> {
    HealthServer::new(Notes)
}

/// A service that is hidden as a whole.
fn hidden() -> impl Grpc {
    let admins = AuthorizeLayer::<User>::new(conceal(role("admin"))).discloses_routes();
    let admins = ServiceBuilder::new().layer(admins).map_response(ResponseBody::wrap);
    admins.named_layer(Named::<Hidden, _>(open(), PhantomData))
}

/// A service with one hidden method.
fn partly() -> impl Grpc {
    let admins = AuthorizeLayer::<User>::new(admins_only_where(|path| path.ends_with("/Watch")));
    let admins = ServiceBuilder::new().layer(admins).map_response(ResponseBody::wrap);
    admins.named_layer(Named::<Partly, _>(open(), PhantomData))
}

fn admins_only_where(is_hidden: fn(&str) -> bool) -> impl Policy<User> {
    let is_seen = resource_fn(move |call: &Parts| Decision::permit_if(!is_hidden(call.uri.path())));
    conceal(any((is_seen, role("admin"))))
}

/// A service as tonic accepts it.
trait Grpc:
    Service<http::Request<Body>, Response: IntoResponse, Error = Infallible, Future: Send + 'static>
    + NamedService
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> Grpc for S where
    S: Service<
            http::Request<Body>,
            Response: IntoResponse,
            Error = Infallible,
            Future: Send + 'static,
        > + NamedService
        + Clone
        + Send
        + Sync
        + 'static
{
}

fn identity() -> impl Identity<Principal = User> {
    let alice = User { name: "alice", admin: true };
    let bob = User { name: "bob", admin: false };
    let tokens = Tokens::new().with("alice-token", alice).with("bob-token", bob);
    Bearer::new("notes", tokens).expect("a realm")
}

/// The stages around tonic's own server.
pub fn by_tonic(conceal_layer: ConcealLayer) -> Server {
    let server = Tonic::builder()
        .layer(conceal_layer)
        .layer(AuthenticateLayer::new(identity()).optional())
        .layer(MapResponseLayer::new(ResponseBody::wrap))
        .add_service(open())
        .add_service(hidden())
        .add_service(partly());
    Server::running(|listener| server.serve_with_incoming(TcpIncoming::from(listener)))
}

/// The same with a time floor, and one policy around all services.
pub fn by_tonic_with_floor(floor: Duration, limit: u32) -> Server {
    let policy = admins_only_where(|path| {
        path.starts_with("/notes.Hidden") || path == "/notes.Partly/Watch"
    });
    let conceal_layer = ConcealLayer::everywhere().time_floor(floor).expect("a floor");
    let conceal_layer = conceal_layer.requests_per_period(limit).expect("a limit");
    let server = Tonic::builder()
        .layer(conceal_layer)
        .layer(AuthenticateLayer::new(identity()).optional())
        .layer(AuthorizeLayer::<User>::new(policy))
        .layer(MapResponseLayer::new(ResponseBody::wrap))
        .add_service(open())
        .add_service(Named::<Hidden, _>(open(), PhantomData))
        .add_service(Named::<Partly, _>(open(), PhantomData));
    Server::running(|listener| server.serve_with_incoming(TcpIncoming::from(listener)))
}

/// The same without `ConcealLayer`.
pub fn without_curtain() -> Server {
    let server = Tonic::builder()
        .layer(AuthenticateLayer::new(identity()).optional())
        .layer(MapResponseLayer::new(ResponseBody::wrap))
        .add_service(open())
        .add_service(hidden())
        .add_service(partly());
    Server::running(|listener| server.serve_with_incoming(TcpIncoming::from(listener)))
}

/// With gRPC-web, which is translated to gRPC outside `ConcealLayer`, or inside it.
pub fn with_web(outside: bool) -> Server {
    let conceal_layer = ConcealLayer::everywhere();
    let stage = AuthenticateLayer::new(identity()).optional();
    let app = Router::new().fallback_service(routes().into_axum_router());
    let app = match outside {
        true => app.layer(stage).layer(conceal_layer).layer(GrpcWebLayer::new()),
        false => app.layer(GrpcWebLayer::new()).layer(stage).layer(conceal_layer),
    };
    Server::running(|listener| axum::serve(listener, app).into_future())
}

fn routes() -> Routes {
    Routes::new(open()).add_service(hidden()).add_service(partly())
}

/// The stages around an axum router that the services are routes of.
pub fn by_axum(conceal_layer: ConcealLayer) -> Server {
    let stage = AuthenticateLayer::new(identity()).optional();
    let app = Router::new().fallback_service(routes().into_axum_router());
    let app = app.layer(stage).layer(conceal_layer);
    Server::running(|listener| axum::serve(listener, app).into_future())
}

/// The stages around tonic's routes, served by hyper.
pub fn by_hyper(conceal_layer: ConcealLayer) -> Server {
    let stages = ServiceBuilder::new()
        .layer(conceal_layer)
        .layer(AuthenticateLayer::new(identity()).optional())
        .map_response(ResponseBody::wrap);
    Server::start(stages.service(routes().prepare()))
}

/// The services alone.
pub fn bare() -> Server {
    Server::start(routes().prepare())
}
