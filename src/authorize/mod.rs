//! The stage that decides whether the caller may do what the request asks for.
//!
//! Laid out like [`authenticate`](crate::authenticate): `layer`, `service`, `future`. Its denials
//! travel outward to the authenticate stage, which renders them.

mod future;
mod layer;
mod policy_service;
mod service;
#[cfg(feature = "tokio")]
mod timeout;

pub use future::AuthorizeFuture;
pub use layer::AuthorizeLayer;
pub use policy_service::PolicyService;
pub use service::Authorize;
#[cfg(feature = "tokio")]
pub use timeout::{PolicyTimeout, PolicyTimeoutFuture};
