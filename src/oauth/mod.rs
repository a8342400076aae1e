//! An OAuth 2 resource server: which access token is valid, and what does a client without one get?
//!
//! A *resource server* accepts access tokens (RFC 6750) that an *authorization server*, their *issuer*,
//! has made. What it has to get right, and where it is:
//!
//! 1. A token is accepted only if its issuer is configured, its signature is right by a key of that
//!    issuer, it is for this resource (`aud`), and it is valid now (RFC 9068 §4, RFC 8725).
//! 2. A client without a right token learns from the 401 which scopes to request and where:
//!    `resource_metadata` leads it to the metadata, and that to the authorization server (RFC 9728).
//! 3. A token with too few scopes, or of too weak a login, gets a response that says what is lacking
//!    (RFC 6750 §3.1, RFC 9470).
//! 4. An outage of the authorization server is a 503 and never a 401, which would log users out.
//!
//! Put the [layer of the metadata](Resource::layer) outside everything else, and in axum on the outermost
//! router: clients without a token ask for it, at the root of the host.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use portcullis::oauth::{AccessTokens, HttpClient, Jwt, Keys, Resource, Token};
//! use portcullis::{AuthenticateLayer, AuthorizeLayer, Principal, scope};
//!
//! async fn list(Principal(token): Principal<Token>) -> String {
//!     format!("the notes of {}\n", token.subject().unwrap_or("a client"))
//! }
//!
//! # #[tokio::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let resource = Resource::new("https://api.example.com/notes")?
//!     .authorization_server("https://login.example.com")?
//!     .scopes(["notes:read", "notes:write"])?;
//! let keys = Keys::of_issuer("https://login.example.com", HttpClient::new()?)?;
//! let tokens = Jwt::rfc9068(keys, &resource).cached(100_000);
//! let identity = AccessTokens::new("notes", tokens)?
//!     .ask_for("notes:read")?
//!     .metadata(&resource);
//!
//! let readers = AuthorizeLayer::<Token>::new(scope("notes:read")?);
//! let routes = Router::new().route("/notes", get(list).layer(readers));
//! let app = Router::new()
//!     .fallback_service(routes)
//!     .layer(AuthenticateLayer::new(identity))
//!     .layer(resource.layer());
//!
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//! axum::serve(listener, app).await?;
//! # Ok(())
//! # }
//! ```
//!
//! The guide `oauth` goes through it, from the resource to operating. `jwt` and `fetch` bring what the
//! program needs.
//!
//! | question | answer |
//! |---|---|
//! | Which resource do the tokens have to be for? | [`Resource`]; one for each tenant: [`Resources`] |
//! | Which identity reads them? | [`AccessTokens`], or [`Bearer`](crate::Bearer) |
//! | How are JWTs verified? | `Jwt`, with the `Keys` of an issuer |
//! | How are opaque tokens verified? | [`Introspection`] |
//! | What does a handler know of a token? | [`Token`] |
//! | Why was a token refused? | [`TokenError`] |
//! | How does a client find the authorization server? | [`Resource::layer`] |
//! | Which HTTP client fetches keys? | `HttpClient`, or another [`Fetch`] |

mod access_tokens;
mod cache;
mod clock;
mod fetch;
#[cfg(feature = "fetch")]
mod http_client;
mod introspection;
mod json;
#[cfg(any(feature = "jwt", feature = "jwt-rust-crypto"))]
mod jwt;
#[cfg(any(feature = "jwt", feature = "jwt-rust-crypto"))]
mod keys;
mod metadata;
mod or_opaque;
mod resource;
mod source;
mod token;
mod token_error;
mod url;

pub use access_tokens::AccessTokens;
pub use cache::Cached;
pub use fetch::{Fetch, FetchError};
#[cfg(feature = "fetch")]
#[cfg_attr(docsrs, doc(cfg(feature = "fetch")))]
pub use http_client::{HttpClient, NoRootCertificates};
pub use introspection::{ClientAuth, Introspection};
#[cfg(any(feature = "jwt", feature = "jwt-rust-crypto"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "jwt", feature = "jwt-rust-crypto"))))]
pub use jwt::{DuplicateIssuer, Jwt};
#[cfg(any(feature = "jwt", feature = "jwt-rust-crypto"))]
#[cfg_attr(docsrs, doc(cfg(any(feature = "jwt", feature = "jwt-rust-crypto"))))]
pub use keys::{FetchKeysError, InvalidKeys, Keys};
pub use metadata::{MetadataFuture, MetadataLayer, MetadataService, Resources};
pub use or_opaque::JwtOrOpaque;
pub use resource::{InvalidMember, Resource};
pub use token::Token;
pub use token_error::TokenError;
pub use url::InvalidUrl;
