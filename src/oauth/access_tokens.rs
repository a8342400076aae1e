//! [`AccessTokens`]: the identity of callers with access tokens.

use http::HeaderValue;
use http::request::Parts;

use super::resource::Resource;
use super::token::Token;
use crate::challenge::InvalidChallenge;
use crate::denial::Unauthenticated;
use crate::identity::{Bearer, Identity, IdentityInfo, Verify};

/// Authenticates callers by access tokens.
#[derive(Clone, Debug)]
pub struct AccessTokens<V> {
    bearer: Bearer<V>,
}

impl<V> AccessTokens<V> {
    /// Reads tokens of this realm for this verifier.
    ///
    /// # Errors
    ///
    /// [`InvalidChallenge`] if the realm cannot be written into a challenge.
    pub fn new(realm: &str, tokens: V) -> Result<Self, InvalidChallenge> {
        Ok(Self { bearer: Bearer::new(realm, tokens)? })
    }

    /// Names the scopes that a client should ask for.
    ///
    /// # Errors
    ///
    /// [`InvalidChallenge`] if `scope` is not a list of scopes separated by single spaces.
    pub fn ask_for(self, scope: &str) -> Result<Self, InvalidChallenge> {
        Ok(Self { bearer: self.bearer.scope(scope)? })
    }

    /// Names the metadata of this resource in every challenge.
    #[must_use]
    pub fn metadata(self, resource: &Resource) -> Self {
        let _ = resource;
        todo!()
    }
}

impl<E, V> Identity for AccessTokens<V>
where
    E: Send + Sync + 'static,
    V: Verify<str, Principal = Token<E>>,
{
    type Principal = Token<E>;

    fn describe(&self) -> IdentityInfo {
        self.bearer.describe()
    }

    async fn identify(&self, request: &Parts) -> Result<Self::Principal, Unauthenticated> {
        self.bearer.identify(request).await
    }

    fn identify_now(&self, request: &Parts) -> Option<Result<Self::Principal, Unauthenticated>> {
        self.bearer.identify_now(request)
    }

    fn identify_now_by(
        &self,
        request: &Parts,
        authorization: Option<&HeaderValue>,
    ) -> Option<Result<Self::Principal, Unauthenticated>> {
        self.bearer.identify_now_by(request, authorization)
    }
}
