//! OAuth scopes (RFC 6749 §3.3).

use std::sync::Arc;

use super::decision::Terms;
use super::internal::{Internal, decide_without_waiting};
use super::{Decision, GrantedScopes, Policy};
use crate::denial::{Cause, InvalidScopeToken, PartialReason, PartialReasons, Requirement, token};

/// A principal that was granted scopes.
///
/// ```
/// use portcullis::HasScopes;
///
/// struct Token { scope: String }
///
/// impl HasScopes for Token {
///     fn has_scope(&self, scope: &str) -> bool {
///         self.scope.split(' ').any(|granted| granted == scope)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not tell its scopes",
    note = "implement `HasScopes` for it; `scope(…)` asks `has_scope`"
)]
pub trait HasScopes {
    /// Whether it has this scope.
    fn has_scope(&self, scope: &str) -> bool;
}

/// Permits principals that have a scope; made by [`scope`].
#[derive(Clone, Debug)]
pub struct Scope {
    name: Arc<str>,
    requirement: Arc<Requirement>,
    /// Made with the policy and shared, so that a refusal does not allocate it.
    reason: PartialReasons,
}

/// Permits principals that have this scope. Others are refused, and the challenge of Bearer and DPoP
/// lists the scopes that are needed: with `error="insufficient_scope"` if the caller came with a token
/// ([C03](crate::semantics#c03)), without an error if it is anonymous ([C01](crate::semantics#c01)).
///
/// # Errors
///
/// [`InvalidScopeToken`] if the text is not one scope: one or more visible ASCII characters,
/// without spaces, `"` and `\` (RFC 6749 §3.3).
///
/// ```
/// use portcullis::policy::all;
/// use portcullis::scope;
///
/// let reports = all((scope("reports:read")?, scope("repos:read")?));
/// # Ok::<(), portcullis::policy::InvalidScopeToken>(())
/// ```
pub fn scope(name: &str) -> Result<Scope, InvalidScopeToken> {
    let part = format!("scope `{name}`").into();
    let reason = PartialReason { cause: Cause::InsufficientScope, part, source: None };
    Ok(Scope {
        name: token(name)?,
        requirement: Arc::new(Requirement::scopes([name])?),
        reason: PartialReasons::one(reason),
    })
}

impl Scope {
    fn evaluate<P: HasScopes, R: ?Sized>(&self, caller: Option<&P>, _: &R) -> Decision {
        match caller {
            Some(principal) if principal.has_scope(&self.name) => Decision::Permit,
            Some(_) => {
                Decision::insufficient_shared(self.requirement.clone()).with_parts(&self.reason)
            }
            None => Decision::identity_needed_with(Terms::Needs(self.requirement.clone())),
        }
    }
}

impl<P: HasScopes + Sync, R: ?Sized + Sync> Policy<P, R> for Scope {
    decide_without_waiting!(P, R);

    fn can_conceal(&self) -> bool {
        false
    }

    fn granted_scopes(&self, principal: &P, granted: &mut GrantedScopes) {
        if principal.has_scope(&self.name) {
            granted.add_checked(self.name.clone());
        }
    }
}
