//! Cache of rendered refusals, since most are the same to the byte.

use std::sync::OnceLock;

use crate::denial::Cause;
use crate::respond::FinishedResponse;

/// One slot for each cause and each scheme that may have been attempted, and as many again for
/// requests for which dialogs are suppressed. A slot is filled when it is first needed. Requests
/// cannot add slots.
#[derive(Debug)]
pub(super) struct RenderedCache {
    slots: Box<[OnceLock<FinishedResponse>]>,
    causes: usize,
    schemes: usize,
}

impl RenderedCache {
    /// Creates the empty slots for this number of offered challenges. One more scheme stands for no
    /// attempt.
    pub(super) fn new(challenges: usize, may_suppress_dialogs: bool) -> Self {
        let (causes, schemes) = (Cause::ALL.len(), challenges + 1);
        let count = causes * schemes * (1 + usize::from(may_suppress_dialogs));
        Self { slots: (0..count).map(|_| OnceLock::new()).collect(), causes, schemes }
    }

    pub(super) fn get(
        &self,
        cause: Cause,
        attempted: Option<u8>,
        suppresses_dialogs: bool,
    ) -> Option<&OnceLock<FinishedResponse>> {
        let scheme = attempted.map_or(0, |scheme| usize::from(scheme) + 1);
        let scheme = scheme + usize::from(suppresses_dialogs) * self.schemes;
        self.slots.get(scheme * self.causes + cause as usize)
    }
}
