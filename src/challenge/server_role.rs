//! The role of the server that sends challenges: origin or proxy. It decides the header names.

use http::header::{HeaderName, PROXY_AUTHENTICATE, WWW_AUTHENTICATE};

use super::{Challenge, scheme};

/// The role of the server that sends the challenges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServerRole {
    /// The server that has the resource (RFC 9110 §11.6).
    Origin,
    /// A proxy on the way to it (RFC 9110 §11.7).
    Proxy,
}

impl ServerRole {
    /// The header of its challenges.
    pub(crate) fn challenge_header(self) -> HeaderName {
        match self {
            Self::Origin => WWW_AUTHENTICATE,
            Self::Proxy => PROXY_AUTHENTICATE,
        }
    }

    /// The name that a response header has in this role: `Proxy-Authentication-Info` at a proxy.
    pub(crate) fn info_header(self, name: HeaderName) -> HeaderName {
        match self {
            Self::Proxy if name == "authentication-info" => {
                HeaderName::from_static("proxy-authentication-info")
            }
            _ => name,
        }
    }

    /// The challenge as this role sends it, or `None` if it must not: a proxy has no DPoP
    /// (RFC 9449 §7.1), and its Digest has no `domain` (RFC 7616 §3.3).
    pub(crate) fn adapt(self, challenge: Challenge) -> Option<Challenge> {
        match self {
            Self::Origin => Some(challenge),
            Self::Proxy if challenge.is(scheme::DPOP) => None,
            Self::Proxy if challenge.is(scheme::DIGEST) => {
                let adapted = challenge.to_builder().remove_param("domain").build();
                Some(adapted.unwrap_or(challenge))
            }
            Self::Proxy => Some(challenge),
        }
    }
}
