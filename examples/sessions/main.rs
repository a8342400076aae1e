//! Users log in on a page and get a session; programs send a token, or user and password.
//!
//! `cargo run --example sessions`, then open the address in a browser, or try the lines that it
//! prints.
//!
//! - The cookie is `SameSite=Lax`, so that other sites can link here and cannot post on behalf of
//!   a user. It is `Secure` unless the example listens on a loopback address: to listen on another one,
//!   set `HOST` to it, and put a server with TLS in front.
//! - A form that another origin posts is refused with 403 (`tower_http::csrf`), also from a sibling
//!   domain, which `SameSite` allows. So no other site can log its visitor in here under another account.
//!   A proxy in front must leave `Host` and `Origin` unchanged.
//! - Attempts at the form and by Basic share the limits of the example `passwords`: 429.
//!
//! Left to an application: a `GET` must not change anything. And the store: `MemoryStore` has no limit
//! and never deletes expired sessions, so each login at the form adds to it. Use a store that has a
//! limit, or that deletes.

use std::env;
use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use portcullis::authorize::PolicyService;
use portcullis::challenge::Challenge;
use portcullis::login::LogOut;
use portcullis::{
    Attempt, AuthenticateLayer, AuthorizeLayer, Basic, Bearer, Cause, Denial, Identity, Login,
    LoginPage, Principal, ReturnPath, Tokens, Users, Verify, any_of, authenticated,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower_http::cors::CorsLayer;
use tower_http::csrf::{CsrfLayer, ProtectionError};
use tower_sessions::cookie::SameSite;
use tower_sessions::cookie::time::Duration;
use tower_sessions::{Expiry, MemoryStore, Session, SessionManagerLayer};

use crate::identity::{Sessions, USER, User};
use crate::tries::Tries;

mod identity;

// Limits on attempts, from the example `passwords`.
#[path = "../passwords/caller.rs"]
#[allow(dead_code, reason = "no queue is shared here")]
mod caller;
#[path = "../passwords/counters.rs"]
mod counters;
#[path = "../passwords/tries.rs"]
mod tries;

const REALM: &str = "sessions";

// ==== logging in and out ====

/// Where to go after the login.
#[derive(Deserialize)]
struct Next {
    next: Option<String>,
}

impl Next {
    /// The path, if it is valid. Another site may have written it, so it is not trusted.
    fn path(&self) -> Option<ReturnPath> {
        self.next.as_deref().and_then(|next| ReturnPath::parse(next).ok())
    }
}

async fn login_page(Query(next): Query<Next>) -> Html<String> {
    login_form("", next.path())
}

fn login_form(message: &str, next: Option<ReturnPath>) -> Html<String> {
    let next = next.map_or(String::new(), |next| next.as_str().replace('&', "&amp;"));
    Html(format!(
        r#"<!doctype html><title>Log in</title><h1>Log in</h1><p>{message}
        <form method="post" action="/login">
        <input name="user" autocomplete="username" placeholder="user">
        <input name="password" type="password" autocomplete="current-password" placeholder="password">
        <input name="next" type="hidden" value="{next}">
        <button>Log in</button></form>
        "#
    ))
}

/// The fields of the login form.
#[derive(Deserialize)]
struct LoginForm {
    user: String,
    password: String,
    #[serde(flatten)]
    next: Next,
}

async fn log_in(
    State(Shared { users, tries }): State<Shared>,
    session: Session,
    request: Parts,
    Form(form): Form<LoginForm>,
) -> Result<Response, Denial> {
    let next = form.next.path();
    let login = Login::new(&form.user, &form.password);
    let attempt = Attempt::new(&request, Some(form.user));
    let user = match attempt.limited_by(&tries, || users.verify(&login)).await {
        Ok(user) => user,
        Err(why) if why.cause() == Cause::Invalid => {
            // Not 401: it asks for credentials in `Authorization`, for which a browser opens a dialog.
            let page = login_form("Wrong user or password.", next);
            return Ok((StatusCode::FORBIDDEN, page).into_response());
        }
        // Too many attempts: 429. Or the users cannot be looked up: 503.
        Err(why) => return Err(why.into()),
    };
    // A new identifier, so that an attacker who planted the old one does not know it.
    session.cycle_id().await.map_err(unavailable)?;
    session.insert(USER, user).await.map_err(unavailable)?;
    Ok(Redirect::to(next.as_ref().map_or("/", ReturnPath::as_str)).into_response())
}

async fn log_out(session: Session) -> Result<(LogOut, Redirect), Denial> {
    session.flush().await.map_err(unavailable)?;
    // So that the browser does not show the notes again.
    Ok((LogOut::new().clear_cache(), Redirect::to("/")))
}

fn unavailable(error: tower_sessions::session::Error) -> Denial {
    Denial::unavailable().with_source(error)
}

// ==== pages ====

async fn home(caller: Option<Principal<User>>) -> Html<String> {
    let name = caller.map_or("stranger".to_owned(), |Principal(user)| user.name);
    Html(format!(
        r#"<!doctype html><title>Home</title><h1>Hello, {name}</h1><a href="/notes">notes</a>
        "#
    ))
}

async fn notes(Principal(user): Principal<User>) -> Html<String> {
    Html(format!(
        r#"<!doctype html><title>Notes</title><h1>Notes of {}</h1>
        <form method="post" action="/logout"><button>Log out</button></form>
        "#,
        user.name
    ))
}

async fn me(Principal(user): Principal<User>) -> Json<Value> {
    Json(json!({ "name": user.name }))
}

// ==== the application ====

#[derive(Clone)]
struct Shared {
    users: Users<User>,
    tries: Arc<Tries>,
}

fn app(listens_on: IpAddr) -> Result<Router, Box<dyn Error>> {
    let user = |name: &str| User { name: name.to_owned() };
    let users = Users::new();
    let users =
        users.with("alice", "wonderland", user("alice")).with("bob", "builder", user("bob"));
    let tokens = Tokens::new().with("alice-token", user("alice"));
    let tries = Arc::new(Tries::new().ok_or("a limit of zero")?);

    // The session has the challenge of `Bearer`, which is offered anyway. `Authorization` takes
    // precedence over the cookie.
    let identity = any_of((
        Sessions { challenges: Challenge::bearer(REALM)?.into() },
        Bearer::new(REALM, tokens)?,
        Basic::new(REALM, users.clone())?.throttled(tries.clone()),
    ));
    let stage = AuthenticateLayer::new(identity)
        .optional()
        .login_page(LoginPage::at("/login")?.return_in("next")?)
        .no_store_for_verified_callers();

    // On a loopback address there is no TLS.
    let secure = !listens_on.to_canonical().is_loopback();
    let sessions = SessionManagerLayer::new(MemoryStore::default())
        // Browsers accept a cookie with the prefix `__Host-` only from this host, not from a sibling
        // domain, and only if it is secure.
        .with_name(if secure { "__Host-sid" } else { "sid" })
        .with_same_site(SameSite::Lax)
        .with_http_only(true)
        .with_secure(secure)
        .with_expiry(Expiry::OnInactivity(Duration::hours(1)));

    let routes = Router::new()
        .route("/", get(home))
        .route("/notes", get(notes).layer(users_only()))
        .route("/api/me", get(me).layer(users_only()))
        .route("/login", get(login_page).post(log_in))
        .route("/logout", post(log_out))
        .fallback(|| async { Denial::not_found() })
        .with_state(Shared { users, tries });
    // Inside the stage, which renders the denial.
    let routes = Router::new()
        .fallback_service(routes)
        .layer(CsrfLayer::new().with_rejection_response(cross_site));
    let routes = routes.layer(stage).layer(sessions);
    // Outside: a browser asks without credentials, and is told that no other origin may use this.
    Ok(routes.layer(CorsLayer::new()))
}

/// Around all methods of a route, so that a login comes first with any.
fn users_only() -> AuthorizeLayer<User, impl PolicyService<User>> {
    AuthorizeLayer::<User>::new(authenticated())
}

fn cross_site(error: ProtectionError) -> Response {
    let denial = Denial::forbidden().with_detail("This form was sent from another site.");
    denial.with_source(error).into_response()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port: u16 = env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let host: IpAddr = match env::var("HOST") {
        Ok(host) => host.parse().map_err(|error| format!("HOST is {host:?}: {error}"))?,
        Err(_) => Ipv4Addr::LOCALHOST.into(),
    };
    let listener = TcpListener::bind((host, port)).await?;
    let app = app(host)?.into_make_service_with_connect_info::<SocketAddr>();
    let address = format!("http://{}", listener.local_addr()?);
    println!("listening on {address}");
    println!("{}", TRY.replace("ADDRESS", &address));
    axum::serve(listener, app).await?;
    Ok(())
}

const TRY: &str = "
curl -i ADDRESS/                                                   # 200
curl -i ADDRESS/notes                                              # 401, with challenges
curl -i -H 'accept: text/html' ADDRESS/notes                       # 303, redirects a browser to the form
curl -i -H 'sec-fetch-mode: cors' ADDRESS/api/me                   # 401, without a dialog
curl -i ADDRESS/login?next=/notes                                  # 200, the form
curl -i -d 'user=alice&password=wrong' ADDRESS/login               # 403, the form again
curl -i -H 'sec-fetch-site: cross-site' -d 'user=bob&password=builder' ADDRESS/login   # 403, from another site
curl -i -c jar -d 'user=alice&password=wonderland&next=/notes' ADDRESS/login   # 303, to the notes
curl -i -b jar ADDRESS/notes                                       # 200
curl -i -b jar -u bob:wrong ADDRESS/notes                          # 401, in spite of the session
curl -i -b jar -u bob:builder ADDRESS/api/me                       # 200, as bob
curl -i -b jar -X POST ADDRESS/logout                              # 303
curl -i -b jar ADDRESS/notes                                       # 401, as without credentials
curl -i --oauth2-bearer alice-token ADDRESS/api/me                 # 200
curl -i -d 'user=bob&password=builder&next=//evil.example' ADDRESS/login      # 303, to this site
curl -i -d 'user=mallory&password=guess-1' ADDRESS/login           # 403
curl -i -d 'user=mallory&password=guess-2' ADDRESS/login           # 403
curl -i -d 'user=mallory&password=guess-3' ADDRESS/login           # 403
curl -i -d 'user=mallory&password=guess-4' ADDRESS/login           # 403
curl -i -d 'user=mallory&password=guess-5' ADDRESS/login           # 403
curl -i -d 'user=mallory&password=guess-6' ADDRESS/login           # 429, with Retry-After
curl -i -u mallory:guess-7 ADDRESS/api/me                          # 429, by Basic as well
";
