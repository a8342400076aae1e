//! What a stage offers: the parameters of its challenges.

use super::{DigestAlgorithm, InvalidDigest};
use crate::challenge::{Challenge, Challenges, InvalidChallenge, scheme};

/// All of a challenge but its nonce.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    pub(super) realm: std::sync::Arc<str>,
    /// Strongest first, at least one.
    pub(super) algorithms: Vec<DigestAlgorithm>,
    pub(super) userhash: bool,
    pub(super) domain: Option<String>,
    pub(super) opaque: Option<String>,
}

impl Offer {
    /// A challenge per algorithm (RFC 7616 §3.7). They share their nonce, as in §3.9.1: some
    /// clients mix the parameters of several challenges up.
    pub(super) fn challenges(
        &self,
        nonce: &str,
        stale: bool,
    ) -> Result<Challenges, InvalidChallenge> {
        let first = self.challenge(self.first(), nonce, stale)?;
        let rest = self.algorithms.iter().skip(1);
        rest.map(|algorithm| self.challenge(*algorithm, nonce, stale))
            .try_fold(Challenges::new(first), |challenges, next| Ok(challenges.and(next?)))
    }

    fn challenge(
        &self,
        algorithm: DigestAlgorithm,
        nonce: &str,
        stale: bool,
    ) -> Result<Challenge, InvalidChallenge> {
        let mut challenge = Challenge::builder(scheme::DIGEST).realm(&self.realm);
        if let Some(domain) = &self.domain {
            challenge = challenge.param("domain", domain);
        }
        challenge = challenge.param("nonce", nonce);
        if let Some(opaque) = &self.opaque {
            challenge = challenge.param("opaque", opaque);
        }
        challenge = challenge
            .token_param("algorithm", algorithm.as_str())
            .param("qop", "auth")
            .token_param("charset", "UTF-8");
        if self.userhash {
            challenge = challenge.token_param("userhash", "true");
        }
        if stale {
            challenge = challenge.token_param("stale", "true");
        }
        challenge.build()
    }

    /// There is always one.
    fn first(&self) -> DigestAlgorithm {
        self.algorithms.first().copied().unwrap_or(DigestAlgorithm::Sha256)
    }
}

/// The value of `domain`: URIs, divided by spaces (RFC 7616 §3.3).
pub(super) fn domain<'a>(
    uris: impl IntoIterator<Item = &'a str>,
) -> Result<Option<String>, InvalidDigest> {
    let mut list = String::new();
    for uri in uris {
        let parsed = uri.parse::<http::Uri>().map_err(|_| InvalidDigest::Domain)?;
        let plain = uri.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
        let is_whole = parsed.scheme().is_some() && parsed.authority().is_some();
        if !plain || !(uri.starts_with('/') || is_whole) {
            return Err(InvalidDigest::Domain);
        }
        if !list.is_empty() {
            list.push(' ');
        }
        list.push_str(uri);
    }
    Ok((!list.is_empty()).then_some(list))
}
