//! The outermost stage: what is hidden answers as what is missing.
//!
//! The rooms are those of [`authenticate`](crate::authenticate): `layer`, `service`, `future`.
//! Behind them: which `area` a path lies in, the `curtain` that an answer goes through, what
//! `shared_caches` are told, what `grpc` makes of a missing method, and the `floor` in time.

mod absence;
mod area;
mod curtain;
mod error;
#[cfg(feature = "time-floor")]
mod floor;
mod future;
mod grpc;
mod layer;
mod service;
mod shared_caches;

pub use error::InvalidConcealment;
pub use future::ConcealFuture;
pub use layer::ConcealLayer;
pub use service::Conceal as ConcealService;
