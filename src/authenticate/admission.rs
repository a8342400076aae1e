//! Which callers a stage lets through.

use crate::denial::Unauthenticated;

/// Which requests go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// Those of a verified caller (A01).
    Required,
    /// Those without credentials as well (A02).
    Optional,
    /// Those whose credentials prove nothing as well (A09).
    Lenient,
}

impl Admission {
    /// Whether a request that failed like this goes on, anonymously.
    pub(super) fn allows_anonymous(self, failure: &Unauthenticated) -> bool {
        match self {
            Self::Required => false,
            Self::Optional => failure.is_missing(),
            Self::Lenient => failure.proves_nothing(),
        }
    }
}
