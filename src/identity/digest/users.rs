//! [`DigestUsers`]: users in memory, without their passwords.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use constant_time_eq::constant_time_eq;

use super::account::Name;
use super::hash::{Hash, Hex};
use super::{DigestAccount, DigestAlgorithm, DigestSecret, DigestUser};
use crate::denial::Unauthenticated;
use crate::identity::{Login, Verify};

/// Users of a realm in memory, for examples, tests and small tools. It stores the
/// `H(user:realm:password)` of every algorithm, including MD5, and not the password. Those secrets
/// are enough to log in, for anyone who can read the memory of the process.
///
/// [`Digest::from_users`](super::Digest::from_users) takes realm and users from here and can then
/// offer any algorithm, and hashed names. The same users verify logins for
/// [`Basic`](crate::Basic):
///
/// ```
/// use portcullis::{Basic, Digest, DigestUsers, any_of};
///
/// let users = DigestUsers::new("notes")
///     .with("alice", "wonderland", "alice")
///     .with("bob", "builder", "bob");
/// let identity = any_of((Digest::from_users(users.clone())?.allow_md5(), Basic::new("notes", users)?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct DigestUsers<P> {
    pub(super) realm: Arc<str>,
    /// The keys are the hash function, and its value for name and realm.
    accounts: HashMap<(u8, [u8; 64]), DigestAccount<P>>,
}

impl<P> DigestUsers<P> {
    /// An empty table for this realm: every user is refused.
    pub fn new(realm: &str) -> Self {
        Self { realm: realm.into(), accounts: HashMap::new() }
    }

    /// Adds a user with a password. Replaces an earlier user of the same name.
    #[must_use]
    pub fn with(mut self, user: &str, password: &str, principal: P) -> Self
    where
        P: Clone,
    {
        for hash in Hash::ALL {
            let secret = self.secret(hash, user, password);
            self.insert(user, DigestAccount::new(secret, principal.clone()));
        }
        self
    }

    /// Adds a user with a stored secret, which works with the algorithms of its hash function only:
    /// offer no others ([`Digest::algorithms`](super::Digest::algorithms)), or add one secret for
    /// each.
    #[must_use]
    pub fn with_secret(mut self, user: &str, secret: DigestSecret, principal: P) -> Self {
        self.insert(user, DigestAccount::new(secret, principal));
        self
    }

    fn insert(&mut self, user: &str, account: DigestAccount<P>) {
        let hash = account.secret.hash;
        self.accounts.insert(key(hash, &self.name(hash, user)), account);
    }

    fn name(&self, hash: Hash, user: &str) -> Hex {
        hash.of(&[user.as_bytes(), self.realm.as_bytes()])
    }

    fn secret(&self, hash: Hash, user: &str, password: &str) -> DigestSecret {
        let parts = [user, &*self.realm, password].map(str::as_bytes);
        DigestSecret { hash, hex: hash.of(&parts) }
    }
}

impl<P: Clone> DigestUsers<P> {
    fn look_up(&self, user: &DigestUser) -> Result<DigestAccount<P>, Unauthenticated> {
        if user.realm != self.realm {
            let source =
                "the users are of another realm: let `Digest::from_users` take it from them";
            return Err(Unauthenticated::internal_error().with_source(source));
        }
        let hash = user.algorithm.hash();
        let name = match &user.name {
            Name::Plain(name) => self.name(hash, name),
            Name::Hashed(hashed) => *hashed,
        };
        let account = self.accounts.get(&key(hash, &name)).cloned();
        account.ok_or_else(|| Unauthenticated::invalid().with_source(NoSecret(user.algorithm)))
    }

    /// Verifies a login with every hash function, because a user may have a secret of any. Without
    /// one, a value of the same length is compared, so that the same work is done (A06).
    fn verify_login(&self, login: &Login) -> Result<P, Unauthenticated> {
        let mut found = None;
        for hash in Hash::ALL {
            let name = self.name(hash, login.user());
            let account = self.accounts.get(&key(hash, &name));
            let expected = account.map_or(&name, |account| &account.secret.hex);
            let sent = self.secret(hash, login.user(), login.password());
            let is_right = constant_time_eq(expected.as_bytes(), sent.hex.as_bytes());
            found = account.filter(|_| is_right).or(found);
        }
        found.map(|account| account.principal.clone()).ok_or(Unauthenticated::invalid())
    }
}

/// The private source of a denial. It does not tell whether the user exists.
#[derive(Debug, thiserror::Error)]
#[error("there is no such user, or none with a secret for {0}")]
struct NoSecret(DigestAlgorithm);

fn key(hash: Hash, name: &Hex) -> (u8, [u8; 64]) {
    let mut digits = [0; 64];
    digits.iter_mut().zip(name.as_bytes()).for_each(|(digit, own)| *digit = *own);
    (hash as u8, digits)
}

impl<P: Clone + Send + Sync + 'static> Verify<DigestUser> for DigestUsers<P> {
    type Principal = DigestAccount<P>;

    fn verify_now(&self, user: &DigestUser) -> Option<Result<DigestAccount<P>, Unauthenticated>> {
        Some(self.look_up(user))
    }
}

impl<P: Clone + Send + Sync + 'static> Verify<Login> for DigestUsers<P> {
    type Principal = P;

    fn verify_now(&self, login: &Login) -> Option<Result<P, Unauthenticated>> {
        Some(self.verify_login(login))
    }
}

impl<P> fmt::Debug for DigestUsers<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DigestUsers").field("len", &self.accounts.len()).finish_non_exhaustive()
    }
}
