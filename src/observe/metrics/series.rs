//! The labels of one series of decisions, and which of them a layer can make.

use http::StatusCode;

use super::labels::{CALLERS, EXAMPLES, NONE, SERVICE, STATUSES, status_index};
use super::outcomes::{ORIGIN, OUTCOMES, Outcomes, PROXY, Refusal};
use crate::denial::propagate::Stage;
use crate::denial::{Cause, Class};
use crate::observe::{Event, RequestOutcome};

/// The stages that make denials, in the order of their index.
const STAGES: [Stage; 3] = [Stage::Authenticate, Stage::Authorize, Stage::Handler];

/// What the labels say of a response, but for scheme and caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Refused {
        stage: Stage,
        refusal: Refusal,
    },
    /// A response of the service, which the stage has passed on: outcome and index of the status.
    Service {
        outcome: RequestOutcome,
        status: usize,
    },
}

/// The index of `scheme` for a request without credentials; that of an offered one begins at 2.
pub(super) const SCHEME_NONE: usize = 0;
pub(super) const SCHEME_OTHER: usize = 1;
pub(super) const FIRST_OFFERED: usize = 2;

/// The labels of a series. The scheme is an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Series {
    pub(super) decision: Decision,
    pub(super) scheme: usize,
    pub(super) is_known: bool,
}

/// The number of decisions without scheme and caller.
pub(super) fn decision_count(outcomes: &Outcomes) -> usize {
    STAGES.len() * outcomes.refusals.len() + 2 * STATUSES.len()
}

/// The index of the decision of an event, below [`decision_count`]. `None` for one that no stage makes.
#[inline]
pub(super) fn decision_index(outcomes: &Outcomes, event: &Event<'_>) -> Option<usize> {
    let refusals = outcomes.refusals.len();
    let passed = STAGES.len() * refusals;
    match (event.denial(), event.stage()) {
        (Some(denial), Some(stage)) => {
            let stage = match stage {
                Stage::Authenticate => 0,
                Stage::Authorize => 1,
                Stage::Handler => 2,
            };
            Some(stage * refusals + outcomes.index(denial, event.decided.status)?)
        }
        _ => {
            let status = status_index(event.decided.status);
            let is_permitted = event.outcome() == RequestOutcome::Permitted;
            Some(passed + usize::from(is_permitted) * STATUSES.len() + status)
        }
    }
}

/// The decision with this index.
pub(super) fn decision_at(outcomes: &Outcomes, index: usize) -> Decision {
    let refusals = outcomes.refusals.len();
    match STAGES.get(index / refusals) {
        Some(&stage) => Decision::Refused { stage, refusal: outcomes.refusals[index % refusals] },
        None => {
            let rest = index - STAGES.len() * refusals;
            let is_permitted = rest >= STATUSES.len();
            let outcome =
                if is_permitted { RequestOutcome::Permitted } else { RequestOutcome::Passed };
            Decision::Service { outcome, status: rest % STATUSES.len() }
        }
    }
}

/// Every series that a layer which offers this many schemes can make, at a proxy or not.
pub(super) fn all(schemes: usize) -> impl Iterator<Item = Series> {
    (0..decision_count(&OUTCOMES)).flat_map(move |index| {
        let decision = decision_at(&OUTCOMES, index);
        (0..FIRST_OFFERED + schemes).flat_map(move |scheme| {
            [false, true].map(|is_known| Series { decision, scheme, is_known })
        })
    })
}

/// The most series that a layer which offers this many schemes can make. A layer is at a proxy or not,
/// and has the statuses of one of the two.
pub(super) fn limit(schemes: usize) -> usize {
    let of = |role| all(schemes).filter(|series| series.is_possible(role)).count();
    of(ORIGIN).max(of(PROXY))
}

impl Series {
    /// Whether a layer of this role can make it.
    pub(super) fn is_possible(self, role: usize) -> bool {
        match self.decision {
            Decision::Refused { stage, refusal } => {
                refusal.from[role]
                    && can_refuse(stage, refusal, self.is_known)
                    && self.has_possible_scheme(stage, refusal.cause)
            }
            Decision::Service { outcome, status } => {
                let is_refusal = class_of_status(status).is_some();
                let is_possible_caller = self.scheme != SCHEME_OTHER || !self.is_known;
                is_possible_caller && (outcome == RequestOutcome::Passed || !is_refusal)
            }
        }
    }

    /// Whether a refusal can have this scheme: `other` is that of a caller whose credentials no identity
    /// has judged.
    fn has_possible_scheme(self, stage: Stage, cause: Cause) -> bool {
        let is_other = self.scheme == SCHEME_OTHER;
        match (stage, cause) {
            (Stage::Authenticate, Cause::Missing) => self.scheme < FIRST_OFFERED,
            (Stage::Authenticate, _) => !is_other,
            (
                Stage::Authorize,
                Cause::Malformed | Cause::Invalid | Cause::Expired | Cause::Stale,
            ) => !is_other,
            _ => !is_other || !self.is_known,
        }
    }

    /// Whether the counter exists from the start, with 0: `increase()` and `rate()` do not see the first
    /// value of a series, so a burst that ends before the second would be lost.
    ///
    /// These are the failures of the check, where an alert asks for any; all that the authenticate stage
    /// itself sends to clients that are no browsers; and of the rest what a sound application sends, for
    /// the callers that can be expected: a known one has the scheme that was offered, or none, as with a
    /// cookie.
    pub(super) fn is_eager(self, role: usize) -> bool {
        if !self.is_possible(role) {
            return false;
        }
        let is_expected_caller = match self.scheme {
            SCHEME_NONE => true,
            SCHEME_OTHER => !self.is_known,
            _ => self.is_known,
        };
        match self.decision {
            Decision::Refused { refusal, .. } if refusal.cause.class() == Class::Ours => true,
            Decision::Refused { stage: Stage::Authenticate, refusal } => {
                STATUSES[refusal.status] != "303"
            }
            Decision::Refused { refusal, .. } => is_expected_caller && is_common(refusal),
            Decision::Service { outcome: RequestOutcome::Permitted, status } => {
                is_expected_caller && STATUSES[status] == "2xx"
            }
            Decision::Service { status, .. } => {
                is_expected_caller && matches!(STATUSES[status], "401" | "403" | "404")
            }
        }
    }

    /// The series of an event, also of one that no stage makes.
    pub(super) fn of(event: &Event<'_>, scheme: usize) -> Self {
        let status = status_index(event.decided.status);
        let decision = match (event.denial(), event.stage()) {
            (Some(denial), Some(stage)) => {
                let (cause, is_concealed) = (denial.cause(), denial.is_concealed());
                let refusal = Refusal { cause, status, is_concealed, from: [true; 2] };
                Decision::Refused { stage, refusal }
            }
            _ => Decision::Service { outcome: event.outcome(), status },
        };
        Self { decision, scheme, is_known: !event.is_anonymous() }
    }

    pub(super) fn stage(self) -> &'static str {
        match self.decision {
            Decision::Refused { stage, .. } => stage.as_str(),
            Decision::Service { .. } => SERVICE,
        }
    }

    pub(super) fn outcome(self) -> RequestOutcome {
        match self.decision {
            Decision::Refused { .. } => RequestOutcome::Refused,
            Decision::Service { outcome, .. } => outcome,
        }
    }

    pub(super) fn cause(self) -> &'static str {
        match self.decision {
            Decision::Refused { refusal, .. } => refusal.cause.as_str(),
            Decision::Service { .. } => NONE,
        }
    }

    pub(super) fn class(self) -> &'static str {
        let class = match self.decision {
            Decision::Refused { refusal, .. } => Some(refusal.cause.class()),
            Decision::Service { status, .. } => class_of_status(status),
        };
        class.map_or(NONE, Class::as_str)
    }

    pub(super) fn status(self) -> &'static str {
        match self.decision {
            Decision::Refused { refusal, .. } => STATUSES[refusal.status],
            Decision::Service { status, .. } => STATUSES[status],
        }
    }

    pub(super) fn caller(self) -> &'static str {
        CALLERS[usize::from(self.is_known)]
    }

    pub(super) fn concealed(self) -> &'static str {
        match self.decision {
            Decision::Refused { refusal, .. } if refusal.is_concealed => "true",
            _ => "false",
        }
    }
}

/// The class of a status that the service has sent itself.
fn class_of_status(status: usize) -> Option<Class> {
    Class::of_status(StatusCode::from_u16(EXAMPLES[status]).ok()?)
}

/// Whether this stage can make this denial of this caller. A handler can make any.
fn can_refuse(stage: Stage, refusal: Refusal, is_known: bool) -> bool {
    let is_plain = !is_known && !refusal.is_concealed;
    match (stage, refusal.cause) {
        (Stage::Handler, _) => true,
        // An identity can fail with a cause of `Unauthenticated`, or panic. The caller is unknown then, and
        // nothing is concealed.
        (
            Stage::Authenticate,
            Cause::IdentityNeeded
            | Cause::Reauthenticate
            | Cause::Forbidden
            | Cause::InsufficientScope
            | Cause::InsufficientAuthentication
            | Cause::NotFound
            | Cause::Gone,
        ) => false,
        (Stage::Authenticate, _) => is_plain,
        // A policy makes a `Decision`.
        (
            Stage::Authorize,
            Cause::IdentityNeeded
            | Cause::Forbidden
            | Cause::InsufficientScope
            | Cause::InsufficientAuthentication
            | Cause::Unavailable
            | Cause::InternalError,
        ) => true,
        // Credentials that were ignored, and then an identity was needed (C01).
        (Stage::Authorize, Cause::Malformed | Cause::Invalid | Cause::Expired | Cause::Stale) => {
            is_plain
        }
        (
            Stage::Authorize,
            Cause::Missing
            | Cause::Ambiguous
            | Cause::InvalidRequest
            | Cause::Suspended
            | Cause::Throttled
            | Cause::Reauthenticate
            | Cause::NotFound
            | Cause::Gone,
        ) => false,
    }
}

/// Whether a policy or a handler of most applications refuses like this.
fn is_common(refusal: Refusal) -> bool {
    match refusal.cause {
        Cause::Forbidden | Cause::NotFound => true,
        Cause::IdentityNeeded | Cause::InsufficientScope => {
            !refusal.is_concealed && STATUSES[refusal.status] != "303"
        }
        _ => false,
    }
}
