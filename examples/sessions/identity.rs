//! Who is logged in, by a session of `tower-sessions`: lines to copy and to change.

use axum::http::header::COOKIE;
use axum::http::request::Parts;
use portcullis::challenge::Challenges;
use portcullis::{Identity, IdentityInfo, Unauthenticated};
use serde::{Deserialize, Serialize};
use tower_sessions::Session;

/// What the login puts into the session, and where.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    pub name: String,
}

pub const USER: &str = "user";

/// Reads it there. It lies inside a `SessionManagerLayer`.
pub struct Sessions {
    /// What a 401 offers: no scheme asks for a cookie.
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
        match session.get(USER).await {
            // No cookie, no such session, an expired one: as if nothing was sent (A16).
            Ok(user) => user.ok_or(Unauthenticated::missing()),
            // The store is down: nobody is logged out by that (A07).
            Err(error) => Err(Unauthenticated::unavailable().with_source(error)),
        }
    }
}
