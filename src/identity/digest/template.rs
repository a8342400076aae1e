//! The challenges of [`Digest`](super::Digest): everything but their nonce.

use std::sync::Arc;

use super::{DigestAlgorithm, InvalidDigest};
use crate::challenge::{Challenge, Challenges, InvalidChallenge, scheme};

/// The configured parameters of the challenges; each response adds a nonce.
#[derive(Clone, Debug)]
pub(super) struct ChallengeTemplate {
    pub(super) realm: Arc<str>,
    /// `realm`, `domain` and `opaque`, which come from the user. They are built and so validated
    /// here; the parameters that each response adds are always valid.
    static_params: Challenge,
    /// Strongest first, at least one.
    pub(super) algorithms: Vec<DigestAlgorithm>,
    pub(super) userhash: bool,
}

impl ChallengeTemplate {
    pub(super) fn new(realm: &str) -> Result<Self, InvalidChallenge> {
        let static_params = Challenge::builder(scheme::DIGEST).realm(realm).build()?;
        let algorithms = vec![DigestAlgorithm::Sha256];
        Ok(Self { realm: realm.into(), static_params, algorithms, userhash: false })
    }

    /// Sets this parameter, or removes it.
    pub(super) fn set_param(
        &mut self,
        name: &str,
        value: Option<&str>,
    ) -> Result<(), InvalidChallenge> {
        let builder = self.static_params.to_builder();
        let builder = match value {
            Some(value) => builder.set_param(name, value),
            None => builder.remove_param(name),
        };
        self.static_params = builder.build()?;
        Ok(())
    }

    pub(super) fn opaque(&self) -> Option<&[u8]> {
        self.static_params.param("opaque")
    }

    /// One challenge per algorithm (RFC 7616 §3.7). All have the same nonce, as in §3.9.1, because
    /// some clients confuse the parameters of several challenges.
    pub(super) fn challenges(&self, nonce: &str, stale: bool) -> Challenges {
        let first = self.challenge(self.first(), nonce, stale);
        let rest = self.algorithms.iter().skip(1);
        rest.map(|algorithm| self.challenge(*algorithm, nonce, stale))
            .fold(Challenges::new(first), Challenges::and)
    }

    fn challenge(&self, algorithm: DigestAlgorithm, nonce: &str, stale: bool) -> Challenge {
        let mut challenge = self
            .static_params
            .to_builder()
            .param("nonce", nonce)
            .token_param("algorithm", algorithm.as_str())
            .param("qop", "auth")
            .token_param("charset", "UTF-8");
        if self.userhash {
            challenge = challenge.token_param("userhash", "true");
        }
        if stale {
            challenge = challenge.token_param("stale", "true");
        }
        // The added parameters are valid and new, so that this default is never used.
        challenge.build().unwrap_or_else(|_| self.static_params.clone())
    }

    /// The strongest algorithm. There is always one.
    fn first(&self) -> DigestAlgorithm {
        self.algorithms.first().copied().unwrap_or(DigestAlgorithm::Sha256)
    }
}

/// The value of `domain`: URIs separated by spaces (RFC 7616 §3.3). `None` if there are none.
pub(super) fn domain<'a>(
    uris: impl IntoIterator<Item = &'a str>,
) -> Result<Option<String>, InvalidDigest> {
    let mut list = String::new();
    for uri in uris {
        let parsed = uri.parse::<http::Uri>().map_err(|_| InvalidDigest::Domain)?;
        let is_plain = uri.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"');
        let is_absolute = parsed.scheme().is_some() && parsed.authority().is_some();
        if !is_plain || !(uri.starts_with('/') || is_absolute) {
            return Err(InvalidDigest::Domain);
        }
        if !list.is_empty() {
            list.push(' ');
        }
        list.push_str(uri);
    }
    Ok((!list.is_empty()).then_some(list))
}
