//! [`MetadataLayer`]: serves the metadata of protected resources.

use std::fmt;
use std::sync::Arc;

use tower::Layer;

use super::documents::Documents;
use super::resources::Choose;
use super::service::MetadataService;
use crate::oauth::resource::Resource;

/// Layer that applies [`MetadataService`]: it serves the metadata of a protected resource, by which a
/// client finds the authorization server (RFC 9728).
///
/// [`Resource::layer`] makes it. Put it outside everything else: clients without a token ask for the
/// metadata, and ask at the root of the host, so no stage and no `nest` may be outside.
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response, StatusCode};
/// use http_body_util::{BodyExt, Full};
/// use portcullis::oauth::Resource;
/// use tower::{ServiceBuilder, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let notes = Resource::new("https://api.example.com/notes")?
///     .authorization_server("https://login.example.com")?;
/// let service = ServiceBuilder::new()
///     .layer(notes.layer())
///     .service_fn(|_: Request<()>| async { Ok::<_, std::io::Error>(Response::new(Full::<Bytes>::default())) });
///
/// let request = Request::get("/.well-known/oauth-protected-resource/notes").body(())?;
/// let response = service.oneshot(request).await?;
/// assert_eq!(response.status(), StatusCode::OK);
/// let json: serde_json::Value = serde_json::from_slice(&response.collect().await?.to_bytes())?;
/// assert_eq!(json["resource"], "https://api.example.com/notes");
/// assert_eq!(json["authorization_servers"][0], "https://login.example.com");
/// # Ok(())
/// # }
/// ```
///
/// # What it answers
///
/// | request | response |
/// |---|---|
/// | `GET`, `HEAD` of the path of [`Resource::metadata_url`] | 200, `application/json`, `Cache-Control: public, max-age=3600` |
/// | `OPTIONS` of it, a CORS preflight or not | 204 with `Allow` and the headers of CORS |
/// | another method | 405 with `Allow` |
/// | any other request | the service's, after one comparison |
///
/// The path has to be exact: one with another case, a slash at the end, two slashes, dot-segments or
/// percent-encoding is passed to the service. The query is ignored, unless the identifier of the
/// resource has one. Scripts of every origin may read the response
/// (`Access-Control-Allow-Origin: *`): it has no secret. [J02](crate::semantics#j02) is the whole rule.
///
/// # Beside a `ConcealLayer`
///
/// Outside a [`ConcealLayer`](crate::ConcealLayer) the metadata is served as everywhere. It names the
/// path of the resource, so do not serve that of an area whose existence is a secret.
///
/// # Response bodies
///
/// As for the stages: the type has to be `From<Bytes>` and `Default`, as axum's `Body` is;
/// [`ResponseBody`](crate::ResponseBody) adapts any other.
#[derive(Clone)]
#[must_use = "a layer serves nothing until it is applied to a service"]
pub struct MetadataLayer {
    documents: Arc<Documents>,
}

impl MetadataLayer {
    pub(in crate::oauth) fn new(resource: &Resource) -> Self {
        Self::of(std::iter::once(("", resource)), None)
    }

    pub(super) fn of<'a>(
        resources: impl Iterator<Item = (&'a str, &'a Resource)>,
        choose: Option<Choose>,
    ) -> Self {
        Self { documents: Arc::new(Documents::new(resources, choose)) }
    }
}

impl<S> Layer<S> for MetadataLayer {
    type Service = MetadataService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        MetadataService::new(inner, self.documents.clone())
    }
}

impl fmt::Debug for MetadataLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetadataLayer").finish_non_exhaustive()
    }
}
