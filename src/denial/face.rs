//! Which status does a denial get, and which challenges go with it?
//!
//! This file is the only one that knows. The rows are those of the decision table.

use http::StatusCode;

use super::{Cause, Denial};
use crate::challenge::Challenger;

/// The public side of a denial at one edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Face {
    pub(crate) status: StatusCode,
    /// The cause as the client may know it.
    pub(crate) cause: Cause,
    pub(crate) challenge: Challenging,
}

impl Face {
    /// Whether the client is asked to wait (`Retry-After`).
    pub(crate) fn asks_to_wait(self) -> bool {
        matches!(self.cause, Cause::Unavailable | Cause::Throttled)
    }
}

/// Whether an answer says that there is nothing. Then it carries nothing that depends on how far the
/// request got: no field of whoever was on its way, and no detail of the denial (D01).
pub(crate) fn is_absence(status: StatusCode) -> bool {
    status == StatusCode::NOT_FOUND
}

/// Which of the offered challenges an answer carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Challenging {
    /// None.
    No,
    /// Every one, plain.
    Plain,
    /// Every one; the attempted scheme's says what was wrong with the credentials.
    Attempted,
    /// Every one; those that take an OAuth error say what was wrong with the request.
    EveryToken,
    /// Only the scheme by which the caller came, with the scopes.
    Scope,
    /// Only those that can bring another authentication about, with its terms.
    StepUp,
}

/// What the edge can challenge with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edge {
    /// No authenticate stage: there is no challenge to be had.
    Bare,
    /// An authenticate stage.
    Stage {
        /// Whether it is the origin server's, or a proxy's.
        challenger: Challenger,
        /// It offers Bearer or DPoP, which can ask for scopes and for another authentication.
        offers_token: bool,
        /// The caller was identified by one of those.
        came_by_token: bool,
        /// The caller is a person at a browser, who can be sent to a page to log in there (F06).
        has_login_page: bool,
    },
}

/// The one mapping from a denial to what the client sees of it.
pub(crate) fn face(denial: &Denial, edge: Edge) -> Face {
    use Challenging::{Attempted, EveryToken, No, Plain, Scope, StepUp};

    if denial.is_concealed() {
        return Face { status: StatusCode::NOT_FOUND, cause: Cause::NotFound, challenge: No };
    }
    let cause = denial.cause();
    let (challenger, offers_token, came_by_token, has_login_page) = match edge {
        Edge::Bare => (Challenger::Origin, false, false, false),
        Edge::Stage { challenger, offers_token, came_by_token, has_login_page } => {
            (challenger, offers_token, came_by_token, has_login_page)
        }
    };
    let unauthenticated = match challenger {
        Challenger::Origin => StatusCode::UNAUTHORIZED,
        Challenger::Proxy => StatusCode::PROXY_AUTHENTICATION_REQUIRED,
    };
    let can_be_met = denial.needed().is_some_and(super::Need::can_be_met);
    let (status, challenge) = match cause {
        Cause::Missing | Cause::IdentityNeeded | Cause::Reauthenticate => (unauthenticated, Plain),
        Cause::Malformed | Cause::Invalid | Cause::Expired | Cause::Stale => {
            (unauthenticated, Attempted)
        }
        Cause::Ambiguous => (StatusCode::BAD_REQUEST, EveryToken),
        Cause::Improper => (StatusCode::BAD_REQUEST, Attempted),
        Cause::Suspended | Cause::Forbidden => (StatusCode::FORBIDDEN, No),
        Cause::Throttled => (StatusCode::TOO_MANY_REQUESTS, No),
        Cause::InsufficientScope if came_by_token => (StatusCode::FORBIDDEN, Scope),
        Cause::InsufficientAuthentication if offers_token && can_be_met => {
            (unauthenticated, StepUp)
        }
        // Nothing that the caller could get would help, so it is a refusal like any other.
        Cause::InsufficientScope | Cause::InsufficientAuthentication => {
            let status = StatusCode::FORBIDDEN;
            return Face { status, cause: Cause::Forbidden, challenge: No };
        }
        Cause::NotFound => (StatusCode::NOT_FOUND, No),
        Cause::Gone => (StatusCode::GONE, No),
        Cause::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, No),
        Cause::Fault => (StatusCode::INTERNAL_SERVER_ERROR, No),
    };
    if challenge != No && edge == Edge::Bare {
        // A 401 without a challenge must not leave, and here nobody has one to give (C09).
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        return Face { status, cause: Cause::Fault, challenge: No };
    }
    if has_login_page && status == StatusCode::UNAUTHORIZED && challenge != StepUp {
        // Not with a challenge, which the browser would answer with a dialog. Nor for want of a
        // stronger authentication: a page that finds its reader logged in sends them back at once.
        return Face { status: StatusCode::SEE_OTHER, cause, challenge: No };
    }
    Face { status, cause, challenge }
}
