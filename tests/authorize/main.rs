//! Section C: the authorize stage, and handlers that check a policy.
//!
//! Each module covers some rows, and the names of the tests begin with the row.

#[path = "../support/mod.rs"]
mod support;

mod asking;
mod bodies;
mod examples;
mod hiding;
mod refusing;
mod skipping;
mod stacks;
mod stages;

use std::time::SystemTime;

use axum::Router;
use axum::routing::any as any_method;
use http::request::Parts;
use portcullis::{
    ApiKey, AuthenticateLayer, AuthorizeLayer, Basic, Bearer, HasAuthentication, HasRoles,
    HasScopes, Identity, Policy, Tokens, Users, any_of,
};
use support::{Events, Server};

#[derive(Clone, Default)]
struct User {
    role: &'static str,
    scopes: &'static [&'static str],
    acr: Option<&'static str>,
}

impl HasRoles for User {
    fn has_role(&self, role: &str) -> bool {
        self.role == role
    }
}

impl HasScopes for User {
    fn has_scope(&self, scope: &str) -> bool {
        self.scopes.contains(&scope)
    }
}

impl HasAuthentication for User {
    fn acr(&self) -> Option<&str> {
        self.acr
    }

    fn authenticated_at(&self) -> Option<SystemTime> {
        self.acr.map(|_| SystemTime::now())
    }
}

fn tokens() -> Tokens<User> {
    Tokens::new()
        .with("admin", User { role: "admin", ..User::default() })
        .with("ab", User { scopes: &["a", "b"], ..User::default() })
        .with("a", User { scopes: &["a"], ..User::default() })
        .with("mfa", User { acr: Some("mfa"), ..User::default() })
        .with("none", User::default())
}

fn bearer() -> impl Identity<Principal = User> {
    Bearer::new("test", tokens()).unwrap()
}

/// Bearer, Basic (`user:none`) and a key in `x-key`, all of the same users.
fn everything() -> impl Identity<Principal = User> {
    let users = Users::new().with("user", "none", User::default());
    any_of((
        ApiKey::new("test", "x-key".parse().unwrap(), tokens()).unwrap(),
        Basic::new("test", users).unwrap(),
        Bearer::new("test", tokens()).unwrap(),
    ))
}

const USER_NONE: &str = "authorization: Basic dXNlcjpub25l";

/// One route, `/`, behind a policy and an optional stage of these identities.
fn guarded<I: Identity<Principal = User>>(
    identity: I,
    policy: impl Policy<User, Parts> + 'static,
) -> Server {
    let app = Router::new()
        .route("/", any_method(|| async { "inside" }))
        .layer(AuthorizeLayer::<User>::new(policy))
        .layer(AuthenticateLayer::new(identity).optional());
    Server::start(app)
}

/// The source in the event of an internal error.
#[track_caller]
fn hint(events: &Events) -> String {
    let happened = events.take();
    let error = happened.iter().find(|it| it.level == tracing::Level::ERROR);
    let error = error.unwrap_or_else(|| panic!("an error event: {happened:?}"));
    format!("{} {}", error.fields["message"], error.fields.get("source").map_or("", |it| it))
}
