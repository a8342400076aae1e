//! The stage that asks *who is it?*, and renders every refusal on its way out.
//!
//! A reader who knows `tower-http` knows these rooms: `layer`, `service`, `future`. Behind
//! them are the `gate`, which decides; the `offer`, which writes challenges; what
//! the stage `reads` of a request, and what a `browser` tells of it; and what it tells `caching`
//! proxies.

mod admission;
mod browser;
mod caching;
mod future;
mod gate;
mod identify;
mod layer;
mod login_page;
mod offer;
mod proxy;
mod reads;
mod ready;
mod service;
#[cfg(feature = "tokio")]
mod time_limit;

pub use future::AuthenticateFuture;
pub use identify::Identify;
pub use layer::AuthenticateLayer;
pub use login_page::{InvalidLoginPage, LoginPage};
pub use proxy::InvalidProxy;
pub use service::Authenticate;
#[cfg(feature = "tokio")]
pub use time_limit::{TimeLimited, TimeLimitedFuture};
