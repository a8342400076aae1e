//! [`Map`]: an identity with a converted principal.

use std::fmt;

use http::HeaderValue;
use http::request::Parts;

use super::{Identity, IdentityInfo};
use crate::challenge::Challenges;
use crate::denial::{Cause, Unauthenticated};

/// An identity whose principal is converted into another type. Returned by [`Identity::map`].
#[derive(Clone)]
pub struct Map<I, F> {
    identity: I,
    into: F,
}

impl<I, F> Map<I, F> {
    pub(super) fn new(identity: I, into: F) -> Self {
        Self { identity, into }
    }
}

impl<I, F, T> Identity for Map<I, F>
where
    I: Identity,
    F: Fn(I::Principal) -> T + Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
{
    type Principal = T;

    fn describe(&self) -> IdentityInfo {
        self.identity.describe()
    }

    async fn identify(&self, request: &Parts) -> Result<T, Unauthenticated> {
        self.identity.identify(request).await.map(&self.into)
    }

    fn identify_now(&self, request: &Parts) -> Option<Result<T, Unauthenticated>> {
        self.identity.identify_now(request).map(|result| result.map(&self.into))
    }

    fn identify_now_by(
        &self,
        request: &Parts,
        authorization: Option<&HeaderValue>,
    ) -> Option<Result<T, Unauthenticated>> {
        let result = self.identity.identify_now_by(request, authorization)?;
        Some(result.map(&self.into))
    }

    fn per_response_challenges(&self, cause: Cause, attempted: Option<&str>) -> Option<Challenges> {
        self.identity.per_response_challenges(cause, attempted)
    }

    fn request_challenges(&self, request: &Parts) -> Option<Challenges> {
        self.identity.request_challenges(request)
    }

    fn account(&self, request: &Parts) -> Option<String> {
        self.identity.account(request)
    }
}

impl<I: fmt::Debug, F> fmt::Debug for Map<I, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map").field("identity", &self.identity).finish_non_exhaustive()
    }
}
