//! Accounts with argon2 hashes, and who they belong to.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use argon2::password_hash::{Error, PasswordHasher, PasswordVerifier};
use argon2::{Argon2, PasswordHash};
use portcullis::{Login, Unauthenticated, Verify};

use crate::hashing::{Busy, Hashing};
use crate::verified::Verified;

/// Users and the hashes of their passwords.
pub struct Accounts {
    argon2: Argon2<'static>,
    /// By user, as PHC strings. A database in earnest.
    hashes: RwLock<HashMap<String, String>>,
    /// The hash of a password that nobody has.
    nobody: String,
    hashing: Arc<Hashing>,
    verified: Verified<String>,
}

impl Accounts {
    /// No accounts yet.
    pub fn new(
        argon2: Argon2<'static>,
        hashing: Arc<Hashing>,
        verified: Verified<String>,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let mut password = [0; 32];
        getrandom::fill(&mut password)?;
        let nobody = hash(&argon2, &password)?;
        Ok(Self { argon2, hashes: RwLock::default(), nobody, hashing, verified })
    }

    /// Adds a user, before there is anybody to be kept waiting.
    pub fn with(self, user: &str, password: &str) -> Result<Self, Error> {
        self.store(user, hash(&self.argon2, password.as_bytes())?);
        Ok(self)
    }

    /// Gives a user another password. The one before is wrong from here on.
    pub async fn change_password(&self, user: &str, password: String) -> Result<(), Trouble> {
        let argon2 = self.argon2.clone();
        let hash = self.hashing.run(move || hash(&argon2, password.as_bytes())).await??;
        self.store(user, hash);
        self.verified.forget(user);
        Ok(())
    }

    fn store(&self, user: &str, hash: String) {
        let mut hashes = self.hashes.write().unwrap_or_else(PoisonError::into_inner);
        hashes.insert(user.to_owned(), hash);
    }

    fn find(&self, user: &str) -> Option<String> {
        let hashes = self.hashes.read().unwrap_or_else(PoisonError::into_inner);
        hashes.get(user).cloned()
    }
}

impl Verify<Login> for Accounts {
    type Principal = String;

    async fn verify(&self, login: &Login) -> Result<String, Unauthenticated> {
        let began = Instant::now();
        let found = self.find(login.user());
        let exists = found.is_some();
        // Whoever does not exist takes as long as whoever does (A06).
        let hash = found.unwrap_or_else(|| self.nobody.clone());
        let (argon2, password) = (self.argon2.clone(), login.password().to_owned());
        let check = move || {
            let hash = PasswordHash::new(&hash)?;
            argon2.verify_password(password.as_bytes(), &hash)
        };
        match self.hashing.run(check).await.map_err(Trouble::from)? {
            Ok(()) if exists => {
                let user = login.user().to_owned();
                self.verified.keep(login, user.clone(), began);
                Ok(user)
            }
            Ok(()) | Err(Error::PasswordInvalid) => Err(Unauthenticated::invalid()),
            Err(error) => Err(Trouble::from(error).into()),
        }
    }

    /// Right logins that are remembered take no future, no queue and no thread.
    fn verify_now(&self, login: &Login) -> Option<Result<String, Unauthenticated>> {
        self.verified.get(login).map(Ok)
    }
}

/// The check could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error(transparent)]
    Busy(#[from] Busy),
    #[error(transparent)]
    Hash(#[from] Error),
}

/// 503: the caller has done nothing wrong, so it is no 429, and does not count as a try.
impl From<Trouble> for Unauthenticated {
    fn from(trouble: Trouble) -> Self {
        Self::unavailable().retry_after(Duration::from_secs(1)).because(trouble)
    }
}

fn hash(argon2: &Argon2<'_>, password: &[u8]) -> Result<String, Error> {
    Ok(argon2.hash_password(password)?.to_string())
}
