//! What a policy decides.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::denial::{Cause, Denial, PartialReason, PartialReasons, Requirement, Source};

/// What a policy decides.
///
/// There is no default and no conversion from `bool`, so that a forgotten case does not compile
/// instead of deciding something. [`permit_if`](Decision::permit_if) makes one of a `bool`.
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
    /// The request may go on.
    Permit,
    /// The caller may not.
    Deny(DenyReason),
    /// The policy cannot decide: the caller is anonymous, a part is unavailable, there is no rule.
    /// It permits nothing, and its negation permits nothing either.
    Undecided(DenyReason),
}

/// Why a decision is not a permit. Made by the constructors of [`Decision`].
#[derive(Clone)]
pub struct DenyReason {
    pub(super) kind: DenyKind,
    pub(super) concealed: bool,
    /// Whether the caller may know that the resource exists. `concealed` takes precedence.
    pub(super) disclosed: bool,
    pub(super) detail: Option<Cow<'static, str>>,
    pub(super) reasons: PartialReasons,
}

/// The reasons of section E of the decision table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DenyKind {
    Unavailable,
    InternalError,
    Insufficient(Arc<Requirement>),
    Identity(Terms),
    Forbidden,
}

/// What an anonymous caller needs once it is authenticated, as far as the policy can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Terms {
    /// What the policy looks at cannot be requested: a role, a condition of the application.
    Nothing,
    /// This. An empty requirement is met by every authenticated caller.
    Needs(Arc<Requirement>),
    /// The policy does not say which scopes it looks at.
    Unknown,
}

impl Decision {
    /// Permits if the condition holds, and forbids otherwise.
    pub fn permit_if(condition: bool) -> Self {
        if condition { Self::Permit } else { Self::forbidden() }
    }

    /// The caller may not ([C02](crate::semantics#c02)).
    pub fn forbidden() -> Self {
        Self::Deny(DenyReason::new(DenyKind::Forbidden))
    }

    /// As [`forbidden`](Self::forbidden), with the reason of a part that has a name.
    pub(super) fn forbidden_by(reason: &PartialReasons) -> Self {
        Self::Deny(DenyReason { reasons: reason.clone(), ..DenyReason::new(DenyKind::Forbidden) })
    }

    /// The caller lacks this and could get it ([C03](crate::semantics#c03),
    /// [C04](crate::semantics#c04)).
    pub fn insufficient(requirement: Requirement) -> Self {
        Self::insufficient_shared(Arc::new(requirement))
    }

    pub(super) fn insufficient_shared(requirement: Arc<Requirement>) -> Self {
        Self::Deny(DenyReason::new(DenyKind::Insufficient(requirement)))
    }

    /// The caller has to authenticate first ([C01](crate::semantics#c01)). It does not say what the
    /// caller needs then, so a challenge names no scopes; [`identity_needed_for`](Self::identity_needed_for)
    /// says it.
    pub fn identity_needed() -> Self {
        Self::identity_needed_with(Terms::Unknown)
    }

    /// The caller has to authenticate first, and needs this then. The challenges of Bearer and DPoP name
    /// it, so that the client asks for it at once ([C01](crate::semantics#c01)). With an empty
    /// requirement, every authenticated caller is permitted.
    ///
    /// ```
    /// use http::Method;
    /// use http::request::Parts;
    /// use portcullis::{Decision, Policy, Requirement};
    ///
    /// struct User { scopes: Vec<String> }
    ///
    /// /// Anyone may read; writing needs a scope.
    /// struct CanWrite;
    ///
    /// impl CanWrite {
    ///     fn scope() -> Requirement {
    ///         Requirement::scopes(["files:write"]).expect("a scope")
    ///     }
    /// }
    ///
    /// impl Policy<User> for CanWrite {
    ///     async fn decide(&self, user: &User, _: &Parts) -> Decision {
    ///         match user.scopes.iter().any(|scope| scope == "files:write") {
    ///             true => Decision::Permit,
    ///             false => Decision::insufficient(Self::scope()),
    ///         }
    ///     }
    ///
    ///     async fn decide_anonymous(&self, request: &Parts) -> Decision {
    ///         match request.method {
    ///             Method::GET => Decision::Permit,
    ///             _ => Decision::identity_needed_for(Self::scope()),
    ///         }
    ///     }
    /// }
    /// ```
    pub fn identity_needed_for(requirement: Requirement) -> Self {
        Self::identity_needed_with(Terms::Needs(Arc::new(requirement)))
    }

    pub(super) fn identity_needed_with(terms: Terms) -> Self {
        Self::Undecided(DenyReason::new(DenyKind::Identity(terms)))
    }

    /// As a decision of a policy that looks at no scopes (E07).
    pub(super) fn without_unknown_terms(self) -> Self {
        match &self {
            Self::Deny(why) | Self::Undecided(why)
                if why.kind == DenyKind::Identity(Terms::Unknown) =>
            {
                self.map_reason(|why| DenyReason {
                    kind: DenyKind::Identity(Terms::Nothing),
                    ..why
                })
            }
            _ => self,
        }
    }

    /// The policy cannot decide: its engine is down or slow ([C08](crate::semantics#c08)).
    pub fn unavailable() -> Self {
        Self::Undecided(DenyReason::new(DenyKind::Unavailable))
    }

    /// No rule of the policy applies to this request. It permits nothing, and neither does its
    /// negation; the response is that of [`unavailable`](Self::unavailable).
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

    /// Makes the decision *undecided* if the policy engine reported an error beside it: a rule that
    /// could not be evaluated may be the one that forbids ([E08](crate::semantics#e08)). A concealed
    /// decision stays concealed.
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

    /// Adds the private source of a decision that is not a permit, for the operators. No client
    /// sees it.
    pub fn with_source(self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.map_reason(|why| {
            let source: Source = Arc::from(source.into());
            let reason =
                PartialReason { cause: why.cause(), part: Cow::Borrowed(""), source: Some(source) };
            DenyReason { reasons: why.reasons.join(PartialReasons::one(reason)), ..why }
        })
    }

    /// Publishes a text of your own in a decision that is not a permit: the `detail` of the
    /// response. Every refused client can read it; a concealed decision does not show it.
    pub fn with_detail(self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.map_reason(|why| DenyReason { detail: Some(detail.into()), ..why })
    }

    pub(super) fn with_parts(self, reasons: &PartialReasons) -> Self {
        self.map_reason(|why| DenyReason { reasons: reasons.clone(), ..why })
    }

    /// Puts the reasons of a decision that is not a permit under a name.
    pub(super) fn named(self, name: &str) -> Self {
        self.map_reason(|why| DenyReason { reasons: why.clone().into_parts().under(name), ..why })
    }

    /// The decision of a combinator about parts of which these do not permit (E10).
    pub(super) fn of_parts(self, parts: Vec<DenyReason>) -> Self {
        self.map_reason(|why| {
            let concealed = why.concealed || parts.iter().any(|part| part.concealed);
            let disclosed = why.disclosed || parts.iter().any(|part| part.disclosed);
            let reasons = parts.into_iter().map(DenyReason::into_parts);
            let reasons = reasons.fold(PartialReasons::NONE, PartialReasons::join);
            let reasons = reasons.join_new(why.reasons);
            DenyReason { concealed, disclosed, reasons, ..why }
        })
    }

    pub(super) fn map_reason(self, change: impl FnOnce(DenyReason) -> DenyReason) -> Self {
        match self {
            Self::Permit => Self::Permit,
            Self::Deny(why) => Self::Deny(change(why)),
            Self::Undecided(why) => Self::Undecided(change(why)),
        }
    }

    /// Hides the resource, unless it permits: 404, as if the resource did not exist
    /// ([C06](crate::semantics#c06)).
    pub fn concealed(self) -> Self {
        self.map_reason(|why| DenyReason { concealed: true, ..why })
    }

    /// The denial of a decision that is not a permit; of a permit it is an internal error.
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

    /// Why the decision is not a permit; `None` for a permit.
    pub fn reason(&self) -> Option<&DenyReason> {
        match self {
            Self::Permit => None,
            Self::Deny(why) | Self::Undecided(why) => Some(why),
        }
    }
}

impl DenyReason {
    fn new(kind: DenyKind) -> Self {
        let reasons = PartialReasons::NONE;
        Self { kind, concealed: false, disclosed: false, detail: None, reasons }
    }

    /// The cause; for a concealed decision the one that the client does not see.
    pub fn cause(&self) -> Cause {
        match &self.kind {
            DenyKind::Unavailable => Cause::Unavailable,
            DenyKind::InternalError => Cause::InternalError,
            DenyKind::Insufficient(terms) if terms.is_step_up() => {
                Cause::InsufficientAuthentication
            }
            DenyKind::Insufficient(_) => Cause::InsufficientScope,
            DenyKind::Identity(_) => Cause::IdentityNeeded,
            DenyKind::Forbidden => Cause::Forbidden,
        }
    }

    /// Whether the resource is hidden from this caller.
    pub fn is_concealed(&self) -> bool {
        self.concealed
    }

    /// What the caller lacks and could get, if that is the reason; for an anonymous caller what it
    /// needs once it is authenticated, if the policy says so.
    pub fn requirement(&self) -> Option<&Requirement> {
        match &self.kind {
            DenyKind::Insufficient(requirement) => Some(requirement),
            DenyKind::Identity(Terms::Needs(terms)) if !terms.is_empty() => Some(terms),
            _ => None,
        }
    }

    /// The reason of each evaluated part that does not permit ([E07](crate::semantics#e07)).
    pub fn parts(&self) -> impl Iterator<Item = &PartialReason> {
        self.reasons.iter()
    }

    /// The reasons of the parts. A leaf that has none gets one, so that a merge loses no reason.
    pub(super) fn into_parts(self) -> PartialReasons {
        if self.reasons.is_empty() {
            let part = Cow::Borrowed("");
            return PartialReasons::one(PartialReason { cause: self.cause(), part, source: None });
        }
        self.reasons
    }

    pub(super) fn into_denial(self) -> Denial {
        let denial = match self.kind {
            DenyKind::Unavailable => Denial::unavailable(),
            DenyKind::InternalError => Denial::internal_error(),
            DenyKind::Insufficient(requirement) => Denial::with_requirement(requirement),
            DenyKind::Identity(Terms::Needs(terms)) if !terms.is_empty() => {
                Denial::identity_needed().with_terms(terms)
            }
            DenyKind::Identity(_) => Denial::identity_needed(),
            DenyKind::Forbidden => Denial::forbidden(),
        };
        let denial = denial.with_reasons(self.reasons);
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
            .field("kind", &self.kind)
            .field("concealed", &self.concealed)
            .field("reasons", &format_args!("{}", self.reasons))
            .finish_non_exhaustive()
    }
}
