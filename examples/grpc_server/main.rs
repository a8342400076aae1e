//! A gRPC server: `cargo run --example grpc_server`, then try the lines that it prints.
//!
//! Each refusal is a gRPC status, so clients need not know about HTTP: UNAUTHENTICATED,
//! PERMISSION_DENIED with the scope that would help, NOT_FOUND for a note that is missing or
//! concealed, UNAVAILABLE while the table of tokens is down (`OUTAGE=1`).

mod notes;

use std::env;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::request::Parts;
use notes::{Line, Name, Notes, NotesServer};
use portcullis::policy::any;
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Bearer, ConcealLayer, Decision, Denial, HasScopes, Policy,
    Principal, ResponseBody, Tokens, Unauthenticated, Verify, conceal, policy_fn, resource_fn,
    scope,
};
use tokio::net::TcpListener;
use tokio_stream::{Iter, iter};
use tonic::transport::server::{Server, TcpIncoming};
use tonic::{Code, Request, Response, Status};
use tower::util::MapResponseLayer;

// ==== users and their tokens ====

#[derive(Clone)]
struct User {
    name: &'static str,
    scopes: &'static [&'static str],
}

impl HasScopes for User {
    fn has_scope(&self, scope: &str) -> bool {
        self.scopes.contains(&scope)
    }
}

/// A table of tokens that can be down.
struct TokenTable {
    tokens: Tokens<User>,
    is_down: bool,
}

impl TokenTable {
    fn new(is_down: bool) -> Self {
        let alice = User { name: "alice", scopes: &["notes:read", "notes:append"] };
        let bob = User { name: "bob", scopes: &["notes:read"] };
        let an_hour_ago = SystemTime::now() - Duration::from_secs(3600);
        let tokens = Tokens::new()
            .with("alice-token", alice)
            .with("bob-token", bob.clone())
            .with_expiring("bob-expired", bob, an_hour_ago);
        Self { tokens, is_down }
    }
}

impl Verify<str> for TokenTable {
    type Principal = User;

    async fn verify(&self, token: &str) -> Result<User, Unauthenticated> {
        if self.is_down {
            return Err(Unauthenticated::unavailable());
        }
        self.tokens.verify(token).await
    }
}

// ==== the service ====

struct Note {
    owner: &'static str,
    lines: &'static [&'static str],
}

fn find(name: &str) -> Option<Note> {
    match name {
        "wonder" => Some(Note { owner: "alice", lines: &["down", "the", "rabbit-hole"] }),
        "castle" => Some(Note { owner: "bob", lines: &["stone", "upon", "stone"] }),
        _ => None,
    }
}

struct Table;

impl Table {
    /// Loads a note, then checks. A caller that may not see a note cannot tell it from a missing one.
    async fn load(&self, request: &Request<Name>) -> Result<Note, Denial> {
        let note = find(&request.get_ref().name).ok_or(Denial::not_found())?;
        let can_read =
            policy_fn(|user: &User, note: &Note| Decision::permit_if(user.name == note.owner));
        let caller = Principal::<User>::of(request.extensions());
        conceal(can_read).check(caller, &note).await?;
        Ok(note)
    }
}

fn line(text: &str) -> Line {
    Line { text: text.to_owned() }
}

#[tonic::async_trait]
impl Notes for Table {
    type Lines = Iter<std::vec::IntoIter<Result<Line, Status>>>;

    async fn read(&self, request: Request<Name>) -> Result<Response<Line>, Status> {
        let note = self.load(&request).await.map_err(denied)?;
        Ok(Response::new(line(&note.lines.join(" "))))
    }

    async fn follow(&self, request: Request<Name>) -> Result<Response<Self::Lines>, Status> {
        let note = self.load(&request).await.map_err(denied)?;
        let lines: Vec<_> = note.lines.iter().map(|text| Ok(line(text))).collect();
        Ok(Response::new(iter(lines)))
    }

    async fn append(&self, request: Request<Name>) -> Result<Response<Line>, Status> {
        let note = self.load(&request).await.map_err(denied)?;
        Ok(Response::new(line(&format!("appended to the note of {}", note.owner))))
    }
}

// ==== denials of methods ====

/// Turns a denial into a status that carries it.
fn denied(denial: Denial) -> Status {
    let mut status = Status::new(Code::from_i32(denial.grpc_code()), denial.grpc_message());
    status.set_source(Arc::new(denial));
    status
}

/// Hands the denial of a method to the stage outside, which adds challenges and reports it. tonic keeps
/// the status in the extensions of its response.
fn restore_denial<B: Default>(response: http::Response<B>) -> http::Response<B> {
    let source = response.extensions().get::<Status>().and_then(|status| status.source());
    match source.and_then(|source| source.downcast_ref::<Denial>()) {
        Some(denial) => denial.clone().into_grpc_response(),
        None => response,
    }
}

// ==== the server ====

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let is_down = env::var("OUTAGE").is_ok_and(|value| value == "1");

    // The path of a call names its method: only `Append` needs the scope.
    let needs_no_scope =
        resource_fn(|call: &Parts| Decision::permit_if(call.uri.path() != "/notes.Notes/Append"));
    let by_method = any((needs_no_scope, scope("notes:append")?));

    let server = Server::builder()
        // The first is the outermost.
        .layer(ConcealLayer::everywhere())
        .layer(AuthenticateLayer::new(Bearer::new("notes", TokenTable::new(is_down))?))
        .layer(AuthorizeLayer::<User>::new(by_method))
        .layer(MapResponseLayer::new(restore_denial))
        .layer(MapResponseLayer::new(ResponseBody::wrap))
        .add_service(NotesServer::new(Table));

    let port = env::var("PORT").unwrap_or_else(|_| "50051".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    print_usage(listener.local_addr()?);
    server.serve_with_incoming(TcpIncoming::from(listener)).await?;
    Ok(())
}

fn print_usage(address: std::net::SocketAddr) {
    let print = |method: &str, token: &str, note: Option<&str>| {
        let token = match token {
            "" => String::new(),
            token => format!(" -H 'authorization: Bearer {token}'"),
        };
        // gRPC's frame around a message with one field.
        let (message, data) = match note {
            Some(note) => {
                let (whole, length) = (note.len() + 2, note.len());
                let message = format!("printf '\\0\\0\\0\\0\\{whole:o}\\n\\{length:o}{note}' | ");
                (message, "--data-binary @-")
            }
            None => (String::new(), "-X POST"),
        };
        println!(
            "{message}curl -i --http2-prior-knowledge -H content-type:application/grpc{token} {data} \
             http://{address}/notes.Notes/{method}"
        );
    };
    println!("listening on http://{address}");
    println!();
    // The stages refuse these before a message is read: 16, and 7 with `insufficient_scope`.
    print("Read", "", None);
    print("Append", "bob-token", None);
    print("Read", "alice-token", Some("wonder")); // 0
    print("Follow", "bob-token", Some("wonder")); // 5, as for a note that does not exist
    print("Follow", "bob-token", Some("nothing")); // 5
    println!();
}
