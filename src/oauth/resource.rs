//! [`Resource`]: the protected resource that this service is.

use super::metadata::MetadataLayer;
use super::url::InvalidUrl;
use crate::policy::InvalidScopeToken;

/// The protected resource that this service is (RFC 9728).
#[derive(Clone, Debug)]
pub struct Resource {
    identifier: String,
}

impl Resource {
    /// The resource with this identifier, an absolute URL.
    ///
    /// # Errors
    ///
    /// [`InvalidUrl`]
    pub fn new(identifier: &str) -> Result<Self, InvalidUrl> {
        super::url::server_url(identifier)?;
        Ok(Self { identifier: identifier.to_owned() })
    }

    /// Names an authorization server that issues tokens for this resource.
    ///
    /// # Errors
    ///
    /// [`InvalidUrl`]
    pub fn authorization_server(self, issuer: &str) -> Result<Self, InvalidUrl> {
        let _ = issuer;
        todo!()
    }

    /// Names the scopes that clients may ask for.
    ///
    /// # Errors
    ///
    /// [`InvalidScopeToken`]
    pub fn scopes<S: AsRef<str>>(
        self,
        scopes: impl IntoIterator<Item = S>,
    ) -> Result<Self, InvalidScopeToken> {
        let _ = scopes.into_iter().count();
        todo!()
    }

    /// The identifier, which is the `aud` of its tokens.
    pub fn identifier(&self) -> &str {
        &self.identifier
    }

    /// The URL of the metadata (RFC 9728 §3.1).
    pub fn metadata_url(&self) -> &str {
        todo!()
    }

    /// The layer that serves the metadata.
    pub fn layer(&self) -> MetadataLayer {
        todo!()
    }
}
