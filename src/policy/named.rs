//! Names of policies, for the operators.

use std::borrow::Cow;
use std::sync::Arc;

use super::internal::{Internal, decide_by_parts};
use super::{Decision, GrantedScopes, Policy, evaluate_now, evaluate_waiting, timed_out};

/// Decides as its policy does, and events print the reasons under its name; made by
/// [`Policy::named`].
#[derive(Clone, Debug)]
pub struct Named<A> {
    policy: A,
    name: Arc<str>,
}

impl<A> Named<A> {
    pub(super) fn new(policy: A, name: Cow<'_, str>) -> Self {
        Self { policy, name: name.into() }
    }

    async fn evaluate<P, R>(&self, caller: Option<&P>, resource: &R) -> Decision
    where
        P: Sync,
        R: ?Sized + Sync,
        A: Policy<P, R>,
    {
        evaluate_waiting(&self.policy, caller, resource).await.named(&self.name)
    }

    fn evaluate_now<P, R>(&self, caller: Option<&P>, resource: &R) -> Option<Decision>
    where
        R: ?Sized,
        A: Policy<P, R>,
    {
        Some(evaluate_now(&self.policy, caller, resource)?.named(&self.name))
    }
}

impl<P: Sync, R: ?Sized + Sync, A: Policy<P, R>> Policy<P, R> for Named<A> {
    decide_by_parts!(P, R);

    fn timed_out(&self) -> Decision {
        timed_out(&self.policy).named(&self.name)
    }

    fn can_conceal(&self) -> bool {
        self.policy.can_conceal()
    }

    fn granted_scopes(&self, principal: &P, granted: &mut GrantedScopes) {
        self.policy.granted_scopes(principal, granted);
    }
}

/// `named` as an inherent method too: the trait's would need an import, and infers neither principal
/// nor resource for a policy about several.
macro_rules! named {
    ($($policy:ident<$($param:ident $(: ?$sized:ident)?),*>),* $(,)?) => {$(
        impl<$($param $(: ?$sized)?),*> super::$policy<$($param),*> {
            /// As [`Policy::named`].
            pub fn named<'a>(self, name: impl Into<Cow<'a, str>>) -> Named<Self> {
                Named::new(self, name.into())
            }
        }
    )*};
}

named!(
    Acr<>, All<T>, Any<T>, Anyone<>, AsyncPolicyFn<P, R: ?Sized, F>, Authenticated<>,
    BoxPolicy<P, R: ?Sized>, Combine<T, F>, Conceal<A>, ConcealUnless<S, A>, MaxAge<>, Named<A>,
    Not<A>, PolicyFn<P, R: ?Sized, F>, ResourceFn<R: ?Sized, F>, Role<>, Scope<>,
);
