//! The application: its routes, inside the stage that limits attempts.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::routing::{get, put};
use portcullis::challenge::InvalidChallenge;
use portcullis::{AuthenticateLayer, Basic, Denial, Identity, Principal, Throttle};
use tower_http::cors::CorsLayer;

use crate::accounts::Accounts;
use crate::caller;
use crate::hashing::Hashing;

async fn hello(Principal(user): Principal<String>, hashing: Arc<Hashing>) -> String {
    let (begun, waiting) = (hashing.begun(), hashing.waiting());
    format!("hello, {user}; {begun} passwords were hashed so far, {waiting} wait\n")
}

async fn change_password(
    Principal(user): Principal<String>,
    State(accounts): State<Arc<Accounts>>,
    password: String,
) -> Result<StatusCode, Denial> {
    // An application has more rules for passwords.
    if password.is_empty() {
        return Ok(StatusCode::UNPROCESSABLE_ENTITY);
    }
    let changed = accounts.change_password(&user, password).await;
    changed.map_err(|trouble| Denial::unavailable().with_source(trouble))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Serve it with `into_make_service_with_connect_info::<SocketAddr>()`: attempts are counted, and the
/// queue is shared, by the address of the client.
pub fn app(
    accounts: Arc<Accounts>,
    hashing: Arc<Hashing>,
    throttle: Option<impl Throttle>,
) -> Result<Router, InvalidChallenge> {
    let routes = Router::new()
        .route("/", get(move |user| hello(user, hashing)))
        .route("/password", put(change_password))
        .fallback(|| async { Denial::not_found() })
        .with_state(accounts.clone());
    let routes = Router::new().fallback_service(routes);
    let identity = Basic::new("passwords", accounts)?;
    let routes = match throttle {
        Some(throttle) => routes.layer(AuthenticateLayer::new(identity.throttled(throttle))),
        None => routes.layer(AuthenticateLayer::new(identity)),
    };
    // Outside: a browser asks without credentials, and is told that no other origin may use this.
    Ok(routes.layer(from_fn(caller::remember)).layer(CorsLayer::new()))
}
