//! [`AuthorizeLayer`].

use std::fmt;
use std::marker::PhantomData;

use http::request::Parts;
use tower::Layer;

use super::policy_service::{PolicyService, adapt};
use super::service::Authorize;
use crate::policy::Policy;

/// Layer that applies [`Authorize`]: it lets those requests go on that a [`Policy`] permits.
///
/// It requires an [`AuthenticateLayer`](crate::AuthenticateLayer) with the same principal type outside
/// it, which renders its denials. Without one, every request gets a 500, and an error event says what
/// to do ([C09](crate::semantics#c09)).
///
/// The policy runs before the service inside sees the request, and without the request body
/// ([C10](crate::semantics#c10)). The response body has to meet the same
/// [requirements](crate::AuthenticateLayer#response-bodies) as in the authenticate stage.
///
/// The policy of a layer has no name: a function returns `AuthorizeLayer<User, impl PolicyService<User>>`.
///
/// ```
/// use portcullis::{AuthenticateLayer, AuthorizeLayer, HasRoles, Identity, role};
/// use tower::ServiceBuilder;
///
/// #[derive(Clone)]
/// struct User { admin: bool }
///
/// impl HasRoles for User {
///     fn has_role(&self, role: &str) -> bool {
///         role == "admin" && self.admin
///     }
/// }
///
/// # fn stack(identity: impl Identity<Principal = User>) {
/// let stack = ServiceBuilder::new()
///     .layer(AuthenticateLayer::new(identity))
///     .layer(AuthorizeLayer::<User>::new(role("admin")));
/// # }
/// ```
#[must_use = "a layer protects nothing until it is applied to a service"]
pub struct AuthorizeLayer<P, D = ()> {
    decide: D,
    discloses_routes: bool,
    principal: PhantomData<fn(&P)>,
}

impl<P: Send + Sync + 'static> AuthorizeLayer<P> {
    /// Lets those requests go on that the policy permits.
    pub fn new<Q>(policy: Q) -> AuthorizeLayer<P, impl PolicyService<P>>
    where
        Q: Policy<P, Parts> + 'static,
    {
        AuthorizeLayer { decide: adapt(policy), discloses_routes: false, principal: PhantomData }
    }
}

impl<P, D> AuthorizeLayer<P, D> {
    /// Lets the callers that the policy permits know which routes exist inside this stage.
    ///
    /// This matters only under
    /// [`ConcealLayer::hide_routes_under`](crate::ConcealLayer::hide_routes_under). There a response
    /// that is not a success, such as the 405 of a router or the 409 of a handler, leaves the area
    /// only if a stage that discloses has permitted the caller, or if the response is marked as
    /// [`Disclosed`](crate::Disclosed). A stage cannot know whether its policy was written for the
    /// hidden routes: a policy around the whole application that refuses banned users says nothing
    /// about them. So call this on the stage that wraps the hidden part, and only there.
    ///
    /// A [`Denial`](crate::Denial) from further in stays hidden nevertheless, unless it is itself
    /// [disclosed](crate::Denial::disclosed). It travels in the response's extensions. A middleware
    /// inside this stage that replaces a refusal by a new response, as error pages do, drops it; then
    /// the new response counts as one of the service, and leaves the area. So rewrite such a response
    /// in place and keep its extensions, or put error pages outside the stage that discloses.
    ///
    /// ```
    /// use portcullis::{AuthorizeLayer, HasRoles, conceal, role};
    /// # #[derive(Clone)]
    /// # struct User;
    /// # impl HasRoles for User { fn has_role(&self, _: &str) -> bool { false } }
    ///
    /// let admins = AuthorizeLayer::<User>::new(conceal(role("admin"))).discloses_routes();
    /// ```
    pub fn discloses_routes(self) -> Self {
        Self { discloses_routes: true, ..self }
    }
}

#[cfg(feature = "tokio")]
impl<P, D: PolicyService<P>> AuthorizeLayer<P, D> {
    /// Limits the time for which the stage waits for the policy. After that it responds as if the
    /// policy were unavailable: 503, or 404 where it conceals ([C08](crate::semantics#c08)).
    ///
    /// This needs a Tokio runtime with its time driver enabled.
    pub fn time_limit(
        self,
        limit: std::time::Duration,
    ) -> AuthorizeLayer<P, super::PolicyTimeout<D>> {
        let decide = super::PolicyTimeout::new(self.decide, limit);
        AuthorizeLayer { decide, discloses_routes: self.discloses_routes, principal: PhantomData }
    }
}

impl<S, P, D: Clone> Layer<S> for AuthorizeLayer<P, D> {
    type Service = Authorize<S, P, D>;

    fn layer(&self, inner: S) -> Self::Service {
        Authorize::new(inner, self.decide.clone(), self.discloses_routes)
    }
}

impl<P, D: Clone> Clone for AuthorizeLayer<P, D> {
    fn clone(&self) -> Self {
        let Self { discloses_routes, .. } = *self;
        Self { decide: self.decide.clone(), discloses_routes, principal: PhantomData }
    }
}

impl<P, D> fmt::Debug for AuthorizeLayer<P, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizeLayer").finish_non_exhaustive()
    }
}
