//! An authorization server to try the example with, **for this machine only**: it asks for no password,
//! consents to everything, and redirects to loopback addresses alone.
//!
//! It has what MCP clients need: metadata (RFC 8414), registration of clients (RFC 7591), authorization
//! codes with PKCE (RFC 7636), resource indicators (RFC 8707), refresh tokens, access tokens by RFC 9068.

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use axum::extract::{Form, Query, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

/// How long an access token lasts, in seconds.
const LIFETIME: i64 = 300;

/// The most codes and refresh tokens that are kept.
const MOST: usize = 1_000;

/// The issuer, with one key for ES256.
pub struct Issuer {
    url: String,
    key: EcdsaKeyPair,
    /// By authorization code or refresh token.
    grants: Mutex<HashMap<String, Grant>>,
}

/// What a user has consented to.
#[derive(Clone)]
struct Grant {
    user: String,
    client: String,
    scope: String,
    resource: String,
    /// Of a code: where it was sent, and the PKCE challenge.
    code: Option<(String, String)>,
}

/// The query of an authorization request.
#[derive(Deserialize)]
struct Authorization {
    response_type: String,
    client_id: String,
    redirect_uri: String,
    code_challenge: String,
    code_challenge_method: String,
    resource: String,
    #[serde(default)]
    scope: String,
    state: Option<String>,
    /// Which user it is; alice unless given.
    login_hint: Option<String>,
}

/// The form of a token request.
#[derive(Deserialize)]
struct TokenRequest {
    grant_type: String,
    client_id: String,
    code: Option<String>,
    redirect_uri: Option<String>,
    code_verifier: Option<String>,
    refresh_token: Option<String>,
}

impl Issuer {
    /// The issuer at this address, with a new key.
    pub fn new(url: &str) -> Result<Self, Box<dyn Error>> {
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new())?;
        let key = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref())?;
        Ok(Self { url: url.to_owned(), key, grants: Mutex::default() })
    }

    /// Its endpoints.
    pub fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/.well-known/oauth-authorization-server", get(metadata))
            .route("/jwks", get(async |State(issuer): State<Arc<Self>>| Json(issuer.jwks())))
            .route("/register", post(register))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .with_state(self)
    }

    /// The public key, as a JWK set.
    pub fn jwks(&self) -> Value {
        // 4, then both coordinates.
        let (x, y) = self.key.public_key().as_ref()[1..].split_at(32);
        let (x, y) = (BASE64.encode(x), BASE64.encode(y));
        json!({ "keys": [
            { "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "1", "x": x, "y": y }
        ]})
    }

    /// Signs an access token that lasts for so many seconds.
    pub fn sign(
        &self,
        user: &str,
        client: &str,
        scope: &str,
        resource: &str,
        seconds: i64,
    ) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        let header = json!({ "typ": "at+jwt", "alg": "ES256", "kid": "1" });
        let claims = json!({
            "iss": self.url, "sub": user, "client_id": client, "aud": resource, "scope": scope,
            "iat": now, "exp": now + seconds, "jti": random(),
        });
        let [header, claims] = [header, claims].map(|part| BASE64.encode(part.to_string()));
        let signed = format!("{header}.{claims}");
        let signature =
            self.key.sign(&SystemRandom::new(), signed.as_bytes()).expect("a signature");
        format!("{signed}.{}", BASE64.encode(signature))
    }

    /// Keeps a grant under a new code or refresh token.
    fn keep(&self, grant: Grant) -> String {
        let mut grants = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
        if grants.len() == MOST {
            grants.clear();
        }
        let name = random();
        grants.insert(name.clone(), grant);
        name
    }

    /// Codes and refresh tokens are good for one use.
    fn take(&self, name: &str) -> Option<Grant> {
        self.grants.lock().unwrap_or_else(PoisonError::into_inner).remove(name)
    }
}

fn random() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("random bytes");
    BASE64.encode(bytes)
}

/// An error of RFC 6749 §5.2.
fn error(code: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": code }))).into_response()
}

async fn metadata(State(issuer): State<Arc<Issuer>>) -> Json<Value> {
    let url = &issuer.url;
    Json(json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "registration_endpoint": format!("{url}/register"),
        "jwks_uri": format!("{url}/jwks"),
        "scopes_supported": ["notes:read", "notes:write", "offline_access"],
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

/// Any client may register, and nothing of it is kept: a redirect to a loopback address is all that this
/// issuer checks.
async fn register(Json(mut client): Json<Value>) -> Response {
    let Some(members) = client.as_object_mut() else { return error("invalid_client_metadata") };
    members.insert("client_id".into(), random().into());
    members.insert("token_endpoint_auth_method".into(), "none".into());
    (StatusCode::CREATED, Json(client)).into_response()
}

/// A page for login and consent would be here.
async fn authorize(
    State(issuer): State<Arc<Issuer>>,
    Query(asked): Query<Authorization>,
) -> Response {
    let host = asked.redirect_uri.parse::<Uri>().ok().and_then(|uri| uri.host().map(str::to_owned));
    let is_here = host.is_some_and(|host| ["127.0.0.1", "[::1]", "localhost"].contains(&&*host));
    let Ok(mut back) = Url::parse(&asked.redirect_uri) else { return error("invalid_request") };
    if !is_here || asked.response_type != "code" || asked.code_challenge_method != "S256" {
        return error("invalid_request");
    }
    let code = issuer.keep(Grant {
        user: asked.login_hint.unwrap_or_else(|| "alice".into()),
        client: asked.client_id,
        scope: asked.scope,
        resource: asked.resource,
        code: Some((asked.redirect_uri, asked.code_challenge)),
    });
    back.query_pairs_mut().append_pair("code", &code).append_pair("iss", &issuer.url);
    if let Some(state) = &asked.state {
        back.query_pairs_mut().append_pair("state", state);
    }
    Redirect::to(back.as_str()).into_response()
}

async fn token(State(issuer): State<Arc<Issuer>>, Form(asked): Form<TokenRequest>) -> Response {
    let name = match &*asked.grant_type {
        "authorization_code" => asked.code,
        "refresh_token" => asked.refresh_token,
        _ => return error("unsupported_grant_type"),
    };
    let Some(mut grant) = name.and_then(|name| issuer.take(&name)) else {
        return error("invalid_grant");
    };
    let proof = asked.code_verifier.map(|verifier| BASE64.encode(Sha256::digest(verifier)));
    let sent = grant.code.take();
    if grant.client != asked.client_id || sent != asked.redirect_uri.zip(proof) {
        return error("invalid_grant");
    }

    let scopes = grant.scope.split(' ').filter(|scope| *scope != "offline_access");
    let scope = scopes.collect::<Vec<_>>().join(" ");
    let Grant { user, client, resource, .. } = &grant;
    let mut answer = json!({
        "access_token": issuer.sign(user, client, &scope, resource, LIFETIME),
        "token_type": "Bearer",
        "expires_in": LIFETIME,
        "scope": scope,
    });
    // Not to every client: one that has a refresh token may use it where it needs a wider scope, and gets
    // the old scope again.
    if grant.scope.split(' ').any(|scope| scope == "offline_access") {
        answer["refresh_token"] = issuer.keep(grant).into();
    }
    Json(answer).into_response()
}
