//! PolicySequence whose type is not known when the program is written.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http::request::Parts;

use super::{Decision, GrantedScopes, Policy};
use crate::debug::opaque_debug;

/// A policy of any type, for rules that are made at run time; cheap to clone.
///
/// A policy that answers at once needs no box for a future, unless a part beside it waits.
///
/// ```
/// use portcullis::{BoxPolicy, HasScopes, InvalidScopeToken, Policy, Scope, all};
///
/// # struct User;
/// # impl HasScopes for User { fn has_scope(&self, _: &str) -> bool { true } }
/// fn rules(scopes: &[&str]) -> Result<impl Policy<User>, InvalidScopeToken> {
///     let scopes = scopes.iter().map(|name| Scope::new(name).map(BoxPolicy::<User>::new));
///     Ok(all(scopes.collect::<Result<Vec<_>, _>>()?))
/// }
/// ```
pub struct BoxPolicy<P, R: ?Sized = Parts> {
    policy: Arc<dyn Erased<P, R>>,
}

type Answer<'a> = Pin<Box<dyn Future<Output = Decision> + Send + 'a>>;

/// [`Policy`] with its futures boxed, so that it can be an object.
trait Erased<P, R: ?Sized>: Send + Sync {
    fn decide<'a>(&'a self, principal: &'a P, resource: &'a R) -> Answer<'a>;
    fn decide_anonymous<'a>(&'a self, resource: &'a R) -> Answer<'a>;
    fn decide_now(&self, principal: Option<&P>, resource: &R) -> Option<Decision>;
    fn timed_out(&self) -> Decision;
    fn can_conceal(&self) -> bool;
    fn granted_scopes(&self, principal: &P, held: &mut GrantedScopes);
}

impl<P: 'static, R: ?Sized, A: Policy<P, R>> Erased<P, R> for A {
    fn decide<'a>(&'a self, principal: &'a P, resource: &'a R) -> Answer<'a> {
        Box::pin(Policy::decide(self, principal, resource))
    }

    fn decide_anonymous<'a>(&'a self, resource: &'a R) -> Answer<'a> {
        Box::pin(Policy::decide_anonymous(self, resource))
    }

    fn decide_now(&self, principal: Option<&P>, resource: &R) -> Option<Decision> {
        Policy::decide_now(self, principal, resource)
    }

    fn timed_out(&self) -> Decision {
        Policy::timed_out(self)
    }

    fn can_conceal(&self) -> bool {
        Policy::can_conceal(self)
    }

    fn granted_scopes(&self, principal: &P, held: &mut GrantedScopes) {
        Policy::granted_scopes(self, principal, held);
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

    fn decide_now(&self, principal: Option<&P>, resource: &R) -> Option<Decision> {
        self.policy.decide_now(principal, resource)
    }

    fn timed_out(&self) -> Decision {
        self.policy.timed_out()
    }

    fn can_conceal(&self) -> bool {
        self.policy.can_conceal()
    }

    fn granted_scopes(&self, principal: &P, held: &mut GrantedScopes) {
        self.policy.granted_scopes(principal, held);
    }
}

impl<P, R: ?Sized> Clone for BoxPolicy<P, R> {
    fn clone(&self) -> Self {
        Self { policy: self.policy.clone() }
    }
}

opaque_debug!(BoxPolicy<P, R: ?Sized>);
