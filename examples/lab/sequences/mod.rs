//! Sequences that a client has to master. `/visitors/me` lists them ([`list`]).
//!
//! In these lines TOKEN is a new token each time:
//!
//! ```text
//! curl -u lab:secret -d grant_type=client_credentials ADDRESS/visitors/me/token # a token
//! curl -i --oauth2-bearer TOKEN ADDRESS/visitors/me/401-once  # 401, then 200 with another token
//! curl -u lab:secret -d grant_type=refresh_token -d refresh_token=REFRESH ADDRESS/visitors/me/token
//! curl -i --oauth2-bearer TOKEN ADDRESS/visitors/me/expires-after/3 # 200 three times, then 401
//! curl -i --oauth2-bearer TOKEN ADDRESS/visitors/me/rotates   # 401 once the key is replaced
//! curl -i --oauth2-bearer TOKEN ADDRESS/visitors/me/403-always # 403: no token helps
//! curl -i --oauth2-bearer TOKEN ADDRESS/visitors/me/outage    # 503 twice, then 200 with the same token
//! curl -i --oauth2-bearer TOKEN ADDRESS/visitors/me/scope     # 403, until scope=reports:write
//! curl -i --oauth2-bearer TOKEN ADDRESS/visitors/me/step-up   # 401, until acr_values=mfa
//! curl -iL --oauth2-bearer TOKEN ADDRESS/visitors/me/redirect-away # to another origin, without the token
//! curl -i --digest -u alice:wonderland ADDRESS/visitors/me/stale-nonce # 401, 401 with stale=true, 200
//! curl -i -x ADDRESS http://origin.example/visitors/me/proxy  # 407: -U gate:keeper; then 401
//! curl -i -u bob:builder ADDRESS/visitors/me/hidden/merger    # 404, as for a report that does not exist
//! curl -i -u bob:builder ADDRESS/visitors/me/hidden-leaking/merger # 404, with three leaks
//! curl -i ADDRESS/visitors/me/report                          # what was requested, and the answers
//! curl -i -X DELETE ADDRESS/visitors/me/report                # begins all sequences anew
//! ```
//!
//! Each visitor has its own state and its own tokens, which no other visitor's sequences accept. Its id is in
//! the path, 1 to 64 letters, digits, `-` and `_` of its choice; or at `/sequences/…` in a cookie, which the
//! lab sets (`curl -b jar -c jar`). The lab remembers 1000 visitors, each for half an hour after its last
//! request.

mod bearer;
mod list;
mod others;
mod token;
mod visitors;

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{DefaultBodyLimit, Extension, OriginalUri, Path, Request, State};
use axum::http::header::{CACHE_CONTROL, COOKIE, HeaderMap, SET_COOKIE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{any, get};
use bytes::Bytes;
use portcullis::ProblemDetails;
use serde::Deserialize;
use serde_json::json;

use self::bearer::OtherOrigin;
use self::visitors::{IDLE, Visitor, Visitors};
use crate::simulator::diagnosis::diagnose;

/// The longest form, in bytes.
const MAX_FORM: usize = 8 * 1024;

/// The sequences. `other` is an address at which [`other_origin`] is served.
pub fn routes(other: SocketAddr) -> Result<Router, Box<dyn Error>> {
    let visitors = Visitors::new();
    let sequences = sequences()?.layer(Extension(OtherOrigin(other)));
    let by_path = sequences.clone().layer(from_fn_with_state(visitors.clone(), named_in_path));
    let by_cookie = sequences.layer(from_fn_with_state(visitors, named_in_cookie));
    Ok(Router::new().nest("/visitors/{visitor}", by_path).nest("/sequences", by_cookie))
}

/// The server to which a sequence redirects.
pub fn other_origin() -> Router {
    Router::new().route("/landed", any(bearer::landed))
}

fn sequences() -> Result<Router, Box<dyn Error>> {
    let diagnosed = Router::new()
        .route("/401-once", any(bearer::once))
        .route("/expires-after/{n}", any(bearer::expires_after))
        .route("/rotates", any(bearer::rotates))
        .route("/outage", any(bearer::outage))
        .route("/403-always", any(bearer::forbidden_always))
        .route("/scope", any(bearer::wider_scope))
        .route("/step-up", any(bearer::step_up))
        .route("/redirect-away", any(bearer::redirect_away))
        .merge(others::proxy()?)
        .layer(from_fn(add_diagnosis));
    Ok(diagnosed
        // Digest is about the method, which a diagnosis changes.
        .route("/stale-nonce", any(others::stale_nonce))
        // A diagnosis would tell the two 404s apart.
        .merge(others::hidden()?)
        .layer(from_fn(note))
        .route("/token", any(token::token))
        .route("/", get(list::all))
        .route("/report", get(report).delete(forget))
        .layer(DefaultBodyLimit::max(MAX_FORM)))
}

// ==== visitors ====

#[derive(Deserialize)]
struct Named {
    visitor: String,
}

async fn named_in_path(
    State(visitors): State<Visitors>,
    Path(Named { visitor }): Path<Named>,
    mut request: Request,
    next: Next,
) -> Response {
    if !Visitors::is_id(&visitor) {
        let detail = "The id of a visitor is 1 to 64 letters, digits, - and _.";
        return ProblemDetails::new(StatusCode::NOT_FOUND).with_detail(detail).into_response();
    }
    request.extensions_mut().insert(visitors.find(&visitor));
    next.run(request).await
}

const COOKIE_NAME: &str = "lab-visitor";

async fn named_in_cookie(
    State(visitors): State<Visitors>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Some(id) = id_in_cookie(request.headers()) {
        request.extensions_mut().insert(visitors.find(&id));
        return next.run(request).await;
    }
    let id = Visitors::new_id();
    request.extensions_mut().insert(visitors.find(&id));
    let mut response = next.run(request).await;
    let age = IDLE.as_secs();
    let attributes = format!("Path=/sequences; Max-Age={age}; HttpOnly; SameSite=Lax");
    if let Ok(cookie) = HeaderValue::from_str(&format!("{COOKIE_NAME}={id}; {attributes}")) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

fn id_in_cookie(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
    let (_, id) = pairs.find(|(name, _)| name.trim() == COOKIE_NAME)?;
    Some(id.trim().to_owned()).filter(|id| Visitors::is_id(id))
}

// ==== what was requested ====

/// Notes each exchange for the report.
async fn note(
    Extension(visitor): Extension<Arc<Visitor>>,
    request: Request,
    next: Next,
) -> Response {
    // Without the visitor and the query.
    let asked = format!("{} {}", request.method(), request.uri().path());
    let asked = asked.chars().take(100).collect::<String>();
    let response = next.run(request).await;
    visitor.note(format!("{asked}: {}", response.status().as_u16()));
    response
}

async fn report(Extension(visitor): Extension<Arc<Visitor>>) -> impl IntoResponse {
    ([(CACHE_CONTROL, "no-store")], Json(json!({ "requests": visitor.seen() })))
}

async fn forget(Extension(visitor): Extension<Arc<Visitor>>) -> StatusCode {
    visitor.forget();
    StatusCode::NO_CONTENT
}

// ==== diagnosis ====

/// Adds the request as it was received, and the advice. A response to `HEAD` has the headers of that to `GET`.
async fn add_diagnosis(
    OriginalUri(target): OriginalUri,
    mut request: Request,
    next: Next,
) -> Response {
    let is_head = request.method() == Method::HEAD;
    if is_head {
        *request.method_mut() = Method::GET;
    }
    let mut asked = http::Request::new(());
    *asked.method_mut() = request.method().clone();
    *asked.uri_mut() = target;
    *asked.version_mut() = request.version();
    *asked.headers_mut() = request.headers().clone();
    let (head, body) = next.run(request).await.into_parts();
    // The bodies of the lab are short.
    let Ok(body) = to_bytes(body, 1 << 20).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = http::Response::from_parts(head, body);
    diagnose(&asked, &mut response, None);
    if is_head {
        *response.body_mut() = Bytes::new();
    }
    response.map(Body::from)
}
