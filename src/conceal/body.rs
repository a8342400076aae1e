//! Response bodies whose trailers the layer can change.

use super::grpc_absence;
use crate::body::{RefusalBody, ResponseBody};

/// A response body that a [`ConcealLayer`](crate::ConcealLayer) can handle: axum's `Body`, under the
/// feature `axum`, and [`ResponseBody`], which adapts any other.
///
/// A gRPC service may say in trailers that there is no such object. So the layer has to be able to
/// change the trailers of a body without changing the body's type. Only this crate implements it.
#[diagnostic::on_unimplemented(
    message = "`ConcealLayer` cannot change the trailers of a `{Self}`",
    label = "neither axum's `Body` nor a `ResponseBody`",
    note = "with axum, enable the feature `axum` of portcullis",
    note = "adapt the responses of the service inside the layer: with `ServiceBuilder`, put \
            `.map_response(ResponseBody::wrap)` below the layer; elsewhere, the layer \
            `tower::util::MapResponseLayer::new(ResponseBody::wrap)` inside it"
)]
pub trait ConcealBody: RefusalBody + sealed::Sealed {
    /// Removes everything but the status from trailers that say that something does not exist.
    #[doc(hidden)]
    fn conceal_trailers(self) -> Self;
}

mod sealed {
    pub trait Sealed {}
}

impl<B> sealed::Sealed for ResponseBody<B> {}

impl<B> ConcealBody for ResponseBody<B> {
    fn conceal_trailers(self) -> Self {
        self.with_map_trailers(grpc_absence::conceal_trailers)
    }
}

#[cfg(feature = "axum")]
impl sealed::Sealed for axum_core::body::Body {}

#[cfg(feature = "axum")]
impl ConcealBody for axum_core::body::Body {
    fn conceal_trailers(self) -> Self {
        Self::new(ResponseBody::new(self).conceal_trailers())
    }
}
