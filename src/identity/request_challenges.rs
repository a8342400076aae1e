//! [`RequestChallenges`]: an identity whose challenges depend on the request.

use std::fmt;

use http::request::Parts;

use super::forward::forward_requests;
use super::{Identity, IdentityInfo};
use crate::challenge::Challenges;

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

    forward_requests!(identity);

    /// The closure's, and the inner identity's for other schemes.
    fn request_challenges(&self, request: &Parts) -> Option<Challenges> {
        let inner = self.identity.request_challenges(request);
        let Some(own) = (self.challenge)(request).map(Into::into) else { return inner };
        let others =
            inner.and_then(|it| it.filter(|it| !own.iter().any(|own| own.is(it.scheme()))));
        Some(others.into_iter().flatten().fold(own, Challenges::and))
    }
}

impl<I: fmt::Debug, F> fmt::Debug for RequestChallenges<I, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestChallenges")
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}
