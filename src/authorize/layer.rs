//! [`AuthorizeLayer`].

use std::fmt;
use std::marker::PhantomData;

use http::request::Parts;
use tower::Layer;

use super::policy_service::{PolicyService, adapt};
use super::service::Authorize;
use crate::policy::Policy;

/// Layer that applies [`Authorize`]: it asks a [`Policy`] whether each request may go on.
///
/// An [`AuthenticateLayer`](crate::AuthenticateLayer) with the same principal type belongs
/// outside it, and renders its denials. Without one, every request is answered with 500 and an
/// error event says what to do (C09).
///
/// The policy is asked before anything inside looks at the request; the body is not read (C10).
/// What is said of response bodies of the authenticate stage goes for this one as well.
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
    /// Lets requests go on that the policy permits.
    pub fn new<Q>(policy: Q) -> AuthorizeLayer<P, impl PolicyService<P>>
    where
        Q: Policy<P, Parts> + 'static,
    {
        AuthorizeLayer { decide: adapt(policy), discloses_routes: false, principal: PhantomData }
    }
}

impl<P, D> AuthorizeLayer<P, D> {
    /// Lets every caller whom the policy permits know which routes exist inside this stage.
    ///
    /// It matters under
    /// [`ConcealLayer::hide_routes_under`](crate::ConcealLayer::hide_routes_under) alone. There an
    /// answer that is not a success, such as the 405 of a router or the 409 of a handler, leaves
    /// only if a stage that discloses has permitted the caller, or if the answer is marked as
    /// [`Disclosed`](crate::Disclosed). A stage cannot know by itself whether its policy was
    /// written for the hidden routes: one around the whole application that refuses banned users
    /// says nothing about them. So put this on the stage that wraps the hidden part, and only
    /// there.
    ///
    /// A [`Denial`](crate::Denial) from further in stays hidden all the same, unless it is
    /// [disclosed](crate::Denial::disclosed) itself. It travels in the extensions of the response. A
    /// middleware inside this stage that puts a response of its own in the place of a refusal, as
    /// error pages do, drops it; then the refusal counts as an answer of the service, and leaves. So
    /// rewrite such a response in place and keep its extensions, or put error pages outside the stage
    /// that discloses.
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
    /// Waits this long for the policy at most; then it is as if its engine were down (C08, A19).
    ///
    /// It needs a Tokio runtime with its time driver enabled.
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
