//! Policies that look only at whether the caller is authenticated.

use std::sync::{Arc, LazyLock};

use super::decision::Terms;
use super::internal::{Internal, decide_without_waiting};
use super::{Decision, GrantedScopes, Policy};
use crate::denial::Requirement;

/// What an authenticated caller needs beside that.
static NOTHING_MORE: LazyLock<Arc<Requirement>> = LazyLock::new(Arc::default);

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
        match caller {
            Some(_) => Decision::Permit,
            None => Decision::identity_needed_with(Terms::Needs(NOTHING_MORE.clone())),
        }
    }
}

impl<P: Sync, R: ?Sized + Sync> Policy<P, R> for Authenticated {
    decide_without_waiting!(P, R);

    fn can_conceal(&self) -> bool {
        false
    }

    fn granted_scopes(&self, _: &P, _: &mut GrantedScopes) {}
}
