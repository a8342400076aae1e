//! Combinators of an application's own.

use super::evaluate::internal_error;
use super::internal::{Internal, decide_by_parts};
use super::sequence::Accumulate;
use super::{Decision, GrantedScopes, Policy, PolicySequence};
use crate::catch_panic::catch_panic;

/// Decides by the decisions of its parts; made by [`combine`].
#[derive(Clone)]
pub struct Combine<T, F> {
    policies: T,
    decide: F,
}

/// A combinator of your own: decides with a closure about the decisions of a tuple of policies, or
/// of a `Vec`, in their order ([E10](crate::semantics#e10)).
///
/// All parts are evaluated, and a part that panics has decided [`Decision::Undecided`]. The rest is
/// as for [`all`](super::all): a concealed part conceals a decision that is not a permit, the
/// reasons of the parts are kept for the operators, and the scopes that the parts ask for are in
/// the challenge. If a time limit passes, every part that waits is undecided.
///
/// ```
/// use portcullis::policy::combine;
/// use portcullis::{Decision, role};
///
/// let two_of_three = combine((role("author"), role("editor"), role("lawyer")), |decisions| {
///     let permits = decisions.iter().filter(|decision| decision.is_permit()).count();
///     if permits >= 2 {
///         return Decision::Permit;
///     }
///     // A part that could not decide may be the one that is missing.
///     let undecided = |decision: &Decision| matches!(decision, Decision::Undecided(_));
///     decisions.into_iter().find(undecided).unwrap_or_else(Decision::forbidden)
/// });
/// ```
pub fn combine<T, F>(policies: T, decide: F) -> Combine<T, F>
where
    F: Fn(Vec<Decision>) -> Decision + Send + Sync,
{
    Combine { policies, decide }
}

impl<T, F: Fn(Vec<Decision>) -> Decision + Send + Sync> Combine<T, F> {
    fn collect(&self) -> Collect<'_, F> {
        Collect { decide: &self.decide, decisions: Vec::new() }
    }

    async fn evaluate<P, R>(&self, caller: Option<&P>, resource: &R) -> Decision
    where
        R: ?Sized,
        T: PolicySequence<P, R>,
    {
        self.policies.fold(caller, resource, self.collect()).await
    }

    fn evaluate_now<P, R>(&self, caller: Option<&P>, resource: &R) -> Option<Decision>
    where
        R: ?Sized,
        T: PolicySequence<P, R>,
    {
        self.policies.fold_now(caller, resource, self.collect())
    }
}

impl<P, R, T, F> Policy<P, R> for Combine<T, F>
where
    P: Sync,
    R: ?Sized + Sync,
    T: PolicySequence<P, R>,
    F: Fn(Vec<Decision>) -> Decision + Send + Sync,
{
    decide_by_parts!(P, R);

    fn timed_out(&self) -> Decision {
        self.policies.fold_timed_out(self.collect())
    }

    fn granted_scopes(&self, principal: &P, granted: &mut GrantedScopes) {
        self.policies.granted_scopes(principal, granted);
    }
}

/// The decisions of the parts that were evaluated.
struct Collect<'a, F> {
    decide: &'a F,
    decisions: Vec<Decision>,
}

impl<F: Fn(Vec<Decision>) -> Decision + Send + Sync> Accumulate for Collect<'_, F> {
    fn should_evaluate(&self, _: bool) -> bool {
        true
    }

    fn add(&mut self, decision: Decision) {
        self.decisions.push(decision);
    }

    fn finish(self) -> Decision {
        // Kept apart, so that the closure can neither lose a reason nor reveal a concealed part.
        let refusals: Vec<_> =
            self.decisions.iter().filter_map(|decision| decision.reason().cloned()).collect();
        catch_panic(|| (self.decide)(self.decisions))
            .unwrap_or_else(internal_error)
            .of_parts(refusals)
    }
}

impl<T: std::fmt::Debug, F> std::fmt::Debug for Combine<T, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Combine").field("policies", &self.policies).finish_non_exhaustive()
    }
}
