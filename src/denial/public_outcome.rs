//! Which status does a denial get, and which challenges go with it?
//!
//! This file is the only one that knows. The rows are those of the decision table.

use http::StatusCode;

use super::{Cause, Denial};
use crate::challenge::ServerRole;

/// The public side of a denial at one edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PublicOutcome {
    pub(crate) status: StatusCode,
    /// The cause as the client may know it.
    pub(crate) cause: Cause,
    pub(crate) challenge: ChallengeSelection,
}

impl PublicOutcome {
    /// Whether the client is asked to wait (`Retry-After`).
    pub(crate) fn has_retry_after(self) -> bool {
        matches!(self.cause, Cause::Unavailable | Cause::Throttled)
    }
}

/// Whether an answer says that there is nothing. Then it carries nothing that depends on how far the
/// request got: no field of whoever was on its way, and no detail of the denial (D01).
pub(crate) fn is_not_found(status: StatusCode) -> bool {
    status == StatusCode::NOT_FOUND
}

/// Which of the offered challenges an answer carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChallengeSelection {
    /// None.
    None,
    /// Every one, plain.
    Plain,
    /// Every one; the attempted scheme's says what was wrong with the credentials.
    Attempted,
    /// Every one; those that take an OAuth error say what was wrong with the request.
    EveryOauthScheme,
    /// Only the scheme by which the caller came, with the scopes.
    Scope,
    /// Only those that can bring another authentication about, with its terms.
    StepUp,
}

/// What the edge can challenge with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RenderContext {
    /// No authenticate stage: there is no challenge to be had.
    NoStage,
    /// An authenticate stage.
    Stage {
        /// Whether it is the origin server's, or a proxy's.
        challenger: ServerRole,
        /// It offers Bearer or DPoP, which can ask for scopes and for another authentication.
        offers_token_scheme: bool,
        /// The caller was identified by one of those.
        authenticated_by_token: bool,
        /// The caller is a person at a browser, who can be sent to a page to log in there (F06).
        has_login_page: bool,
    },
}

/// The one mapping from a denial to what the client sees of it.
pub(crate) fn public_outcome(denial: &Denial, edge: RenderContext) -> PublicOutcome {
    use ChallengeSelection::{Attempted, EveryOauthScheme, None, Plain, Scope, StepUp};

    if denial.is_concealed() {
        return PublicOutcome {
            status: StatusCode::NOT_FOUND,
            cause: Cause::NotFound,
            challenge: None,
        };
    }
    let cause = denial.cause();
    let (challenger, offers_token, came_by_token, has_login_page) = match edge {
        RenderContext::NoStage => (ServerRole::Origin, false, false, false),
        RenderContext::Stage {
            challenger,
            offers_token_scheme: offers_token,
            authenticated_by_token: came_by_token,
            has_login_page,
        } => (challenger, offers_token, came_by_token, has_login_page),
    };
    let unauthenticated = match challenger {
        ServerRole::Origin => StatusCode::UNAUTHORIZED,
        ServerRole::Proxy => StatusCode::PROXY_AUTHENTICATION_REQUIRED,
    };
    let can_be_met = denial.requirement().is_some_and(super::Requirement::can_be_met);
    let (status, challenge) = match cause {
        Cause::Missing | Cause::IdentityNeeded | Cause::Reauthenticate => (unauthenticated, Plain),
        Cause::Malformed | Cause::Invalid | Cause::Expired | Cause::Stale => {
            (unauthenticated, Attempted)
        }
        Cause::Ambiguous => (StatusCode::BAD_REQUEST, EveryOauthScheme),
        Cause::InvalidRequest => (StatusCode::BAD_REQUEST, Attempted),
        Cause::Suspended | Cause::Forbidden => (StatusCode::FORBIDDEN, None),
        Cause::Throttled => (StatusCode::TOO_MANY_REQUESTS, None),
        Cause::InsufficientScope if came_by_token => (StatusCode::FORBIDDEN, Scope),
        Cause::InsufficientAuthentication if offers_token && can_be_met => {
            (unauthenticated, StepUp)
        }
        // Nothing that the caller could get would help, so it is a refusal like any other.
        Cause::InsufficientScope | Cause::InsufficientAuthentication => {
            let status = StatusCode::FORBIDDEN;
            return PublicOutcome { status, cause: Cause::Forbidden, challenge: None };
        }
        Cause::NotFound => (StatusCode::NOT_FOUND, None),
        Cause::Gone => (StatusCode::GONE, None),
        Cause::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, None),
        Cause::InternalError => (StatusCode::INTERNAL_SERVER_ERROR, None),
    };
    if challenge != None && edge == RenderContext::NoStage {
        // A 401 without a challenge must not leave, and here nobody has one to give (C09).
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        return PublicOutcome { status, cause: Cause::InternalError, challenge: None };
    }
    if has_login_page && status == StatusCode::UNAUTHORIZED && challenge != StepUp {
        // Not with a challenge, which the browser would answer with a dialog. Nor for want of a
        // stronger authentication: a page that finds its reader logged in sends them back at once.
        return PublicOutcome { status: StatusCode::SEE_OTHER, cause, challenge: None };
    }
    PublicOutcome { status, cause, challenge }
}
