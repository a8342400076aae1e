//! Roles.

use super::decision::Terms;
use super::internal::{Internal, decide_without_waiting};
use super::{Decision, GrantedScopes, Policy};
use crate::denial::{Cause, PartialReason, PartialReasons};

/// A principal that has roles.
///
/// ```
/// use portcullis::HasRoles;
///
/// struct User { roles: Vec<String> }
///
/// impl HasRoles for User {
///     fn has_role(&self, role: &str) -> bool {
///         self.roles.iter().any(|own| own == role)
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

/// Permits principals that have a role; made by [`role`].
#[derive(Clone, Debug)]
pub struct Role {
    name: Box<str>,
    /// Made with the policy and shared, so that a refusal does not allocate it.
    reason: PartialReasons,
}

/// Permits principals that have this role, and forbids others
/// ([C02](crate::semantics#c02)).
///
/// ```
/// use portcullis::policy::any;
/// use portcullis::role;
///
/// let staff = any((role("admin"), role("editor")));
/// ```
pub fn role(name: impl Into<String>) -> Role {
    let name = name.into();
    let part = format!("role `{name}`").into();
    let reason = PartialReason { cause: Cause::Forbidden, part, source: None };
    Role { name: name.into(), reason: PartialReasons::one(reason) }
}

impl Role {
    fn evaluate<P: HasRoles, R: ?Sized>(&self, caller: Option<&P>, _: &R) -> Decision {
        match caller {
            Some(principal) if principal.has_role(&self.name) => Decision::Permit,
            Some(_) => self.refuse(),
            None => Decision::identity_needed_with(Terms::Nothing),
        }
    }

    // A function of its own, so that a permit reserves no stack for a refusal, which is large.
    #[cold]
    fn refuse(&self) -> Decision {
        Decision::forbidden_by(&self.reason)
    }
}

impl<P: HasRoles + Sync, R: ?Sized + Sync> Policy<P, R> for Role {
    decide_without_waiting!(P, R);

    fn can_conceal(&self) -> bool {
        false
    }

    fn granted_scopes(&self, _: &P, _: &mut GrantedScopes) {}
}
