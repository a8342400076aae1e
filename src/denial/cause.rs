//! Why a request was refused, and the fixed text that says so.

/// Why a request was refused: one variant per situation of the [decision table](crate::semantics).
///
/// ```
/// use portcullis::{Cause, Denial};
///
/// assert_eq!(Denial::forbidden().cause(), Cause::Forbidden);
/// assert_eq!(Cause::InsufficientScope.as_str(), "insufficient_scope");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The request carries no credentials that an identity of the stage reads.
    Missing,
    /// The credentials do not have the form of their scheme.
    Malformed,
    /// Credentials were sent more than once.
    Ambiguous,
    /// The credentials lack a part, contradict themselves, or are for another request.
    InvalidRequest,
    /// The credentials are well formed and wrong.
    Invalid,
    /// The credentials were valid and have expired.
    Expired,
    /// The credentials are right, and their nonce or its count is not accepted any more.
    Stale,
    /// The credentials are valid and the account is suspended or locked.
    Suspended,
    /// Too many attempts failed: this one was not evaluated.
    Throttled,
    /// A policy needs an authenticated caller, and this one is anonymous.
    IdentityNeeded,
    /// The handler wants the caller to authenticate again.
    Reauthenticate,
    /// The caller is authenticated and not permitted.
    Forbidden,
    /// The caller's token lacks scopes.
    InsufficientScope,
    /// The caller's authentication is too weak or too old.
    InsufficientAuthentication,
    /// The resource does not exist.
    NotFound,
    /// The resource was removed for good.
    Gone,
    /// The check could not be made: a store or a policy engine does not answer.
    Unavailable,
    /// The service is at fault: a panic, or stages in the wrong order.
    InternalError,
}

impl Cause {
    pub(crate) const ALL: [Self; 18] = [
        Self::Missing,
        Self::Malformed,
        Self::Ambiguous,
        Self::InvalidRequest,
        Self::Invalid,
        Self::Expired,
        Self::Stale,
        Self::Suspended,
        Self::Throttled,
        Self::IdentityNeeded,
        Self::Reauthenticate,
        Self::Forbidden,
        Self::InsufficientScope,
        Self::InsufficientAuthentication,
        Self::NotFound,
        Self::Gone,
        Self::Unavailable,
        Self::InternalError,
    ];

    /// The cause in one word, for logs and counters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed => "malformed",
            Self::Ambiguous => "ambiguous",
            Self::InvalidRequest => "invalid_request",
            Self::Invalid => "invalid",
            Self::Expired => "expired",
            Self::Stale => "stale",
            Self::Suspended => "suspended",
            Self::Throttled => "throttled",
            Self::IdentityNeeded => "identity_needed",
            Self::Reauthenticate => "reauthenticate",
            Self::Forbidden => "forbidden",
            Self::InsufficientScope => "insufficient_scope",
            Self::InsufficientAuthentication => "insufficient_user_authentication",
            Self::NotFound => "not_found",
            Self::Gone => "gone",
            Self::Unavailable => "unavailable",
            Self::InternalError => "internal_error",
        }
    }

    /// The `detail` of the response (RFC 9457 §3.1.4), the same for every request that is refused
    /// for this cause; a 407 says the same of the proxy. It does not reveal whether the user or the
    /// password was wrong.
    pub const fn detail(self) -> &'static str {
        match self {
            Self::Missing | Self::IdentityNeeded => "This resource requires authentication.",
            Self::Malformed => "The credentials are malformed.",
            Self::Ambiguous => "Credentials were sent more than once.",
            Self::InvalidRequest => "The credentials are incomplete, or not for this request.",
            Self::Invalid => "The credentials are not valid.",
            Self::Expired | Self::Stale => "The credentials have expired.",
            Self::Reauthenticate => "This resource requires fresh authentication.",
            Self::Suspended => "The account may not be used at present.",
            Self::Throttled => "Too many attempts. Try again later.",
            Self::Forbidden => "You are not permitted to do this.",
            Self::InsufficientScope => "The access token lacks a scope that this requires.",
            Self::InsufficientAuthentication => {
                "This requires a stronger or more recent authentication."
            }
            Self::NotFound => "There is no such resource.",
            Self::Gone => "The resource was removed and will not return.",
            Self::Unavailable => "Authorization is temporarily unavailable. Try again later.",
            Self::InternalError => "Internal authorization error.",
        }
    }

    /// The `detail` of a 407, for the causes that can have that status.
    pub(crate) const fn detail_at_proxy(self) -> Option<&'static str> {
        Some(match self {
            Self::Missing | Self::IdentityNeeded => {
                "Authenticate to the proxy to send this request."
            }
            Self::Malformed => "The credentials for the proxy are malformed.",
            Self::Invalid => "The credentials for the proxy are not valid.",
            Self::Expired | Self::Stale => "The credentials for the proxy have expired.",
            Self::Reauthenticate => "Authenticate to the proxy again to send this request.",
            Self::InsufficientAuthentication => {
                "The proxy requires a stronger or more recent authentication."
            }
            _ => return None,
        })
    }

    /// The `error` and `error_description` of RFC 6750 §3.1 and RFC 9470 §3, if the cause has them.
    pub(crate) const fn oauth_error(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Malformed => Some(("invalid_token", "The access token is malformed")),
            Self::Invalid => Some(("invalid_token", "The access token is not valid")),
            Self::Expired | Self::Stale => Some(("invalid_token", "The access token expired")),
            Self::Ambiguous => {
                Some(("invalid_request", "The request carries credentials more than once"))
            }
            Self::InvalidRequest => {
                Some(("invalid_request", "The credentials are incomplete, or not for this request"))
            }
            Self::InsufficientScope => {
                Some(("insufficient_scope", "The access token lacks a scope that this requires"))
            }
            Self::InsufficientAuthentication => Some((
                "insufficient_user_authentication",
                "A stronger or more recent authentication is required",
            )),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Cause;

    #[test]
    fn f01_every_cause_is_in_the_list_at_its_own_index() {
        for (index, cause) in Cause::ALL.into_iter().enumerate() {
            assert_eq!(cause as usize, index, "{cause:?}");
        }
    }
}
