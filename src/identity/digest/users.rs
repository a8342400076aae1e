//! Users in memory, without their passwords.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::account::Name;
use super::algorithm::Hash;
use super::hex::Hex;
use super::{DigestAccount, DigestAlgorithm, DigestSecret, DigestUser};
use crate::denial::Unauthenticated;
use crate::identity::Verify;

/// Users of a realm in memory, for examples, tests and small tools: of each the
/// `H(user:realm:password)` of every algorithm that the table serves, never the password.
///
/// It finds users by their hashed names too. Either way it looks a digest of the name up.
///
/// ```
/// use portcullis::{Digest, DigestUsers};
///
/// let users = DigestUsers::new("notes")
///     .with("alice", "wonderland", "alice")
///     .with("bob", "builder", "bob");
/// let identity = Digest::new("notes", users)?.userhash(true);
/// # Ok::<(), portcullis::InvalidDigest>(())
/// ```
#[derive(Clone)]
pub struct DigestUsers<P> {
    realm: Arc<str>,
    hashes: Vec<Hash>,
    /// By the hash, and by what it makes of name and realm.
    accounts: HashMap<(u8, [u8; 64]), DigestAccount<P>>,
}

impl<P: Clone> DigestUsers<P> {
    /// Users of this realm, which must be the one that [`Digest`](super::Digest) offers, for
    /// SHA-256 and SHA-512-256. None yet: everyone is refused.
    pub fn new(realm: &str) -> Self {
        Self::of_algorithms(realm, [DigestAlgorithm::Sha256, DigestAlgorithm::Sha512_256])
    }

    /// The same for these algorithms, such as MD5. The `-sess` variants come with the others.
    pub fn of_algorithms(
        realm: &str,
        algorithms: impl IntoIterator<Item = DigestAlgorithm>,
    ) -> Self {
        let wanted: Vec<_> = algorithms.into_iter().map(DigestAlgorithm::hash).collect();
        let hashes = Hash::ALL.into_iter().filter(|hash| wanted.contains(hash)).collect();
        Self { realm: realm.into(), hashes, accounts: HashMap::new() }
    }

    /// Adds a user by the password. The last one added counts, if a user is added twice.
    #[must_use]
    pub fn with(mut self, user: &str, password: &str, principal: P) -> Self {
        for hash in self.hashes.clone() {
            let parts = [user, &*self.realm, password].map(str::as_bytes);
            let secret = DigestSecret { hash, hex: hash.of(&parts) };
            self.insert(user, DigestAccount::new(secret, principal.clone()));
        }
        self
    }

    /// Adds a user by a stored secret, which serves the algorithms of its hash and no others.
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

    fn look_up(&self, user: &DigestUser) -> Result<DigestAccount<P>, Unauthenticated> {
        if user.realm != self.realm {
            return Err(Unauthenticated::fault().because("the users are of another realm"));
        }
        let hash = user.algorithm.hash();
        let name = match &user.name {
            Name::Plain(name) => self.name(hash, name),
            Name::Hashed(hashed) => *hashed,
        };
        self.accounts.get(&key(hash, &name)).cloned().ok_or(Unauthenticated::invalid())
    }
}

fn key(hash: Hash, name: &Hex) -> (u8, [u8; 64]) {
    let mut digits = [0; 64];
    digits.iter_mut().zip(name.as_bytes()).for_each(|(digit, own)| *digit = *own);
    (hash as u8, digits)
}

impl<P: Clone + Send + Sync + 'static> Verify<DigestUser> for DigestUsers<P> {
    type Principal = DigestAccount<P>;

    async fn verify(&self, user: &DigestUser) -> Result<DigestAccount<P>, Unauthenticated> {
        self.look_up(user)
    }

    fn verify_now(&self, user: &DigestUser) -> Option<Result<DigestAccount<P>, Unauthenticated>> {
        Some(self.look_up(user))
    }
}

impl<P> fmt::Debug for DigestUsers<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DigestUsers").field("len", &self.accounts.len()).finish_non_exhaustive()
    }
}
