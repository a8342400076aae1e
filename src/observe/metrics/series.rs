//! The labels of one series of decisions, and which of them a layer can make.

use http::StatusCode;

use super::labels::{NONE, SERVICE, STATUSES, status_index};
use super::outcomes::{OUTCOMES, Outcomes, Refusal};
use crate::denial::propagate::Stage;
use crate::denial::{Cause, Class};
use crate::observe::label_values;
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
    /// A response that the stage has passed on: what it is, and the index of its status.
    Service {
        response: ServiceResponse,
        status: usize,
    },
}

/// The responses that a stage passes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServiceResponse {
    /// The service has not refused.
    Permitted,
    /// The service has refused by itself.
    Refused,
    /// Another authenticate stage inside has rendered it, or an observed conceal layer inside has replaced it:
    /// their own events tell its class.
    FromInnerLayer,
}

/// In the order of their index.
const SERVICE_RESPONSES: [ServiceResponse; 3] =
    [ServiceResponse::Permitted, ServiceResponse::Refused, ServiceResponse::FromInnerLayer];

impl ServiceResponse {
    #[inline]
    fn of(event: &Event<'_>) -> Self {
        if event.decided.is_from_inner_layer {
            Self::FromInnerLayer
        } else if event.outcome() == RequestOutcome::Permitted {
            Self::Permitted
        } else {
            Self::Refused
        }
    }
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
    STAGES.len() * outcomes.refusals.len() + SERVICE_RESPONSES.len() * STATUSES.len()
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
            let response = ServiceResponse::of(event) as usize;
            Some(passed + response * STATUSES.len() + status_index(event.decided.status))
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
            let response = SERVICE_RESPONSES[rest / STATUSES.len()];
            Decision::Service { response, status: rest % STATUSES.len() }
        }
    }
}

/// Every combination of labels, for a layer that offers this many schemes.
pub(super) fn all(schemes: usize) -> impl Iterator<Item = Series> {
    (0..decision_count(&OUTCOMES)).flat_map(move |index| {
        let decision = decision_at(&OUTCOMES, index);
        (0..FIRST_OFFERED + schemes).flat_map(move |scheme| {
            [false, true].map(|is_known| Series { decision, scheme, is_known })
        })
    })
}

/// The most series that a layer which offers this many schemes can make, at an origin and at a proxy: of
/// clones of one layer, one may be at a proxy and the other not, and they have one observer.
pub(super) fn limit(schemes: usize) -> usize {
    all(schemes).filter(|series| series.is_possible()).count()
}

impl Series {
    /// Whether a layer can make it, at an origin or at a proxy.
    pub(super) fn is_possible(self) -> bool {
        match self.decision {
            Decision::Refused { stage, refusal } => {
                can_refuse(stage, refusal, self.is_known)
                    && self.has_possible_scheme(stage, refusal)
            }
            Decision::Service { response, status } => {
                let is_possible_status = match response {
                    ServiceResponse::Permitted => class_of_status(status).is_none(),
                    ServiceResponse::Refused => class_of_status(status).is_some(),
                    // A middleware between the stages may change it.
                    ServiceResponse::FromInnerLayer => true,
                };
                is_possible_status && (self.scheme != SCHEME_OTHER || !self.is_known)
            }
        }
    }

    /// Whether a refusal can have this scheme: `other` is that of a caller whose credentials no identity
    /// has judged.
    fn has_possible_scheme(self, stage: Stage, refusal: Refusal) -> bool {
        let is_other = self.scheme == SCHEME_OTHER;
        let is_offered = self.scheme >= FIRST_OFFERED;
        match (stage, refusal.cause) {
            // Credentials of an offered scheme prevent a redirect to the login page (F06).
            _ if is_offered && STATUSES[refusal.status].label == "303" => false,
            (Stage::Authenticate, Cause::Missing) => !is_offered,
            (Stage::Authenticate, _) => !is_other,
            (
                Stage::Authorize,
                Cause::Malformed | Cause::Invalid | Cause::Expired | Cause::Stale,
            ) => !is_other,
            // The stage replaces it by the failure of the credentials (C01).
            (_, Cause::IdentityNeeded) if is_offered && !refusal.is_concealed => self.is_known,
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
        if !self.is_possible() {
            return false;
        }
        let is_expected_caller = match self.scheme {
            SCHEME_NONE => true,
            SCHEME_OTHER => !self.is_known,
            _ => self.is_known,
        };
        match self.decision {
            Decision::Refused { refusal, .. } if !refusal.from[role] => false,
            Decision::Refused { refusal, .. } if refusal.cause.class() == Class::Ours => true,
            Decision::Refused { stage: Stage::Authenticate, .. } => self.status() != "303",
            Decision::Refused { stage, refusal } => is_expected_caller && is_common(stage, refusal),
            Decision::Service { response: ServiceResponse::Permitted, .. } => {
                is_expected_caller && self.status() == "2xx"
            }
            Decision::Service { response: ServiceResponse::Refused, .. } => {
                is_expected_caller && matches!(self.status(), "401" | "403" | "404")
            }
            Decision::Service { response: ServiceResponse::FromInnerLayer, .. } => false,
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
            _ => Decision::Service { response: ServiceResponse::of(event), status },
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
            Decision::Service { response: ServiceResponse::Permitted, .. } => {
                RequestOutcome::Permitted
            }
            Decision::Service { .. } => RequestOutcome::Passed,
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
            Decision::Service { response: ServiceResponse::FromInnerLayer, .. } => None,
            Decision::Service { status, .. } => class_of_status(status),
        };
        class.map_or(NONE, Class::as_str)
    }

    pub(super) fn status(self) -> &'static str {
        let (Decision::Refused { refusal: Refusal { status, .. }, .. }
        | Decision::Service { status, .. }) = self.decision;
        STATUSES[status].label
    }

    pub(super) fn caller(self) -> &'static str {
        label_values::caller(!self.is_known)
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
    Class::of_status(StatusCode::from_u16(STATUSES[status].example).ok()?)
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

/// Whether a policy or a handler of most applications refuses like this; and whatever a policy conceals, since
/// to make the counter for the first of them takes longer than to count a missing path (K25).
fn is_common(stage: Stage, refusal: Refusal) -> bool {
    match refusal.cause {
        _ if refusal.is_concealed && stage == Stage::Authorize => true,
        Cause::Forbidden | Cause::NotFound => true,
        Cause::IdentityNeeded | Cause::InsufficientScope => STATUSES[refusal.status].label != "303",
        _ => false,
    }
}
