//! [`IdentityInfo`]: what a stage has to know of an identity before the first request.

use http::HeaderName;
use http::header::AUTHORIZATION;

use crate::challenge::Challenges;

/// What an [`Identity`](crate::Identity) reads and sends, the same for every request. Returned by
/// [`Identity::describe`](crate::Identity::describe).
///
/// ```
/// use http::header::{AUTHORIZATION, COOKIE};
/// use portcullis::challenge::Challenge;
/// use portcullis::IdentityInfo;
///
/// let info = IdentityInfo::new(Challenge::bearer("notes")?);
/// assert_eq!(info.headers(), [AUTHORIZATION]);
/// let info = info.reads_headers([COOKIE]).adds_response_headers();
/// assert_eq!(info.headers(), [COOKIE]);
/// # Ok::<(), portcullis::challenge::InvalidChallenge>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct IdentityInfo {
    challenges: Challenges,
    headers: Vec<HeaderName>,
    adds_response_headers: bool,
}

impl IdentityInfo {
    /// An identity that reads `Authorization`, adds no response headers, and offers these
    /// challenges on a 401, in this order.
    ///
    /// Name every scheme that the identity accepts. Credentials of another scheme are not an
    /// attempt that a [`Throttle`](crate::Throttle) sees.
    pub fn new(challenges: impl Into<Challenges>) -> Self {
        Self {
            challenges: challenges.into(),
            headers: vec![AUTHORIZATION],
            adds_response_headers: false,
        }
    }

    /// Names the request headers that the identity reads, in place of `Authorization`; none for an
    /// identity that reads only the connection or an extension.
    ///
    /// The stage refuses a request that has one of them twice (`Cookie` excepted), adds them to
    /// `Vary`, marks their values as [sensitive](http::HeaderValue::set_sensitive), and does not
    /// forward them at a proxy. A header that the identity reads without naming it has none of
    /// this protection, and a [throttled](crate::Identity::throttled) identity never sees it.
    pub fn reads_headers(self, headers: impl IntoIterator<Item = HeaderName>) -> Self {
        Self { headers: headers.into_iter().collect(), ..self }
    }

    /// Makes the stage collect the [`ResponseHeaders`](crate::identity::ResponseHeaders) of the identity.
    /// Without this there are none in the request's extensions.
    pub fn adds_response_headers(self) -> Self {
        Self { adds_response_headers: true, ..self }
    }

    /// Describes a combination of two identities: the challenges of both, equal ones once; the
    /// headers of both; and response headers if either adds some.
    pub fn and(self, other: Self) -> Self {
        Self {
            challenges: other.challenges.into_iter().fold(self.challenges, Challenges::and),
            headers: self.headers.into_iter().chain(other.headers).collect(),
            adds_response_headers: self.adds_response_headers || other.adds_response_headers,
        }
    }

    /// The challenges of a 401, in the identity's order.
    pub fn challenges(&self) -> &Challenges {
        &self.challenges
    }

    /// The request headers that the identity reads. One may be there twice in a combination.
    pub fn headers(&self) -> &[HeaderName] {
        &self.headers
    }

    /// Whether [`adds_response_headers`](Self::adds_response_headers) was called.
    pub fn has_response_headers(&self) -> bool {
        self.adds_response_headers
    }
}
