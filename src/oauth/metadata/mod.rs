//! The metadata of protected resources (RFC 9728), and the layer that serves it.

mod documents;
mod future;
mod layer;
mod resources;
mod service;

pub use future::MetadataFuture;
pub use layer::MetadataLayer;
pub(super) use resources::Choose;
pub use resources::Resources;
pub use service::MetadataService;
