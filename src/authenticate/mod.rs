//! The stage that asks *who is it?*, and renders every refusal on its way out.
//!
//! A reader who knows `tower-http` knows these rooms: `layer`, `service`, `future`. Behind
//! them are the `gate`, which decides; the `offer`, which writes challenges; what
//! the stage `reads` of a request, and what a `browser` tells of it; and what it tells `caching`
//! proxies.

mod admission;
mod browser;
mod cache_headers;
mod challenge_set;
mod credential_headers;
mod future;
mod identity_service;
mod layer;
mod login_page;
mod proxy;
mod rendered_cache;
mod service;
mod stage;
#[cfg(feature = "tokio")]
mod timeout;

pub use future::AuthenticateFuture;
pub use identity_service::IdentityService;
pub use layer::AuthenticateLayer;
pub use login_page::{InvalidLoginPage, LoginPage};
pub use proxy::InvalidProxy;
pub use service::Authenticate;
#[cfg(feature = "tokio")]
pub use timeout::{IdentityTimeout, IdentityTimeoutFuture};
