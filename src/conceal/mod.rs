//! The outermost stage: what is hidden answers as what is missing.
//!
//! The rooms are those of [`authenticate`](crate::authenticate): `layer`, `service`, `future`, and
//! the `error` of a wrong configuration. Behind them: which `area` a path lies in, by its tree of
//! `prefixes` and the `readings` of a path, which is cut into `pieces`; the `curtain`
//! that an answer goes through, what is `leaving` it, what `shared_caches` are told, what `grpc`
//! makes of a missing method, and the `pace`: when it leaves, which the `floor` in time decides,
//! and until when the request's body is `held`.

mod area;
mod body;
mod concealer;
#[cfg(feature = "time-floor")]
mod deferred_drop;
mod error;
#[cfg(feature = "time-floor")]
mod floor;
mod future;
mod grpc_absence;
mod layer;
mod path_pieces;
mod path_readings;
mod pending;
mod prefixes;
mod service;
mod shared_caches;
mod timing;

pub use body::ConcealBody;
#[cfg(feature = "time-floor")]
pub use deferred_drop::DeferredDropBody;
pub use error::InvalidConcealment;
#[cfg(feature = "time-floor")]
pub use floor::TimeFloor;
pub use future::ConcealFuture;
pub use layer::ConcealLayer;
pub use service::ConcealService;
pub use timing::{Immediate, ReleaseTiming};
