//! How an `async fn` in a trait becomes a future that can be stored without a box.
//!
//! The future of [`Identity::identify`] cannot be named. But a closure that calls it has a type,
//! and `Fn(…) -> Fut` names the future for it: the constructor of the layer makes that closure
//! and hides both behind `impl Identify`.

use std::future::Future;
use std::sync::Arc;

use http::HeaderValue;
use http::request::Parts;

use crate::catch_panic::{CatchPanic, catch_panic};
use crate::challenge::Challenges;
use crate::denial::{Cause, Unauthenticated};
use crate::identity::Identity;

/// The request's head, given back, and who sent it; or why neither is to be had.
pub type Identified<P> = Result<(Parts, Result<P, Unauthenticated>), Unauthenticated>;

/// An [`Identity`] with a future that can be stored: what [`AuthenticateLayer`] is generic over.
/// Only this crate implements it.
///
/// [`AuthenticateLayer`]: crate::AuthenticateLayer
pub trait IdentityService: Clone + Send + Sync + 'static + sealed::Sealed {
    /// Whoever sent the request.
    type Principal: Clone + Send + Sync + 'static;

    #[doc(hidden)]
    type Future: Future<Output = Identified<Self::Principal>> + Send;

    #[doc(hidden)]
    fn identify_now(
        &self,
        request: &Parts,
        authorization: Option<&HeaderValue>,
    ) -> Option<Result<Self::Principal, Unauthenticated>>;

    #[doc(hidden)]
    fn identify(&self, request: Parts) -> Self::Future;

    #[doc(hidden)]
    fn per_response_challenges(&self, cause: Cause, attempted: Option<&str>) -> Option<Challenges>;
}

pub(super) mod sealed {
    pub trait Sealed {}
}

/// An identity and the closure that names its future.
struct IdentityFnAdapter<I, F> {
    identity: Arc<I>,
    ask: F,
}

/// The one place where the future of an identity is made.
pub(super) fn adapt<I: Identity>(identity: I) -> impl IdentityService<Principal = I::Principal> {
    let ask = |identity: Arc<I>, request: Parts| async move {
        // The future is made inside the guarded one: `identify` may panic before its first await.
        let answer = CatchPanic::new(async { identity.identify(&request).await }).await;
        let answer = answer.unwrap_or_else(|panicked| {
            Err(Unauthenticated::internal_error().with_source(panicked))
        });
        Ok((request, answer))
    };
    IdentityFnAdapter { identity: Arc::new(identity), ask }
}

impl<I, F: Clone> Clone for IdentityFnAdapter<I, F> {
    fn clone(&self) -> Self {
        Self { identity: self.identity.clone(), ask: self.ask.clone() }
    }
}

impl<I, F> sealed::Sealed for IdentityFnAdapter<I, F> {}

impl<I, F, Fut> IdentityService for IdentityFnAdapter<I, F>
where
    I: Identity,
    F: Fn(Arc<I>, Parts) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Identified<I::Principal>> + Send,
{
    type Principal = I::Principal;
    type Future = Fut;

    #[inline(always)]
    fn identify_now(
        &self,
        request: &Parts,
        authorization: Option<&HeaderValue>,
    ) -> Option<Result<I::Principal, Unauthenticated>> {
        catch_panic(|| self.identity.identify_now_by(request, authorization)).unwrap_or_else(
            |panicked| Some(Err(Unauthenticated::internal_error().with_source(panicked))),
        )
    }

    fn identify(&self, request: Parts) -> Fut {
        (self.ask)(self.identity.clone(), request)
    }

    fn per_response_challenges(&self, cause: Cause, attempted: Option<&str>) -> Option<Challenges> {
        // An identity that panics here has prepared challenges still.
        catch_panic(|| self.identity.per_response_challenges(cause, attempted)).ok().flatten()
    }
}
