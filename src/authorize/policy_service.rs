//! [`PolicyService`]: a [`Policy`] whose future can be stored without a box, as
//! [`IdentityService`](crate::authenticate::IdentityService) is for identities.

use std::future::Future;
use std::sync::Arc;

use http::Method;
use http::request::Parts;

use crate::denial::Denial;
use crate::policy::{Decision, Policy, check_now, evaluate_waiting, into_result, timed_out};
use crate::preflight::ExemptPreflight;
use crate::principal::caller;

/// The request head and the decision, or a denial if a time limit dropped the future and the request
/// head with it.
pub type Decided = Result<(Parts, Result<(), Denial>), Denial>;

/// A [`Policy`] with a future that can be stored. [`AuthorizeLayer`] is generic over it, and only this
/// crate implements it.
///
/// [`AuthorizeLayer`]: crate::AuthorizeLayer
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the policy of a layer about `{P}`",
    note = "`AuthorizeLayer::new` makes a `PolicyService` of a policy: a function that returns the layer \
            returns `AuthorizeLayer<{P}, impl PolicyService<{P}>>`"
)]
pub trait PolicyService<P>: Clone + Send + Sync + 'static + sealed::Sealed {
    #[doc(hidden)]
    type Future: Future<Output = Decided> + Send;

    #[doc(hidden)]
    fn decide_now(&self, request: &Parts) -> Option<Result<(), Denial>>;

    #[doc(hidden)]
    fn decide(&self, request: Parts) -> Self::Future;

    #[doc(hidden)]
    fn timed_out(&self) -> Decision;
}

pub(super) mod sealed {
    pub trait Sealed {}
}

/// A policy and the closure that names its future.
struct PolicyFnAdapter<Q, F> {
    policy: Arc<Q>,
    decide: F,
}

/// Adapts a policy. This is the only place where its future is created.
pub(super) fn adapt<P, Q>(policy: Q) -> impl PolicyService<P>
where
    P: Send + Sync + 'static,
    Q: Policy<P> + 'static,
{
    let decide = |policy: Arc<Q>, request: Parts| async move {
        let result = match caller::<P>(&request.extensions) {
            Ok(caller) => {
                let decision = evaluate_waiting(&*policy, caller, &request).await;
                into_result(&*policy, caller, decision)
            }
            Err(no_stage) => Err(no_stage.into_denial::<P>()),
        };
        Ok((request, result))
    };
    PolicyFnAdapter { policy: Arc::new(policy), decide }
}

impl<Q, F: Clone> Clone for PolicyFnAdapter<Q, F> {
    fn clone(&self) -> Self {
        Self { policy: self.policy.clone(), decide: self.decide.clone() }
    }
}

impl<Q, F> sealed::Sealed for PolicyFnAdapter<Q, F> {}

impl<P, Q, F, Fut> PolicyService<P> for PolicyFnAdapter<Q, F>
where
    P: Send + Sync + 'static,
    Q: Policy<P> + 'static,
    F: Fn(Arc<Q>, Parts) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Decided> + Send,
{
    type Future = Fut;

    #[inline(always)]
    fn decide_now(&self, request: &Parts) -> Option<Result<(), Denial>> {
        // The missing stage is detected before the policy runs: otherwise `conceal(…)` would return
        // 404 where 500 is right (C09).
        match caller::<P>(&request.extensions) {
            // An exempt preflight is refused even if a stage further in has identified the caller: the one
            // that let it through has not. A principal is there for most requests, and few are `OPTIONS`.
            Ok(caller)
                if (caller.is_none() || request.method == Method::OPTIONS)
                    && ExemptPreflight::is_on(&request.extensions) =>
            {
                Some(Err(Denial::identity_needed()))
            }
            Ok(caller) => check_now(&*self.policy, caller, request),
            Err(no_stage) => Some(Err(no_stage.into_denial::<P>())),
        }
    }

    fn decide(&self, request: Parts) -> Fut {
        (self.decide)(self.policy.clone(), request)
    }

    fn timed_out(&self) -> Decision {
        timed_out(&*self.policy)
    }
}
