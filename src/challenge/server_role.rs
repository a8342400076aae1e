//! Who challenges: the origin server or a proxy. The same schemes, in other fields.

use http::header::{HeaderName, PROXY_AUTHENTICATE, WWW_AUTHENTICATE};

use super::{Challenge, scheme};

/// Who challenges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServerRole {
    /// The server that has the resource (RFC 9110 §11.6).
    Origin,
    /// A proxy on the way to it (RFC 9110 §11.7).
    Proxy,
}

impl ServerRole {
    /// The field that its challenges are in.
    pub(crate) fn challenge_header(self) -> HeaderName {
        match self {
            Self::Origin => WWW_AUTHENTICATE,
            Self::Proxy => PROXY_AUTHENTICATE,
        }
    }

    /// The name of an answer's field in its mouth.
    pub(crate) fn info_header(self, field: HeaderName) -> HeaderName {
        match self {
            Self::Proxy if field == "authentication-info" => {
                HeaderName::from_static("proxy-authentication-info")
            }
            _ => field,
        }
    }

    /// The challenge in its mouth, if it has any there: a proxy knows no DPoP (RFC 9449 §7.1), and
    /// its Digest has no `domain` (RFC 7616 §3.3).
    pub(crate) fn adapt(self, challenge: Challenge) -> Option<Challenge> {
        match self {
            Self::Origin => Some(challenge),
            Self::Proxy if challenge.is(scheme::DPOP) => None,
            Self::Proxy if challenge.is(scheme::DIGEST) => {
                let fitting = challenge.to_builder().remove_param("domain").build();
                Some(fitting.unwrap_or(challenge))
            }
            Self::Proxy => Some(challenge),
        }
    }
}
