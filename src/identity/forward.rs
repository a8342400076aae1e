//! How an identity forwards requests to another one.

/// The methods of an [`Identity`](crate::Identity) that forwards each request to the identity in this
/// field, whose principals are its own. What it says of itself, and its challenges for a request, are left
/// to it.
macro_rules! forward_requests {
    ($to:ident) => {
        async fn identify(
            &self,
            request: &http::request::Parts,
        ) -> Result<Self::Principal, crate::Unauthenticated> {
            self.$to.identify(request).await
        }

        fn identify_now(
            &self,
            request: &http::request::Parts,
        ) -> Option<Result<Self::Principal, crate::Unauthenticated>> {
            self.$to.identify_now(request)
        }

        #[inline]
        fn identify_now_by(
            &self,
            request: &http::request::Parts,
            authorization: Option<&http::HeaderValue>,
        ) -> Option<Result<Self::Principal, crate::Unauthenticated>> {
            self.$to.identify_now_by(request, authorization)
        }

        fn per_response_challenges(
            &self,
            cause: crate::Cause,
            attempted: Option<&str>,
        ) -> Option<crate::challenge::Challenges> {
            self.$to.per_response_challenges(cause, attempted)
        }

        fn account(&self, request: &http::request::Parts) -> Option<String> {
            self.$to.account(request)
        }
    };
}

pub(crate) use forward_requests;
