//! A web application in which each refusal arrives: pages, scripts, a service worker and a WebSocket,
//! with sessions that end while a page is open.
//!
//! `cargo run --example webapp --all-features`, then open the address in a browser.
//!
//! - A refusal reaches a client that is still sending: the rest of the upload is read and discarded.
//! - A page without a session redirects to the login, and the login back to the page.
//! - A script gets 401, refreshes the session once, and sends its request once more. If that fails, the
//!   page says "please log in again". After a 403 it says "no permission", and sends nothing again.
//! - A page that the user may not see says so (403). A project of others is the 404 of a project that
//!   does not exist.
//! - The service worker hands navigations on, and has a page of its own for when the network is down.
//! - The WebSocket is authenticated at its handshake, and closed when the session ends.
//! - No browser opens a password dialog: Basic is offered only under `/api`, to programs.
//!
//! `SESSION_SECONDS` is how long a session lasts without being refreshed (900), `LOGIN_SECONDS` how long it
//! can be refreshed (28800). The cookie, cross-site requests, `HOST` and the limits on logins are as in the
//! example `sessions`, with the same reasons.

use std::env;
use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post, put};
use portcullis::authenticate::IdentityService;
use portcullis::challenge::Challenge;
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Basic, Bearer, ConcealLayer, Denial, DrainLayer, Identity,
    LoginPage, Negotiate, Tokens, Users, any_of,
};
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tower::ServiceBuilder;
use tower_http::cors::CorsLayer;
use tower_http::csrf::{CsrfLayer, ProtectionError};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time;
use tower_sessions::{Expiry, MemoryStore, SessionManagerLayer};

use crate::identity::{Sessions, User};
use crate::logins::{Lifetimes, Logins};
use crate::refusals::refusals;
use crate::session::Accounts;
use crate::tries::Tries;
use crate::workspace::{MAX_FILE, Shared, Workspace, can_read_reports};

mod api;
mod identity;
mod live;
mod logins;
mod pages;
mod refusals;
mod session;
mod workspace;

// Limits on attempts, from the example `passwords`.
#[path = "../passwords/caller.rs"]
#[allow(dead_code, reason = "no queue is shared here")]
mod caller;
#[path = "../passwords/counters.rs"]
mod counters;
#[path = "../passwords/tries.rs"]
mod tries;

const REALM: &str = "quay";

/// What all three stages have in common.
fn stage<I: Identity<Principal = User>>(
    identity: I,
) -> Result<AuthenticateLayer<impl IdentityService<Principal = User>, Negotiate>, Box<dyn Error>> {
    let login = LoginPage::at("/login")?.return_in("next")?;
    let stage = AuthenticateLayer::new(identity).login_page(login);
    // Otherwise the Back button shows pages after a logout. See also `session::log_out`.
    let stage = stage.no_store_for_verified_callers();
    Ok(stage.suppress_dialogs_for_scripts().respond_with(refusals()))
}

/// The routes with their stage, which renders also what is refused for coming from another site.
fn protect<I: IdentityService<Principal = User>>(
    routes: Router,
    stage: AuthenticateLayer<I, Negotiate>,
) -> Router {
    routes.layer(CsrfLayer::new().with_rejection_response(cross_site)).layer(stage)
}

fn cross_site(error: ProtectionError) -> Response {
    let denial = Denial::forbidden().with_detail("This was sent from another site.");
    denial.with_source(error).into_response()
}

fn app(listens_on: IpAddr, lifetimes: Lifetimes) -> Result<Router, Box<dyn Error>> {
    let (alice, bob) = (User::new("alice", true), User::new("bob", false));
    let users = Users::new();
    let users =
        users.with("alice", "wonderland", alice.clone()).with("bob", "builder", bob.clone());
    let tokens = Tokens::new().with("alice-token", alice).with("bob-token", bob);
    let tries = Arc::new(Tries::new().ok_or("a limit of zero")?);
    let logins = Logins::new(lifetimes);

    let sessions = || -> Result<_, Box<dyn Error>> {
        // The challenge of `Bearer`, which is offered anyway.
        let challenges = Challenge::bearer(REALM)?.into();
        Ok(Sessions { logins: logins.clone(), challenges })
    };
    let accounts = Accounts { users: users.clone(), tries: tries.clone(), logins: logins.clone() };
    let workspace = Arc::new(Workspace::new());
    let shared = Shared { workspace, logins: logins.clone(), news: broadcast::channel(64).0 };

    // What works without a valid session.
    let public = Router::new()
        .route("/login", get(session::login_page).post(session::log_in))
        .route("/logout", post(session::log_out))
        .route("/api/session/refresh", post(session::refresh))
        .route("/api/session/expire", post(session::expire))
        .route("/api/session/revoke", post(session::revoke))
        .with_state(accounts);
    let public = protect(public, stage(sessions()?)?.optional());

    // Without a session all pages are alike, also those that do not exist: they redirect to the login.
    let reports = get(pages::reports).layer(AuthorizeLayer::<User>::new(can_read_reports()));
    let pages = Router::new()
        .route("/", get(pages::overview))
        .route("/reports", reports)
        .route("/projects/{name}", get(pages::project))
        .route("/projects/{name}/notes", post(pages::add_note))
        .route("/live", any(live::connect))
        .fallback(|| async { Denial::not_found() })
        .with_state(shared.clone());
    let pages = protect(pages, stage(any_of((sessions()?, Bearer::new(REALM, tokens.clone())?)))?);

    let api = Router::new()
        .route("/api/me", get(api::me))
        .route("/api/files", get(api::list_files))
        .route("/api/files/{name}", put(api::put_file).get(api::get_file).delete(api::delete_file))
        .route("/api/{*rest}", any(api::not_found))
        .method_not_allowed_fallback(api::no_such_method)
        .layer(DefaultBodyLimit::max(MAX_FILE))
        .with_state(shared);
    // Scripts of the pages send the cookie, other programs a token or a password.
    let identity = any_of((
        sessions()?,
        Bearer::new(REALM, tokens)?,
        Basic::new(REALM, users)?.throttled(tries),
    ));
    let api = protect(api, stage(identity)?);

    let routes = Router::new().merge(public).merge(pages).merge(api).merge(assets());
    // An upload that is refused is at most a little larger than what is accepted.
    let drain = DrainLayer::new().max_bytes(16 * MAX_FILE as u64)?;
    let layers = ServiceBuilder::new()
        // A browser asks without credentials, and is told that no other origin may use this.
        .layer(CorsLayer::new())
        .layer(drain)
        .layer(header(CONTENT_SECURITY_POLICY, POLICY))
        .layer(header(X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(REFERRER_POLICY, "same-origin"))
        // Every 404 is the same.
        .layer(ConcealLayer::everywhere().respond_with(refusals()))
        .layer(session_layer(listens_on, lifetimes));
    Ok(Router::new().fallback_service(routes).layer(layers))
}

fn session_layer(listens_on: IpAddr, lifetimes: Lifetimes) -> SessionManagerLayer<MemoryStore> {
    // On a loopback address there is no TLS.
    let secure = !listens_on.to_canonical().is_loopback();
    let lifetime = i64::try_from(lifetimes.login.as_secs()).unwrap_or(i64::MAX);
    SessionManagerLayer::new(MemoryStore::default())
        .with_name(if secure { "__Host-sid" } else { "sid" })
        .with_same_site(SameSite::Lax)
        .with_http_only(true)
        .with_secure(secure)
        .with_expiry(Expiry::OnInactivity(time::Duration::seconds(lifetime)))
}

// ==== static files, and headers of every response ====

/// All from this host, and no script in a page.
const POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

fn header(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value))
}

fn assets() -> Router {
    macro_rules! asset {
        ($kind:literal, $path:literal) => {
            get(|| async {
                ([(CONTENT_TYPE, $kind), (CACHE_CONTROL, "no-cache")], include_str!($path))
            })
        };
    }
    Router::new()
        .route("/static/app.css", asset!("text/css", "static/app.css"))
        .route("/static/app.js", asset!("text/javascript", "static/app.js"))
        .route("/static/icon.svg", asset!("image/svg+xml", "static/icon.svg"))
        .route("/static/offline.html", asset!("text/html; charset=utf-8", "static/offline.html"))
        // Not under `/static`: a service worker is for the paths beside and below its own.
        .route("/sw.js", asset!("text/javascript", "static/sw.js"))
}

// ==== the program ====

/// A number of seconds from the environment, at least one.
fn seconds(name: &str, default: u64) -> Result<Duration, Box<dyn Error>> {
    let seconds = match env::var(name) {
        Ok(text) => text.parse().map_err(|error| format!("{name} is {text:?}: {error}"))?,
        Err(_) => default,
    };
    match seconds {
        1..=31_536_000 => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("{name} is {seconds}: use 1 to 31536000 seconds").into()),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_env_filter(env::var("RUST_LOG").unwrap_or_else(|_| "portcullis=info".to_owned()))
        .with_writer(std::io::stderr)
        .init();
    let port: u16 = env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let host: IpAddr = match env::var("HOST") {
        Ok(host) => host.parse().map_err(|error| format!("HOST is {host:?}: {error}"))?,
        Err(_) => Ipv4Addr::LOCALHOST.into(),
    };
    let lifetimes = Lifetimes {
        session: seconds("SESSION_SECONDS", 900)?,
        login: seconds("LOGIN_SECONDS", 28_800)?,
    };
    let listener = TcpListener::bind((host, port)).await?;
    let app = app(host, lifetimes)?.into_make_service_with_connect_info::<SocketAddr>();
    let address = format!("http://{}", listener.local_addr()?);
    println!("listening on {address}");
    println!("{}", TRY.replace("ADDRESS", &address));
    axum::serve(listener, app).await?;
    Ok(())
}

const TRY: &str = "
curl -i -H 'accept: text/html' ADDRESS/reports                     # 303, redirects a browser to the form
curl -i ADDRESS/api/me                                             # 401, with challenges
curl -i -H 'sec-fetch-mode: cors' ADDRESS/api/me                   # 401, without a dialog
curl -i -c jar -d 'user=bob&password=builder' ADDRESS/login        # 303, with a session
curl -i -b jar ADDRESS/api/me                                      # 200
curl -i -b jar ADDRESS/reports                                     # 403, not an administrator
curl -i -b jar -H 'accept: text/html' ADDRESS/reports              # 403, as a page
curl -i -b jar ADDRESS/projects/aurora                             # 404, hidden from bob
curl -i -b jar ADDRESS/projects/nothing                            # 404, the same
curl -i -b jar -X DELETE ADDRESS/api/files/tides.txt               # 403, it is alice's
curl -i -b jar -X PUT -d 'High water 06:50' ADDRESS/api/files/a.txt  # 201
curl -i -b jar -X POST ADDRESS/api/session/expire                  # 204
curl -i -b jar ADDRESS/api/me                                      # 401
curl -i -b jar -X POST ADDRESS/api/session/refresh                 # 204
curl -i -b jar ADDRESS/api/me                                      # 200
curl -i -b jar -X POST ADDRESS/logout                              # 303
curl -i -b jar -X POST ADDRESS/api/session/refresh                 # 401
curl -i -u bob:builder ADDRESS/api/files                           # 200, programs need no session
curl -i --oauth2-bearer alice-token ADDRESS/reports                # 200
";
