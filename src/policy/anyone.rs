//! Policies that look only at whether the caller is authenticated.

use super::internal::{Internal, decide_without_waiting};
use super::{Decision, GrantedScopes, Policy};

/// Permits every caller, anonymous ones included; made by [`anyone`].
#[derive(Clone, Copy, Debug)]
pub struct Anyone;

/// Permits every caller, anonymous ones included.
pub fn anyone() -> Anyone {
    Anyone
}

impl Anyone {
    fn evaluate<P, R: ?Sized>(self, _: Option<&P>, _: &R) -> Decision {
        Decision::Permit
    }
}

impl<P: Sync, R: ?Sized + Sync> Policy<P, R> for Anyone {
    decide_without_waiting!(P, R);

    fn can_conceal(&self) -> bool {
        false
    }

    fn granted_scopes(&self, _: &P, _: &mut GrantedScopes) {}
}

/// Permits every authenticated caller; made by [`authenticated`].
#[derive(Clone, Copy, Debug)]
pub struct Authenticated;

/// Permits every authenticated caller.
pub fn authenticated() -> Authenticated {
    Authenticated
}

impl Authenticated {
    fn evaluate<P, R: ?Sized>(self, caller: Option<&P>, _: &R) -> Decision {
        caller.map_or_else(Decision::identity_needed, |_| Decision::Permit)
    }
}

impl<P: Sync, R: ?Sized + Sync> Policy<P, R> for Authenticated {
    decide_without_waiting!(P, R);

    fn can_conceal(&self) -> bool {
        false
    }

    fn granted_scopes(&self, _: &P, _: &mut GrantedScopes) {}
}
