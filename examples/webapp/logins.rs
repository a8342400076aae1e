//! The logins that have not ended. A session holds the number of its login.
//!
//! A table beside the store of sessions, because a store writes a whole session: a request that
//! refreshes it could write it again after another one has logged out. In an application both are
//! tables of its database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

use crate::identity::User;

#[derive(Clone)]
pub struct Logins {
    lifetimes: Lifetimes,
    table: Arc<Mutex<HashMap<u64, Login>>>,
}

#[derive(Clone, Copy)]
pub struct Lifetimes {
    /// For how long a session works without being refreshed.
    pub session: Duration,
    /// For how long it can be refreshed without a new login.
    pub login: Duration,
}

struct Login {
    user: User,
    /// From here on the session cannot be refreshed.
    until: SystemTime,
    /// When the session expires, unless it is refreshed. Dropped at the end of the login.
    expires: watch::Sender<SystemTime>,
}

impl Logins {
    pub fn new(lifetimes: Lifetimes) -> Self {
        Self { lifetimes, table: Arc::default() }
    }

    /// Begins a login, and returns its number.
    pub fn begin(&self, user: User) -> Result<u64, getrandom::Error> {
        let id = getrandom::u64()?;
        let now = SystemTime::now();
        let until = now + self.lifetimes.login;
        let (expires, _) = watch::channel(until.min(now + self.lifetimes.session));
        let mut table = self.table();
        table.retain(|_, login| now < login.until);
        table.insert(id, Login { user: User { login: Some(id), ..user }, until, expires });
        Ok(id)
    }

    /// The user of a login whose session has not expired.
    pub fn user(&self, id: u64) -> Option<User> {
        let table = self.table();
        let login = table.get(&id)?;
        let is_valid = SystemTime::now() < *login.expires.borrow();
        is_valid.then(|| login.user.clone())
    }

    /// Makes an expired session valid again. Returns whether that was possible.
    pub fn refresh(&self, id: u64) -> bool {
        // An application looks the account up here: a closed one is out within one lifetime.
        let now = SystemTime::now();
        let table = self.table();
        let Some(login) = table.get(&id).filter(|login| now < login.until) else {
            return false;
        };
        login.expires.send_replace(login.until.min(now + self.lifetimes.session));
        true
    }

    /// Lets the session expire now. It can be refreshed.
    pub fn expire(&self, id: u64) {
        if let Some(login) = self.table().get(&id) {
            login.expires.send_replace(SystemTime::now());
        }
    }

    /// Ends a login.
    pub fn end(&self, id: u64) {
        self.table().remove(&id);
    }

    /// Follows when the session expires, until its login ends. `None` if it has ended.
    pub fn follow(&self, id: u64) -> Option<watch::Receiver<SystemTime>> {
        self.table().get(&id).map(|login| login.expires.subscribe())
    }

    fn table(&self) -> MutexGuard<'_, HashMap<u64, Login>> {
        // No change of the table can be left half done.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
