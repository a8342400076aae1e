//! What a policy answers.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::denial::{Cause, Denial, PartialReason, PartialReasons, Requirement, Source};

/// A policy's answer.
///
/// There is no default and no conversion from `bool`, so that a forgotten case does not compile
/// instead of deciding something. [`permit_if`](Decision::permit_if) says which way is which.
///
/// ```
/// use portcullis::Decision;
///
/// let weekday = true;
/// let decision = Decision::permit_if(weekday);
/// assert!(decision.is_permit());
/// ```
#[derive(Clone, Debug)]
#[must_use = "a decision protects nothing until it is returned or checked"]
pub enum Decision {
    /// Go on.
    Permit,
    /// No.
    Deny(DenyReason),
    /// Nobody can tell: the caller is unknown, a part does not answer, there is no rule. It
    /// permits nothing, and its negation permits nothing either.
    Undecided(DenyReason),
}

/// Why a decision is not a permit. Made by the constructors of [`Decision`].
#[derive(Clone)]
pub struct DenyReason {
    pub(super) kind: DenyKind,
    pub(super) concealed: bool,
    /// Whether the caller may know that the resource exists. Concealment goes before it.
    pub(super) disclosed: bool,
    pub(super) detail: Option<Cow<'static, str>>,
    pub(super) notes: PartialReasons,
}

/// The reasons of the decision table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DenyKind {
    Unavailable,
    InternalError,
    Insufficient(Arc<Requirement>),
    Identity,
    Forbidden,
}

impl Decision {
    /// Permits if it is so, and forbids otherwise.
    pub fn permit_if(condition: bool) -> Self {
        if condition { Self::Permit } else { Self::forbidden() }
    }

    /// The caller may not (C02).
    pub fn forbidden() -> Self {
        Self::Deny(DenyReason::new(DenyKind::Forbidden))
    }

    /// The same, by a part of a policy that has a name.
    pub(super) fn forbidden_by(note: &PartialReasons) -> Self {
        Self::Deny(DenyReason { notes: note.clone(), ..DenyReason::new(DenyKind::Forbidden) })
    }

    /// The caller lacks this and could get it (C03, C04).
    pub fn insufficient(requirement: Requirement) -> Self {
        Self::insufficient_shared(Arc::new(requirement))
    }

    pub(super) fn insufficient_shared(need: Arc<Requirement>) -> Self {
        Self::Deny(DenyReason::new(DenyKind::Insufficient(need)))
    }

    /// Somebody must say who they are first (C01).
    pub fn identity_needed() -> Self {
        Self::Undecided(DenyReason::new(DenyKind::Identity))
    }

    /// The policy cannot decide: its engine is down or slow (C08).
    pub fn unavailable() -> Self {
        Self::Undecided(DenyReason::new(DenyKind::Unavailable))
    }

    /// The policy has nothing to say about this request. No permit, and its negation is none: by
    /// itself it is answered as [`unavailable`](Self::unavailable) is.
    pub fn abstain() -> Self {
        Self::unavailable()
    }

    pub(super) fn internal_error() -> Self {
        Self::Undecided(DenyReason::new(DenyKind::InternalError))
    }

    /// There is no rule at all, as in an empty composition.
    pub(super) fn no_rule() -> Self {
        Self::Undecided(DenyReason::new(DenyKind::Forbidden))
    }

    /// Takes an answer for *unknown* if its engine reported an error beside it: a rule that
    /// failed to be evaluated may be the one that forbids (E08). What was concealed stays so.
    ///
    /// ```
    /// use portcullis::Decision;
    ///
    /// let (allowed, errors) = (true, vec!["rule 7: no attribute `owner`"]);
    /// let decision = Decision::permit_if(allowed).unless_errors(errors);
    /// assert!(!decision.is_permit());
    /// ```
    pub fn unless_errors<E>(self, errors: impl IntoIterator<Item = E>) -> Self
    where
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let Some(error) = errors.into_iter().next() else { return self };
        let unknown = Self::unavailable().with_source(error);
        if self.reason().is_some_and(DenyReason::is_concealed) {
            unknown.concealed()
        } else {
            unknown
        }
    }

    /// Adds the private source of a decision that is not a permit, for the operators. It never
    /// leaves.
    pub fn with_source(self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.map_reason(|why| {
            let source: Source = Arc::from(source.into());
            let note =
                PartialReason { cause: why.cause(), part: Cow::Borrowed(""), source: Some(source) };
            DenyReason { notes: why.notes.join(PartialReasons::one(note)), ..why }
        })
    }

    /// Publishes a text of your own in a decision that is not a permit: the `detail` of the
    /// answer. Everybody who is refused can read it; a concealed decision does not show it.
    pub fn with_detail(self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.map_reason(|why| DenyReason { detail: Some(detail.into()), ..why })
    }

    pub(super) fn with_parts(self, note: &PartialReasons) -> Self {
        self.map_reason(|why| DenyReason { notes: note.clone(), ..why })
    }

    pub(super) fn map_reason(self, change: impl FnOnce(DenyReason) -> DenyReason) -> Self {
        match self {
            Self::Permit => Self::Permit,
            Self::Deny(why) => Self::Deny(change(why)),
            Self::Undecided(why) => Self::Undecided(change(why)),
        }
    }

    /// Hides the resource, unless it permits: 404, as if there were none (C06).
    pub fn concealed(self) -> Self {
        self.map_reason(|why| DenyReason { concealed: true, ..why })
    }

    /// The denial that refuses; a permit, which refuses nobody, makes a fault of it.
    #[cfg(feature = "tokio")]
    pub(crate) fn into_denial(self) -> Denial {
        match self {
            Self::Permit => Denial::internal_error(),
            Self::Deny(why) | Self::Undecided(why) => why.into_denial(),
        }
    }

    /// Whether the request may go on. Everything else is a refusal.
    pub fn is_permit(&self) -> bool {
        matches!(self, Self::Permit)
    }

    /// Why not, unless it is a permit.
    pub fn reason(&self) -> Option<&DenyReason> {
        match self {
            Self::Permit => None,
            Self::Deny(why) | Self::Undecided(why) => Some(why),
        }
    }
}

impl DenyReason {
    fn new(reason: DenyKind) -> Self {
        Self {
            kind: reason,
            concealed: false,
            disclosed: false,
            detail: None,
            notes: PartialReasons::NONE,
        }
    }

    /// The reason, in truth: also where it is concealed.
    pub fn cause(&self) -> Cause {
        match &self.kind {
            DenyKind::Unavailable => Cause::Unavailable,
            DenyKind::InternalError => Cause::InternalError,
            DenyKind::Insufficient(need) if need.is_step_up() => Cause::InsufficientAuthentication,
            DenyKind::Insufficient(_) => Cause::InsufficientScope,
            DenyKind::Identity => Cause::IdentityNeeded,
            DenyKind::Forbidden => Cause::Forbidden,
        }
    }

    /// Whether the resource is hidden from this caller.
    pub fn is_concealed(&self) -> bool {
        self.concealed
    }

    /// What would help, where something would.
    pub fn requirement(&self) -> Option<&Requirement> {
        match &self.kind {
            DenyKind::Insufficient(need) => Some(need),
            _ => None,
        }
    }

    /// What each part that was asked said (E07).
    pub fn parts(&self) -> impl Iterator<Item = &PartialReason> {
        self.notes.iter()
    }

    /// The notes; one is made for a leaf that has none, so that a merge loses no part's reason.
    pub(super) fn into_parts(self) -> PartialReasons {
        if self.notes.is_empty() {
            let note = PartialReason { cause: self.cause(), part: Cow::Borrowed(""), source: None };
            return PartialReasons::one(note);
        }
        self.notes
    }

    pub(super) fn into_denial(self) -> Denial {
        let denial = match self.kind {
            DenyKind::Unavailable => Denial::unavailable(),
            DenyKind::InternalError => Denial::internal_error(),
            DenyKind::Insufficient(need) => Denial::with_requirement(need),
            DenyKind::Identity => Denial::identity_needed(),
            DenyKind::Forbidden => Denial::forbidden(),
        };
        let denial = denial.with_reasons(self.notes);
        let denial = match self.detail {
            Some(detail) => denial.with_detail(detail),
            None => denial,
        };
        let denial = if self.disclosed { denial.disclosed() } else { denial };
        if self.concealed { denial.concealed() } else { denial }
    }
}

impl fmt::Debug for DenyReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DenyReason")
            .field("reason", &self.kind)
            .field("concealed", &self.concealed)
            .field("notes", &format_args!("{}", self.notes))
            .finish_non_exhaustive()
    }
}
