//! Accounts with argon2 hashes of their passwords.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use argon2::Params;
use argon2::password_hash::Error;
use portcullis::{Login, Unauthenticated, Verify};

use crate::argon;
use crate::caller::current_site;
use crate::hashing::{Busy, Hashing, Memory};
use crate::verified::Verified;

/// Users and the hashes of their passwords.
pub struct Accounts {
    params: Params,
    /// By user, as PHC strings. An application stores them in a database.
    hashes: RwLock<HashMap<String, String>>,
    /// The hash of a random password, for users that do not exist.
    unknown: String,
    hashing: Arc<Hashing>,
    verified: Verified<String>,
}

impl Accounts {
    /// Accounts with these users and passwords, which are hashed immediately.
    pub fn new<'a>(
        params: Params,
        users: impl IntoIterator<Item = (&'a str, &'a str)>,
        hashing: Arc<Hashing>,
        verified: Verified<String>,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let mut memory = Memory::default();
        let mut password = [0; 32];
        getrandom::fill(&mut password)?;
        let unknown = argon::hash(&params, &mut memory, &password)?;
        let hash = |(user, password): (&str, &str)| {
            let hash = argon::hash(&params, &mut memory, password.as_bytes())?;
            Ok::<_, Error>((user.to_owned(), hash))
        };
        let hashes = RwLock::new(users.into_iter().map(hash).collect::<Result<_, _>>()?);
        Ok(Self { params, hashes, unknown, hashing, verified })
    }

    /// Changes the password of a user. The previous one is wrong from then on.
    pub async fn change_password(&self, user: &str, password: String) -> Result<(), Trouble> {
        let params = self.params.clone();
        let hash = move |memory: &mut Memory| argon::hash(&params, memory, password.as_bytes());
        let hash = self.hashing.run(current_site(), hash).await??;
        let mut hashes = self.hashes.write().unwrap_or_else(PoisonError::into_inner);
        hashes.insert(user.to_owned(), hash);
        drop(hashes);
        self.verified.forget(user);
        Ok(())
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
        // A user that does not exist costs the same work as one that does (A06).
        let hash = found.unwrap_or_else(|| self.unknown.clone());
        let password = login.password().to_owned();
        let check = move |memory: &mut Memory| argon::verify(memory, password.as_bytes(), &hash);
        match self.hashing.run(current_site(), check).await.map_err(Trouble::from)? {
            Ok(()) if exists => {
                let user = login.user().to_owned();
                self.verified.keep(login, user.clone(), began);
                Ok(user)
            }
            Ok(()) | Err(Error::PasswordInvalid) => Err(Unauthenticated::invalid()),
            Err(error) => Err(Trouble::from(error).into()),
        }
    }

    /// A right login in the cache needs no future, no queue and no thread.
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

/// 503 and not 429: the caller has done nothing wrong, so the attempt does not count.
impl From<Trouble> for Unauthenticated {
    fn from(trouble: Trouble) -> Self {
        Self::unavailable().with_retry_after(Duration::from_secs(1)).with_source(trouble)
    }
}
