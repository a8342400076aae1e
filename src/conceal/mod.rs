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
mod curtain;
mod error;
#[cfg(feature = "time-floor")]
mod floor;
mod future;
mod grpc;
#[cfg(feature = "time-floor")]
mod held;
mod layer;
mod leaving;
mod pace;
mod pieces;
mod prefixes;
mod readings;
mod service;
mod shared_caches;

pub use body::ConcealBody;
pub use error::InvalidConcealment;
#[cfg(feature = "time-floor")]
pub use floor::Floored;
pub use future::ConcealFuture;
#[cfg(feature = "time-floor")]
pub use held::HeldBody;
pub use layer::ConcealLayer;
pub use pace::{AtOnce, Pace};
pub use service::Conceal as ConcealService;
