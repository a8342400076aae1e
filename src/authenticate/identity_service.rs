//! [`IdentityService`]: an [`Identity`] whose future can be stored without a box.
//!
//! The future of the `async fn` [`Identity::identify`] cannot be named. But a closure that calls it
//! has a type, and the bound `Fn(…) -> Fut` names the future: the constructor of the layer creates
//! that closure and hides both behind `impl IdentityService`.

use std::future::Future;
use std::sync::Arc;

use http::HeaderValue;
use http::request::Parts;

use crate::catch_panic::{CatchPanic, catch_panic};
use crate::challenge::Challenges;
use crate::denial::{Cause, Unauthenticated};
use crate::identity::Identity;

/// The request head and the identity's result, or an error if a time limit dropped the future and the
/// request head with it.
pub type Identified<P> = Result<(Parts, Result<P, Unauthenticated>), Unauthenticated>;

/// An [`Identity`] with a future that can be stored. [`AuthenticateLayer`] is generic over it, and
/// only this crate implements it.
///
/// [`AuthenticateLayer`]: crate::AuthenticateLayer
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the identity of a layer",
    note = "`AuthenticateLayer::new` makes an `IdentityService` of an identity: a function that returns \
            the layer returns `AuthenticateLayer<impl IdentityService<Principal = User>>`"
)]
pub trait IdentityService: Clone + Send + Sync + 'static + sealed::Sealed {
    /// The identity's [principal](Identity::Principal).
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

    #[doc(hidden)]
    fn request_challenges(&self, request: &Parts) -> Option<Challenges>;
}

pub(super) mod sealed {
    pub trait Sealed {}
}

/// An identity and the closure that names its future.
struct IdentityFnAdapter<I, F> {
    identity: Arc<I>,
    identify: F,
}

/// Adapts an identity. This is the only place where its future is created.
pub(super) fn adapt<I: Identity>(identity: I) -> impl IdentityService<Principal = I::Principal> {
    let identify = |identity: Arc<I>, request: Parts| async move {
        // `identify` is called inside the caught future, since it may panic before its first await.
        let identified = CatchPanic::new(async { identity.identify(&request).await }).await;
        let identified = identified.unwrap_or_else(|panicked| {
            Err(Unauthenticated::internal_error().with_source(panicked))
        });
        Ok((request, identified))
    };
    IdentityFnAdapter { identity: Arc::new(identity), identify }
}

impl<I, F: Clone> Clone for IdentityFnAdapter<I, F> {
    fn clone(&self) -> Self {
        Self { identity: self.identity.clone(), identify: self.identify.clone() }
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
        (self.identify)(self.identity.clone(), request)
    }

    fn per_response_challenges(&self, cause: Cause, attempted: Option<&str>) -> Option<Challenges> {
        // If the identity panics here, the response gets the prepared challenges.
        catch_panic(|| self.identity.per_response_challenges(cause, attempted)).ok().flatten()
    }

    fn request_challenges(&self, request: &Parts) -> Option<Challenges> {
        catch_panic(|| self.identity.request_challenges(request)).ok().flatten()
    }
}
