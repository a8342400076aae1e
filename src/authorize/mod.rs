//! The stage that asks *may they?*
//!
//! The same rooms as in [`authenticate`](crate::authenticate): `layer`, `service`,
//! `future`. Its denials travel outward to the authenticate stage.

mod decide;
mod future;
mod layer;
mod service;
#[cfg(feature = "tokio")]
mod time_limit;

pub use decide::Decide;
pub use future::AuthorizeFuture;
pub use layer::AuthorizeLayer;
pub use service::Authorize;
#[cfg(feature = "tokio")]
pub use time_limit::{TimeLimited, TimeLimitedFuture};
