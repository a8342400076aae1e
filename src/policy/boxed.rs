//! Policies whose type is known at run time only.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http::request::Parts;

use super::internal::Internal;
use super::{Decision, GrantedScopes, Policy};
use crate::debug::opaque_debug;

/// A policy of any type, for rules that are made at run time; cheap to clone.
///
/// A policy that does not wait needs no boxed future, unless a part beside it waits.
///
/// ```
/// use portcullis::policy::{InvalidScopeToken, all};
/// use portcullis::{BoxPolicy, HasScopes, Policy, scope};
///
/// # struct User;
/// # impl HasScopes for User { fn has_scope(&self, _: &str) -> bool { true } }
/// fn rules(scopes: &[&str]) -> Result<impl Policy<User>, InvalidScopeToken> {
///     let scopes = scopes.iter().map(|name| scope(name).map(BoxPolicy::<User>::new));
///     Ok(all(scopes.collect::<Result<Vec<_>, _>>()?))
/// }
/// ```
pub struct BoxPolicy<P, R: ?Sized = Parts> {
    policy: Arc<dyn ErasedPolicy<P, R>>,
}

type BoxDecision<'a> = Pin<Box<dyn Future<Output = Decision> + Send + 'a>>;

/// [`Policy`] with its futures boxed, so that it can be a trait object.
trait ErasedPolicy<P, R: ?Sized>: Send + Sync {
    fn decide<'a>(&'a self, principal: &'a P, resource: &'a R) -> BoxDecision<'a>;
    fn decide_anonymous<'a>(&'a self, resource: &'a R) -> BoxDecision<'a>;
    fn decide_without_waiting(&self, caller: Option<&P>, resource: &R) -> Option<Decision>;
    fn timed_out(&self) -> Decision;
    fn can_conceal(&self) -> bool;
    fn granted_scopes(&self, principal: &P, granted: &mut GrantedScopes);
}

impl<P: 'static, R: ?Sized, A: Policy<P, R>> ErasedPolicy<P, R> for A {
    fn decide<'a>(&'a self, principal: &'a P, resource: &'a R) -> BoxDecision<'a> {
        Box::pin(Policy::decide(self, principal, resource))
    }

    fn decide_anonymous<'a>(&'a self, resource: &'a R) -> BoxDecision<'a> {
        Box::pin(Policy::decide_anonymous(self, resource))
    }

    fn decide_without_waiting(&self, caller: Option<&P>, resource: &R) -> Option<Decision> {
        Policy::decide_without_waiting(self, caller, resource, Internal::TOKEN)
    }

    fn timed_out(&self) -> Decision {
        Policy::timed_out(self)
    }

    fn can_conceal(&self) -> bool {
        Policy::can_conceal(self)
    }

    fn granted_scopes(&self, principal: &P, granted: &mut GrantedScopes) {
        Policy::granted_scopes(self, principal, granted);
    }
}

impl<P: 'static, R: ?Sized> BoxPolicy<P, R> {
    /// Boxes a policy.
    pub fn new(policy: impl Policy<P, R> + 'static) -> Self {
        Self { policy: Arc::new(policy) }
    }
}

impl<P: Sync, R: ?Sized + Sync> Policy<P, R> for BoxPolicy<P, R> {
    async fn decide(&self, principal: &P, resource: &R) -> Decision {
        self.policy.decide(principal, resource).await
    }

    async fn decide_anonymous(&self, resource: &R) -> Decision {
        self.policy.decide_anonymous(resource).await
    }

    fn decide_without_waiting(
        &self,
        caller: Option<&P>,
        resource: &R,
        _: Internal,
    ) -> Option<Decision> {
        self.policy.decide_without_waiting(caller, resource)
    }

    fn timed_out(&self) -> Decision {
        self.policy.timed_out()
    }

    fn can_conceal(&self) -> bool {
        self.policy.can_conceal()
    }

    fn granted_scopes(&self, principal: &P, granted: &mut GrantedScopes) {
        self.policy.granted_scopes(principal, granted);
    }
}

impl<P, R: ?Sized> Clone for BoxPolicy<P, R> {
    fn clone(&self) -> Self {
        Self { policy: self.policy.clone() }
    }
}

opaque_debug!(BoxPolicy<P, R: ?Sized>);
