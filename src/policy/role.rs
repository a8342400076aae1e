//! Roles.

use super::{Decision, Policy};
use crate::denial::{Cause, PartialReason, PartialReasons};

/// A principal that can tell its roles.
///
/// ```
/// use portcullis::HasRoles;
///
/// struct User { roles: Vec<String> }
///
/// impl HasRoles for User {
///     fn has_role(&self, role: &str) -> bool {
///         self.roles.iter().any(|held| held == role)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not tell its roles",
    note = "implement `HasRoles` for it; `role(…)` asks `has_role`"
)]
pub trait HasRoles {
    /// Whether it has this role.
    fn has_role(&self, role: &str) -> bool;
}

/// Permits whoever has a role; made by [`role`].
#[derive(Clone, Debug)]
pub struct Role {
    name: Box<str>,
    note: PartialReasons,
}

/// Permits whoever has this role, and forbids others (C02).
///
/// ```
/// use portcullis::{any, role};
///
/// let staff = any((role("admin"), role("editor")));
/// ```
pub fn role(name: impl Into<String>) -> Role {
    let name = name.into();
    let part = format!("role `{name}`").into();
    Role {
        name: name.into(),
        note: PartialReasons::one(PartialReason { cause: Cause::Forbidden, part, source: None }),
    }
}

impl Role {
    fn evaluate(&self, principal: &impl HasRoles) -> Decision {
        if principal.has_role(&self.name) {
            return Decision::Permit;
        }
        self.refuse()
    }

    // Apart, so that a permit makes no room for a refusal, which is large.
    #[cold]
    fn refuse(&self) -> Decision {
        Decision::forbidden_by(&self.note)
    }
}

impl<P: HasRoles + Sync, R: ?Sized + Sync> Policy<P, R> for Role {
    async fn decide(&self, principal: &P, _: &R) -> Decision {
        self.evaluate(principal)
    }

    fn decide_now(&self, principal: Option<&P>, _: &R) -> Option<Decision> {
        Some(principal.map_or_else(Decision::identity_needed, |principal| self.evaluate(principal)))
    }

    fn can_conceal(&self) -> bool {
        false
    }
}
