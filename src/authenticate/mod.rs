//! The stage that authenticates requests, and renders every refusal.
//!
//! Laid out like `tower-http`: `layer`, `service`, `future`. `stage` holds the settings; `admit`
//! handles the request, `complete` the service's response, `refuse` a denial; `report` tells observers; `browsers` is
//! what all of them do for browsers. `challenge_set` builds challenges from `prepared_challenge` and `own_challenges`,
//! `credential_headers` finds credentials, `cache_headers` writes `Vary` and `Cache-Control`; `preflight`
//! and `exposed_headers` are for CORS.

mod admit;
mod audited;
mod browsers;
mod cache_headers;
mod challenge_set;
mod complete;
mod credential_headers;
mod exposed_headers;
mod future;
mod grpc;
mod identity_service;
mod layer;
mod no_store;
mod original_target;
mod own_challenges;
mod preflight;
mod prepared_challenge;
mod problem;
mod proxy;
mod refuse;
mod rendered_cache;
mod report;
mod request_state;
mod scope;
mod service;
mod stage;
#[cfg(feature = "tokio")]
mod timeout;

pub use future::AuthenticateFuture;
pub use identity_service::IdentityService;
pub use layer::AuthenticateLayer;
pub use proxy::InvalidProxy;
pub use service::Authenticate;
#[cfg(feature = "tokio")]
pub use timeout::{IdentityTimeout, IdentityTimeoutFuture};
