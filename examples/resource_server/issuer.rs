//! An authorization server to try the example with, **for this machine only**: one client, with the
//! client credentials grant, and one key, which is made anew at each start.

use std::error::Error;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// How long an access token lasts, in seconds.
const LIFETIME: i64 = 600;

/// An issuer that is running.
pub struct Issuer {
    url: String,
    key: EcdsaKeyPair,
}

/// The form of a token request (RFC 6749 §4.4.2, RFC 8707 §2).
#[derive(Deserialize)]
struct TokenRequest {
    grant_type: String,
    resource: String,
    #[serde(default)]
    scope: String,
}

impl Issuer {
    /// Starts it on a port of its own.
    pub async fn start() -> Result<Arc<Self>, Box<dyn Error>> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let issuer = Arc::new(Self { url, key: new_key() });
        let routes = Router::new()
            .route("/.well-known/oauth-authorization-server", get(metadata))
            .route("/jwks", get(jwks))
            .route("/token", post(token))
            .with_state(issuer.clone());
        tokio::spawn(async { axum::serve(listener, routes).await });
        Ok(issuer)
    }

    /// Its identifier, the `iss` of its tokens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A token for this resource, with these claims above the usual ones.
    fn token(&self, resource: &str, claims: Value) -> String {
        let mut all = json!({
            "iss": self.url, "sub": "alice", "client_id": "demo", "aud": resource,
            "iat": now(), "exp": now() + LIFETIME, "jti": random(),
        });
        for (name, value) in claims.as_object().into_iter().flatten() {
            all[name] = value.clone();
        }
        sign(&self.key, "at+jwt", &all)
    }

    /// Commands to try, with a token for each situation.
    pub fn commands(&self, resource: &str) -> String {
        let read = json!({ "scope": "notes:read" });
        let write = json!({ "scope": "notes:read notes:write" });
        let strong = json!({ "scope": "notes:write", "acr": "mfa", "auth_time": now() });
        let expired = json!({ "scope": "notes:read", "exp": now() - 3600 });
        let id_claims =
            json!({ "iss": self.url, "sub": "alice", "aud": resource, "exp": now() + LIFETIME });
        let tokens = [
            ("READ", self.token(resource, read.clone())),
            ("WRITE", self.token(resource, write)),
            ("STRONG", self.token(resource, strong)),
            ("EXPIRED", self.token(resource, expired)),
            ("OTHER", self.token("http://localhost/other", read.clone())),
            ("ID_TOKEN", sign(&self.key, "JWT", &id_claims)),
            ("FORGED", Self { url: self.url.clone(), key: new_key() }.token(resource, read)),
        ];
        let tokens: String =
            tokens.iter().map(|(name, token)| format!("{name}={token}\n")).collect();
        tokens + &COMMANDS.replace("ISSUER", &self.url).replace("RESOURCE", resource)
    }
}

const COMMANDS: &str = "\
curl -i ISSUER/.well-known/oauth-authorization-server # 200, where it issues tokens
curl -i -u demo:secret -d 'grant_type=client_credentials&scope=notes:read&resource=RESOURCE' ISSUER/token # 200
curl -i --oauth2-bearer $READ RESOURCE                   # 200
curl -i --oauth2-bearer $READ -d buy-milk RESOURCE       # 403, and for which scopes to ask
curl -i --oauth2-bearer $WRITE -d buy-milk RESOURCE      # 201
curl -i --oauth2-bearer $WRITE -X DELETE RESOURCE        # 401, and how the user should log in
curl -i --oauth2-bearer $STRONG -X DELETE RESOURCE       # 204
curl -i --oauth2-bearer $EXPIRED RESOURCE                # 401
curl -i --oauth2-bearer $OTHER RESOURCE                  # 401, it is for another resource
curl -i --oauth2-bearer $ID_TOKEN RESOURCE               # 401, it is no access token
curl -i --oauth2-bearer $FORGED RESOURCE                 # 401, another key signed it
";

/// The metadata (RFC 8414).
async fn metadata(State(issuer): State<Arc<Issuer>>) -> Json<Value> {
    let url = &issuer.url;
    Json(json!({
        "issuer": url,
        "token_endpoint": format!("{url}/token"),
        "jwks_uri": format!("{url}/jwks"),
        "scopes_supported": ["notes:read", "notes:write"],
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
    }))
}

/// The public key (RFC 7517).
async fn jwks(State(issuer): State<Arc<Issuer>>) -> Json<Value> {
    // 4, then both coordinates.
    let point = &issuer.key.public_key().as_ref()[1..];
    let [x, y] = [&point[..32], &point[32..]].map(|it| URL_SAFE_NO_PAD.encode(it));
    Json(json!({ "keys": [
        { "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "1", "x": x, "y": y }
    ]}))
}

/// The token endpoint (RFC 6749 §4.4).
async fn token(
    State(issuer): State<Arc<Issuer>>,
    headers: HeaderMap,
    Form(asked): Form<TokenRequest>,
) -> Response {
    let login = format!("Basic {}", STANDARD.encode("demo:secret"));
    let error = |error: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": error })));
    if headers.get("authorization").is_none_or(|sent| *sent != *login) {
        return error("invalid_client").into_response();
    }
    if asked.grant_type != "client_credentials" {
        return error("unsupported_grant_type").into_response();
    }
    let claims = json!({ "sub": "demo", "scope": asked.scope });
    Json(json!({
        "access_token": issuer.token(&asked.resource, claims),
        "token_type": "Bearer",
        "expires_in": LIFETIME,
        "scope": asked.scope,
    }))
    .into_response()
}

// ==== signing ====

fn new_key() -> EcdsaKeyPair {
    EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key")
}

fn sign(key: &EcdsaKeyPair, typ: &str, claims: &Value) -> String {
    let header = json!({ "alg": "ES256", "kid": "1", "typ": typ });
    let [header, claims] = [&header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let signed = format!("{header}.{claims}");
    let signature = key.sign(&SystemRandom::new(), signed.as_bytes()).expect("a signature");
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Seconds since 1970.
fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs());
    i64::try_from(now).unwrap_or(i64::MAX)
}

fn random() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("random bytes");
    URL_SAFE_NO_PAD.encode(bytes)
}
