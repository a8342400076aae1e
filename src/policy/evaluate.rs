//! Evaluating a policy: every evaluation goes through here, so that a panic becomes a decision
//! wherever it happens (A20), and every refusal becomes a denial in one way.

use super::internal::Internal;
use super::{Decision, GrantedScopes, Policy};
use crate::catch_panic::{CatchPanic, Panicked, catch_panic};
use crate::denial::Denial;

/// Evaluates a policy, without waiting if it can be done.
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

/// Evaluates a policy for which [`evaluate_now`] returned `None`. A composition evaluates its parts
/// this way as well, so that each is evaluated twice at most, however deep it is (E06).
pub(crate) async fn evaluate_waiting<P, R>(
    policy: &(impl Policy<P, R> + ?Sized),
    caller: Option<&P>,
    resource: &R,
) -> Decision
where
    P: Sync,
    R: ?Sized + Sync,
{
    // The policy's future is made inside the one that catches panics: a policy may panic before its
    // first await. It is awaited where it is made, or this function's future would hold it twice.
    CatchPanic::new(async {
        match caller {
            Some(principal) => policy.decide(principal, resource).await,
            None => policy.decide_anonymous(resource).await,
        }
    })
    .await
    .unwrap_or_else(internal_error)
}

/// The decision, if it can be made without waiting.
pub(crate) fn evaluate_now<P, R: ?Sized>(
    policy: &(impl Policy<P, R> + ?Sized),
    caller: Option<&P>,
    resource: &R,
) -> Option<Decision> {
    catch_panic(|| policy.decide_without_waiting(caller, resource, Internal::TOKEN))
        .unwrap_or_else(|panicked| Some(internal_error(panicked)))
}

/// As [`evaluate_now`], with the decision as a result.
///
/// A decision is much larger than a denial, so it is converted inside `catch_panic`, which moves what
/// it returns.
#[inline(always)]
pub(crate) fn check_now<P, R: ?Sized>(
    policy: &(impl Policy<P, R> + ?Sized),
    caller: Option<&P>,
    resource: &R,
) -> Option<Result<(), Denial>> {
    catch_panic(|| match policy.decide_without_waiting(caller, resource, Internal::TOKEN)? {
        Decision::Permit => Some(Ok(())),
        decision => Some(into_result(policy, caller, decision)),
    })
    .unwrap_or_else(|panicked| Some(into_result(policy, caller, internal_error(panicked))))
}

/// The decision of a policy whose time limit has passed.
pub(crate) fn timed_out<P, R: ?Sized>(policy: &impl Policy<P, R>) -> Decision {
    catch_panic(|| policy.timed_out()).unwrap_or_else(internal_error)
}

pub(super) fn internal_error(panicked: Panicked) -> Decision {
    Decision::internal_error().with_source(panicked)
}

/// `Ok` for a permit, or the denial.
pub(crate) fn into_result<P, R: ?Sized>(
    policy: &(impl Policy<P, R> + ?Sized),
    caller: Option<&P>,
    decision: Decision,
) -> Result<(), Denial> {
    let reason = match decision {
        Decision::Permit => return Ok(()),
        Decision::Deny(reason) | Decision::Undecided(reason) => reason,
    };
    let denial = reason.into_denial();
    let names_scopes = denial.requirement().is_some_and(|requirement| requirement.names_scopes());
    let Some(principal) = caller.filter(|_| names_scopes && !denial.is_concealed()) else {
        return Err(denial);
    };
    let mut granted = GrantedScopes::default();
    // If this panics, the refusal stands, with the scopes that the policy has named.
    let _ = catch_panic(|| policy.granted_scopes(principal, &mut granted));
    Err(denial.map_requirement(|requirement| requirement.and_granted(granted)))
}
