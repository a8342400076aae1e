//! What can be wrong with a concealment, when it is built.

use http::HeaderName;

/// A concealment that would not conceal; found when the layer is built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidConcealment {
    /// No path begins like this.
    #[error(
        "`{0}` is not the beginning of a path: write it as `/vault`, decoded, without `.` or `..` \
         segments, a query or a fragment"
    )]
    Prefix(Box<str>),
    /// The field tells what exists, or how the answer is framed.
    #[error(
        "a 404 cannot keep the field `{0}` of the answer it replaces: it would tell what is hidden \
         from what is missing, or describe a body that is gone"
    )]
    Field(HeaderName),
    /// So little levels nothing, and nobody waits for so much.
    #[error(
        "a time floor of {0:?} levels nothing or is never over: take what a slow refusal needs, \
         from a millisecond to an hour"
    )]
    Floor(std::time::Duration),
    /// A limit that admits no request, or one that cannot be counted to.
    #[error(
        "{0} requests in one period cannot be the limit: take from 1 to 16,777,215, more than \
         arrive when the service is busy"
    )]
    Limit(u32),
}
