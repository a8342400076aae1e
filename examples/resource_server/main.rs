//! An API that accepts the access tokens of an OAuth 2 authorization server.
//!
//! `cargo run --example resource_server`, then try the lines that it prints. It brings an issuer along
//! ([`issuer`]), until it is told another one by these variables:
//!
//! | variable | |
//! |---|---|
//! | `ISSUER` | the authorization server, as its tokens name it |
//! | `RESOURCE` | this API, as its tokens name it; `http://localhost:PORT/notes` unless set |
//! | `JWKS_URL` | the issuer's keys, unless they are found by discovery |
//! | `INTROSPECTION_URL` | asks the issuer about each token; with `JWKS_URL`, only about those that are no JWTs |
//! | `CLIENT_ID`, `CLIENT_SECRET` | how this API logs in there |

mod issuer;

use std::env;
use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{Method, StatusCode};
use axum::routing::{delete, get, post};
use portcullis::oauth::{
    AccessTokens, ClientAuth, HttpClient, Introspection, Jwt, Keys, Resource, Token,
};
use portcullis::policy::all;
use portcullis::{AuthenticateLayer, AuthorizeLayer, Principal, Verify, acr, max_age, scope};
use tokio::net::TcpListener;
use tower_http::cors::{Any, CorsLayer};

use crate::issuer::Issuer;

type Notes = Arc<Mutex<Vec<String>>>;

async fn list(State(notes): State<Notes>) -> String {
    notes.lock().expect("the notes").iter().map(|note| format!("{note}\n")).collect()
}

async fn add(
    State(notes): State<Notes>,
    Principal(token): Principal<Token>,
    note: String,
) -> StatusCode {
    // A client that acts for itself is its own subject.
    let author = token.subject().unwrap_or("unknown");
    notes.lock().expect("the notes").push(format!("{author}: {note}"));
    StatusCode::CREATED
}

async fn erase(State(notes): State<Notes>) -> StatusCode {
    notes.lock().expect("the notes").clear();
    StatusCode::NO_CONTENT
}

/// The API. `tokens` says which tokens are valid, the layers what each permits.
fn app(
    tokens: impl Verify<str, Principal = Token>,
    resource: &Resource,
) -> Result<Router, Box<dyn Error>> {
    let read = AuthorizeLayer::<Token>::new(scope("notes:read")?);
    let write = AuthorizeLayer::<Token>::new(scope("notes:write")?);
    // For what cannot be undone: a second factor, in the last five minutes (RFC 9470).
    let recent = max_age(Duration::from_secs(300));
    let careful = AuthorizeLayer::<Token>::new(all((scope("notes:write")?, acr(["mfa"])?, recent)));
    let notes = get(list).route_layer(read);
    let notes = notes.merge(post(add).route_layer(write));
    let notes = notes.merge(delete(erase).route_layer(careful));
    let routes = Router::new().route("/notes", notes).with_state(Notes::default());

    let identity = AccessTokens::new("notes", tokens)?
        .ask_for("notes:read")? // what a client without a token should get one for
        .metadata(resource); // where it learns of whom (RFC 9728)
    Ok(Router::new()
        .fallback_service(routes)
        .layer(AuthenticateLayer::new(identity))
        // Outside of the stage: a browser asks without credentials whether a script may send some.
        .layer(cors())
        // Outside of the stage: anonymous clients read the metadata.
        .layer(resource.layer()))
}

/// What scripts of other origins may do: a token is the only credential, and no browser adds one by itself.
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE])
        .expose_headers([WWW_AUTHENTICATE])
}

fn var(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_env_filter(env::var("RUST_LOG").unwrap_or_else(|_| "portcullis=info".to_owned()))
        .with_writer(std::io::stderr)
        .init();
    let port: u16 = var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = listener.local_addr()?;
    let resource =
        var("RESOURCE").unwrap_or_else(|| format!("http://localhost:{}/notes", address.port()));

    let (issuer, commands) = match var("ISSUER") {
        Some(issuer) => (issuer, String::new()),
        None => {
            let issuer = Issuer::start().await?;
            (issuer.url().to_owned(), issuer.commands(&resource))
        }
    };
    let resource = Resource::new(&resource)?
        .authorization_server(&issuer)?
        .scopes(["notes:read", "notes:write"])?;
    println!("listening on http://{address}");
    let (url, metadata) = (resource.identifier(), resource.metadata_url());
    println!("{}{commands}", TRY.replace("RESOURCE", url).replace("METADATA", metadata));

    let client = HttpClient::new()?;
    let jwks_url = var("JWKS_URL");
    let introspection = match var("INTROSPECTION_URL") {
        Some(url) => {
            let login = var("CLIENT_ID").zip(var("CLIENT_SECRET"));
            let (id, secret) = login.ok_or("introspection needs CLIENT_ID and CLIENT_SECRET")?;
            let auth = ClientAuth::basic(&id, &secret);
            let introspection = Introspection::at(&url, client.clone(), auth, &resource)?;
            Some(introspection.cached(10_000, Duration::from_secs(30)))
        }
        None => None,
    };
    // Nothing is fetched yet: this API starts while its issuer is down.
    let keys = match &jwks_url {
        Some(url) => Keys::at(&issuer, url, client)?,
        None => Keys::of_issuer(&issuer, client)?,
    };
    let jwts = Jwt::rfc9068(keys, &resource).cached(100_000);
    let app = match (introspection, jwks_url) {
        (None, _) => app(jwts, &resource)?,
        (Some(introspection), None) => app(introspection, &resource)?,
        (Some(introspection), Some(_)) => app(jwts.or_opaque(introspection), &resource)?,
    };
    axum::serve(listener, app).await?;
    Ok(())
}

const TRY: &str = "
curl -i RESOURCE                                         # 401, and where the metadata is
curl -i METADATA # 200, which issuer to ask
";
