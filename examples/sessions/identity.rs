//! An identity that reads the user from a session of `tower-sessions`: copy it and adapt it.

use axum::http::header::COOKIE;
use axum::http::request::Parts;
use portcullis::challenge::Challenges;
use portcullis::{Identity, IdentityInfo, Unauthenticated};
use serde::{Deserialize, Serialize};
use tower_sessions::Session;

/// The user, as the login stores it in the session under the key [`USER`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    pub name: String,
}

pub const USER: &str = "user";

/// Reads the user from the session. Its layer has to be inside a `SessionManagerLayer`.
pub struct Sessions {
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
        match session.get(USER).await {
            // No cookie, an unknown session, an expired one: treated as no credentials (A16).
            Ok(user) => user.ok_or(Unauthenticated::missing()),
            // The store is down: an outage logs no user out (A07).
            Err(error) => Err(Unauthenticated::unavailable().with_source(error)),
        }
    }
}
