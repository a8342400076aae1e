//! Hidden resources give the same response as missing ones: a vault that only admins can detect, and
//! repositories that only their owners can.
//!
//! `cargo run --example vault`, then try the lines that it prints. It speaks HTTP/1.1, and HTTP/2
//! with prior knowledge.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::env;
use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router, ServiceExt};
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Basic, Bearer, ConcealLayer, Decision, Denial, Disclosed,
    HasRoles, Policy, Principal, Tokens, Users, any_of, conceal, policy_fn, role,
};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tower::util::BoxCloneSyncService;
use tower::{Layer, ServiceBuilder};
use tower_http::services::ServeFile;

const REALM: &str = "vault";

// ==== users ====

#[derive(Clone)]
struct User {
    name: &'static str,
    roles: &'static [&'static str],
}

impl HasRoles for User {
    fn has_role(&self, role: &str) -> bool {
        self.roles.contains(&role)
    }
}

const ALICE: User = User { name: "alice", roles: &["admin"] };
const BOB: User = User { name: "bob", roles: &["member"] };

fn users() -> Users<User> {
    Users::new().with("alice", "wonderland", ALICE).with("bob", "builder", BOB)
}

fn tokens() -> Tokens<User> {
    let an_hour_ago = SystemTime::now() - Duration::from_secs(3600);
    Tokens::new().with("alice-token", ALICE).with("bob-token", BOB).with_expiring(
        "bob-expired",
        BOB,
        an_hour_ago,
    )
}

// ==== the vault: its routes are hidden ====

#[derive(Clone, Serialize, Deserialize)]
struct Note {
    text: String,
}

type Notes = Arc<Mutex<BTreeMap<u32, Note>>>;

async fn list_notes(State(notes): State<Notes>) -> Result<Json<BTreeMap<u32, Note>>, Denial> {
    let notes = notes.lock().map_err(|_| Denial::internal_error())?;
    Ok(Json(notes.clone()))
}

async fn add_note(
    State(notes): State<Notes>,
    Json(note): Json<Note>,
) -> Result<impl IntoResponse, Denial> {
    let mut notes = notes.lock().map_err(|_| Denial::internal_error())?;
    let id = notes.last_key_value().map_or(1, |(last, _)| last + 1);
    notes.insert(id, note);
    Ok((StatusCode::CREATED, [("location", format!("/vault/notes/{id}"))]))
}

async fn show_note(State(notes): State<Notes>, Path(id): Path<u32>) -> Result<Json<Note>, Denial> {
    let notes = notes.lock().map_err(|_| Denial::internal_error())?;
    notes.get(&id).cloned().map(Json).ok_or(Denial::not_found())
}

async fn change_note(
    State(notes): State<Notes>,
    Path(id): Path<u32>,
    Json(note): Json<Note>,
) -> Result<StatusCode, Denial> {
    let mut notes = notes.lock().map_err(|_| Denial::internal_error())?;
    *notes.get_mut(&id).ok_or(Denial::not_found())? = note;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete_note(
    State(notes): State<Notes>,
    Path(id): Path<u32>,
) -> Result<StatusCode, Denial> {
    let mut notes = notes.lock().map_err(|_| Denial::internal_error())?;
    notes.remove(&id).map(|_| StatusCode::NO_CONTENT).ok_or(Denial::not_found())
}

async fn archive(Path(year): Path<u16>) -> String {
    format!("the archive of {year}\n")
}

fn vault() -> Router {
    let first = Note { text: "This note is secret.".to_owned() };
    let notes: Notes = Arc::new(Mutex::new(BTreeMap::from([(1, first)])));
    let logo = ServeFile::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/vault/logo.svg"));
    Router::new()
        .route("/notes", get(list_notes).post(add_note))
        .route("/notes/{id}", get(show_note).put(change_note).delete(delete_note))
        .nest("/archive", Router::new().route("/{year}", get(archive)))
        .route_service("/logo.svg", logo)
        .with_state(notes)
}

// ==== the repositories: each is hidden from all but its owner ====

struct Repo {
    owner: &'static str,
    name: &'static str,
    issues: &'static [(u32, &'static str)],
}

const REPOS: [Repo; 2] = [
    Repo { owner: "alice", name: "wonder", issues: &[(1, "The cat is gone."), (2, "It grins.")] },
    Repo { owner: "bob", name: "castle", issues: &[(1, "Can we fix it?")] },
];

fn can_read() -> impl Policy<User, Repo> {
    policy_fn(|user: &User, repo: &Repo| Decision::permit_if(repo.owner == user.name))
}

/// The repository, if the caller may see it. A hidden one and a missing one give the same response.
async fn find(
    caller: Option<Principal<User>>,
    owner: &str,
    name: &str,
) -> Result<&'static Repo, Denial> {
    let repo = REPOS.iter().find(|repo| repo.owner == owner && repo.name == name);
    let repo = repo.ok_or(Denial::not_found())?;
    conceal(can_read()).check(caller.as_deref(), repo).await?;
    Ok(repo)
}

async fn show_repo(
    caller: Option<Principal<User>>,
    Path((owner, name)): Path<(String, String)>,
) -> Result<String, Denial> {
    let repo = find(caller, &owner, &name).await?;
    Ok(format!("{} by {}, {} issues\n", repo.name, repo.owner, repo.issues.len()))
}

async fn show_issue(
    caller: Option<Principal<User>>,
    Path((owner, name, number)): Path<(String, String, u32)>,
) -> Result<&'static str, Denial> {
    // A caller that may not see the repository does not see its issues either.
    let repo = find(caller, &owner, &name).await?;
    let issue = repo.issues.iter().find(|(found, _)| *found == number);
    issue.map(|(_, title)| *title).ok_or(Denial::not_found())
}

/// The response to a method that a repository does not have: 405 for a caller that may see it.
async fn no_such_method(
    caller: Option<Principal<User>>,
    Path((owner, name)): Path<(String, String)>,
) -> Result<impl IntoResponse, Denial> {
    find(caller, &owner, &name).await?;
    Ok((Disclosed, StatusCode::METHOD_NOT_ALLOWED))
}

fn repos() -> Router {
    Router::new()
        .route("/{owner}/{name}", get(show_repo).fallback(no_such_method))
        .route("/{owner}/{name}/issues/{number}", get(show_issue))
}

// ==== the application ====

/// Boxed once, since the type of a service in layers cannot be named.
type App = BoxCloneSyncService<Request, Response, Infallible>;

fn app() -> Result<App, Box<dyn Error>> {
    let identity = any_of((Bearer::new(REALM, tokens())?, Basic::new(REALM, users())?));
    // Around the finished router, so the policy decides before the router looks at a path or a method.
    // The stage wraps only the vault, so a caller that it permits may know which routes exist.
    let admins = AuthorizeLayer::<User>::new(conceal(role("admin"))).discloses_routes();
    let vault = admins.layer(vault());
    let routes = Router::new().nest_service("/vault", vault).nest("/repos", repos());

    // Anonymous callers are admitted: for them, too, the vault is a 404, without a challenge.
    let stage = AuthenticateLayer::new(identity).optional();
    // Every 404 is the same in bytes and in time, and the routes under these prefixes are hidden.
    let concealment = ConcealLayer::everywhere()
        .hide_routes_under("/vault")?
        .hide_routes_under("/repos")?
        .time_floor(Duration::from_millis(5))?;
    // Around the finished router, since axum writes `Allow` outside `Router::layer`.
    let app = ServiceBuilder::new().layer(concealment).layer(stage);
    Ok(App::new(app.service(routes.with_state(()))))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_env_filter(env::var("RUST_LOG").unwrap_or_else(|_| "portcullis=info".to_owned()))
        .with_writer(std::io::stderr)
        .init();
    let port: u16 = env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = format!("http://{}", listener.local_addr()?);
    println!("listening on {address}");
    println!("{}", TRY.replace("ADDRESS", &address));
    axum::serve(listener, ServiceExt::<Request>::into_make_service(app()?)).await?;
    Ok(())
}

const TRY: &str = "
curl -i -u alice:wonderland ADDRESS/vault/notes                       # 200
curl -i -u alice:wonderland ADDRESS/vault/notes/99                    # 404, it does not exist
curl -i -u alice:wonderland -X PATCH ADDRESS/vault/notes              # 405, alice may know
curl -i -u bob:builder ADDRESS/vault/notes                            # 404, hidden from bob
curl -i ADDRESS/vault/notes                                           # 404, and from anonymous callers
curl -i ADDRESS/nothing                                               # 404, the same
curl -i -X OPTIONS ADDRESS/vault/notes                                # 404, the same
curl -i --http2-prior-knowledge ADDRESS/vault/logo.svg                # 404, the same
curl -i -u alice:wonderland ADDRESS/vault/logo.svg                    # 200
curl -i -u alice:wrong ADDRESS/vault/notes                            # 401, as on every path
curl -i -u alice:wonderland ADDRESS/repos/alice/wonder                # 200
curl -i -u bob:builder ADDRESS/repos/alice/wonder                     # 404, hidden from bob
curl -i -u bob:builder ADDRESS/repos/alice/wonder/issues/1            # 404, with its parent
curl -i -u bob:builder ADDRESS/repos/bob/castle/issues/1              # 200
curl -i -u bob:builder -X DELETE ADDRESS/repos/bob/castle             # 405, bob may know
curl -i -u bob:builder -X DELETE ADDRESS/repos/alice/wonder           # 404, hidden from bob
";
