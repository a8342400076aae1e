//! Load, then check: an asynchronous policy about an object that the handler has loaded.
//!
//! `cargo run --example object_level`, then try the lines that it prints.

use std::collections::HashMap;
use std::env;
use std::error::Error;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::routing::get;
use axum::{Json, Router};
use portcullis::{
    AuthenticateLayer, Bearer, Decision, Denial, Policy, Principal, Tokens, conceal_unless,
};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::RwLock;
use tower_http::cors::CorsLayer;

#[derive(Clone, PartialEq, Eq, Hash)]
struct User(&'static str);

#[derive(Clone, Serialize)]
struct Document {
    id: u32,
    title: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Grant {
    Read,
    Delete,
}

/// The grants of users on documents, in an asynchronous store.
#[derive(Default)]
struct Grants {
    of: RwLock<HashMap<(User, u32), Grant>>,
}

/// Permits users that have this grant on the document, or a greater one.
#[derive(Clone)]
struct Granted {
    grants: Arc<Grants>,
    least: Grant,
}

impl Policy<User, Document> for Granted {
    async fn decide(&self, user: &User, document: &Document) -> Decision {
        let grants = self.grants.of.read().await;
        let granted = grants.get(&(user.clone(), document.id));
        Decision::permit_if(granted.is_some_and(|grant| *grant >= self.least))
    }
}

#[derive(Clone)]
struct App {
    documents: Arc<RwLock<HashMap<u32, Document>>>,
    grants: Arc<Grants>,
}

impl App {
    async fn new() -> Self {
        let documents =
            [(1, "Minutes"), (2, "Budget")].map(|(id, title)| (id, Document { id, title }));
        let grants = Grants::default();
        grants.of.write().await.extend([
            ((User("alice"), 1), Grant::Delete),
            ((User("alice"), 2), Grant::Read),
            ((User("bob"), 1), Grant::Read),
        ]);
        Self { documents: Arc::new(RwLock::new(documents.into())), grants: Arc::new(grants) }
    }

    async fn load(&self, id: u32) -> Result<Document, Denial> {
        self.documents.read().await.get(&id).cloned().ok_or(Denial::not_found())
    }

    /// Responds 404 to a user that may not read the document, and 403 to one that may only read it.
    fn may(&self, least: Grant) -> impl Policy<User, Document> {
        let granted = |least| Granted { grants: self.grants.clone(), least };
        conceal_unless(granted(Grant::Read), granted(least))
    }
}

async fn show(
    Principal(user): Principal<User>,
    Path(id): Path<u32>,
    State(app): State<App>,
) -> Result<Json<Document>, Denial> {
    let document = app.load(id).await?;
    app.may(Grant::Read).check(&user, &document).await?;
    Ok(Json(document))
}

async fn delete(
    Principal(user): Principal<User>,
    Path(id): Path<u32>,
    State(app): State<App>,
) -> Result<(), Denial> {
    let document = app.load(id).await?;
    app.may(Grant::Delete).check(&user, &document).await?;
    app.documents.write().await.remove(&id);
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let tokens = Tokens::new().with("alice-token", User("alice")).with("bob-token", User("bob"));
    let routes = Router::new()
        .route("/documents/{id}", get(show).delete(delete))
        .fallback(|| async { Denial::not_found() })
        .with_state(App::new().await);
    // The stage wraps the finished router, so it also covers the 404s and 405s that the router makes.
    let stage = AuthenticateLayer::new(Bearer::new("documents", tokens)?);
    let app = Router::new().fallback_service(routes).layer(stage);
    // Outside: a browser asks without credentials, and is told that no other origin may use this.
    let app = app.layer(CorsLayer::new());

    let port: u16 = env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = format!("http://{}", listener.local_addr()?);
    println!("listening on {address}");
    println!("{}", TRY.replace("ADDRESS", &address));
    axum::serve(listener, app).await?;
    Ok(())
}

const TRY: &str = "
curl -i --oauth2-bearer alice-token ADDRESS/documents/2              # 200
curl -i --oauth2-bearer bob-token ADDRESS/documents/2                # 404, bob may not read it
curl -i --oauth2-bearer bob-token ADDRESS/documents/3                # 404, it does not exist
curl -i --oauth2-bearer bob-token -X DELETE ADDRESS/documents/1      # 403, bob may only read it
curl -i ADDRESS/documents/1                                          # 401
";
