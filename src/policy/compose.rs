//! `all`, `any`, `not`, `conceal`, `conceal_unless`: free functions, because methods on a trait with
//! type parameters do not infer them.

use super::algebra::{self, Rule};
use super::internal::{Internal, decide_by_parts};
use super::sequence::Accumulator;
use super::{
    Decision, GrantedScopes, Policy, PolicySequence, evaluate_now, evaluate_waiting, timed_out,
};

/// Permits if every part does; made by [`all`].
#[derive(Clone, Debug)]
pub struct All<T>(T);

/// Permits if every part does. Without parts it permits nothing.
///
/// Requirements add up: the challenge names both of two missing scopes. A part that conceals
/// conceals the whole.
///
/// ```
/// use portcullis::policy::all;
/// use portcullis::{conceal, role, scope};
///
/// let reports = all((role("admin"), scope("reports:read")?));
/// let vault = conceal(all((role("admin"), scope("vault:read")?)));
/// # Ok::<(), portcullis::policy::InvalidScopeToken>(())
/// ```
pub fn all<T>(policies: T) -> All<T> {
    All(policies)
}

/// Permits if some part does; made by [`any`].
#[derive(Clone, Debug)]
pub struct Any<T>(T);

/// Permits if some part does. Without parts it permits nothing.
///
/// Of several requirements the response names the one that is easiest to meet.
///
/// ```
/// use portcullis::policy::any;
/// use portcullis::{role, scope};
///
/// let reports = any((role("admin"), scope("reports:read")?));
/// # Ok::<(), portcullis::policy::InvalidScopeToken>(())
/// ```
pub fn any<T>(policies: T) -> Any<T> {
    Any(policies)
}

macro_rules! composition {
    ($($name:ident)*) => {$(
        impl<T> $name<T> {
            async fn evaluate<P, R>(&self, caller: Option<&P>, resource: &R) -> Decision
            where
                R: ?Sized,
                T: PolicySequence<P, R>,
            {
                self.0.fold(caller, resource, Accumulator::new(Rule::$name)).await
            }

            fn evaluate_now<P, R>(&self, caller: Option<&P>, resource: &R) -> Option<Decision>
            where
                R: ?Sized,
                T: PolicySequence<P, R>,
            {
                self.0.fold_now(caller, resource, Accumulator::new(Rule::$name))
            }
        }

        impl<P: Sync, R: ?Sized + Sync, T: PolicySequence<P, R>> Policy<P, R> for $name<T> {
            decide_by_parts!(P, R);

            fn timed_out(&self) -> Decision {
                self.0.fold_timed_out(Accumulator::new(Rule::$name))
            }

            fn can_conceal(&self) -> bool {
                self.0.can_conceal()
            }

            fn granted_scopes(&self, principal: &P, granted: &mut GrantedScopes) {
                self.0.granted_scopes(principal, granted);
            }
        }
    )*};
}

composition!(All Any);

/// Permits what its policy denies; made by [`not`].
#[derive(Clone, Debug)]
pub struct Not<A>(A);

/// Permits what the policy denies, and denies what it permits. What it cannot decide stays
/// undecided: `not(banned)` admits neither anonymous callers nor, during an outage, anyone.
///
/// ```
/// use portcullis::policy::{all, not};
/// use portcullis::{authenticated, role};
///
/// let allowed = all((authenticated(), not(role("banned"))));
/// ```
pub fn not<A>(policy: A) -> Not<A> {
    Not(policy)
}

impl<A> Not<A> {
    async fn evaluate<P, R>(&self, caller: Option<&P>, resource: &R) -> Decision
    where
        P: Sync,
        R: ?Sized + Sync,
        A: Policy<P, R>,
    {
        algebra::not(evaluate_waiting(&self.0, caller, resource).await)
    }

    fn evaluate_now<P, R>(&self, caller: Option<&P>, resource: &R) -> Option<Decision>
    where
        R: ?Sized,
        A: Policy<P, R>,
    {
        evaluate_now(&self.0, caller, resource).map(algebra::not)
    }
}

impl<P: Sync, R: ?Sized + Sync, A: Policy<P, R>> Policy<P, R> for Not<A> {
    decide_by_parts!(P, R);

    fn timed_out(&self) -> Decision {
        algebra::not(timed_out(&self.0))
    }

    fn can_conceal(&self) -> bool {
        self.0.can_conceal()
    }

    // A scope under `not` is not asked for (E07).
    fn granted_scopes(&self, _: &P, _: &mut GrantedScopes) {}
}

/// Conceals what its policy does not permit; made by [`conceal`].
#[derive(Clone, Debug)]
pub struct Conceal<A> {
    policy: A,
    outages_too: bool,
}

/// Hides the resource from every caller that the policy does not permit, anonymous ones included:
/// they get the 404 of a resource that does not exist.
///
/// That 404 is the response of [`Denial::not_found`](crate::Denial::not_found), so a resource that
/// does not exist has to give the same. A [`ConcealLayer`](crate::ConcealLayer) outside ensures
/// that for every 404; without one, return it in handlers and in the router's fallback,
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
    /// Answers 503 and 500 as such while the policy cannot decide, in place of 404
    /// ([C08](crate::semantics#c08)).
    ///
    /// That reveals existence for as long as it lasts: a resource that does not exist still
    /// answers 404.
    #[must_use]
    pub fn except_outages(self) -> Self {
        Self { outages_too: false, ..self }
    }

    async fn evaluate<P, R>(&self, caller: Option<&P>, resource: &R) -> Decision
    where
        P: Sync,
        R: ?Sized + Sync,
        A: Policy<P, R>,
    {
        self.hide(evaluate_waiting(&self.policy, caller, resource).await)
    }

    fn evaluate_now<P, R>(&self, caller: Option<&P>, resource: &R) -> Option<Decision>
    where
        R: ?Sized,
        A: Policy<P, R>,
    {
        evaluate_now(&self.policy, caller, resource).map(|decision| self.hide(decision))
    }

    fn hide(&self, decision: Decision) -> Decision {
        use crate::denial::Cause::{InternalError, Unavailable};

        let is_outage = decision
            .reason()
            .is_some_and(|reason| matches!(reason.cause(), InternalError | Unavailable));
        if is_outage && !self.outages_too { decision } else { decision.concealed() }
    }
}

impl<P: Sync, R: ?Sized + Sync, A: Policy<P, R>> Policy<P, R> for Conceal<A> {
    decide_by_parts!(P, R);

    fn timed_out(&self) -> Decision {
        self.hide(timed_out(&self.policy))
    }

    fn granted_scopes(&self, principal: &P, granted: &mut GrantedScopes) {
        self.policy.granted_scopes(principal, granted);
    }
}

/// Conceals what its policy does not permit from callers who may not see it; made by
/// [`conceal_unless`].
#[derive(Clone, Debug)]
pub struct ConcealUnless<S, A> {
    see: S,
    policy: A,
}

/// Decides as the policy does; but a caller that is refused, and that `see` does not permit either,
/// gets the 404 of a resource that does not exist ([C06](crate::semantics#c06),
/// [C07](crate::semantics#c07)).
///
/// ```
/// use portcullis::{conceal_unless, role};
///
/// // Members see it and get 403 for changing it; others get 404 for both.
/// let change = conceal_unless(role("member"), role("maintainer"));
/// ```
pub fn conceal_unless<S, A>(see: S, policy: A) -> ConcealUnless<S, A> {
    ConcealUnless { see, policy }
}

impl<S, A> ConcealUnless<S, A> {
    async fn evaluate<P, R>(&self, caller: Option<&P>, resource: &R) -> Decision
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

    fn evaluate_now<P, R>(&self, caller: Option<&P>, resource: &R) -> Option<Decision>
    where
        R: ?Sized,
        S: Policy<P, R>,
        A: Policy<P, R>,
    {
        let decision = evaluate_now(&self.policy, caller, resource)?;
        if decision.is_permit() {
            return Some(decision);
        }
        Some(algebra::conceal_unless(evaluate_now(&self.see, caller, resource)?, decision))
    }
}

impl<P, R, S, A> Policy<P, R> for ConcealUnless<S, A>
where
    P: Sync,
    R: ?Sized + Sync,
    S: Policy<P, R>,
    A: Policy<P, R>,
{
    decide_by_parts!(P, R);

    fn timed_out(&self) -> Decision {
        algebra::conceal_unless(timed_out(&self.see), timed_out(&self.policy))
    }

    fn granted_scopes(&self, principal: &P, granted: &mut GrantedScopes) {
        self.policy.granted_scopes(principal, granted);
    }
}
