//! What kind of incident a cause belongs to.

use http::StatusCode;

use super::Cause;

/// The kind of incident that a refusal belongs to, as one word for dashboards and alerts.
///
/// ```
/// use portcullis::Cause;
/// use portcullis::observe::Class;
///
/// assert_eq!(Cause::Expired.class(), Class::Identity);
/// assert_eq!(Cause::Unavailable.class(), Class::Ours);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Class {
    /// The credentials are missing or not accepted. If there are many: a key rotation, a wrong clock, a proxy
    /// that removes the header.
    Identity,
    /// The caller is not permitted to do this: it lacks a role or a scope, its login is too weak or too old,
    /// or its account is suspended.
    Policy,
    /// The resource does not exist, or the caller must not know that it does.
    Absence,
    /// The caller has made too many attempts.
    Load,
    /// The check itself failed. Such refusals count against the service level; those of the other classes
    /// do not.
    Ours,
}

impl Class {
    /// The class in one word, for logs and counters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Policy => "policy",
            Self::Absence => "absence",
            Self::Load => "load",
            Self::Ours => "ours",
        }
    }

    /// The class of a refusal that the service has sent itself, without a [`Denial`](crate::Denial).
    /// `None` for a status that is not a refusal, and for 5xx: a 503 of the service does not say that the
    /// check has failed.
    pub const fn of_status(status: StatusCode) -> Option<Self> {
        match status.as_u16() {
            401 | 407 => Some(Self::Identity),
            403 => Some(Self::Policy),
            404 | 410 => Some(Self::Absence),
            429 => Some(Self::Load),
            _ => None,
        }
    }
}

impl Cause {
    /// The class of incident that this cause belongs to.
    pub const fn class(self) -> Class {
        match self {
            Self::Missing
            | Self::Malformed
            | Self::Ambiguous
            | Self::InvalidRequest
            | Self::Invalid
            | Self::Expired
            | Self::Stale
            | Self::IdentityNeeded
            | Self::Reauthenticate => Class::Identity,
            Self::Suspended
            | Self::Forbidden
            | Self::InsufficientScope
            | Self::InsufficientAuthentication => Class::Policy,
            Self::NotFound | Self::Gone => Class::Absence,
            Self::Throttled => Class::Load,
            Self::Unavailable | Self::InternalError => Class::Ours,
        }
    }
}
