//! [`MetadataLayer`]: serves the metadata of a protected resource (RFC 9728).

/// Serves the metadata of protected resources.
#[derive(Clone, Debug)]
pub struct MetadataLayer {}

/// Middleware that serves the metadata of protected resources.
#[derive(Clone, Debug)]
pub struct MetadataService<S> {
    inner: S,
}

impl<S> tower::Layer<S> for MetadataLayer {
    type Service = MetadataService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        MetadataService { inner }
    }
}
