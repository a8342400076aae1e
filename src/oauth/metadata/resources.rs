//! [`Resources`]: several protected resources behind one stage.

use std::fmt;
use std::sync::Arc;

use http::request::Parts;

use super::layer::MetadataLayer;
use crate::oauth::resource::Resource;

/// Names a resource by a request.
pub(in crate::oauth) type Choose = Arc<dyn for<'a> Fn(&'a Parts) -> Option<&'a str> + Send + Sync>;

/// Several protected resources behind one stage, such as one for each tenant. A closure says to which
/// of them a request belongs.
///
/// The closure returns a name, and only resources that were configured have one. So what a client
/// sends, a `Host` header for example, chooses among them and is never part of a response.
///
/// ```
/// use axum::Router;
/// use http::header::HOST;
/// use http::request::Parts;
/// use portcullis::AuthenticateLayer;
/// use portcullis::oauth::{AccessTokens, Resource, Resources, Token};
/// # use portcullis::Verify;
///
/// # fn app(routes: Router, tokens: impl Verify<str, Principal = Token>) -> Result<Router, Box<dyn std::error::Error>> {
/// fn host(request: &Parts) -> Option<&str> {
///     // HTTP/2 has the host in the target, HTTP/1.1 in a header, with the port.
///     let host = request.uri.host().or_else(|| request.headers.get(HOST)?.to_str().ok())?;
///     host.split(':').next()
/// }
///
/// let mut tenants = Resources::chosen_by(host);
/// for host in ["acme.example.com", "umbrella.example.com"] {
///     let resource = Resource::new(&format!("https://{host}/notes"))?
///         .authorization_server(&format!("https://login.example.com/{host}"))?;
///     tenants = tenants.with(host, resource);
/// }
/// let identity = AccessTokens::new("notes", tokens)?.metadata_by_request(&tenants);
/// let app = Router::new()
///     .fallback_service(routes)
///     .layer(AuthenticateLayer::new(identity))
///     .layer(tenants.layer());
/// # Ok(app)
/// # }
/// ```
///
/// This tells clients of each tenant where to go. It does not separate the tenants: a verifier that
/// accepts the audiences of two resources accepts the tokens of both at either. If a caller of one
/// tenant must not reach another, give each tenant a verifier and a stage of its own, or compare the
/// tenant of the request with a claim of the token in a policy.
///
/// # Which document a request gets
///
/// The layer compares the path of the request with those of [`Resource::metadata_url`]. If one resource
/// has it, that is the one, whatever the closure says. If several have it, because their hosts differ,
/// the closure chooses among them. If it chooses none of them, the request passes through to the service
/// inside, like every other request.
#[derive(Clone)]
pub struct Resources {
    choose: Choose,
    resources: Vec<(Box<str>, Resource)>,
}

impl Resources {
    /// No resource yet; the closure returns the name of the one that a request is for. It is called for
    /// every request to a stage, so it should only read.
    ///
    /// Where the resources differ in their path, take the name from the path: the layer does not need
    /// the closure for those. Otherwise take it from the host, or from what a proxy in front says of it:
    /// caches keep the metadata by their URL, and would mix up resources that another header chooses.
    pub fn chosen_by(
        choose: impl for<'a> Fn(&'a Parts) -> Option<&'a str> + Send + Sync + 'static,
    ) -> Self {
        Self { choose: Arc::new(choose), resources: Vec::new() }
    }

    /// Adds a resource by this name, or replaces the one that had it.
    #[must_use]
    pub fn with(mut self, name: &str, resource: Resource) -> Self {
        self.resources.retain(|(known, _)| **known != *name);
        self.resources.push((name.into(), resource));
        self
    }

    /// The layer that serves the metadata of all. Put it outside everything else.
    pub fn layer(&self) -> MetadataLayer {
        MetadataLayer::of(self.iter(), Some(self.choose.clone()))
    }

    pub(in crate::oauth) fn iter(&self) -> impl Iterator<Item = (&str, &Resource)> {
        self.resources.iter().map(|(name, resource)| (&**name, resource))
    }

    pub(in crate::oauth) fn choose(&self) -> &Choose {
        &self.choose
    }
}

impl fmt::Debug for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
