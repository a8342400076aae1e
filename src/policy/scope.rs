//! OAuth scopes (RFC 6749 §3.3).

use std::sync::Arc;

use super::{Decision, GrantedScopes, Policy};
use crate::denial::{Cause, InvalidScopeToken, PartialReason, PartialReasons, Requirement, token};

/// A principal that can tell its scopes.
///
/// ```
/// use portcullis::HasScopes;
///
/// struct Token { scope: String }
///
/// impl HasScopes for Token {
///     fn has_scope(&self, scope: &str) -> bool {
///         self.scope.split(' ').any(|held| held == scope)
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

/// Permits whoever has a scope; made by [`scope`].
#[derive(Clone, Debug)]
pub struct Scope {
    name: Arc<str>,
    need: Arc<Requirement>,
    note: PartialReasons,
}

/// Permits whoever has this scope. Others are refused, and told which scopes would do if they
/// came with a token (C03).
///
/// ```
/// use portcullis::{all, scope};
///
/// let reports = all((scope("reports:read"), scope("repos:read")));
/// ```
///
/// # Panics
///
/// If the text is no scope, when the policy is built: that is a mistake in the program, as a
/// malformed route is. [`Scope::new`] is for names that come from elsewhere.
#[track_caller]
pub fn scope(name: &str) -> Scope {
    match Scope::new(name) {
        Ok(scope) => scope,
        Err(invalid) => panic!("{invalid}"),
    }
}

impl Scope {
    /// As [`scope`], for names that come from elsewhere.
    ///
    /// # Errors
    ///
    /// [`InvalidScopeToken`] if the text is no scope: one or more visible ASCII characters, without
    /// spaces, `"` and `\` (RFC 6749 §3.3).
    pub fn new(name: &str) -> Result<Self, InvalidScopeToken> {
        let part = format!("scope `{name}`").into();
        Ok(Self {
            name: token(name)?,
            need: Arc::new(Requirement::scopes([name])?),
            note: PartialReasons::one(PartialReason {
                cause: Cause::InsufficientScope,
                part,
                source: None,
            }),
        })
    }

    fn evaluate(&self, principal: &impl HasScopes) -> Decision {
        if principal.has_scope(&self.name) {
            return Decision::Permit;
        }
        Decision::insufficient_shared(self.need.clone()).with_parts(&self.note)
    }
}

impl<P: HasScopes + Sync, R: ?Sized + Sync> Policy<P, R> for Scope {
    async fn decide(&self, principal: &P, _: &R) -> Decision {
        self.evaluate(principal)
    }

    fn decide_now(&self, principal: Option<&P>, _: &R) -> Option<Decision> {
        Some(principal.map_or_else(Decision::identity_needed, |principal| self.evaluate(principal)))
    }

    fn can_conceal(&self) -> bool {
        false
    }

    fn granted_scopes(&self, principal: &P, held: &mut GrantedScopes) {
        if principal.has_scope(&self.name) {
            held.add_checked(self.name.clone());
        }
    }
}
