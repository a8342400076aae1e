//! Refusals that were rendered before: most are the same to the byte.

use std::sync::OnceLock;

use crate::denial::Cause;
use crate::respond::FinishedResponse;

/// One place for each cause and each scheme that may have been attempted, filled when it is first
/// needed; and as many for those who are spared a dialog, if there are such. There are no more of
/// them than that, whatever is sent.
#[derive(Debug)]
pub(super) struct RenderedCache {
    kept: Box<[OnceLock<FinishedResponse>]>,
    causes: usize,
    schemes: usize,
}

impl RenderedCache {
    /// For an offer of so many challenges, and for none attempted.
    pub(super) fn new(challenges: usize, spares_some: bool) -> Self {
        let (causes, schemes) = (Cause::ALL.len(), challenges + 1);
        let places = causes * schemes * (1 + usize::from(spares_some));
        Self { kept: (0..places).map(|_| OnceLock::new()).collect(), causes, schemes }
    }

    pub(super) fn get(
        &self,
        cause: Cause,
        attempted: Option<u8>,
        spared: bool,
    ) -> Option<&OnceLock<FinishedResponse>> {
        let scheme = attempted.map_or(0, |scheme| usize::from(scheme) + 1);
        let scheme = scheme + usize::from(spared) * self.schemes;
        self.kept.get(scheme * self.causes + cause as usize)
    }
}
