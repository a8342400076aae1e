//! [`Flights`]: requests with the same token share one call to the authorization server.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::denial::Unauthenticated;
use crate::keyed_digest::{Digest, PrehashedState};

/// The result of a check, once it is there.
pub(super) type Landed<C> = Option<Result<C, Unauthenticated>>;

/// The checks that are in progress.
pub(super) struct Flights<C>(Mutex<Table<C>>);

type Table<C> = HashMap<Digest, Flight<C>, PrehashedState>;

struct Flight<C> {
    /// A request of a later generation must not join, because its token was forgotten meanwhile.
    generation: u64,
    landed: watch::Receiver<Landed<C>>,
}

impl<C> Flights<C> {
    pub(super) fn new() -> Self {
        Self(Mutex::default())
    }

    fn table(&self) -> MutexGuard<'_, Table<C>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Joins the check of this token that is in progress. If there is none, `begin` says whether one is
    /// needed, and starts it with the sender for its result.
    pub(super) fn join<R>(
        &self,
        token: &Digest,
        generation: u64,
        begin: impl FnOnce() -> Result<watch::Receiver<Landed<C>>, R>,
    ) -> Result<watch::Receiver<Landed<C>>, R> {
        let mut table = self.table();
        if let Some(flight) = table.get(token).filter(|flight| flight.generation == generation) {
            return Ok(flight.landed.clone());
        }
        let landed = begin()?;
        table.insert(*token, Flight { generation, landed: landed.clone() });
        Ok(landed)
    }

    /// Removes the check, unless one of another generation has taken its place.
    pub(super) fn remove(&self, token: &Digest, generation: u64) {
        let mut table = self.table();
        if table.get(token).is_some_and(|flight| flight.generation == generation) {
            table.remove(token);
            // A flood may have made the table large.
            if table.is_empty() {
                table.shrink_to(64);
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.table().len()
    }
}
