//! Who sent a request: an identity that reads the login from a session of `tower-sessions`.

use axum::http::header::COOKIE;
use axum::http::request::Parts;
use portcullis::challenge::Challenges;
use portcullis::{HasRoles, Identity, IdentityInfo, Unauthenticated};
use tower_sessions::Session;

use crate::logins::Logins;

#[derive(Clone, Debug)]
pub struct User {
    pub name: &'static str,
    pub is_admin: bool,
    /// The login of a caller with a session. A program that sends a token or a password has none.
    pub login: Option<u64>,
}

impl User {
    pub const fn new(name: &'static str, is_admin: bool) -> Self {
        Self { name, is_admin, login: None }
    }
}

impl HasRoles for User {
    fn has_role(&self, role: &str) -> bool {
        role == "admin" && self.is_admin
    }
}

/// The key under which a session holds the number of its login.
pub const LOGIN: &str = "login";

/// Reads the user from the session. Its stage has to be inside a `SessionManagerLayer`.
pub struct Sessions {
    pub logins: Logins,
    /// The challenges of a 401, since no scheme asks for a cookie.
    pub challenges: Challenges,
}

impl Identity for Sessions {
    type Principal = User;

    fn describe(&self) -> IdentityInfo {
        IdentityInfo::new(self.challenges.clone()).reads_headers([COOKIE])
    }

    async fn identify(&self, request: &Parts) -> Result<User, Unauthenticated> {
        let Some(session) = request.extensions.get::<Session>() else {
            return Err(
                Unauthenticated::unavailable().with_source("no `SessionManagerLayer` outside")
            );
        };
        match session.get(LOGIN).await {
            // No cookie, an unknown session, an expired one: treated as no credentials (A16).
            Ok(login) => {
                login.and_then(|login| self.logins.user(login)).ok_or(Unauthenticated::missing())
            }
            // The store is down: an outage logs no user out (A07).
            Err(error) => Err(Unauthenticated::unavailable().with_source(error)),
        }
    }
}
