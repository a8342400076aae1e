//! A shared identity.

use std::future::Future;
use std::sync::Arc;

use http::HeaderValue;
use http::request::Parts;

use super::{Identity, IdentityInfo};
use crate::challenge::Challenges;
use crate::denial::{Cause, Unauthenticated};

impl<I: Identity> Identity for Arc<I> {
    type Principal = I::Principal;

    fn describe(&self) -> IdentityInfo {
        I::describe(self)
    }

    fn identify(
        &self,
        request: &Parts,
    ) -> impl Future<Output = Result<Self::Principal, Unauthenticated>> + Send {
        I::identify(self, request)
    }

    fn identify_now(&self, request: &Parts) -> Option<Result<Self::Principal, Unauthenticated>> {
        I::identify_now(self, request)
    }

    fn identify_now_by(
        &self,
        request: &Parts,
        authorization: Option<&HeaderValue>,
    ) -> Option<Result<Self::Principal, Unauthenticated>> {
        I::identify_now_by(self, request, authorization)
    }

    fn per_response_challenges(&self, cause: Cause, attempted: Option<&str>) -> Option<Challenges> {
        I::per_response_challenges(self, cause, attempted)
    }

    fn request_challenges(&self, request: &Parts) -> Option<Challenges> {
        I::request_challenges(self, request)
    }

    fn account(&self, request: &Parts) -> Option<String> {
        I::account(self, request)
    }
}
