//! Refusals that were rendered before: most are the same to the byte.

use std::sync::OnceLock;

use crate::denial::Cause;
use crate::respond::Sealed;

/// One place for each cause and each scheme that may have been attempted, filled when it is first
/// needed. There are no more of them than that, whatever is sent.
#[derive(Debug)]
pub(super) struct Ready {
    kept: Box<[OnceLock<Sealed>]>,
    causes: usize,
}

impl Ready {
    /// For an offer of so many challenges, and for none attempted.
    pub(super) fn new(challenges: usize) -> Self {
        let causes = Cause::ALL.len();
        Self { kept: (0..causes * (challenges + 1)).map(|_| OnceLock::new()).collect(), causes }
    }

    pub(super) fn get(&self, cause: Cause, attempted: Option<u8>) -> Option<&OnceLock<Sealed>> {
        let scheme = attempted.map_or(0, |scheme| usize::from(scheme) + 1);
        self.kept.get(scheme * self.causes + cause as usize)
    }
}
