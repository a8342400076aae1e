//! Stronger and fresher authentication (RFC 9470).

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::decision::Terms;
use super::internal::{Internal, decide_without_waiting};
use super::{Decision, GrantedScopes, Policy};
use crate::denial::{Cause, InvalidScopeToken, PartialReason, PartialReasons, Requirement};

/// A principal that knows how, and when, it was authenticated.
///
/// ```
/// use std::time::SystemTime;
/// use portcullis::HasAuthentication;
///
/// struct Token { acr: Option<String>, auth_time: Option<SystemTime> }
///
/// impl HasAuthentication for Token {
///     fn acr(&self) -> Option<&str> {
///         self.acr.as_deref()
///     }
///
///     fn authenticated_at(&self) -> Option<SystemTime> {
///         self.auth_time
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not tell how it was authenticated",
    note = "implement `HasAuthentication` for it; `acr(…)` and `max_age(…)` ask it"
)]
pub trait HasAuthentication {
    /// The authentication context class reference (the `acr` claim), if there is one.
    fn acr(&self) -> Option<&str>;

    /// When the user was authenticated (the `auth_time` claim), if that is known.
    fn authenticated_at(&self) -> Option<SystemTime>;
}

/// Permits principals that were authenticated in an acceptable way; made by [`acr`].
#[derive(Clone, Debug)]
pub struct Acr {
    values: Box<[Box<str>]>,
    requirement: Arc<Requirement>,
    /// Made with the policy and shared, so that a refusal does not allocate it.
    reason: PartialReasons,
}

/// Permits principals that were authenticated in one of these ways, the preferred one first. The
/// others get a challenge that asks for it, from the schemes that can satisfy it
/// ([C04](crate::semantics#c04)).
///
/// # Errors
///
/// [`InvalidScopeToken`] if a text is not one `acr` value: one or more visible ASCII characters,
/// without spaces, `"` and `\`.
///
/// ```
/// use std::time::Duration;
/// use portcullis::policy::all;
/// use portcullis::{acr, max_age};
///
/// let transfer = all((acr(["mfa"])?, max_age(Duration::from_secs(300))));
/// # Ok::<(), portcullis::policy::InvalidScopeToken>(())
/// ```
pub fn acr<'a>(values: impl IntoIterator<Item = &'a str>) -> Result<Acr, InvalidScopeToken> {
    let values: Box<[Box<str>]> = values.into_iter().map(Box::from).collect();
    let requirement = Arc::new(Requirement::acr(&values)?);
    let part = format!("acr `{}`", values.join(" ")).into();
    let reason = PartialReason { cause: Cause::InsufficientAuthentication, part, source: None };
    Ok(Acr { values, requirement, reason: PartialReasons::one(reason) })
}

impl Acr {
    fn evaluate<P: HasAuthentication, R: ?Sized>(&self, caller: Option<&P>, _: &R) -> Decision {
        let Some(principal) = caller else {
            return Decision::identity_needed_with(Terms::Needs(self.requirement.clone()));
        };
        let acceptable = |acr: &str| self.values.iter().any(|value| **value == *acr);
        if principal.acr().is_some_and(acceptable) {
            return Decision::Permit;
        }
        Decision::insufficient_shared(self.requirement.clone()).with_parts(&self.reason)
    }
}

/// Permits principals that were authenticated recently enough; made by [`max_age`].
#[derive(Clone, Debug)]
pub struct MaxAge {
    age: Duration,
    requirement: Arc<Requirement>,
    /// Made with the policy and shared, so that a refusal does not allocate it.
    reason: PartialReasons,
}

/// Permits principals that were authenticated no longer ago than this, in whole seconds. The
/// others get a challenge that asks for a fresh authentication, from the schemes that can satisfy
/// it ([C04](crate::semantics#c04)).
///
/// A time in the future counts as now, because clocks differ.
pub fn max_age(age: Duration) -> MaxAge {
    let age = Duration::from_secs(age.as_secs());
    let requirement = Arc::new(Requirement::max_age(age));
    let part = format!("max_age {} s", age.as_secs()).into();
    let reason = PartialReason { cause: Cause::InsufficientAuthentication, part, source: None };
    MaxAge { age, requirement, reason: PartialReasons::one(reason) }
}

impl MaxAge {
    fn evaluate<P: HasAuthentication, R: ?Sized>(&self, caller: Option<&P>, _: &R) -> Decision {
        let Some(principal) = caller else {
            return Decision::identity_needed_with(Terms::Needs(self.requirement.clone()));
        };
        self.evaluate_at(principal, SystemTime::now())
    }

    fn evaluate_at(&self, principal: &impl HasAuthentication, now: SystemTime) -> Decision {
        let age = |then: SystemTime| now.duration_since(then).unwrap_or_default();
        if principal.authenticated_at().is_some_and(|then| age(then) <= self.age) {
            return Decision::Permit;
        }
        Decision::insufficient_shared(self.requirement.clone()).with_parts(&self.reason)
    }
}

macro_rules! step_up {
    ($($name:ident)*) => {$(
        impl<P: HasAuthentication + Sync, R: ?Sized + Sync> Policy<P, R> for $name {
            decide_without_waiting!(P, R);

            fn can_conceal(&self) -> bool {
                false
            }

            fn granted_scopes(&self, _: &P, _: &mut GrantedScopes) {}
        }
    )*};
}

step_up!(Acr MaxAge);

#[cfg(test)]
mod tests {
    use super::*;

    struct Since(SystemTime);

    impl HasAuthentication for Since {
        fn acr(&self) -> Option<&str> {
            None
        }

        fn authenticated_at(&self) -> Option<SystemTime> {
            Some(self.0)
        }
    }

    #[test]
    fn c04_an_authentication_is_recent_enough_up_to_the_age_itself() {
        let since = Since(SystemTime::UNIX_EPOCH + Duration::from_secs(1000));
        // The half second is dropped: `max_age` in a challenge is in whole seconds.
        let policy = max_age(Duration::from_millis(300_500));
        for (age, permits) in [(0, true), (299_999, true), (300_000, true), (300_001, false)] {
            let now = since.0 + Duration::from_millis(age);
            assert_eq!(policy.evaluate_at(&since, now).is_permit(), permits, "{age} ms");
        }
        let ahead = since.0 - Duration::from_secs(400);
        assert!(policy.evaluate_at(&since, ahead).is_permit(), "clocks differ");
    }
}
