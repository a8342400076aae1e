//! Section E: composition. A model written from the words of the table predicts every composition,
//! and the laws are tested apart from it.

mod callers;
mod expressions;
mod laws;
mod model;
mod own;
mod rows;

use portcullis::{Denial, HasAuthentication, HasRoles, HasScopes, Policy};

/// Keeps the messages of leaves that panic on purpose out of the output.
fn quietly() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if info.payload().is::<()>() {
                return;
            }
            usual(info);
        }));
    });
}

#[derive(Default)]
struct Caller {
    roles: Vec<&'static str>,
    scopes: Vec<&'static str>,
    acr: Option<&'static str>,
    at: Option<std::time::SystemTime>,
}

impl HasRoles for Caller {
    fn has_role(&self, role: &str) -> bool {
        self.roles.contains(&role)
    }
}

impl HasScopes for Caller {
    fn has_scope(&self, scope: &str) -> bool {
        self.scopes.contains(&scope)
    }
}

impl HasAuthentication for Caller {
    fn acr(&self) -> Option<&str> {
        self.acr
    }

    fn authenticated_at(&self) -> Option<std::time::SystemTime> {
        self.at
    }
}

/// The denial of a policy that refuses the caller.
async fn denial(policy: impl Policy<Caller, ()>, caller: &Caller) -> Denial {
    policy.check(caller, &()).await.expect_err("refused")
}
