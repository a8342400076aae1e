//! The same router, guarded by each of the crates.

use std::io;
use std::sync::Arc;

use axum::routing::get;
use axum::{Extension, Router};
use axum_jwt_auth::{Decoder, LocalDecoder};
use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use huskarl_axum::extractors::ValidatedToken;
use huskarl_axum::layers::ValidatorLayer;
use huskarl_axum::resource_server::core::Error;
use huskarl_axum::resource_server::core::http::{HttpClient, HttpResponse, Idempotency};
use huskarl_axum::resource_server::core::jwk::JwksSource;
use huskarl_axum::resource_server::core::platform::MaybeSendBoxFuture;
use huskarl_axum::resource_server::validator::rfc9068::{
    Rfc9068AccessTokenClaims, Rfc9068Validator,
};
use jsonwebtoken_10 as jsonwebtoken;
use jwt_authorizer::{IntoLayer, JwtAuthorizer, JwtClaims};
use portcullis::oauth::{Jwt, Keys, Token};
use portcullis::{AuthenticateLayer, Bearer, Principal, Verify};
use serde::Deserialize;
use tokio::net::TcpListener;
use tower_oauth2_resource_server::server::OAuth2ResourceServer;
use tower_oauth2_resource_server::tenant::TenantConfiguration;
use tower_oauth2_resource_server::validation::ClaimsValidationSpec;

use crate::issuer::{ISSUER, RESOURCE, resource};

#[derive(Clone, Copy, Debug)]
pub enum Peer {
    /// No check.
    Open,
    /// No check, axum 0.7.
    Open07,
    /// portcullis, with a cache.
    Cached,
    /// portcullis, which verifies every token.
    Uncached,
    JwtAuthorizer,
    TowerOauth2ResourceServer,
    AxumJwtAuth,
    HuskarlAxum,
}

/// The claims that a program reads.
#[derive(Clone, Deserialize)]
struct Claims {
    sub: String,
    #[allow(dead_code, reason = "read as by the others")]
    scope: String,
}

const NOTES: &str = "the notes";

fn notes(subject: &str) -> &'static str {
    if subject.is_empty() { "nobody's notes" } else { NOTES }
}

impl Peer {
    pub const GUARDED: [Self; 6] = [
        Self::Cached,
        Self::Uncached,
        Self::JwtAuthorizer,
        Self::TowerOauth2ResourceServer,
        Self::AxumJwtAuth,
        Self::HuskarlAxum,
    ];

    pub fn named(name: &str) -> Option<Self> {
        let bases = [Self::Open, Self::Open07];
        Self::GUARDED.into_iter().chain(bases).find(|peer| peer.name() == name)
    }

    /// The router without a check that this peer is divided by: that of its own version of axum.
    pub fn base(self) -> Self {
        match self {
            Self::JwtAuthorizer | Self::Open07 => Self::Open07,
            _ => Self::Open,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Open07 => "open, axum 0.7",
            Self::Cached => "portcullis, cached",
            Self::Uncached => "portcullis, uncached",
            Self::JwtAuthorizer => "jwt-authorizer",
            Self::TowerOauth2ResourceServer => "tower-oauth2-resource-server",
            Self::AxumJwtAuth => "axum-jwt-auth",
            Self::HuskarlAxum => "huskarl-axum",
        }
    }

    pub async fn app(self, algorithm: &str, jwks: &str) -> App {
        match self {
            Self::Open => App::Axum(Router::new().route("/notes", get(async || NOTES))),
            Self::Open07 => App::Axum07(
                axum_07::Router::new().route("/notes", axum_07::routing::get(async || NOTES)),
            ),
            Self::Cached => App::Axum(portcullis(jwt(jwks).cached(100_000))),
            Self::Uncached => App::Axum(portcullis(jwt(jwks))),
            Self::JwtAuthorizer => App::Axum07(jwt_authorizer(jwks).await),
            Self::TowerOauth2ResourceServer => App::Axum(tower_oauth2_resource_server(jwks).await),
            Self::AxumJwtAuth => App::Axum(axum_jwt_auth(algorithm, jwks)),
            Self::HuskarlAxum => App::Axum(huskarl_axum(jwks).await),
        }
    }
}

/// A router of one of the two versions of axum.
pub enum App {
    Axum(Router),
    Axum07(axum_07::Router),
}

impl App {
    pub async fn serve(self, listener: TcpListener) -> io::Result<()> {
        match self {
            Self::Axum(router) => axum::serve(listener, router).await,
            Self::Axum07(router) => axum_07::serve(listener, router).await,
        }
    }
}

fn jwt(jwks: &str) -> Jwt {
    Jwt::rfc9068(Keys::given(ISSUER, jwks).expect("keys"), &resource())
}

fn portcullis(tokens: impl Verify<str, Principal = Token>) -> Router {
    async fn handle(Principal(token): Principal<Token>) -> &'static str {
        notes(token.subject().unwrap_or_default())
    }
    let identity = Bearer::new("notes", tokens).expect("a realm");
    Router::new().route("/notes", get(handle)).layer(AuthenticateLayer::new(identity))
}

async fn jwt_authorizer(jwks: &str) -> axum_07::Router {
    async fn handle(JwtClaims(claims): JwtClaims<Claims>) -> &'static str {
        notes(&claims.sub)
    }
    let validation = jwt_authorizer::Validation::new().iss(&[ISSUER]).aud(&[RESOURCE]);
    let authorizer = JwtAuthorizer::<Claims>::from_jwks_text(jwks).validation(validation);
    let layer = authorizer.build().await.expect("an authorizer").into_layer();
    axum_07::Router::new().route("/notes", axum_07::routing::get(handle)).layer(layer)
}

async fn tower_oauth2_resource_server(jwks: &str) -> Router {
    async fn handle(Extension(claims): Extension<Claims>) -> &'static str {
        notes(&claims.sub)
    }
    // With a given key set, the issuer is not checked unless it is asked for, and then the others have to
    // be named again. These are the checks of its default with discovery; with `nbf`, a token without one
    // would be refused.
    let validation =
        ClaimsValidationSpec::new().exp(true).iss(ISSUER).aud(&vec![RESOURCE.to_owned()]);
    let tenant = TenantConfiguration::static_builder(jwks)
        .identifier(ISSUER)
        .audiences(&[RESOURCE])
        .claims_validation(validation)
        .build()
        .expect("a tenant");
    let server = OAuth2ResourceServer::<Claims>::builder().add_tenant(tenant).build().await;
    let layer = server.expect("a resource server").into_layer();
    Router::new().route("/notes", get(handle)).layer(layer)
}

fn axum_jwt_auth(algorithm: &str, jwks: &str) -> Router {
    async fn handle(claims: axum_jwt_auth::Claims<Claims>) -> &'static str {
        notes(&claims.claims.sub)
    }
    let jwks: jsonwebtoken::jwk::JwkSet = serde_json::from_str(jwks).expect("a key set");
    let key = jsonwebtoken::DecodingKey::from_jwk(&jwks.keys[0]).expect("a key");
    let mut validation = jsonwebtoken::Validation::new(algorithm.parse().expect("an algorithm"));
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[RESOURCE]);
    let decoder = LocalDecoder::builder().keys(vec![key]).validation(validation).build();
    let decoder: Decoder<Claims> = Arc::new(decoder.expect("a decoder"));
    Router::new().route("/notes", get(handle)).with_state(decoder)
}

/// Serves the key set without a connection.
#[derive(Clone)]
struct Fixed(Bytes);

impl HttpClient for Fixed {
    fn execute(
        &self,
        _: Request<Bytes>,
        _: Idempotency,
    ) -> MaybeSendBoxFuture<'_, Result<HttpResponse, Error>> {
        let (status, headers) = (StatusCode::OK, HeaderMap::new());
        let body = self.0.clone();
        Box::pin(async move { Ok(HttpResponse { status, headers, body }) })
    }
}

async fn huskarl_axum(jwks: &str) -> Router {
    async fn handle(token: ValidatedToken<Rfc9068AccessTokenClaims>) -> &'static str {
        notes(token.sub.as_deref().unwrap_or_default())
    }
    let client = Fixed(Bytes::from(jwks.to_owned()));
    let validator = Rfc9068Validator::builder()
        .issuer(ISSUER)
        .jwks_uri(format!("{ISSUER}/jwks").parse().expect("a URL"))
        .audience(RESOURCE)
        .jws_verifier_factory(Arc::new(JwksSource::builder().http_client(client).build()))
        .build()
        .await
        .expect("a validator");
    let layer = ValidatorLayer::builder().validator(validator).build();
    Router::new().route("/notes", get(handle)).layer(layer.authenticated())
}
