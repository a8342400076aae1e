//! The parts of a composition: a tuple of up to eight policies, or a list of boxed ones.

use std::future::Future;

use super::algebra::{Rule, settled};
use super::{Decision, HeldScopes, Policy, algebra, ask_now, out_of_time, wait};

/// Several policies about the same principal and resource: a tuple of up to eight, or a `Vec`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a list of policies about `{P}` and `{R}`",
    note = "give a tuple of up to eight policies, as in `all((role(\"admin\"), scope(\"write\")))`, \
            or a `Vec<BoxPolicy<P, R>>` for rules made at run time; nest tuples for more",
    note = "`role(…)` needs a principal that is `HasRoles`, `scope(…)` one that is `HasScopes`, \
            `acr(…)` and `max_age(…)` one that is `HasAuthentication`"
)]
pub trait Policies<P, R: ?Sized>: Send + Sync {
    #[doc(hidden)]
    fn gather(
        &self,
        caller: Option<&P>,
        resource: &R,
        gathering: Gathering,
    ) -> impl Future<Output = Decision> + Send;

    #[doc(hidden)]
    fn gather_now(
        &self,
        caller: Option<&P>,
        resource: &R,
        gathering: Gathering,
    ) -> Option<Decision>;

    #[doc(hidden)]
    fn gather_out_of_time(&self, gathering: Gathering) -> Decision;

    #[doc(hidden)]
    fn can_conceal(&self) -> bool;

    #[doc(hidden)]
    fn held_scopes(&self, principal: &P, held: &mut HeldScopes);
}

/// A composition on its way through its parts.
#[doc(hidden)]
#[derive(Debug)]
pub struct Gathering {
    rule: Rule,
    so_far: Option<Decision>,
}

impl Gathering {
    pub(super) fn new(rule: Rule) -> Self {
        Self { rule, so_far: None }
    }

    fn wants(&self, can_conceal: bool) -> bool {
        !self.so_far.as_ref().is_some_and(|so_far| settled(self.rule, so_far, can_conceal))
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
        impl<P: Sync, R: ?Sized + Sync, $($policy: Policy<P, R>,)*> Policies<P, R> for ($($policy,)*) {
            async fn gather(
                &self,
                caller: Option<&P>,
                resource: &R,
                mut gathering: Gathering,
            ) -> Decision {
                let ($($policy,)*) = self;
                $(if gathering.wants($policy.can_conceal()) {
                    gathering.add(wait($policy, caller, resource).await);
                })*
                gathering.finish()
            }

            fn gather_now(
                &self,
                caller: Option<&P>,
                resource: &R,
                mut gathering: Gathering,
            ) -> Option<Decision> {
                let ($($policy,)*) = self;
                $(if gathering.wants($policy.can_conceal()) {
                    gathering.add(ask_now($policy, caller, resource)?);
                })*
                Some(gathering.finish())
            }

            fn gather_out_of_time(&self, mut gathering: Gathering) -> Decision {
                let ($($policy,)*) = self;
                $(gathering.add(out_of_time($policy));)*
                gathering.finish()
            }

            fn can_conceal(&self) -> bool {
                let ($($policy,)*) = self;
                false $(|| $policy.can_conceal())*
            }

            fn held_scopes(&self, principal: &P, held: &mut HeldScopes) {
                let ($($policy,)*) = self;
                $($policy.held_scopes(principal, held);)*
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

impl<P: Sync, R: ?Sized + Sync, T: Policy<P, R>> Policies<P, R> for Vec<T> {
    async fn gather(&self, caller: Option<&P>, resource: &R, mut gathering: Gathering) -> Decision {
        for policy in self {
            if gathering.wants(policy.can_conceal()) {
                gathering.add(wait(policy, caller, resource).await);
            }
        }
        gathering.finish()
    }

    fn gather_now(
        &self,
        caller: Option<&P>,
        resource: &R,
        mut gathering: Gathering,
    ) -> Option<Decision> {
        for policy in self {
            if gathering.wants(policy.can_conceal()) {
                gathering.add(ask_now(policy, caller, resource)?);
            }
        }
        Some(gathering.finish())
    }

    fn gather_out_of_time(&self, mut gathering: Gathering) -> Decision {
        for policy in self {
            gathering.add(out_of_time(policy));
        }
        gathering.finish()
    }

    fn can_conceal(&self) -> bool {
        self.iter().any(Policy::can_conceal)
    }

    fn held_scopes(&self, principal: &P, held: &mut HeldScopes) {
        for policy in self {
            policy.held_scopes(principal, held);
        }
    }
}
