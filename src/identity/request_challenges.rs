//! [`RequestChallenges`]: an identity whose challenges depend on the request.

use std::fmt;

use http::HeaderValue;
use http::request::Parts;

use super::{Identity, IdentityInfo};
use crate::challenge::Challenges;
use crate::denial::{Cause, Unauthenticated};

/// An identity whose challenges a closure makes for each request. Returned by
/// [`Identity::challenge_by`].
#[derive(Clone)]
pub struct RequestChallenges<I, F> {
    identity: I,
    challenge: F,
}

impl<I, F> RequestChallenges<I, F> {
    pub(super) fn new(identity: I, challenge: F) -> Self {
        Self { identity, challenge }
    }
}

impl<I, F, C> Identity for RequestChallenges<I, F>
where
    I: Identity,
    F: Fn(&Parts) -> Option<C> + Send + Sync + 'static,
    C: Into<Challenges>,
{
    type Principal = I::Principal;

    fn describe(&self) -> IdentityInfo {
        self.identity.describe().makes_request_challenges()
    }

    async fn identify(&self, request: &Parts) -> Result<I::Principal, Unauthenticated> {
        self.identity.identify(request).await
    }

    fn identify_now(&self, request: &Parts) -> Option<Result<I::Principal, Unauthenticated>> {
        self.identity.identify_now(request)
    }

    fn identify_now_by(
        &self,
        request: &Parts,
        authorization: Option<&HeaderValue>,
    ) -> Option<Result<I::Principal, Unauthenticated>> {
        self.identity.identify_now_by(request, authorization)
    }

    fn per_response_challenges(&self, cause: Cause, attempted: Option<&str>) -> Option<Challenges> {
        self.identity.per_response_challenges(cause, attempted)
    }

    /// The closure's, and the inner identity's for other schemes.
    fn request_challenges(&self, request: &Parts) -> Option<Challenges> {
        let inner = self.identity.request_challenges(request);
        let Some(own) = (self.challenge)(request).map(Into::into) else { return inner };
        let others =
            inner.and_then(|it| it.filter(|it| !own.iter().any(|own| own.is(it.scheme()))));
        Some(others.into_iter().flatten().fold(own, Challenges::and))
    }

    fn account(&self, request: &Parts) -> Option<String> {
        self.identity.account(request)
    }
}

impl<I: fmt::Debug, F> fmt::Debug for RequestChallenges<I, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestChallenges")
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}
