//! The token endpoint (RFC 6749 §3.2) of each visitor.
//!
//! Each token is a new one: a client that asks again gets another, so that only a client that uses what it got
//! passes. The client is `lab`, its secret `secret`.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, Form, Request};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::post;
use bytes::Bytes;
use portcullis::{AuthenticateLayer, Basic, Cause, Users, respond_fn};
use serde::Deserialize;
use serde_json::json;
use tower::{Layer, ServiceExt};

use super::visitors::{Grant, IDLE, Visitor};

const SCOPES: [&str; 2] = ["reports:read", "reports:write"];
const ACRS: [&str; 2] = ["pwd", "mfa"];

#[derive(Deserialize)]
struct Wanted {
    grant_type: String,
    refresh_token: Option<String>,
    scope: Option<String>,
    /// How the user logs in: `mfa` stands for a second factor (RFC 9470 §4).
    acr_values: Option<String>,
}

pub async fn token(request: Request) -> Response {
    let clients = Users::new().with("lab", "secret", ());
    let identity = Basic::new("token", clients).expect("a realm of letters");
    let stage = AuthenticateLayer::new(identity).respond_with(respond_fn(|refusal| {
        // RFC 6749 §5.2.
        let error = match refusal.cause() {
            Cause::InvalidRequest => "invalid_request",
            _ => "invalid_client",
        };
        let mut response = http::Response::new(Bytes::from(json!({ "error": error }).to_string()));
        let json = HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        response
    }));
    let response: Result<_, Infallible> = stage.layer(post(issue)).oneshot(request).await;
    response.into_response()
}

async fn issue(
    Extension(visitor): Extension<Arc<Visitor>>,
    wanted: Result<Form<Wanted>, FormRejection>,
) -> Response {
    let Form(wanted) = match wanted {
        Ok(wanted) => wanted,
        Err(why) if why.status() == StatusCode::PAYLOAD_TOO_LARGE => return why.into_response(),
        Err(_) => return error("invalid_request"),
    };
    let grant = match wanted.grant_type.as_str() {
        "client_credentials" => wanted.grant(),
        "refresh_token" => wanted
            .refresh_token
            .as_deref()
            .and_then(|refresh| visitor.redeem(refresh))
            .ok_or("invalid_grant")
            .and_then(|grant| wanted.narrow(grant)),
        _ => Err("unsupported_grant_type"),
    };
    let grant = match grant {
        Ok(grant) => grant,
        Err(why) => return error(why),
    };
    let scope = grant.scopes.join(" ");
    let (access_token, refresh_token) = visitor.issue(grant);
    no_store(Json(json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": IDLE.as_secs(),
        "refresh_token": refresh_token,
        "scope": scope,
    })))
}

impl Wanted {
    /// Each once.
    fn scopes(&self) -> Option<Vec<String>> {
        let mut scopes: Vec<_> = self.scope.as_deref()?.split_whitespace().collect();
        scopes.sort_unstable();
        scopes.dedup();
        Some(scopes.into_iter().map(str::to_owned).collect())
    }

    /// For a client without a token.
    fn grant(&self) -> Result<Grant, &'static str> {
        let scopes = self.scopes().unwrap_or_else(|| vec![SCOPES[0].to_owned()]);
        if !scopes.iter().all(|scope| SCOPES.contains(&scope.as_str())) {
            return Err("invalid_scope");
        }
        let known = |acr: &&str| ACRS.contains(acr);
        let acr = self.acr_values.as_deref().unwrap_or("pwd").split(' ').find(known);
        let acr = acr.unwrap_or("pwd");
        // The user has logged in by password an hour ago, and uses the second factor now.
        let ago = if acr == "mfa" { Duration::ZERO } else { Duration::from_secs(3600) };
        let authenticated_at = SystemTime::now().checked_sub(ago);
        Ok(Grant { scopes, acr: Some(acr.to_owned()), authenticated_at })
    }

    /// A refreshed token has no scope that the first one did not have (RFC 6749 §6).
    fn narrow(&self, grant: Grant) -> Result<Grant, &'static str> {
        match self.scopes() {
            None => Ok(grant),
            Some(scopes) if scopes.iter().all(|scope| grant.scopes.contains(scope)) => {
                Ok(Grant { scopes, ..grant })
            }
            Some(_) => Err("invalid_scope"),
        }
    }
}

fn error(error: &str) -> Response {
    no_store((StatusCode::BAD_REQUEST, Json(json!({ "error": error }))))
}

fn no_store(response: impl IntoResponse) -> Response {
    ([(CACHE_CONTROL, "no-store")], response).into_response()
}
