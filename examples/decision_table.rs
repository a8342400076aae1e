//! The decision table of the README in one axum application.
//!
//! `cargo run --example decision_table`, then try the lines that it prints.

use std::collections::HashMap;
use std::env;
use std::error::Error;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::{get, post};
use axum::{Json, Router};
use portcullis::policy::{all, any};
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Basic, Bearer, Decision, Denial, HasAuthentication,
    HasRoles, HasScopes, Login, Policy, Principal, Tokens, Unauthenticated, Users, acr, any_of,
    async_policy_fn, async_verify_fn, authenticated, conceal, conceal_unless, max_age, policy_fn,
    resource_fn, role, scope,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower_http::cors::CorsLayer;

const REALM: &str = "decisions";

// ==== users ====

#[derive(Clone)]
struct User {
    name: &'static str,
    roles: &'static [&'static str],
    scopes: &'static [&'static str],
}

impl HasRoles for User {
    fn has_role(&self, role: &str) -> bool {
        self.roles.contains(&role)
    }
}

impl HasScopes for User {
    fn has_scope(&self, scope: &str) -> bool {
        self.scopes.contains(&scope)
    }
}

impl HasAuthentication for User {
    fn acr(&self) -> Option<&str> {
        None
    }

    fn authenticated_at(&self) -> Option<SystemTime> {
        None
    }
}

const ALICE: User = User { name: "alice", roles: &["admin"], scopes: &[] };
const BOB: User = User { name: "bob", roles: &["member"], scopes: &[] };

fn users() -> Users<User> {
    Users::new().with("alice", "wonderland", ALICE).with("bob", "builder", BOB)
}

fn tokens() -> Tokens<User> {
    let an_hour_ago = SystemTime::now() - Duration::from_secs(3600);
    Tokens::new()
        .with("alice-token", User { scopes: &["reports:read", "repos:read"], ..ALICE })
        .with("bob-token", User { scopes: &["repos:read"], ..BOB })
        .with_expiring("bob-expired", BOB, an_hour_ago)
}

// ==== repositories ====

#[derive(Clone)]
struct Repo {
    owner: Option<&'static str>,
    description: String,
}

type Repos = Arc<Mutex<HashMap<String, Repo>>>;

fn repos() -> Repos {
    let repo = |name: &str, owner| {
        let description = format!("the repository {name}");
        (name.to_owned(), Repo { owner, description })
    };
    let repos = [repo("public", None), repo("wonder", Some("alice")), repo("castle", Some("bob"))];
    Arc::new(Mutex::new(repos.into()))
}

fn can_read() -> impl Policy<User, Repo> {
    any((
        resource_fn(|repo: &Repo| Decision::permit_if(repo.owner.is_none())),
        policy_fn(|user: &User, repo: &Repo| Decision::permit_if(repo.owner == Some(user.name))),
    ))
}

fn can_write() -> impl Policy<User, Repo> {
    policy_fn(|user: &User, repo: &Repo| {
        Decision::permit_if(repo.owner.unwrap_or("alice") == user.name)
    })
}

// ==== handlers ====

async fn me(Principal(user): Principal<User>) -> Json<Value> {
    Json(json!({ "name": user.name }))
}

async fn read_repo(
    caller: Option<Principal<User>>,
    Path(name): Path<String>,
    State(repos): State<Repos>,
) -> Result<Json<Value>, Denial> {
    let repo = load(&repos, &name)?;
    // A caller that may not read it gets the same response as for a repository that does not exist.
    conceal(can_read()).check(caller.as_deref(), &repo).await?;
    Ok(Json(json!({ "name": name, "description": repo.description })))
}

async fn write_repo(
    caller: Option<Principal<User>>,
    Path(name): Path<String>,
    State(repos): State<Repos>,
    description: String,
) -> Result<StatusCode, Denial> {
    let repo = load(&repos, &name)?;
    // A caller that may read it gets 403 or, if anonymous, 401.
    conceal_unless(can_read(), can_write()).check(caller.as_deref(), &repo).await?;
    let mut repos = repos.lock().map_err(|_| Denial::internal_error())?;
    repos.insert(name, Repo { description, ..repo });
    Ok(StatusCode::NO_CONTENT)
}

fn load(repos: &Repos, name: &str) -> Result<Repo, Denial> {
    let repos = repos.lock().map_err(|_| Denial::internal_error())?;
    repos.get(name).cloned().ok_or(Denial::not_found())
}

// ==== the application ====

fn app() -> Result<Router, Box<dyn Error>> {
    let identity = any_of((Bearer::new(REALM, tokens())?, Basic::new(REALM, users())?));
    let admins = AuthorizeLayer::<User>::new(role("admin"));
    let readers = AuthorizeLayer::<User>::new(all((scope("reports:read")?, scope("repos:read")?)));
    let sure = AuthorizeLayer::<User>::new(all((acr(["mfa"])?, max_age(Duration::from_secs(300)))));
    let undecided = AuthorizeLayer::<User>::new(all((
        authenticated(),
        async_policy_fn(|_: &User, _: &Parts| async {
            Decision::unavailable().with_source(io::Error::from(io::ErrorKind::ConnectionRefused))
        }),
    )));

    let routes = Router::new()
        .route("/", get(|| async { "Everyone may read this.\n" }))
        .route("/me", get(me))
        .route("/admin/reports", get(|| async { "for admins\n" }).layer(admins))
        .route("/reports", get(|| async { "for tokens with scopes\n" }).layer(readers))
        .route("/transfer", post(|| async { "transferred\n" }).layer(sure))
        .route("/undecided", get(|| async { "decided\n" }).layer(undecided))
        .route("/repos/{name}", get(read_repo).put(write_repo))
        .fallback(|| async { Denial::not_found() })
        .with_state(repos());

    // `/outage` has a stage of its own. The stage of all other paths wraps their finished router, so it
    // also covers the 404s and 405s that the router makes.
    let stage = AuthenticateLayer::new(identity).optional();
    let routes = Router::new().fallback_service(routes).layer(stage);
    let routes = Router::new().route("/outage", outage()?).fallback_service(routes);
    // Outside: a browser asks without credentials, and is told that no other origin may use this.
    Ok(routes.layer(CorsLayer::new()))
}

/// A protected route whose identity store is down.
fn outage() -> Result<axum::routing::MethodRouter, Box<dyn Error>> {
    let refused = || {
        let source = io::Error::from(io::ErrorKind::ConnectionRefused);
        Err::<User, _>(Unauthenticated::unavailable().with_source(source))
    };
    let tokens = async_verify_fn(move |_: &str| async move { refused() });
    let users = async_verify_fn(move |_: &Login| async move { refused() });
    let identity = any_of((Bearer::new(REALM, tokens)?, Basic::new(REALM, users)?));
    Ok(get(me).layer(AuthenticateLayer::new(identity)))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_env_filter(env::var("RUST_LOG").unwrap_or_else(|_| "portcullis=debug".to_owned()))
        .with_writer(io::stderr)
        .init();
    let port: u16 = env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = format!("http://{}", listener.local_addr()?);
    println!("listening on {address}");
    println!("{}", TRY.replace("ADDRESS", &address));
    axum::serve(listener, app()?).await?;
    Ok(())
}

const TRY: &str = "
curl -i ADDRESS/                                                   # 200
curl -i ADDRESS/me                                                 # 401, with challenges
curl -i -u alice:wonderland ADDRESS/me                             # 200
curl -i -u alice:wrong ADDRESS/me                                  # 401
curl -i --oauth2-bearer bob-expired ADDRESS/me                     # 401, invalid_token
curl -i -u bob:builder ADDRESS/admin/reports                       # 403
curl -i -u alice:wonderland ADDRESS/admin/reports                  # 200
curl -i --oauth2-bearer bob-token ADDRESS/reports                  # 403, says which scopes
curl -i --oauth2-bearer alice-token ADDRESS/reports                # 200
curl -i --oauth2-bearer alice-token -X POST ADDRESS/transfer       # 401, needs stronger authentication
curl -i ADDRESS/repos/public                                       # 200
curl -i -u bob:builder -X PUT -d text ADDRESS/repos/public         # 403
curl -i -u bob:builder ADDRESS/repos/wonder                        # 404, as if it did not exist
curl -i -u bob:builder ADDRESS/repos/nothing                       # 404, the same
curl -i -u alice:wonderland ADDRESS/outage                         # 503, the user store is down
curl -i -u alice:wonderland ADDRESS/undecided                      # 503, the policy engine is down
";
