//! [`InspectLayer`]: judges the responses that pass, in the tests of an application.

mod body;
mod future;
mod layer;
mod service;
mod shared;
mod watch;

pub use body::InspectBody;
pub use future::InspectFuture;
pub use layer::InspectLayer;
pub use service::InspectService;
