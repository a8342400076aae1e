//! Passwords of people: argon2 beside the executor, a cache of logins that were right, and a limit
//! on tries.
//!
//! - A password is hashed by argon2 with the parameters that OWASP asks for (19 MiB, two passes),
//!   which takes a core for some 20 ms. `hashing.rs` bounds how many are hashed at once, leaving a
//!   core to the service, and how many wait: past that the answer is 503.
//! - A login that was right stays so for five minutes and takes no hash (`verified.rs`). So a
//!   flood of wrong passwords keeps waiting only those whose password was not seen lately.
//! - Wrong tries are limited by account and by address (`tries.rs`): 429, before anything is
//!   looked up, and whatever the password.
//! - A new password counts at once. For what else changes an account (suspended, deleted, changed
//!   by another process), call `Verified::forget`, or wait five minutes.
//!
//! `cargo run --release --example passwords`, then try the lines that it prints. `THROTTLE=off`
//! leaves the limit out, to see what the flood of passwords alone does.

mod accounts;
mod hashing;
mod tries;
mod verified;

use std::env;
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use accounts::Accounts;
use argon2::{Algorithm, Argon2, Params, Version};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, put};
use hashing::Hashing;
use portcullis::{AuthenticateLayer, Basic, Denial, Identity, Principal};
use tokio::net::TcpListener;
use tries::Tries;
use verified::Verified;

/// <https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html>
fn argon2() -> Result<Argon2<'static>, argon2::Error> {
    let params = Params::new(19_456, 2, 1, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn accounts(hashing: Arc<Hashing>) -> Result<Accounts, Box<dyn Error>> {
    let verified = Verified::new(10_000, Duration::from_secs(300))?;
    let accounts = Accounts::new(argon2()?, hashing, verified)?;
    Ok(accounts.with("alice", "wonderland")?.with("bob", "builder")?)
}

async fn hello(Principal(user): Principal<String>, hashing: Arc<Hashing>) -> String {
    format!("hello, {user}; {} passwords were hashed so far\n", hashing.begun())
}

async fn change_password(
    Principal(user): Principal<String>,
    State(accounts): State<Arc<Accounts>>,
    password: String,
) -> Result<StatusCode, Denial> {
    // What else a password must have is the application's to say.
    if password.is_empty() {
        return Ok(StatusCode::UNPROCESSABLE_ENTITY);
    }
    let changed = accounts.change_password(&user, password).await;
    changed.map_err(|trouble| Denial::unavailable().because(trouble))?;
    Ok(StatusCode::NO_CONTENT)
}

fn app() -> Result<Router, Box<dyn Error>> {
    let hashing = Arc::new(Hashing::beside_the_service());
    let accounts = Arc::new(accounts(hashing.clone())?);
    let routes = Router::new()
        .route("/", get(move |user| hello(user, hashing)))
        .route("/password", put(change_password))
        .fallback(|| async { Denial::not_found() })
        .with_state(accounts.clone());
    let routes = Router::new().fallback_service(routes);

    let identity = Basic::new("passwords", accounts)?;
    if env::var("THROTTLE").is_ok_and(|it| it == "off") {
        return Ok(routes.layer(AuthenticateLayer::new(identity)));
    }
    let tries = Tries::new().ok_or("limits that let nobody try")?;
    Ok(routes.layer(AuthenticateLayer::new(identity.throttled(tries))))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_env_filter(env::var("RUST_LOG").unwrap_or_else(|_| "portcullis=warn".to_owned()))
        .with_writer(io::stderr)
        .init();
    let port: u16 = env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let app = app()?;
    let address = format!("http://{}", listener.local_addr()?);
    println!("listening on {address}");
    println!("{}", TRY.replace("ADDRESS", &address));
    // The limit looks at the address of whoever is connected.
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}

const TRY: &str = "
curl -i ADDRESS/                                                   # 401, asks to log in
curl -i -u alice:wonderland ADDRESS/                               # 200, after a hash
curl -i -u alice:wonderland ADDRESS/                               # 200, without
curl -i -u bob:builder -X PUT -d rebuilder ADDRESS/password        # 204
curl -i -u bob:builder ADDRESS/                                    # 401, that was before
curl -i -u bob:rebuilder ADDRESS/                                  # 200
curl -i -u alice:guess-1 ADDRESS/                                  # 401
curl -i -u alice:guess-2 ADDRESS/                                  # 401
curl -i -u alice:guess-3 ADDRESS/                                  # 401
curl -i -u alice:guess-4 ADDRESS/                                  # 401
curl -i -u alice:guess-5 ADDRESS/                                  # 401
curl -i -u alice:guess-6 ADDRESS/                                  # 429, says how long to wait
curl -i -u alice:wonderland ADDRESS/                               # 429, right or wrong
curl -i -u nobody:guess-1 ADDRESS/                                 # 401
curl -i -u nobody:guess-2 ADDRESS/                                 # 401
curl -i -u nobody:guess-3 ADDRESS/                                 # 401
curl -i -u nobody:guess-4 ADDRESS/                                 # 401
curl -i -u nobody:guess-5 ADDRESS/                                 # 401
curl -i -u nobody:guess-6 ADDRESS/                                 # 429, as if there were one
curl -i -u bob:rebuilder ADDRESS/                                  # 200, others may go on
";
