//! PolicySequence that look at nothing but whether somebody is known.

use super::{Decision, Policy};

/// Permits everybody, unknown callers included; made by [`anyone`].
#[derive(Clone, Copy, Debug)]
pub struct Anyone;

/// Permits everybody, unknown callers included.
pub fn anyone() -> Anyone {
    Anyone
}

impl<P: Sync, R: ?Sized + Sync> Policy<P, R> for Anyone {
    async fn decide(&self, _: &P, _: &R) -> Decision {
        Decision::Permit
    }

    async fn decide_anonymous(&self, _: &R) -> Decision {
        Decision::Permit
    }

    fn decide_now(&self, _: Option<&P>, _: &R) -> Option<Decision> {
        Some(Decision::Permit)
    }

    fn can_conceal(&self) -> bool {
        false
    }
}

/// Permits whoever is known; made by [`authenticated`].
#[derive(Clone, Copy, Debug)]
pub struct Authenticated;

/// Permits whoever is known.
pub fn authenticated() -> Authenticated {
    Authenticated
}

impl<P: Sync, R: ?Sized + Sync> Policy<P, R> for Authenticated {
    async fn decide(&self, _: &P, _: &R) -> Decision {
        Decision::Permit
    }

    fn decide_now(&self, principal: Option<&P>, _: &R) -> Option<Decision> {
        Some(principal.map_or_else(Decision::identity_needed, |_| Decision::Permit))
    }

    fn can_conceal(&self) -> bool {
        false
    }
}
