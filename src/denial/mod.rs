//! What is a refusal, before it is bytes?
//!
//! Stages, policies and handlers say no with a [`Denial`]. It is a value until the edge, where
//! one function ([`face`](face::face)) maps it to a status and the challenges it carries.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::challenge::Challenge;

mod cause;
mod partial_reasons;
pub(crate) mod propagate;
pub(crate) mod public_outcome;
mod requirement;
mod unauthenticated;

pub use cause::Cause;
pub use partial_reasons::PartialReason;
pub use requirement::{GrantedScopes, InvalidScopeToken, Requirement};
pub use unauthenticated::Unauthenticated;

pub(crate) use partial_reasons::{PartialReasons, Source};
pub(crate) use requirement::token;

/// A refusal, as a value.
///
/// It has a public side (the [`Cause`], a detail) and a private one (a source, the notes of a
/// composition) that only operators see. A [concealed](Denial::concealed) denial has no public
/// side of its own: it leaves as [`Denial::not_found`] leaves, byte for byte.
///
/// In a handler it is the error type: `Result<Json<Repo>, Denial>`. It takes an
/// [`AuthenticateLayer`](crate::AuthenticateLayer) outside to become an answer with a challenge.
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
    notes: PartialReasons,
    extra: Option<Arc<Extra>>,
}

/// What few denials have, out of the way of the many that have none of it: a denial is three words,
/// because every answer that might have been one is as large.
#[derive(Clone, Default)]
struct Extra {
    /// The terms of a cause that has some.
    need: Option<Arc<Requirement>>,
    detail: Option<Cow<'static, str>>,
    source: Option<Source>,
    challenge: Option<Challenge>,
    retry_after: Option<Duration>,
}

impl Denial {
    pub(crate) const fn new(cause: Cause) -> Self {
        Self { cause, concealed: false, disclosed: false, notes: PartialReasons::NONE, extra: None }
    }

    /// The caller is known and may not (C02): 403.
    pub const fn forbidden() -> Self {
        Self::new(Cause::Forbidden)
    }

    /// Somebody must say who they are first (C01): 401, or 404 where the answer is concealed.
    pub const fn identity_needed() -> Self {
        Self::new(Cause::IdentityNeeded)
    }

    /// The caller should present fresh credentials, after a log-out for instance (A24): 401 with
    /// plain challenges.
    pub const fn reauthenticate() -> Self {
        Self::new(Cause::Reauthenticate)
    }

    /// The caller lacks scopes (C03), or a strong or recent enough authentication (C04).
    pub fn insufficient(requirement: Requirement) -> Self {
        Self::with_requirement(Arc::new(requirement))
    }

    /// There is no such resource: 404, the very answer that a concealed resource gets.
    pub const fn not_found() -> Self {
        Self::new(Cause::NotFound)
    }

    /// The resource was removed for good, and the caller may know it (C13): 410.
    pub const fn gone() -> Self {
        Self::new(Cause::Gone)
    }

    /// Nobody could tell: a store or an engine does not answer (A07, C08): 503.
    pub const fn unavailable() -> Self {
        Self::new(Cause::Unavailable)
    }

    /// Too many attempts failed, and the next is not looked at before so much time has passed (A18):
    /// 429 and `Retry-After`, rounded up to whole seconds. For a handler that takes credentials
    /// itself, as one behind a login form does: [`Attempt::limited_by`](crate::Attempt::limited_by)
    /// asks a [`Throttle`](crate::Throttle) and returns this. A stage has
    /// [`Identity::throttled`](crate::Identity::throttled).
    pub fn throttled(wait: Duration) -> Self {
        Self::new(Cause::Throttled).with_retry_after(wait)
    }

    /// The service itself is wrong (A20, C09): 500.
    pub const fn internal_error() -> Self {
        Self::new(Cause::InternalError)
    }

    /// Hides the resource from this caller: 404, whatever the denial was (C06).
    ///
    /// What it was stays inside for the operators. A detail, a challenge or a time to retry
    /// after does not leave.
    pub fn concealed(mut self) -> Self {
        self.concealed = true;
        self
    }

    /// The caller may know that the resource exists: the answer may leave an area whose routes are
    /// hidden, as [`Disclosed`](crate::Disclosed) lets others. Not where it is
    /// [concealed](Self::concealed).
    pub fn disclosed(mut self) -> Self {
        self.disclosed = true;
        self
    }

    /// Adds the private source of the denial, for the operators. It never leaves.
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.extra_mut().source = Some(Arc::from(source.into()));
        self
    }

    /// Replaces the `detail` of the answer by a text of your own (RFC 9457 §3.1.4).
    ///
    /// Everybody who is refused can read it. A denial that answers 404 keeps the fixed text: a
    /// detail would tell concealed from missing.
    pub fn with_detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.extra_mut().detail = Some(detail.into());
        self
    }

    /// Asks the client to wait this long, rounded up to whole seconds, where the answer is 503 or
    /// 429.
    /// Without it the stage's own time is used.
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.extra_mut().retry_after = Some(wait);
        self
    }

    pub(crate) fn with_cause(mut self, cause: Cause) -> Self {
        self.cause = cause;
        self
    }

    pub(crate) fn with_challenge(mut self, challenge: Challenge) -> Self {
        self.extra_mut().challenge = Some(challenge);
        self
    }

    pub(crate) fn with_reasons(mut self, notes: PartialReasons) -> Self {
        self.notes = notes;
        self
    }

    pub(crate) fn with_requirement(need: Arc<Requirement>) -> Self {
        let cause = if need.is_step_up() {
            Cause::InsufficientAuthentication
        } else {
            Cause::InsufficientScope
        };
        let mut denial = Self::new(cause);
        denial.extra_mut().need = Some(need);
        denial
    }

    pub(crate) fn map_requirement(
        mut self,
        change: impl FnOnce(Requirement) -> Requirement,
    ) -> Self {
        if self.requirement().is_some() {
            let need = &mut self.extra_mut().need;
            *need = need.take().map(|need| Arc::new(change(Arc::unwrap_or_clone(need))));
        }
        self
    }

    fn extra_mut(&mut self) -> &mut Extra {
        Arc::make_mut(self.extra.get_or_insert_default())
    }

    /// Why, in truth: for a concealed denial the cause that is hidden.
    pub fn cause(&self) -> Cause {
        self.cause
    }

    /// Whether there is nothing to it but its cause.
    pub(crate) fn has_only_a_cause(&self) -> bool {
        self.extra.is_none()
    }

    /// Whether it hides the resource.
    pub fn is_concealed(&self) -> bool {
        self.concealed
    }

    pub(crate) fn is_disclosed(&self) -> bool {
        self.disclosed && !self.concealed
    }

    /// What would help the caller, where something would.
    pub fn requirement(&self) -> Option<&Requirement> {
        self.extra.as_ref()?.need.as_deref()
    }

    /// The private source, if one was [given](Denial::with_source).
    pub fn private_source(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        self.extra.as_ref()?.source.as_deref()
    }

    /// What each part of the composition that refused said (E07).
    pub fn reasons(&self) -> impl Iterator<Item = &PartialReason> {
        self.notes.iter()
    }

    #[cfg_attr(not(feature = "tracing"), expect(dead_code, reason = "only events print notes"))]
    pub(crate) fn all_reasons(&self) -> &PartialReasons {
        &self.notes
    }

    pub(crate) fn own_detail(&self) -> Option<&Cow<'static, str>> {
        self.extra.as_ref()?.detail.as_ref()
    }

    pub(crate) fn own_challenge(&self) -> Option<&Challenge> {
        self.extra.as_ref()?.challenge.as_ref()
    }

    pub(crate) fn own_retry_after(&self) -> Option<Duration> {
        self.extra.as_ref()?.retry_after
    }
}

impl fmt::Display for Denial {
    /// The public side only: a concealed denial reads like a missing resource.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cause = if self.concealed { Cause::NotFound } else { self.cause() };
        f.write_str(cause.as_str())
    }
}

impl fmt::Debug for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Denial");
        debug.field("cause", &self.cause()).field("concealed", &self.concealed);
        if let Some(need) = self.requirement() {
            debug.field("need", need);
        }
        if !self.notes.is_empty() {
            debug.field("notes", &format_args!("{}", self.notes));
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
