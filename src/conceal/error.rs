//! Why a [`ConcealLayer`](super::ConcealLayer) cannot be built.

use http::HeaderName;

/// A configuration of [`ConcealLayer`](crate::ConcealLayer) that would not conceal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidConcealment {
    /// The prefix is not the beginning of any path, once that is decoded.
    #[error(
        "`{0}` is not the beginning of a path: write it as `/vault`, decoded, without `.` or `..` \
         segments, a query, a fragment, or a parameter of a route such as `{{id}}`"
    )]
    Prefix(Box<str>),
    /// The header shows what exists, or describes the body that was replaced.
    #[error(
        "a 404 cannot keep the header `{0}` of the response it replaces: it would show what exists, \
         or describe a body that is gone"
    )]
    Header(HeaderName),
    /// The time floor is shorter than a millisecond or longer than an hour.
    #[error(
        "a time floor of {0:?} is too short to hide the work, or too long to wait for: take what a \
         slow refusal needs, from a millisecond to an hour"
    )]
    Floor(std::time::Duration),
    /// The limit admits no request, or is above 16,777,215.
    #[error(
        "{0} requests in one period cannot be the limit: take from 1 to 16,777,215, more than \
         arrive when the service is busy"
    )]
    Limit(u32),
}
