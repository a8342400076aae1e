//! Asking a policy: every question goes through here, so that a panic is an answer wherever it
//! happens (A20), and every refusal becomes a denial in one way.

use super::{Decision, GrantedScopes, Policy};
use crate::catch_panic::{CatchPanic, Panicked, catch_panic};
use crate::denial::Denial;

/// Asks, without waiting if the policy can.
pub(crate) async fn evaluate<P, R>(
    policy: &(impl Policy<P, R> + ?Sized),
    caller: Option<&P>,
    resource: &R,
) -> Decision
where
    P: Sync,
    R: ?Sized + Sync,
{
    match evaluate_now(policy, caller, resource) {
        Some(decision) => decision,
        None => evaluate_waiting(policy, caller, resource).await,
    }
}

/// Asks a policy that had no answer at once; its parts are asked once more, and not again at
/// every level.
pub(crate) async fn evaluate_waiting<P, R>(
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
    CatchPanic::new(async {
        match caller {
            Some(principal) => policy.decide(principal, resource).await,
            None => policy.decide_anonymous(resource).await,
        }
    })
    .await
    .unwrap_or_else(internal_error)
}

/// Asks for an answer that needs no waiting.
pub(crate) fn evaluate_now<P, R: ?Sized>(
    policy: &(impl Policy<P, R> + ?Sized),
    caller: Option<&P>,
    resource: &R,
) -> Option<Decision> {
    catch_panic(|| policy.decide_now(caller, resource))
        .unwrap_or_else(|panicked| Some(internal_error(panicked)))
}

/// The same, and turns the decision into leave to go on, or into the denial that refuses.
///
/// A decision is much larger than a denial, so it does not leave the guard, through which it would
/// be moved.
#[inline(always)]
pub(crate) fn check_now<P, R: ?Sized>(
    policy: &(impl Policy<P, R> + ?Sized),
    caller: Option<&P>,
    resource: &R,
) -> Option<Result<(), Denial>> {
    catch_panic(|| match policy.decide_now(caller, resource)? {
        Decision::Permit => Some(Ok(())),
        decision => Some(into_result(policy, caller, decision)),
    })
    .unwrap_or_else(|panicked| Some(into_result(policy, caller, internal_error(panicked))))
}

/// Asks what is decided once nobody waits any longer.
pub(crate) fn timed_out<P, R: ?Sized>(policy: &impl Policy<P, R>) -> Decision {
    catch_panic(|| policy.timed_out()).unwrap_or_else(internal_error)
}

fn internal_error(panicked: Panicked) -> Decision {
    Decision::internal_error().with_source(panicked)
}

/// Turns a decision into leave to go on, or into the denial that refuses.
pub(crate) fn into_result<P, R: ?Sized>(
    policy: &(impl Policy<P, R> + ?Sized),
    caller: Option<&P>,
    decision: Decision,
) -> Result<(), Denial> {
    let why = match decision {
        Decision::Permit => return Ok(()),
        Decision::Deny(why) | Decision::Undecided(why) => why,
    };
    let denial = why.into_denial();
    let wants_scopes = denial.requirement().is_some_and(|need| need.scope().is_some());
    let Some(principal) = caller.filter(|_| wants_scopes && !denial.is_concealed()) else {
        return Err(denial);
    };
    let mut held = GrantedScopes::default();
    // Whoever panics here has refused already: the scopes that are missing are still the truth.
    let _ = catch_panic(|| policy.granted_scopes(principal, &mut held));
    Err(denial.map_requirement(|need| need.and_granted(held)))
}
