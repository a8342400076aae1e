//! `all`, `any`, `not`, `conceal`, `conceal_unless`: free functions, since methods on a trait
//! with type parameters do not infer them.

use super::algebra::{self, Rule};
use super::sequence::Accumulator;
use super::{
    Decision, GrantedScopes, Policy, PolicySequence, evaluate_now, evaluate_waiting, timed_out,
};

/// Permits if every part does; made by [`all`].
#[derive(Clone, Debug)]
pub struct All<T>(T);

/// Permits if every part does. Of nothing: permits nobody.
///
/// What is missing adds up: two scopes that are lacked are both named. A part that conceals
/// conceals the whole.
///
/// ```
/// use portcullis::{all, conceal, role, scope};
///
/// let reports = all((role("admin"), scope("reports:read")));
/// let vault = conceal(all((role("admin"), scope("vault:read"))));
/// ```
pub fn all<T>(policies: T) -> All<T> {
    All(policies)
}

/// Permits if some part does; made by [`any`].
#[derive(Clone, Debug)]
pub struct Any<T>(T);

/// Permits if some part does. Of nothing: permits nobody.
///
/// Of what is missing, the answer names what is least to get.
///
/// ```
/// use portcullis::{any, role, scope};
///
/// let reports = any((role("admin"), scope("reports:read")));
/// ```
pub fn any<T>(policies: T) -> Any<T> {
    Any(policies)
}

macro_rules! composition {
    ($($name:ident)*) => {$(
        impl<P: Sync, R: ?Sized + Sync, T: PolicySequence<P, R>> Policy<P, R> for $name<T> {
            async fn decide(&self, principal: &P, resource: &R) -> Decision {
                self.0.fold(Some(principal), resource, Accumulator::new(Rule::$name)).await
            }

            async fn decide_anonymous(&self, resource: &R) -> Decision {
                self.0.fold(None, resource, Accumulator::new(Rule::$name)).await
            }

            fn decide_now(&self, principal: Option<&P>, resource: &R) -> Option<Decision> {
                self.0.fold_now(principal, resource, Accumulator::new(Rule::$name))
            }

            fn timed_out(&self) -> Decision {
                self.0.fold_timed_out(Accumulator::new(Rule::$name))
            }

            fn can_conceal(&self) -> bool {
                self.0.can_conceal()
            }

            fn granted_scopes(&self, principal: &P, held: &mut GrantedScopes) {
                self.0.granted_scopes(principal, held);
            }
        }
    )*};
}

composition!(All Any);

/// Permits what its policy denies; made by [`not`].
#[derive(Clone, Debug)]
pub struct Not<A>(A);

/// Permits what the policy denies, and denies what it permits. What it cannot decide stays
/// undecided: `not(banned)` does not admit somebody unknown, nor anybody during an outage.
///
/// ```
/// use portcullis::{all, authenticated, not, role};
///
/// let allowed = all((authenticated(), not(role("banned"))));
/// ```
pub fn not<A>(policy: A) -> Not<A> {
    Not(policy)
}

impl<P: Sync, R: ?Sized + Sync, A: Policy<P, R>> Policy<P, R> for Not<A> {
    async fn decide(&self, principal: &P, resource: &R) -> Decision {
        algebra::not(evaluate_waiting(&self.0, Some(principal), resource).await)
    }

    async fn decide_anonymous(&self, resource: &R) -> Decision {
        algebra::not(evaluate_waiting(&self.0, None, resource).await)
    }

    fn decide_now(&self, principal: Option<&P>, resource: &R) -> Option<Decision> {
        evaluate_now(&self.0, principal, resource).map(algebra::not)
    }

    fn timed_out(&self) -> Decision {
        algebra::not(timed_out(&self.0))
    }

    fn can_conceal(&self) -> bool {
        self.0.can_conceal()
    }
}

/// Hides what its policy does not permit; made by [`conceal`].
#[derive(Clone, Debug)]
pub struct Conceal<A> {
    policy: A,
    outages_too: bool,
}

/// Hides the resource from whoever the policy does not permit: they get the 404 of a resource
/// that does not exist. Somebody unknown is one of them.
///
/// That 404 is the answer of [`Denial::not_found`](crate::Denial::not_found), and what does not
/// exist has to give the same. A [`ConcealLayer`](crate::ConcealLayer) outside sees to that,
/// whoever gave it; without one, answer it in handlers and in the router's fallback,
/// `.fallback(|| async { Denial::not_found() })`.
///
/// ```
/// use portcullis::{conceal, role};
///
/// let vault = conceal(role("admin"));
/// ```
pub fn conceal<A>(policy: A) -> Conceal<A> {
    Conceal { policy, outages_too: true }
}

impl<A> Conceal<A> {
    /// Answers 503 and 500 as such while the policy cannot decide, in place of 404 (C08).
    ///
    /// That reveals existence for as long as it lasts: a resource that does not exist still
    /// answers 404.
    #[must_use]
    pub fn except_outages(self) -> Self {
        Self { outages_too: false, ..self }
    }

    fn hide(&self, decision: Decision) -> Decision {
        use crate::denial::Cause::{InternalError, Unavailable};

        let outage =
            decision.reason().is_some_and(|why| matches!(why.cause(), InternalError | Unavailable));
        if outage && !self.outages_too { decision } else { algebra::conceal(decision) }
    }
}

impl<P: Sync, R: ?Sized + Sync, A: Policy<P, R>> Policy<P, R> for Conceal<A> {
    async fn decide(&self, principal: &P, resource: &R) -> Decision {
        self.hide(evaluate_waiting(&self.policy, Some(principal), resource).await)
    }

    async fn decide_anonymous(&self, resource: &R) -> Decision {
        self.hide(evaluate_waiting(&self.policy, None, resource).await)
    }

    fn decide_now(&self, principal: Option<&P>, resource: &R) -> Option<Decision> {
        evaluate_now(&self.policy, principal, resource).map(|decision| self.hide(decision))
    }

    fn timed_out(&self) -> Decision {
        self.hide(timed_out(&self.policy))
    }

    fn granted_scopes(&self, principal: &P, held: &mut GrantedScopes) {
        self.policy.granted_scopes(principal, held);
    }
}

/// Hides what its policy does not permit from those who may not see it; made by
/// [`conceal_unless`].
#[derive(Clone, Debug)]
pub struct ConcealUnless<S, A> {
    see: S,
    policy: A,
}

/// Decides as the policy does; but who is refused and may not even `see` the resource gets the
/// 404 of one that does not exist (C06, C07).
///
/// ```
/// use portcullis::{conceal_unless, role};
///
/// // Members see it and get 403 for changing it; strangers get 404 for both.
/// let change = conceal_unless(role("member"), role("maintainer"));
/// ```
pub fn conceal_unless<S, A>(see: S, policy: A) -> ConcealUnless<S, A> {
    ConcealUnless { see, policy }
}

impl<S, A> ConcealUnless<S, A> {
    async fn settle<P, R>(&self, caller: Option<&P>, resource: &R) -> Decision
    where
        P: Sync,
        R: ?Sized + Sync,
        S: Policy<P, R>,
        A: Policy<P, R>,
    {
        let decision = evaluate_waiting(&self.policy, caller, resource).await;
        if decision.is_permit() {
            return decision;
        }
        algebra::conceal_unless(evaluate_waiting(&self.see, caller, resource).await, decision)
    }
}

impl<P, R, S, A> Policy<P, R> for ConcealUnless<S, A>
where
    P: Sync,
    R: ?Sized + Sync,
    S: Policy<P, R>,
    A: Policy<P, R>,
{
    async fn decide(&self, principal: &P, resource: &R) -> Decision {
        self.settle(Some(principal), resource).await
    }

    async fn decide_anonymous(&self, resource: &R) -> Decision {
        self.settle(None, resource).await
    }

    fn decide_now(&self, principal: Option<&P>, resource: &R) -> Option<Decision> {
        let decision = evaluate_now(&self.policy, principal, resource)?;
        if decision.is_permit() {
            return Some(decision);
        }
        Some(algebra::conceal_unless(evaluate_now(&self.see, principal, resource)?, decision))
    }

    fn timed_out(&self) -> Decision {
        algebra::conceal_unless(timed_out(&self.see), timed_out(&self.policy))
    }

    fn granted_scopes(&self, principal: &P, held: &mut GrantedScopes) {
        self.policy.granted_scopes(principal, held);
    }
}
