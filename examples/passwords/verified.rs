//! Which logins were right a moment ago, so that they need not be hashed again.

use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use moka::sync::Cache;
use portcullis::Login;
use sha2::Sha256;

/// Logins that were right, for a while: not the passwords, but their digests under a key that is
/// drawn anew in every process. Only right ones are kept, so that who guesses fills nothing.
///
/// A login that has become wrong since, by a new password or a suspended account, stays right
/// until it expires, or until it is [forgotten](Self::forget). Where other processes change
/// accounts, they have to tell this one, or the time to live is how long it may lag.
pub struct Verified<P> {
    key: Hmac<Sha256>,
    logins: Cache<[u8; 32], Known<P>>,
    /// Whose logins were forgotten, and when.
    forgotten: Cache<String, Instant>,
}

#[derive(Clone)]
struct Known<P> {
    principal: P,
    /// When the check began: what is found out later is news to it.
    since: Instant,
}

impl<P: Clone + Send + Sync + 'static> Verified<P> {
    /// No logins yet; at most so many, for so long.
    pub fn new(capacity: u64, time_to_live: Duration) -> Result<Self, getrandom::Error> {
        let mut key = [0; 64];
        getrandom::fill(&mut key)?;
        Ok(Self {
            key: Hmac::new(&key.into()),
            logins: Cache::builder().max_capacity(capacity).time_to_live(time_to_live).build(),
            // Kept until the last check that was going on then has expired.
            forgotten: Cache::builder().time_to_live(time_to_live * 2).build(),
        })
    }

    /// Who it is, if the login was right lately.
    pub fn get(&self, login: &Login) -> Option<P> {
        let known = self.logins.get(&self.digest(login))?;
        let forgotten = self.forgotten.get(login.user());
        forgotten.is_none_or(|when| when < known.since).then_some(known.principal)
    }

    /// Keeps a login that a check has found right, which began then.
    pub fn keep(&self, login: &Login, principal: P, since: Instant) {
        self.logins.insert(self.digest(login), Known { principal, since });
    }

    /// Forgets all logins of a user, also those that are being checked now. Call it once the new
    /// password is stored, or the account is suspended: what is checked from then on sees that.
    pub fn forget(&self, user: &str) {
        self.forgotten.insert(user.to_owned(), Instant::now());
    }

    fn digest(&self, login: &Login) -> [u8; 32] {
        let (user, password) = (login.user().as_bytes(), login.password().as_bytes());
        // The length says where the user ends.
        let keyed = self.key.clone().chain_update((user.len() as u64).to_be_bytes());
        keyed.chain_update(user).chain_update(password).finalize().into_bytes().into()
    }
}
