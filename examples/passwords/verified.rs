//! A cache of right logins, so that they need not be hashed again.

use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use moka::sync::Cache;
use portcullis::Login;
use sha2::Sha256;

/// A cache of right logins with a time to live. It stores no passwords, but digests with a random key
/// of the process. Only right logins are stored, so guessing does not fill it.
///
/// A login that has become wrong in the meantime, because of a new password or a suspended account,
/// counts as right until it expires or is [forgotten](Self::forget). If other processes change
/// accounts, they have to notify this one; otherwise it may be outdated for the time to live.
pub struct Verified<P> {
    key: Hmac<Sha256>,
    logins: Cache<[u8; 32], Known<P>>,
    /// The users whose logins were forgotten, and when.
    forgotten: Cache<String, Instant>,
}

#[derive(Clone)]
struct Known<P> {
    principal: P,
    /// When the check began. It does not know of changes after that.
    since: Instant,
}

impl<P: Clone + Send + Sync + 'static> Verified<P> {
    /// An empty cache of at most `capacity` logins.
    pub fn new(capacity: u64, time_to_live: Duration) -> Result<Self, getrandom::Error> {
        let mut key = [0; 64];
        getrandom::fill(&mut key)?;
        Ok(Self {
            key: Hmac::new(&key.into()),
            logins: Cache::builder().max_capacity(capacity).time_to_live(time_to_live).build(),
            // Kept until the result of the last check that was in progress then has expired.
            forgotten: Cache::builder().time_to_live(time_to_live * 2).build(),
        })
    }

    /// The principal, if the login is in the cache.
    pub fn get(&self, login: &Login) -> Option<P> {
        let known = self.logins.get(&self.digest(login))?;
        let forgotten = self.forgotten.get(login.user());
        forgotten.is_none_or(|when| when < known.since).then_some(known.principal)
    }

    /// Stores a login that a check, which began at `since`, has found right.
    pub fn keep(&self, login: &Login, principal: P, since: Instant) {
        self.logins.insert(self.digest(login), Known { principal, since });
    }

    /// Forgets all logins of a user, also those that are being checked now. Call it after the new
    /// password is stored or the account is suspended: later checks see the change.
    pub fn forget(&self, user: &str) {
        self.forgotten.insert(user.to_owned(), Instant::now());
    }

    fn digest(&self, login: &Login) -> [u8; 32] {
        let (user, password) = (login.user().as_bytes(), login.password().as_bytes());
        // The length separates the user from the password.
        let keyed = self.key.clone().chain_update((user.len() as u64).to_be_bytes());
        keyed.chain_update(user).chain_update(password).finalize().into_bytes().into()
    }
}
