//! The scopes that the challenges of a stage name.

use super::identity_service::IdentityService;
use super::layer::AuthenticateLayer;
use crate::challenge::InvalidChallenge;
use crate::observe::Observe;
use crate::respond::Respond;

impl<I: IdentityService, R: Respond, O: Observe> AuthenticateLayer<I, R, O> {
    /// Names the scopes that a client should request for what is inside this stage, in every challenge
    /// of Bearer and DPoP (RFC 6750 §3): `Bearer realm="x", scope="files:write"`. Clients of MCP
    /// servers and of registries request exactly what stands there.
    ///
    /// A stage that requires authentication refuses an anonymous caller before a policy inside it is
    /// asked, so it cannot know which scopes that policy requires; name them here. In an
    /// [optional](Self::optional) stage the policy adds those that it requires
    /// ([C01](crate::semantics#c01)), and so it does when it refuses a token
    /// ([C03](crate::semantics#c03)).
    ///
    /// It replaces the scopes that the identity's own challenge [names](crate::Bearer::scope), except in
    /// a challenge that the identity made [for the request](crate::Identity::challenge_by). Challenges
    /// of other schemes stay as they are.
    ///
    /// # Errors
    ///
    /// [`InvalidChallenge`] if `scope` is not a list of scopes separated by single spaces
    /// (RFC 6749 §3.3).
    ///
    /// ```
    /// use portcullis::{AuthenticateLayer, Bearer, Unauthenticated, verify_fn};
    ///
    /// # let tokens = verify_fn(|_: &str| Err::<(), _>(Unauthenticated::invalid()));
    /// let identity = std::sync::Arc::new(Bearer::new("files", tokens)?);
    /// let read = AuthenticateLayer::new(identity.clone()).challenge_scope("files:read")?;
    /// let write = AuthenticateLayer::new(identity).challenge_scope("files:read files:write")?;
    /// # Ok::<(), portcullis::challenge::InvalidChallenge>(())
    /// ```
    pub fn challenge_scope(self, scope: &str) -> Result<Self, InvalidChallenge> {
        let mut challenges = self.settings().challenges.clone();
        challenges.set_scope(scope)?;
        Ok(self.with(|settings| settings.challenges = challenges))
    }
}
