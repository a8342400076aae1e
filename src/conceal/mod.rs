//! The outermost layer, which makes a hidden resource and a missing one get the same response.
//!
//! [`ConcealLayer`] has an *area*: some path prefixes, or every path. The rules:
//!
//! 1. Every 404 is replaced by one fixed response, whichever part of the application made it. A
//!    gRPC call that says `UNIMPLEMENTED` or `NOT_FOUND` is replaced likewise
//!    ([D01](crate::semantics#d01), [D09](crate::semantics#d09)).
//! 2. Where [routes are hidden](crate::ConcealLayer::hide_routes_under), every other response
//!    becomes that 404 as well, unless the caller may know that the route exists ([D12](crate::semantics#d12)).
//! 3. Every other response of the area is kept out of shared caches ([D13](crate::semantics#d13)).
//! 4. A path is in the area if any reading of it is ([D15](crate::semantics#d15)).
//! 5. With a time floor (`ConcealLayer::time_floor`), a 404 is released only at a whole number
//!    of floors after its request arrived ([D07](crate::semantics#d07)), and so is an
//!    authenticate stage's own response, such as a 401.
//! 6. An [observer](crate::ConcealLayer::observe) learns what was replaced, and a client does not learn
//!    that from the observer ([K25](crate::semantics#k25)).
//!
//! # Deployment caveat
//!
//! The layer replaces the responses of what is *inside* it. Another layer outside it, a proxy or a
//! cache that treats paths differently, still shows which paths exist. So do the side channels
//! that [remain yours](crate::hiding_a_resource#what-remains-yours).
//!
//! # Example
//!
//! ```
//! use bytes::Bytes;
//! use http::{Request, Response, StatusCode};
//! use http_body_util::Full;
//! use portcullis::{ConcealLayer, ResponseBody};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let service = ServiceBuilder::new()
//!     .layer(ConcealLayer::everywhere())
//!     .map_response(ResponseBody::wrap) // axum's `Body` needs no adapter
//!     .service_fn(|request: Request<()>| async move {
//!         // Two parts of an application make different 404s.
//!         let response = match request.uri().path() {
//!             "/hidden" => Response::builder().header("x-owner", "alice").status(404),
//!             _ => Response::builder().status(404),
//!         };
//!         response.body(Full::new(Bytes::from(request.uri().path().to_owned())))
//!     });
//!
//! for path in ["/hidden", "/missing"] {
//!     let response = service.clone().oneshot(Request::get(path).body(())?).await?;
//!     assert_eq!(response.status(), StatusCode::NOT_FOUND);
//!     let names: Vec<_> = response.headers().keys().map(|name| name.as_str()).collect();
//!     assert_eq!(names, ["content-type", "content-length", "cache-control"]);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! [Hiding a resource](crate::hiding_a_resource) shows a whole application.

// `layer`, `service`, `future` and `error` are as in `authenticate`. `area` says whether a path lies
// in the area: `prefixes` holds the prefixes as a tree, `path_readings` reads a path in every way,
// and `path_parts` cuts it. `concealer` decides about each response, with `shared_caches` for
// `Cache-Control`, `grpc_absence` for gRPC, and `revealing_headers`; `pending` is its decision, and
// `observing` tells the observer. `timing` says when a response is released, `floor` implements the time
// floor, `deferred_drop` keeps request bodies.
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
mod observing;
mod path_parts;
mod path_readings;
mod pending;
mod prefixes;
mod revealing_headers;
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
