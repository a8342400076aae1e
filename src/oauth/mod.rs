//! An OAuth 2 resource server: which access token is valid, and what does a client without one get?
//!
//! | question | answer |
//! |---|---|
//! | Which resource do the tokens have to be for? | [`Resource`] |
//! | Which identity reads them? | [`AccessTokens`], or [`Bearer`](crate::Bearer) |
//! | How are JWTs verified? | [`Jwt`], with the [`Keys`] of an issuer |
//! | How are opaque tokens verified? | [`Introspection`] |
//! | What does a handler know of a token? | [`Token`] |
//! | Why was a token refused? | [`TokenError`] |
//! | How does a client find the authorization server? | [`Resource::layer`] |
//! | Which HTTP client fetches keys? | [`HttpClient`], or another [`Fetch`] |

mod access_tokens;
mod cache;
mod clock;
mod fetch;
#[cfg(feature = "fetch")]
mod http_client;
mod introspection;
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
pub use http_client::{HttpClient, NoRootCertificates};
pub use introspection::{ClientAuth, Introspection};
#[cfg(any(feature = "jwt", feature = "jwt-rust-crypto"))]
pub use jwt::{DuplicateIssuer, Jwt};
#[cfg(any(feature = "jwt", feature = "jwt-rust-crypto"))]
pub use keys::{FetchKeysError, InvalidKeys, Keys};
pub use metadata::{MetadataLayer, MetadataService};
pub use or_opaque::JwtOrOpaque;
pub use resource::Resource;
pub use token::Token;
pub use token_error::TokenError;
pub use url::InvalidUrl;
