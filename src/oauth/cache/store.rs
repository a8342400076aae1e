//! What the cache remembers: what was established of right tokens, and refusals beside it.

use std::marker::PhantomData;
use std::mem::size_of;

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{UnitWeighter, Weighter};
use tokio::time::Instant;

use super::key::{LookUpKey, StoredKey};
use crate::denial::Unauthenticated;
use crate::keyed_digest::{Digest, PrehashedState};
use crate::oauth::source::TokenSource;

/// Every entry counts as so many bytes at least, which bounds the entries as well.
pub(super) const BYTES_PER_ENTRY: usize = 2048;

/// So that every token of 16 KiB can be stored.
const FEWEST: usize = 64;

/// More would not fit into the memory of a machine.
const MOST: usize = 1 << 28;

/// So many refusals are remembered at most.
const REFUSALS: usize = 4096;

/// What was established of right tokens.
pub(super) struct Store<S: TokenSource>(Cache<StoredKey, S::Checked, Weigher<S>, PrehashedState>);

impl<S: TokenSource> Store<S> {
    pub(super) fn new(entries: usize) -> Self {
        let entries = entries.clamp(FEWEST, MOST);
        let bytes = u64::try_from(entries.saturating_mul(BYTES_PER_ENTRY)).unwrap_or(u64::MAX);
        Self(Cache::with(
            entries,
            bytes,
            Weigher(PhantomData),
            PrehashedState::default(),
            DefaultLifecycle::default(),
        ))
    }

    pub(super) fn get(&self, key: &LookUpKey<'_>) -> Option<S::Checked> {
        self.0.get(key)
    }

    pub(super) fn insert(&self, key: &LookUpKey<'_>, checked: S::Checked) {
        self.0.insert(key.to_stored(), checked);
    }

    pub(super) fn remove(&self, key: &LookUpKey<'_>) {
        // Most tokens that are refused are not there: look before a lock that excludes other requests.
        if self.0.contains_key(key) {
            self.0.remove(key);
        }
    }

    pub(super) fn retain(&self, keep: impl Fn(&S::Checked) -> bool) {
        self.0.retain(|_, checked| keep(checked));
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    #[cfg(test)]
    pub(super) fn each_public(&self, mut see: impl FnMut(&[u8])) {
        self.0.iter().for_each(|(key, _)| see(&key.public));
    }

    pub(super) fn bytes(&self) -> u64 {
        self.0.weight()
    }
}

struct Weigher<S>(PhantomData<fn() -> S>);

impl<S> Clone for Weigher<S> {
    fn clone(&self) -> Self {
        Self(PhantomData)
    }
}

impl<S: TokenSource> Weighter<StoredKey, S::Checked> for Weigher<S> {
    fn weight(&self, key: &StoredKey, checked: &S::Checked) -> u64 {
        /// What the map and the allocator add.
        const OVERHEAD: usize = 128;
        let entry = size_of::<(StoredKey, S::Checked)>() + OVERHEAD;
        let bytes = entry + key.public.len() + S::weight(checked);
        bytes.max(BYTES_PER_ENTRY) as u64
    }
}

/// Refusals, apart from right tokens, so that a flood of wrong ones displaces none of these.
pub(super) struct Refusals(Cache<Digest, (Unauthenticated, Instant), UnitWeighter, PrehashedState>);

impl Refusals {
    pub(super) fn new(entries: usize) -> Self {
        let entries = entries.clamp(FEWEST, REFUSALS);
        Self(Cache::with(
            entries,
            entries as u64,
            UnitWeighter,
            PrehashedState::default(),
            DefaultLifecycle::default(),
        ))
    }

    pub(super) fn get(&self, token: &Digest) -> Option<Unauthenticated> {
        let (refusal, until) = self.0.get(token)?;
        (Instant::now() < until).then_some(refusal)
    }

    pub(super) fn insert(&self, token: Digest, refusal: Unauthenticated, until: Instant) {
        self.0.insert(token, (refusal, until));
    }

    pub(super) fn remove(&self, token: &Digest) {
        self.0.remove(token);
    }

    pub(super) fn clear(&self) {
        self.0.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
