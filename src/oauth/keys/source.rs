//! [`Source`]: fetches the key set of an issuer, and remembers where it is.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Uri;
use tokio::time::Instant;

use super::discovery::Discovery;
use super::document;
use super::{FetchKeysError, KeySet};
use crate::oauth::fetch::BoxFetch;
use crate::timeout::Timeout;

/// How long the address of a key set is used before the metadata are read again.
const ADDRESS_AGE: Duration = Duration::from_secs(60 * 60);

/// Where the keys of an issuer come from.
pub(super) struct Source {
    fetch: BoxFetch,
    place: Place,
}

enum Place {
    At(Uri),
    Discovered { discovery: Discovery, address: Mutex<Option<Address>> },
}

/// An address of a key set that was discovered.
#[derive(Clone)]
struct Address {
    url: Uri,
    since: Instant,
    /// Whether keys were fetched there the last time.
    worked: bool,
}

impl Source {
    pub(super) fn at(url: Uri, fetch: BoxFetch) -> Self {
        Self { fetch, place: Place::At(url) }
    }

    pub(super) fn discovered(discovery: Discovery, fetch: BoxFetch) -> Self {
        Self { fetch, place: Place::Discovered { discovery, address: Mutex::new(None) } }
    }

    /// Fetches the keys. The caller limits the time, to `limit`.
    pub(super) async fn fetch(
        &self,
        previous: Option<Arc<KeySet>>,
        limit: Duration,
    ) -> Result<KeySet, FetchKeysError> {
        let previous = previous.as_deref();
        let (discovery, address) = match &self.place {
            Place::At(url) => return self.keys(url, previous).await,
            Place::Discovered { discovery, address } => (discovery, address),
        };
        let known = lock(address).clone();
        let is_good = |known: &Address| known.worked && known.since.elapsed() < ADDRESS_AGE;
        let current = match known {
            Some(known) if is_good(&known) => known,
            // The keys may have moved, or it is the metadata that are out of order.
            Some(known) => {
                let found = Timeout::new(discovery.key_set_url(&self.fetch), limit / 2).await;
                found.ok().and_then(Result::ok).map_or(known, Address::new)
            }
            None => Address::new(discovery.key_set_url(&self.fetch).await?),
        };
        // Until the keys are there: this future may be dropped.
        *lock(address) = Some(Address { worked: false, ..current.clone() });
        let set = self.keys(&current.url, previous).await?;
        *lock(address) = Some(Address { worked: true, ..current });
        Ok(set)
    }

    async fn keys(&self, url: &Uri, previous: Option<&KeySet>) -> Result<KeySet, FetchKeysError> {
        let accept = "application/jwk-set+json, application/json";
        let body = document::get(&self.fetch, url, accept).await?;
        KeySet::parse(&body, true, previous)
            .map_err(|error| FetchKeysError::Keys { url: url.clone(), error })
    }
}

impl Address {
    fn new(url: Uri) -> Self {
        Self { url, since: Instant::now(), worked: false }
    }
}

fn lock(address: &Mutex<Option<Address>>) -> MutexGuard<'_, Option<Address>> {
    address.lock().unwrap_or_else(PoisonError::into_inner)
}
