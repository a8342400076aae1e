//! [`Generations`]: so that what was forgotten is not stored by a check that began before.

use std::sync::{PoisonError, RwLock};

use crate::keyed_digest::Digest;

/// A counter for each of 256 groups of tokens. Forgetting a token begins a new generation of its group;
/// results of checks that began in an older one are not stored.
pub(super) struct Generations(Box<[RwLock<u64>]>);

impl Generations {
    pub(super) fn new() -> Self {
        Self((0..256).map(|_| RwLock::new(0)).collect())
    }

    fn of(&self, digest: &Digest) -> &RwLock<u64> {
        &self.0[digest.stripe()]
    }

    /// The generation of a check that begins now.
    pub(super) fn now(&self, digest: &Digest) -> u64 {
        *self.of(digest).read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores if the generation of the check is still the current one. No new one begins meanwhile.
    pub(super) fn store(&self, digest: &Digest, generation: u64, store: impl FnOnce()) {
        let now = self.of(digest).read().unwrap_or_else(PoisonError::into_inner);
        if *now == generation {
            store();
        }
    }

    /// Begins a new generation of the group of this token.
    pub(super) fn next(&self, digest: &Digest) {
        *self.of(digest).write().unwrap_or_else(PoisonError::into_inner) += 1;
    }

    /// Begins a new generation of every group.
    pub(super) fn next_of_all(&self) {
        for group in &self.0 {
            *group.write().unwrap_or_else(PoisonError::into_inner) += 1;
        }
    }
}
