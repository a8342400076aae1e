//! A refusal as a value.
//!
//! Stages, policies and handlers refuse with a [`Denial`]. It stays a value until the authenticate
//! stage renders it, where one function ([`public_outcome`](public_outcome::public_outcome)) maps it
//! to a status and to the challenges that go with it.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use self::extra::Extra;
use crate::challenge::Challenges;

// `cause` has the fixed texts and the OAuth error of each cause, `public_outcome` the statuses,
// `requirement` the scopes; `propagate` carries a denial outward to the stage that renders it.
mod cause;
mod class;
mod extra;
mod identity_failures;
mod log_out;
mod members;
mod partial_reasons;
pub(crate) mod propagate;
pub(crate) mod public_outcome;
mod requirement;
mod unauthenticated;

pub use cause::Cause;
pub use class::Class;
pub use log_out::LogOut;
pub use members::{InvalidMemberName, MemberName, MemberValue};
pub use partial_reasons::PartialReason;
pub use requirement::{GrantedScopes, InvalidScopeToken, Requirement};
pub use unauthenticated::Unauthenticated;

pub(crate) use members::{MemberKind, MemberList};
pub(crate) use partial_reasons::{PartialReasons, Source};
pub(crate) use requirement::token;

/// A refusal, as a value.
///
/// It has a public side (the [`Cause`], a detail) and a private one (a source, the reasons of a
/// composition's parts) that only operators see. The response to a
/// [concealed](Denial::concealed) denial is that of [`Denial::not_found`], byte for byte.
///
/// In a handler it is the error type: `Result<Json<Repo>, Denial>`. An
/// [`AuthenticateLayer`](crate::AuthenticateLayer) outside renders it, with a challenge where it
/// needs one. No error converts into it without a decision: for a store that fails, write
/// `.map_err(|error| Denial::unavailable().with_source(error))?`.
///
/// ```
/// use portcullis::{Cause, Denial};
///
/// fn find(name: &str) -> Result<&'static str, Denial> {
///     match name {
///         "wonder" => Ok("a repository"),
///         "attic" => Err(Denial::gone()),
///         _ => Err(Denial::not_found()),
///     }
/// }
/// assert_eq!(find("nope").unwrap_err().cause(), Cause::NotFound);
/// ```
#[derive(Clone)]
#[must_use = "a denial refuses nothing until it is returned"]
pub struct Denial {
    cause: Cause,
    concealed: bool,
    disclosed: bool,
    /// Whether one of several identities that were asked has tested the credentials, and they were
    /// wrong. [`Throttle`](crate::Throttle) counts that.
    failed_a_test: bool,
    reasons: PartialReasons,
    extra: Option<Arc<Extra>>,
}

impl Denial {
    pub(crate) const fn new(cause: Cause) -> Self {
        let (concealed, disclosed, failed_a_test) = (false, false, false);
        let reasons = PartialReasons::NONE;
        Self { cause, concealed, disclosed, failed_a_test, reasons, extra: None }
    }

    /// The caller is authenticated and not permitted ([C02](crate::semantics#c02)): 403.
    pub const fn forbidden() -> Self {
        Self::new(Cause::Forbidden)
    }

    /// The caller has to authenticate first ([C01](crate::semantics#c01)): 401, or 404 if the denial
    /// is concealed.
    pub const fn identity_needed() -> Self {
        Self::new(Cause::IdentityNeeded)
    }

    /// As [`identity_needed`](Self::identity_needed), and the challenges of Bearer and DPoP name what
    /// an authenticated caller needs here, so that the client can ask for it at once.
    ///
    /// ```
    /// use portcullis::{Denial, Requirement};
    ///
    /// let denial = Denial::identity_needed_for(Requirement::scopes(["files:write"])?);
    /// // 401, WWW-Authenticate: Bearer realm="x", scope="files:write"
    /// # Ok::<(), portcullis::policy::InvalidScopeToken>(())
    /// ```
    pub fn identity_needed_for(requirement: Requirement) -> Self {
        Self::identity_needed().with_terms(Arc::new(requirement))
    }

    /// The caller should authenticate again, after a log-out for instance
    /// ([A24](crate::semantics#a24)): 401 with plain challenges. With
    /// [`with_log_out`](Self::with_log_out) the browser also deletes what it has kept.
    pub const fn reauthenticate() -> Self {
        Self::new(Cause::Reauthenticate)
    }

    /// The caller lacks scopes ([C03](crate::semantics#c03)), or a strong or recent enough
    /// authentication ([C04](crate::semantics#c04)).
    pub fn insufficient(requirement: Requirement) -> Self {
        Self::with_requirement(Arc::new(requirement))
    }

    /// The resource does not exist: 404, the same response as for a concealed resource.
    pub const fn not_found() -> Self {
        Self::new(Cause::NotFound)
    }

    /// The resource was removed for good, and the caller may know it
    /// ([C13](crate::semantics#c13)): 410.
    pub const fn gone() -> Self {
        Self::new(Cause::Gone)
    }

    /// The check could not be made: a store or an engine does not answer
    /// ([A07](crate::semantics#a07), [C08](crate::semantics#c08)): 503.
    pub const fn unavailable() -> Self {
        Self::new(Cause::Unavailable)
    }

    /// Too many attempts failed, and the next is not evaluated before `wait` has passed
    /// ([A18](crate::semantics#a18)): 429 and `Retry-After`, rounded up to whole seconds.
    ///
    /// For a handler that verifies credentials, such as that of a login form:
    /// [`Attempt::limited_by`](crate::Attempt::limited_by) asks a [`Throttle`](crate::Throttle) and
    /// returns this. In a stage use [`Identity::throttled`](crate::Identity::throttled).
    pub fn throttled(wait: Duration) -> Self {
        Self::new(Cause::Throttled).with_retry_after(wait)
    }

    /// The service is at fault ([A20](crate::semantics#a20), [C09](crate::semantics#c09)): 500.
    pub const fn internal_error() -> Self {
        Self::new(Cause::InternalError)
    }

    /// Hides the resource from this caller: 404, whatever the cause
    /// ([C06](crate::semantics#c06)).
    ///
    /// Operators still see the cause. The response has no detail, challenge or `Retry-After` of the
    /// denial.
    pub fn concealed(mut self) -> Self {
        self.concealed = true;
        self
    }

    /// The caller may know that the resource exists: the response passes through an area whose
    /// routes are hidden, as one marked [`Disclosed`](crate::Disclosed) does. No effect on a
    /// [concealed](Self::concealed) denial.
    pub fn disclosed(mut self) -> Self {
        self.disclosed = true;
        self
    }

    /// Adds the private source of the denial, for the operators. No client sees it.
    pub fn with_source(self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.with_shared_source(Arc::from(source.into()))
    }

    pub(crate) fn with_shared_source(mut self, source: Source) -> Self {
        self.extra_mut().source = Some(source);
        self
    }

    /// Replaces the `detail` of the response by a text of your own (RFC 9457 §3.1.4).
    ///
    /// Every refused client can read it. A denial rendered as 404 keeps the fixed text, because a
    /// detail would tell concealed from missing.
    pub fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.extra_mut().detail = Some(detail.into());
        self
    }

    /// Adds an extension member to the problem details of the response (RFC 9457 §3.2), or replaces the
    /// one with this name.
    ///
    /// Every refused client can read it. A denial rendered as 404 has none. Renderers of other formats
    /// than JSON leave it out.
    ///
    /// ```
    /// use portcullis::{Denial, respond::MemberName};
    ///
    /// const PLANS: MemberName = MemberName::from_static("plans");
    /// let denial = Denial::forbidden().with_member(PLANS, ["team", "enterprise"]);
    /// ```
    pub fn with_member(mut self, name: MemberName, value: impl Into<MemberValue>) -> Self {
        self.extra_mut().members.set(name, value.into());
        self
    }

    /// Asks the client to wait this long, rounded up to whole seconds, if the response is 503 or
    /// 429. By default it is the time configured in the stage.
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.extra_mut().retry_after = Some(wait);
        self
    }

    /// Adds the headers of a log-out to the response ([A24](crate::semantics#a24)), also to the redirect
    /// that a [login page](crate::AuthenticateLayer::login_page) makes of it, which then has no return
    /// path: it would lead to the log-out again. Not to a 404, on which they would tell concealed from
    /// missing.
    ///
    /// ```
    /// use portcullis::Denial;
    /// use portcullis::login::LogOut;
    ///
    /// # fn end_session() {}
    /// fn log_out() -> Denial {
    ///     end_session();
    ///     Denial::reauthenticate().with_log_out(LogOut::new().clear_cache())
    /// }
    /// ```
    pub fn with_log_out(mut self, log_out: LogOut) -> Self {
        self.extra_mut().log_out = Some(log_out);
        self
    }

    pub(crate) fn with_cause(mut self, cause: Cause) -> Self {
        self.cause = cause;
        self
    }

    /// Adds challenges of its own, in place of those of the same schemes that were added before.
    pub(crate) fn with_challenges(mut self, challenges: Challenges) -> Self {
        let own = &mut self.extra_mut().challenges;
        let others = own.take().and_then(|own| {
            own.filter(|own| !challenges.iter().any(|added| added.is(own.scheme())))
        });
        *own = Some(match others {
            Some(others) => challenges.into_iter().fold(others, Challenges::and),
            None => challenges,
        });
        self
    }

    pub(crate) fn with_reasons(mut self, reasons: PartialReasons) -> Self {
        self.reasons = reasons;
        self
    }

    pub(crate) fn with_requirement(requirement: Arc<Requirement>) -> Self {
        let cause = if requirement.is_step_up() {
            Cause::InsufficientAuthentication
        } else {
            Cause::InsufficientScope
        };
        Self::new(cause).with_terms(requirement)
    }

    pub(crate) fn with_terms(mut self, requirement: Arc<Requirement>) -> Self {
        self.extra_mut().requirement = Some(requirement);
        self
    }

    pub(crate) fn map_requirement(
        mut self,
        change: impl FnOnce(Requirement) -> Requirement,
    ) -> Self {
        if self.requirement().is_some() {
            let slot = &mut self.extra_mut().requirement;
            *slot = slot.take().map(|old| Arc::new(change(Arc::unwrap_or_clone(old))));
        }
        self
    }

    fn extra_mut(&mut self) -> &mut Extra {
        Arc::make_mut(self.extra.get_or_insert_default())
    }

    /// The cause; for a concealed denial the one that the client does not see.
    pub fn cause(&self) -> Cause {
        self.cause
    }

    /// Whether it has a detail, a source, or another part of its own.
    pub(crate) fn has_parts(&self) -> bool {
        self.extra.is_some()
    }

    /// Whether it has parts that the response shows: any but the private source.
    pub(crate) fn has_public_parts(&self) -> bool {
        self.extra.as_deref().is_some_and(Extra::has_public_parts)
    }

    /// Whether it hides the resource.
    pub fn is_concealed(&self) -> bool {
        self.concealed
    }

    pub(crate) fn is_disclosed(&self) -> bool {
        self.disclosed && !self.concealed
    }

    /// What the caller lacks and could get, if that is the cause; for an anonymous caller what it needs
    /// once it is authenticated.
    pub fn requirement(&self) -> Option<&Requirement> {
        self.extra.as_ref()?.requirement.as_deref()
    }

    /// The private source, if one was [given](Denial::with_source).
    pub fn private_source(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        self.extra.as_ref()?.source.as_deref()
    }

    /// The reason of each evaluated part that does not permit ([E07](crate::semantics#e07)).
    pub fn reasons(&self) -> impl Iterator<Item = &PartialReason> {
        self.reasons.iter()
    }

    #[cfg_attr(not(feature = "tracing"), expect(dead_code, reason = "only events print reasons"))]
    pub(crate) fn all_reasons(&self) -> &PartialReasons {
        &self.reasons
    }

    pub(crate) fn own_detail(&self) -> Option<&Cow<'static, str>> {
        self.extra.as_ref()?.detail.as_ref()
    }

    pub(crate) fn own_challenges(&self) -> Option<&Challenges> {
        self.extra.as_ref()?.challenges.as_ref()
    }

    pub(crate) fn own_members(&self) -> Option<&MemberList> {
        Some(&self.extra.as_ref()?.members)
    }

    pub(crate) fn own_log_out(&self) -> Option<LogOut> {
        self.extra.as_ref()?.log_out
    }

    pub(crate) fn own_retry_after(&self) -> Option<Duration> {
        self.extra.as_ref()?.retry_after
    }
}

impl fmt::Display for Denial {
    /// The public side only: a concealed denial is printed as a missing resource.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cause = if self.concealed { Cause::NotFound } else { self.cause() };
        f.write_str(cause.as_str())
    }
}

impl fmt::Debug for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Denial");
        debug.field("cause", &self.cause()).field("concealed", &self.concealed);
        if let Some(requirement) = self.requirement() {
            debug.field("requirement", requirement);
        }
        if !self.reasons.is_empty() {
            debug.field("reasons", &format_args!("{}", self.reasons));
        }
        if let Some(source) = self.private_source() {
            debug.field("source", &format_args!("{source}"));
        }
        debug.finish_non_exhaustive()
    }
}

impl Error for Denial {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.private_source().map(|source| source as _)
    }
}
