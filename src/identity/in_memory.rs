//! [`Tokens`] and [`Users`]: tables in memory, as keyed digests.
//!
//! The tables store and compare the SHA-256 of a secret under a random key of the process, not the
//! secret. So the time of a look-up does not show how close a guess was (its digest is unpredictable),
//! and without the key a dump of the table cannot be searched with a word list.

use std::collections::HashMap;
use std::fmt;
use std::time::SystemTime;

use super::{Login, Verify};
use crate::denial::Unauthenticated;
use crate::keyed_digest::{Digest, Key, PrehashedState};

/// Tokens in memory, each with a principal and an optional expiry.
///
/// One look-up costs one SHA-256 of the token, with ten tokens or a million. With a principal of
/// 16 bytes, a token takes 75 to 149 bytes: the table doubles when it is full.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use portcullis::{Bearer, Tokens};
///
/// let tokens = Tokens::new()
///     .with("alice-token", "alice")
///     .with_expiring("bob-token", "bob", SystemTime::now() + Duration::from_secs(3600));
/// let identity = Bearer::new("notes", tokens)?;
/// # Ok::<(), portcullis::challenge::InvalidChallenge>(())
/// ```
#[derive(Clone)]
pub struct Tokens<P> {
    key: Key,
    tokens: HashMap<Digest, Entry<P>, PrehashedState>,
}

#[derive(Clone)]
struct Entry<P> {
    principal: P,
    expires: Option<SystemTime>,
}

impl<P> Tokens<P> {
    /// An empty table: every token is refused.
    pub fn new() -> Self {
        Self { key: Key::new(), tokens: HashMap::default() }
    }

    /// Adds a token that does not expire. Replaces an equal token.
    #[must_use]
    pub fn with(self, token: impl AsRef<[u8]>, principal: P) -> Self {
        self.insert(token.as_ref(), principal, None)
    }

    /// Adds a token that is valid before `expires`. Store the time in the principal as well for a
    /// handler with a long stream, which has to end it ([A23](crate::semantics#a23)).
    #[must_use]
    pub fn with_expiring(self, token: impl AsRef<[u8]>, principal: P, expires: SystemTime) -> Self {
        self.insert(token.as_ref(), principal, Some(expires))
    }

    fn insert(mut self, token: &[u8], principal: P, expires: Option<SystemTime>) -> Self {
        self.tokens.insert(self.key.digest(token), Entry { principal, expires });
        self
    }
}

impl<P> Default for Tokens<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: AsRef<[u8]>, P> FromIterator<(T, P)> for Tokens<P> {
    fn from_iter<I: IntoIterator<Item = (T, P)>>(tokens: I) -> Self {
        tokens
            .into_iter()
            .fold(Self::new(), |table, (token, principal)| table.with(token, principal))
    }
}

impl<P: Clone + Send + Sync + 'static> Verify<str> for Tokens<P> {
    type Principal = P;

    fn verify_now(&self, token: &str) -> Option<Result<P, Unauthenticated>> {
        Some(self.look_up(token))
    }
}

impl<P: Clone> Tokens<P> {
    fn look_up(&self, token: &str) -> Result<P, Unauthenticated> {
        self.look_up_at(token, SystemTime::now)
    }

    /// Reads the clock only for a token that expires, because that takes time.
    fn look_up_at(
        &self,
        token: &str,
        now: impl FnOnce() -> SystemTime,
    ) -> Result<P, Unauthenticated> {
        let entry = self.tokens.get(&self.key.digest(token.as_bytes()));
        let entry = entry.ok_or(Unauthenticated::invalid())?;
        match entry.expires {
            Some(expires) if expires <= now() => Err(Unauthenticated::expired()),
            _ => Ok(entry.principal.clone()),
        }
    }
}

/// Users and passwords in memory, for examples, tests and small tools.
///
/// Passwords are stored as keyed digests, which are fast to compute, and an attacker who reads the
/// memory of the process finds the key too. For accounts of people, use a password hash such as
/// argon2 behind [`Verify`].
///
/// ```
/// use portcullis::{Basic, Users};
///
/// let users = Users::new().with("alice", "wonderland", "alice").with("bob", "builder", "bob");
/// let identity = Basic::new("notes", users)?;
/// # Ok::<(), portcullis::challenge::InvalidChallenge>(())
/// ```
#[derive(Clone)]
pub struct Users<P> {
    key: Key,
    users: HashMap<Digest, Account<P>, PrehashedState>,
    /// Compared if there is no such user, so that the same work is done.
    dummy: Digest,
}

#[derive(Clone)]
struct Account<P> {
    password: Digest,
    principal: P,
}

impl<P> Users<P> {
    /// An empty table: every login is refused.
    pub fn new() -> Self {
        let key = Key::new();
        Self { dummy: Key::new().digest(b""), key, users: HashMap::default() }
    }

    /// Adds a user. Replaces an earlier user of the same name.
    #[must_use]
    pub fn with(
        mut self,
        user: impl AsRef<[u8]>,
        password: impl AsRef<[u8]>,
        principal: P,
    ) -> Self {
        let password = self.key.digest(password.as_ref());
        self.users.insert(self.key.digest(user.as_ref()), Account { password, principal });
        self
    }
}

impl<P> Default for Users<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Clone + Send + Sync + 'static> Verify<Login> for Users<P> {
    type Principal = P;

    fn verify_now(&self, login: &Login) -> Option<Result<P, Unauthenticated>> {
        Some(self.look_up(login))
    }
}

impl<P: Clone> Users<P> {
    fn look_up(&self, login: &Login) -> Result<P, Unauthenticated> {
        let password = self.key.digest(login.password().as_bytes());
        let account = self.users.get(&self.key.digest(login.user().as_bytes()));
        let expected = account.map_or(&self.dummy, |account| &account.password);
        let is_right = *expected == password;
        match account {
            Some(account) if is_right => Ok(account.principal.clone()),
            _ => Err(Unauthenticated::invalid()),
        }
    }
}

impl<P> fmt::Debug for Tokens<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("len", &self.tokens.len()).finish_non_exhaustive()
    }
}

impl<P> fmt::Debug for Users<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Users").field("len", &self.users.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::denial::Cause;

    #[test]
    fn a06_a_token_is_valid_before_it_expires_and_no_longer() {
        let expires = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        let tokens = Tokens::new().with_expiring("short", 1, expires).with("long", 2);
        let tick = Duration::from_nanos(1);
        let cause_at = |token, now| tokens.look_up_at(token, || now).map_err(|it| it.cause());
        assert_eq!(cause_at("short", SystemTime::UNIX_EPOCH), Ok(1));
        assert_eq!(cause_at("short", expires - tick), Ok(1));
        assert_eq!(cause_at("short", expires), Err(Cause::Expired));
        assert_eq!(cause_at("short", expires + tick), Err(Cause::Expired));
        assert_eq!(cause_at("long", expires + tick), Ok(2));
        assert_eq!(cause_at("none", SystemTime::UNIX_EPOCH), Err(Cause::Invalid));
    }
}
