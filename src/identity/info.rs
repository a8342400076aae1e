//! [`IdentityInfo`]: what a stage has to know of an identity before the first request.

use http::HeaderName;
use http::header::{AUTHORIZATION, PROXY_AUTHORIZATION};

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
    /// Those of `headers` that may come in several lines.
    lists: Vec<HeaderName>,
    adds_response_headers: bool,
    makes_request_challenges: bool,
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
            lists: Vec::new(),
            adds_response_headers: false,
            makes_request_challenges: false,
        }
    }

    /// Names the request headers that the identity reads, in place of `Authorization`; none for an
    /// identity that reads only the connection or an extension.
    ///
    /// The stage refuses a request that has one of them twice (`Cookie` and
    /// [lists](Self::reads_list_headers) excepted), adds them to
    /// `Vary`, marks their values as [sensitive](http::HeaderValue::set_sensitive), and does not
    /// forward them at a proxy. A header that the identity reads without naming it has none of
    /// this protection, and a [throttled](crate::Identity::throttled) identity never sees it.
    pub fn reads_headers(self, headers: impl IntoIterator<Item = HeaderName>) -> Self {
        Self { headers: headers.into_iter().collect(), lists: Vec::new(), ..self }
    }

    /// Names request headers that the identity reads as well, and whose grammar is a list, such as
    /// `Sec-WebSocket-Protocol`, `Forwarded` and `X-Forwarded-Client-Cert`. They may come in several
    /// lines, which are one value joined by commas (RFC 9110 §5.3), so the stage does not refuse that
    /// ([A05](crate::semantics#a05)). Read all lines, with
    /// [`get_all`](http::HeaderMap::get_all): a proxy in between may have joined or split them.
    ///
    /// In a [combination](Self::and), a header that another identity reads as a single value stays a
    /// single value. `Authorization` and `Proxy-Authorization` are never lists.
    ///
    /// ```
    /// use http::header::SEC_WEBSOCKET_PROTOCOL;
    /// use http::request::Parts;
    /// use portcullis::challenge::Challenge;
    /// use portcullis::{Unauthenticated, identity_fn};
    ///
    /// // A browser cannot set `Authorization` on a WebSocket: its script offers the protocols
    /// // `chat` and `bearer.…`.
    /// # fn user_of(token: &str) -> Option<u32> { None }
    /// let identity = identity_fn(Challenge::bearer("chat")?, |request: &Parts| {
    ///     let lines = request.headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    ///     let mut protocols =
    ///         lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    ///     let token = protocols.find_map(|protocol| protocol.trim().strip_prefix("bearer."));
    ///     user_of(token.ok_or(Unauthenticated::missing())?).ok_or(Unauthenticated::invalid())
    /// });
    /// let identity = identity.reads_headers([]).reads_list_headers([SEC_WEBSOCKET_PROTOCOL]);
    /// # Ok::<(), portcullis::challenge::InvalidChallenge>(())
    /// ```
    pub fn reads_list_headers(mut self, headers: impl IntoIterator<Item = HeaderName>) -> Self {
        for name in headers {
            if ![AUTHORIZATION, PROXY_AUTHORIZATION].contains(&name) {
                self.lists.push(name.clone());
            }
            if !self.headers.contains(&name) {
                self.headers.push(name);
            }
        }
        self
    }

    /// Makes the stage collect the [`ResponseHeaders`](crate::identity::ResponseHeaders) of the identity.
    /// Without this there are none in the request's extensions.
    pub fn adds_response_headers(self) -> Self {
        Self { adds_response_headers: true, ..self }
    }

    /// Makes the stage ask for the
    /// [challenges of each request](crate::Identity::request_challenges). Without this they are not
    /// sent.
    pub fn makes_request_challenges(self) -> Self {
        Self { makes_request_challenges: true, ..self }
    }

    /// Describes a combination of two identities: the challenges of both, equal ones once; the
    /// headers of both; and response headers if either adds some.
    pub fn and(self, other: Self) -> Self {
        // A header is a list if all that read it say so.
        let is_list = |name: &HeaderName| {
            let is_single = |info: &Self| info.headers.contains(name) && !info.lists.contains(name);
            !is_single(&self) && !is_single(&other)
        };
        let lists = self.lists.iter().chain(&other.lists);
        let lists = lists.filter(|name| is_list(name)).cloned().collect();
        Self {
            lists,
            challenges: other.challenges.into_iter().fold(self.challenges, Challenges::and),
            headers: self.headers.into_iter().chain(other.headers).collect(),
            adds_response_headers: self.adds_response_headers || other.adds_response_headers,
            makes_request_challenges: self.makes_request_challenges
                || other.makes_request_challenges,
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

    /// Those of the [headers](Self::headers) that may come in several lines.
    pub fn list_headers(&self) -> &[HeaderName] {
        &self.lists
    }

    /// Whether [`adds_response_headers`](Self::adds_response_headers) was called.
    pub fn has_response_headers(&self) -> bool {
        self.adds_response_headers
    }

    /// Whether [`makes_request_challenges`](Self::makes_request_challenges) was called.
    pub fn has_request_challenges(&self) -> bool {
        self.makes_request_challenges
    }
}
