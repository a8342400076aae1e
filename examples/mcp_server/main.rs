//! An MCP server that users let their agents use: OAuth 2 access tokens, a scope per tool.
//!
//! `cargo run --example mcp_server`, then add the address to an MCP client, or try the lines that it
//! prints. The client is sent to an embedded issuer, which asks for no password and consents to
//! everything.
//!
//! | variable | |
//! |---|---|
//! | `ISSUER` | the authorization server, in place of the embedded one |
//! | `RESOURCE` | the URL of this server as clients know it; `http://127.0.0.1:PORT/mcp` unless set |
//! | `PORT` | 3000 unless set; 0 takes a free one |
//!
//! - `tools.rs`: the tools. One of them asks for a scope that the others do not need.
//! - `responses.rs`: such a refusal becomes a 403 that MCP clients understand.
//! - `sessions.rs`: a session belongs to the user and the client that began it.
//! - `issuer.rs`: the embedded issuer. A service has one already, and leaves this file out.

use std::env;
use std::error::Error;
use std::sync::Arc;

use axum::http::{HeaderName, HeaderValue, Method, Uri, header};
use axum::{Router, middleware};
use portcullis::oauth::{AccessTokens, HttpClient, Jwt, Keys, Resource, Token};
use portcullis::{AuthenticateLayer, AuthorizeLayer, scope};
use rmcp::transport::StreamableHttpServerConfig;
use rmcp::transport::streamable_http_server::StreamableHttpService;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use tokio::net::TcpListener;
use tower_http::cors::{AllowHeaders, CorsLayer};

use self::issuer::Issuer;
use self::sessions::Owners;
use self::tools::Notes;

pub mod issuer;
mod responses;
mod sessions;
mod tools;

/// Web pages that may use this server. MCP Inspector is one.
const ORIGINS: [&str; 2] = ["http://localhost:6274", "http://127.0.0.1:6274"];

/// The MCP server, and routes that need no token. It accepts tokens that were signed with these keys, for
/// this resource.
pub fn app(resource: &Resource, keys: Keys, public: Router) -> Result<Router, Box<dyn Error>> {
    let tokens = Jwt::rfc9068(keys, resource).cached(10_000);
    let identity = AccessTokens::new("notes", tokens)?
        .ask_for("notes:read")? // what a client asks for at first
        .metadata(resource); // where it reads who issues tokens

    let uri: Uri = resource.identifier().parse()?;
    let protected = Router::new()
        .route_service(uri.path(), mcp(uri.host().unwrap_or_default())?)
        .layer(middleware::from_fn(responses::refuse_for_tools))
        .layer(middleware::from_fn(responses::end_with_token))
        .layer(middleware::from_fn_with_state(Owners::new()?, sessions::bind))
        .layer(AuthorizeLayer::<Token>::new(scope("notes:read")?)) // what every request needs
        .layer(AuthenticateLayer::new(identity));
    // Last, and so outside of all: the metadata has a path without a route.
    Ok(protected.merge(public).layer(cors()).layer(resource.layer()))
}

/// The service of the SDK.
fn mcp(host: &str) -> Result<StreamableHttpService<Notes, LocalSessionManager>, Box<dyn Error>> {
    let notes = Notes::new()?;
    let mut sessions = LocalSessionManager::default();
    // Otherwise each stream begins with an event, before the tool runs: too early for a 403.
    sessions.session_config.sse_retry = None;
    let config = StreamableHttpServerConfig::default()
        // Both lists keep out web pages that reach this server by DNS rebinding.
        .with_allowed_hosts([host, "127.0.0.1", "localhost"])
        .with_allowed_origins(ORIGINS);
    Ok(StreamableHttpService::new(move || Ok(notes.clone()), Arc::new(sessions), config))
}

/// What a client in a browser may send, and what it may read.
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(ORIGINS.map(HeaderValue::from_static))
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        // `Authorization`, and those of MCP, some of which depend on the tool.
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([header::WWW_AUTHENTICATE, HeaderName::from_static("mcp-session-id")])
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let port: u16 = env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = format!("http://{}", listener.local_addr()?);

    let (issuer, public) = match env::var("ISSUER") {
        Ok(issuer) => (issuer, Router::new()),
        Err(_) => (address.clone(), Arc::new(Issuer::new(&address)?).router()),
    };
    let resource = env::var("RESOURCE").unwrap_or_else(|_| format!("{address}/mcp"));
    // The least scope that is useful: a 403 names what a tool needs beyond it.
    let resource =
        Resource::new(&resource)?.authorization_server(&issuer)?.scopes(["notes:read"])?;
    let keys = Keys::of_issuer(&issuer, HttpClient::new()?)?;
    let app = app(&resource, keys, public)?;

    println!("listening on {address}");
    println!(
        "{}",
        TRY.replace("RESOURCE", resource.identifier()).replace("METADATA", resource.metadata_url())
    );
    axum::serve(listener, app).await?;
    Ok(())
}

const TRY: &str = "
curl -i RESOURCE                         # 401, and where the metadata is
curl -i METADATA                         # the issuer
npx @modelcontextprotocol/inspector      # Streamable HTTP, RESOURCE
";
