//! The parts of a composition: a tuple of up to eight policies, or a list of boxed ones.

use std::future::Future;

use super::algebra::{Rule, is_decided};
use super::{Decision, GrantedScopes, Policy, algebra, evaluate_now, evaluate_waiting, timed_out};

/// Several policies about the same principal and resource: a tuple of up to eight, or a `Vec`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of policies about `{P}` and `{R}`",
    note = "give a tuple of up to eight policies, as in `all((role(\"admin\"), scope(\"write\")?))`, \
            or a `Vec<BoxPolicy<P, R>>` for rules made at run time; nest tuples for more",
    note = "`role(…)` needs a principal that is `HasRoles`, `scope(…)` one that is `HasScopes`, \
            `acr(…)` and `max_age(…)` one that is `HasAuthentication`"
)]
pub trait PolicySequence<P, R: ?Sized>: Send + Sync {
    #[doc(hidden)]
    fn fold<A: Accumulate>(
        &self,
        caller: Option<&P>,
        resource: &R,
        accumulator: A,
    ) -> impl Future<Output = Decision> + Send;

    #[doc(hidden)]
    fn fold_now<A: Accumulate>(
        &self,
        caller: Option<&P>,
        resource: &R,
        accumulator: A,
    ) -> Option<Decision>;

    #[doc(hidden)]
    fn fold_timed_out<A: Accumulate>(&self, accumulator: A) -> Decision;

    #[doc(hidden)]
    fn can_conceal(&self) -> bool;

    #[doc(hidden)]
    fn granted_scopes(&self, principal: &P, granted: &mut GrantedScopes);
}

/// What a composition makes of the decisions of its parts, one after the other.
#[doc(hidden)]
pub trait Accumulate: Send {
    /// Whether the next part can change the decision; `can_conceal` is about that part.
    fn should_evaluate(&self, can_conceal: bool) -> bool;

    fn add(&mut self, decision: Decision);

    fn finish(self) -> Decision;
}

/// The decision of `all` or `any` about the parts evaluated so far.
#[doc(hidden)]
#[derive(Debug)]
pub struct Accumulator {
    rule: Rule,
    so_far: Option<Decision>,
}

impl Accumulator {
    pub(super) fn new(rule: Rule) -> Self {
        Self { rule, so_far: None }
    }
}

impl Accumulate for Accumulator {
    fn should_evaluate(&self, can_conceal: bool) -> bool {
        !self.so_far.as_ref().is_some_and(|so_far| is_decided(self.rule, so_far, can_conceal))
    }

    fn add(&mut self, decision: Decision) {
        self.so_far = Some(match (self.rule, self.so_far.take()) {
            (_, None) => decision,
            (Rule::All, Some(so_far)) => algebra::all(so_far, decision),
            (Rule::Any, Some(so_far)) => algebra::any(so_far, decision),
        });
    }

    fn finish(self) -> Decision {
        self.so_far.unwrap_or_else(Decision::no_rule)
    }
}

macro_rules! policies {
    ($($policy:ident)*) => {
        #[allow(non_snake_case, unused_variables, unused_mut)]
        impl<P: Sync, R: ?Sized + Sync, $($policy: Policy<P, R>,)*> PolicySequence<P, R>
            for ($($policy,)*)
        {
            async fn fold<Acc: Accumulate>(
                &self,
                caller: Option<&P>,
                resource: &R,
                mut accumulator: Acc,
            ) -> Decision {
                let ($($policy,)*) = self;
                $(if accumulator.should_evaluate($policy.can_conceal()) {
                    accumulator.add(evaluate_waiting($policy, caller, resource).await);
                })*
                accumulator.finish()
            }

            fn fold_now<Acc: Accumulate>(
                &self,
                caller: Option<&P>,
                resource: &R,
                mut accumulator: Acc,
            ) -> Option<Decision> {
                let ($($policy,)*) = self;
                $(if accumulator.should_evaluate($policy.can_conceal()) {
                    accumulator.add(evaluate_now($policy, caller, resource)?);
                })*
                Some(accumulator.finish())
            }

            fn fold_timed_out<Acc: Accumulate>(&self, mut accumulator: Acc) -> Decision {
                let ($($policy,)*) = self;
                $(accumulator.add(timed_out($policy));)*
                accumulator.finish()
            }

            fn can_conceal(&self) -> bool {
                let ($($policy,)*) = self;
                false $(|| $policy.can_conceal())*
            }

            fn granted_scopes(&self, principal: &P, granted: &mut GrantedScopes) {
                let ($($policy,)*) = self;
                $($policy.granted_scopes(principal, granted);)*
            }
        }
    };
}

policies!();
policies!(A);
policies!(A B);
policies!(A B C);
policies!(A B C D);
policies!(A B C D E);
policies!(A B C D E F);
policies!(A B C D E F G);
policies!(A B C D E F G H);

impl<P: Sync, R: ?Sized + Sync, T: Policy<P, R>> PolicySequence<P, R> for Vec<T> {
    async fn fold<A: Accumulate>(
        &self,
        caller: Option<&P>,
        resource: &R,
        mut accumulator: A,
    ) -> Decision {
        for policy in self {
            if accumulator.should_evaluate(policy.can_conceal()) {
                accumulator.add(evaluate_waiting(policy, caller, resource).await);
            }
        }
        accumulator.finish()
    }

    fn fold_now<A: Accumulate>(
        &self,
        caller: Option<&P>,
        resource: &R,
        mut accumulator: A,
    ) -> Option<Decision> {
        for policy in self {
            if accumulator.should_evaluate(policy.can_conceal()) {
                accumulator.add(evaluate_now(policy, caller, resource)?);
            }
        }
        Some(accumulator.finish())
    }

    fn fold_timed_out<A: Accumulate>(&self, mut accumulator: A) -> Decision {
        for policy in self {
            accumulator.add(timed_out(policy));
        }
        accumulator.finish()
    }

    fn can_conceal(&self) -> bool {
        self.iter().any(Policy::can_conceal)
    }

    fn granted_scopes(&self, principal: &P, granted: &mut GrantedScopes) {
        for policy in self {
            policy.granted_scopes(principal, granted);
        }
    }
}
