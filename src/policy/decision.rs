//! What a policy answers.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::denial::{Cause, Denial, Need, Note, Notes, Source};

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
    Deny(Why),
    /// Nobody can tell: the caller is unknown, a part does not answer, there is no rule. It
    /// permits nothing, and its negation permits nothing either.
    Undecided(Why),
}

/// Why a decision is not a permit. Made by the constructors of [`Decision`].
#[derive(Clone)]
pub struct Why {
    pub(super) reason: Reason,
    pub(super) concealed: bool,
    /// Whether the caller may know that the resource exists. Concealment goes before it.
    pub(super) disclosed: bool,
    pub(super) detail: Option<Cow<'static, str>>,
    pub(super) notes: Notes,
}

/// The reasons of the decision table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    Unavailable,
    Fault,
    Need(Arc<Need>),
    Identity,
    Forbidden,
}

impl Decision {
    /// Permits if it is so, and forbids otherwise.
    pub fn permit_if(it_is_so: bool) -> Self {
        if it_is_so { Self::Permit } else { Self::forbidden() }
    }

    /// The caller may not (C02).
    pub fn forbidden() -> Self {
        Self::Deny(Why::new(Reason::Forbidden))
    }

    /// The same, by a part of a policy that has a name.
    pub(super) fn forbidden_by(note: &Notes) -> Self {
        Self::Deny(Why { notes: note.clone(), ..Why::new(Reason::Forbidden) })
    }

    /// The caller lacks this and could get it (C03, C04).
    pub fn need(need: Need) -> Self {
        Self::shared_need(Arc::new(need))
    }

    pub(super) fn shared_need(need: Arc<Need>) -> Self {
        Self::Deny(Why::new(Reason::Need(need)))
    }

    /// Somebody must say who they are first (C01).
    pub fn identity_needed() -> Self {
        Self::Undecided(Why::new(Reason::Identity))
    }

    /// The policy cannot decide: its engine is down or slow (C08).
    pub fn unavailable() -> Self {
        Self::Undecided(Why::new(Reason::Unavailable))
    }

    /// The policy has nothing to say about this request. No permit, and its negation is none: by
    /// itself it is answered as [`unavailable`](Self::unavailable) is.
    pub fn abstain() -> Self {
        Self::unavailable()
    }

    pub(super) fn fault() -> Self {
        Self::Undecided(Why::new(Reason::Fault))
    }

    /// There is no rule at all, as in an empty composition.
    pub(super) fn no_rule() -> Self {
        Self::Undecided(Why::new(Reason::Forbidden))
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
        let unknown = Self::unavailable().because(error);
        if self.why().is_some_and(Why::is_concealed) { unknown.concealed() } else { unknown }
    }

    /// Adds the private source of a decision that is not a permit, for the operators. It never
    /// leaves.
    pub fn because(self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.map_why(|why| {
            let source: Source = Arc::from(source.into());
            let note = Note { cause: why.cause(), part: Cow::Borrowed(""), source: Some(source) };
            Why { notes: why.notes.join(Notes::one(note)), ..why }
        })
    }

    /// Publishes a text of your own in a decision that is not a permit: the `detail` of the
    /// answer. Everybody who is refused can read it; a concealed decision does not show it.
    pub fn detail(self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.map_why(|why| Why { detail: Some(detail.into()), ..why })
    }

    pub(super) fn noted(self, note: &Notes) -> Self {
        self.map_why(|why| Why { notes: note.clone(), ..why })
    }

    pub(super) fn map_why(self, change: impl FnOnce(Why) -> Why) -> Self {
        match self {
            Self::Permit => Self::Permit,
            Self::Deny(why) => Self::Deny(change(why)),
            Self::Undecided(why) => Self::Undecided(change(why)),
        }
    }

    /// Hides the resource, unless it permits: 404, as if there were none (C06).
    pub fn concealed(self) -> Self {
        self.map_why(|why| Why { concealed: true, ..why })
    }

    /// The denial that refuses; a permit, which refuses nobody, makes a fault of it.
    #[cfg(feature = "tokio")]
    pub(crate) fn into_denial(self) -> Denial {
        match self {
            Self::Permit => Denial::fault(),
            Self::Deny(why) | Self::Undecided(why) => why.into_denial(),
        }
    }

    /// Whether the request may go on. Everything else is a refusal.
    pub fn is_permit(&self) -> bool {
        matches!(self, Self::Permit)
    }

    /// Why not, unless it is a permit.
    pub fn why(&self) -> Option<&Why> {
        match self {
            Self::Permit => None,
            Self::Deny(why) | Self::Undecided(why) => Some(why),
        }
    }
}

impl Why {
    fn new(reason: Reason) -> Self {
        Self { reason, concealed: false, disclosed: false, detail: None, notes: Notes::NONE }
    }

    /// The reason, in truth: also where it is concealed.
    pub fn cause(&self) -> Cause {
        match &self.reason {
            Reason::Unavailable => Cause::Unavailable,
            Reason::Fault => Cause::Fault,
            Reason::Need(need) if need.is_step_up() => Cause::InsufficientAuthentication,
            Reason::Need(_) => Cause::InsufficientScope,
            Reason::Identity => Cause::IdentityNeeded,
            Reason::Forbidden => Cause::Forbidden,
        }
    }

    /// Whether the resource is hidden from this caller.
    pub fn is_concealed(&self) -> bool {
        self.concealed
    }

    /// What would help, where something would.
    pub fn needed(&self) -> Option<&Need> {
        match &self.reason {
            Reason::Need(need) => Some(need),
            _ => None,
        }
    }

    /// What each part that was asked said (E07).
    pub fn notes(&self) -> impl Iterator<Item = &Note> {
        self.notes.iter()
    }

    /// The notes; one is made for a leaf that has none, so that a merge loses no part's reason.
    pub(super) fn into_notes(self) -> Notes {
        if self.notes.is_empty() {
            let note = Note { cause: self.cause(), part: Cow::Borrowed(""), source: None };
            return Notes::one(note);
        }
        self.notes
    }

    pub(super) fn into_denial(self) -> Denial {
        let denial = match self.reason {
            Reason::Unavailable => Denial::unavailable(),
            Reason::Fault => Denial::fault(),
            Reason::Need(need) => Denial::with_need(need),
            Reason::Identity => Denial::identity_needed(),
            Reason::Forbidden => Denial::forbidden(),
        };
        let denial = denial.with_notes(self.notes);
        let denial = match self.detail {
            Some(detail) => denial.detail(detail),
            None => denial,
        };
        let denial = if self.disclosed { denial.disclosed() } else { denial };
        if self.concealed { denial.concealed() } else { denial }
    }
}

impl fmt::Debug for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Why")
            .field("reason", &self.reason)
            .field("concealed", &self.concealed)
            .field("notes", &format_args!("{}", self.notes))
            .finish_non_exhaustive()
    }
}
