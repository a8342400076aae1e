//! Stronger and fresher authentication (RFC 9470).

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{Decision, Policy};
use crate::denial::{Cause, InvalidScopeToken, PartialReason, PartialReasons, Requirement};

/// A principal that can tell how, and when, it was authenticated.
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

/// Permits whoever was authenticated strongly enough; made by [`acr`].
#[derive(Clone, Debug)]
pub struct Acr {
    values: Box<[Box<str>]>,
    need: Arc<Requirement>,
    note: PartialReasons,
}

/// Permits whoever was authenticated in one of these ways, the preferred one first. Others are
/// asked for it by those schemes that can bring it about (C04).
///
/// ```
/// use std::time::Duration;
/// use portcullis::{acr, all, max_age};
///
/// let transfer = all((acr(["mfa"]), max_age(Duration::from_secs(300))));
/// ```
///
/// # Panics
///
/// If a text is no `acr` value, when the policy is built: that is a mistake in the program.
/// [`Acr::new`] is for values that come from elsewhere.
#[track_caller]
pub fn acr<'a>(values: impl IntoIterator<Item = &'a str>) -> Acr {
    match Acr::new(values) {
        Ok(acr) => acr,
        Err(invalid) => panic!("{invalid}"),
    }
}

impl Acr {
    /// As [`acr`], for values that come from elsewhere.
    ///
    /// # Errors
    ///
    /// [`InvalidScopeToken`] if a text is no `acr` value: one or more visible ASCII characters,
    /// without spaces, `"` and `\`.
    pub fn new<'a>(values: impl IntoIterator<Item = &'a str>) -> Result<Self, InvalidScopeToken> {
        let values: Box<[Box<str>]> = values.into_iter().map(Box::from).collect();
        let need = Arc::new(Requirement::acr(&values)?);
        let part = format!("acr `{}`", values.join(" ")).into();
        let note = PartialReason { cause: Cause::InsufficientAuthentication, part, source: None };
        Ok(Self { values, need, note: PartialReasons::one(note) })
    }

    fn judge(&self, principal: &impl HasAuthentication) -> Decision {
        let acceptable = |acr: &str| self.values.iter().any(|value| **value == *acr);
        if principal.acr().is_some_and(acceptable) {
            return Decision::Permit;
        }
        Decision::insufficient_shared(self.need.clone()).with_parts(&self.note)
    }
}

/// Permits whoever was authenticated recently enough; made by [`max_age`].
#[derive(Clone, Debug)]
pub struct MaxAge {
    age: Duration,
    need: Arc<Requirement>,
    note: PartialReasons,
}

/// Permits whoever was authenticated no longer ago than this, in whole seconds. Others are asked
/// to authenticate afresh by those schemes that can bring it about (C04).
///
/// A time in the future counts as now: clocks differ.
pub fn max_age(age: Duration) -> MaxAge {
    let age = Duration::from_secs(age.as_secs());
    let part = format!("max_age {} s", age.as_secs()).into();
    let note = PartialReason { cause: Cause::InsufficientAuthentication, part, source: None };
    MaxAge { age, need: Arc::new(Requirement::max_age(age)), note: PartialReasons::one(note) }
}

impl MaxAge {
    fn judge(&self, principal: &impl HasAuthentication) -> Decision {
        self.judge_at(principal, SystemTime::now())
    }

    fn judge_at(&self, principal: &impl HasAuthentication, now: SystemTime) -> Decision {
        let age = |then: SystemTime| now.duration_since(then).unwrap_or_default();
        if principal.authenticated_at().is_some_and(|then| age(then) <= self.age) {
            return Decision::Permit;
        }
        Decision::insufficient_shared(self.need.clone()).with_parts(&self.note)
    }
}

macro_rules! step_up {
    ($($name:ident)*) => {$(
        impl<P: HasAuthentication + Sync, R: ?Sized + Sync> Policy<P, R> for $name {
            async fn decide(&self, principal: &P, _: &R) -> Decision {
                self.judge(principal)
            }

            fn decide_now(&self, principal: Option<&P>, _: &R) -> Option<Decision> {
                let judge = |principal| self.judge(principal);
                Some(principal.map_or_else(Decision::identity_needed, judge))
            }

            fn can_conceal(&self) -> bool {
                false
            }
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
        // Half a second more counts for nothing: what a challenge asks for is whole seconds.
        let policy = max_age(Duration::from_millis(300_500));
        for (age, permits) in [(0, true), (299_999, true), (300_000, true), (300_001, false)] {
            let now = since.0 + Duration::from_millis(age);
            assert_eq!(policy.judge_at(&since, now).is_permit(), permits, "{age} ms");
        }
        let ahead = since.0 - Duration::from_secs(400);
        assert!(policy.judge_at(&since, ahead).is_permit(), "clocks differ");
    }
}
