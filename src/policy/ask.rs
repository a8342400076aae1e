//! Asking a policy: every question goes through here, so that a panic is an answer wherever it
//! happens (A20), and every refusal becomes a denial in one way.

use super::{Decision, HeldScopes, Policy};
use crate::denial::Denial;
use crate::guard::{Guarded, Panicked, guard};

/// Asks, without waiting if the policy can.
pub(crate) async fn ask<P, R>(
    policy: &(impl Policy<P, R> + ?Sized),
    caller: Option<&P>,
    resource: &R,
) -> Decision
where
    P: Sync,
    R: ?Sized + Sync,
{
    match ask_now(policy, caller, resource) {
        Some(decision) => decision,
        None => wait(policy, caller, resource).await,
    }
}

/// Asks a policy that had no answer at once; its parts are asked once more, and not again at
/// every level.
pub(crate) async fn wait<P, R>(
    policy: &(impl Policy<P, R> + ?Sized),
    caller: Option<&P>,
    resource: &R,
) -> Decision
where
    P: Sync,
    R: ?Sized + Sync,
{
    // The future is made inside the guarded one: a policy may panic before its first await.
    // It is awaited where it is made, or the future of this function would have room for it twice.
    Guarded::new(async {
        match caller {
            Some(principal) => policy.decide(principal, resource).await,
            None => policy.decide_anonymous(resource).await,
        }
    })
    .await
    .unwrap_or_else(fault)
}

/// Asks for an answer that needs no waiting.
pub(crate) fn ask_now<P, R: ?Sized>(
    policy: &(impl Policy<P, R> + ?Sized),
    caller: Option<&P>,
    resource: &R,
) -> Option<Decision> {
    guard(|| policy.decide_now(caller, resource)).unwrap_or_else(|panicked| Some(fault(panicked)))
}

/// The same, and turns the decision into leave to go on, or into the denial that refuses.
///
/// A decision is much larger than a denial, so it does not leave the guard, through which it would
/// be moved.
#[inline(always)]
pub(crate) fn verdict_now<P, R: ?Sized>(
    policy: &(impl Policy<P, R> + ?Sized),
    caller: Option<&P>,
    resource: &R,
) -> Option<Result<(), Denial>> {
    guard(|| match policy.decide_now(caller, resource)? {
        Decision::Permit => Some(Ok(())),
        decision => Some(verdict(policy, caller, decision)),
    })
    .unwrap_or_else(|panicked| Some(verdict(policy, caller, fault(panicked))))
}

/// Asks what is decided once nobody waits any longer.
pub(crate) fn out_of_time<P, R: ?Sized>(policy: &impl Policy<P, R>) -> Decision {
    guard(|| policy.out_of_time()).unwrap_or_else(fault)
}

fn fault(panicked: Panicked) -> Decision {
    Decision::fault().because(panicked)
}

/// Turns a decision into leave to go on, or into the denial that refuses.
pub(crate) fn verdict<P, R: ?Sized>(
    policy: &(impl Policy<P, R> + ?Sized),
    caller: Option<&P>,
    decision: Decision,
) -> Result<(), Denial> {
    let why = match decision {
        Decision::Permit => return Ok(()),
        Decision::Deny(why) | Decision::Undecided(why) => why,
    };
    let denial = why.into_denial();
    let wants_scopes = denial.needed().is_some_and(|need| need.scope().is_some());
    let Some(principal) = caller.filter(|_| wants_scopes && !denial.is_concealed()) else {
        return Err(denial);
    };
    let mut held = HeldScopes::default();
    // Whoever panics here has refused already: the scopes that are missing are still the truth.
    let _ = guard(|| policy.held_scopes(principal, &mut held));
    Err(denial.map_need(|need| need.and_held(held)))
}
