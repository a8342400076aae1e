//! Users, their tokens and their passwords.

use portcullis::{HasRoles, Unauthenticated, Users, Verify};

use crate::audit::Tenant;
use crate::incident::Incident;

#[derive(Clone)]
pub struct User {
    pub name: &'static str,
    pub tenant: Tenant,
    is_editor: bool,
}

impl HasRoles for User {
    fn has_role(&self, role: &str) -> bool {
        role == "editor" && self.is_editor
    }
}

const USERS: [User; 4] = [
    User { name: "alice", tenant: Tenant::Acme, is_editor: true },
    User { name: "bob", tenant: Tenant::Acme, is_editor: false },
    User { name: "carol", tenant: Tenant::Globex, is_editor: true },
    // A service account.
    User { name: "nightly", tenant: Tenant::Globex, is_editor: false },
];

fn users(incident: Incident) -> impl Iterator<Item = User> {
    USERS.into_iter().map(move |user| User {
        is_editor: user.is_editor && incident != Incident::BrokenPolicy,
        ..user
    })
}

/// The password of each user is `NAME-password`.
pub fn passwords(incident: Incident) -> Users<User> {
    users(incident).fold(Users::new(), |table, user| {
        let password = format!("{}-password", user.name);
        table.with(user.name, &password, user)
    })
}

/// Verifies tokens. Instead of a signature, a token here names its key: `NAME.KEY`, or `NAME.KEY.expired`.
pub struct Tokens {
    users: Vec<User>,
    key: &'static str,
    incident: Incident,
}

impl Tokens {
    pub fn new(incident: Incident) -> Self {
        let key = if incident == Incident::Rotation { "key2" } else { "key1" };
        Self { users: users(incident).collect(), key, incident }
    }
}

impl Verify<str> for Tokens {
    type Principal = User;

    async fn verify(&self, token: &str) -> Result<User, Unauthenticated> {
        if self.incident == Incident::Outage {
            return Err(Unauthenticated::unavailable());
        }
        let mut parts = token.split('.');
        let (name, key, expired) = (parts.next(), parts.next(), parts.next());
        if key != Some(self.key) {
            return Err(Unauthenticated::invalid());
        }
        let user = self.users.iter().find(|user| name == Some(user.name));
        let user = user.ok_or(Unauthenticated::invalid())?;
        let is_dead = self.incident == Incident::DeadCredential && user.name == "nightly";
        if is_dead || expired == Some("expired") {
            return Err(Unauthenticated::expired());
        }
        Ok(user.clone())
    }
}
