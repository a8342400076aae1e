//! What a stage offers: the parameters of its challenges.

use std::sync::Arc;

use super::{DigestAlgorithm, InvalidDigest};
use crate::challenge::{Challenge, Challenges, InvalidChallenge, scheme};

/// All of a challenge but its nonce.
#[derive(Clone, Debug)]
pub(super) struct ChallengeTemplate {
    pub(super) realm: Arc<str>,
    /// What was configured in words: `realm`, `domain`, `opaque`. It was built, so that what is
    /// added for an answer, of our own making, leaves nothing to be wrong.
    words: Challenge,
    /// Strongest first, at least one.
    pub(super) algorithms: Vec<DigestAlgorithm>,
    pub(super) userhash: bool,
}

impl ChallengeTemplate {
    pub(super) fn new(realm: &str) -> Result<Self, InvalidChallenge> {
        let words = Challenge::builder(scheme::DIGEST).realm(realm).build()?;
        let algorithms = vec![DigestAlgorithm::Sha256];
        Ok(Self { realm: realm.into(), words, algorithms, userhash: false })
    }

    /// Offers this parameter, or no longer.
    pub(super) fn set_param(
        &mut self,
        name: &str,
        value: Option<&str>,
    ) -> Result<(), InvalidChallenge> {
        let words = self.words.to_builder();
        let words = match value {
            Some(value) => words.set_param(name, value),
            None => words.remove_param(name),
        };
        self.words = words.build()?;
        Ok(())
    }

    pub(super) fn opaque(&self) -> Option<&[u8]> {
        self.words.param("opaque")
    }

    /// A challenge per algorithm (RFC 7616 §3.7). They share their nonce, as in §3.9.1: some
    /// clients mix the parameters of several challenges up.
    pub(super) fn challenges(&self, nonce: &str, stale: bool) -> Challenges {
        let first = self.challenge(self.first(), nonce, stale);
        let rest = self.algorithms.iter().skip(1);
        rest.map(|algorithm| self.challenge(*algorithm, nonce, stale))
            .fold(Challenges::new(first), Challenges::and)
    }

    fn challenge(&self, algorithm: DigestAlgorithm, nonce: &str, stale: bool) -> Challenge {
        let mut challenge = self
            .words
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
        // They are ASCII of our own and were not there, so the default is never taken.
        challenge.build().unwrap_or_else(|_| self.words.clone())
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
