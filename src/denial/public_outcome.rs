//! Which status does a denial get, and which challenges go with it?
//!
//! Decided in this file alone, by the rows of the decision table.

use http::StatusCode;

use super::{Cause, Denial};
use crate::challenge::ServerRole;

/// The public side of a denial, for one stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PublicOutcome {
    pub(crate) status: StatusCode,
    /// The cause that the client may know.
    pub(crate) cause: Cause,
    pub(crate) challenge: ChallengeSelection,
}

impl PublicOutcome {
    /// The gRPC status that says the same (F08).
    ///
    /// Too many attempts are RESOURCE_EXHAUSTED and not UNAVAILABLE, which clients with a retry policy
    /// send again at once.
    pub(crate) fn grpc_code(self) -> i32 {
        const INVALID_ARGUMENT: i32 = 3;
        const NOT_FOUND: i32 = 5;
        const PERMISSION_DENIED: i32 = 7;
        const RESOURCE_EXHAUSTED: i32 = 8;
        const INTERNAL: i32 = 13;
        const UNAVAILABLE: i32 = 14;
        const UNAUTHENTICATED: i32 = 16;

        match self.status {
            StatusCode::BAD_REQUEST => INVALID_ARGUMENT,
            StatusCode::UNAUTHORIZED
            | StatusCode::PROXY_AUTHENTICATION_REQUIRED
            | StatusCode::SEE_OTHER => UNAUTHENTICATED,
            StatusCode::FORBIDDEN => PERMISSION_DENIED,
            StatusCode::NOT_FOUND | StatusCode::GONE => NOT_FOUND,
            StatusCode::TOO_MANY_REQUESTS => RESOURCE_EXHAUSTED,
            StatusCode::SERVICE_UNAVAILABLE => UNAVAILABLE,
            _ => INTERNAL,
        }
    }

    /// Whether the client is asked to wait (`Retry-After`).
    pub(crate) fn has_retry_after(self) -> bool {
        matches!(self.cause, Cause::Unavailable | Cause::Throttled)
    }
}

/// Whether a response says that the resource does not exist. Then nothing in it may depend on how
/// far the request got: no header added on the way, and no detail of the denial (D01).
pub(crate) fn is_not_found(status: StatusCode) -> bool {
    status == StatusCode::NOT_FOUND
}

/// The text for people of a refusal without one of its own (F01). A 407 speaks of the proxy.
pub(crate) fn fixed_detail(cause: Cause, status: StatusCode) -> &'static str {
    let at_proxy = cause.detail_at_proxy();
    at_proxy
        .filter(|_| status == StatusCode::PROXY_AUTHENTICATION_REQUIRED)
        .unwrap_or(cause.detail())
}

/// Which of the offered challenges a response carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChallengeSelection {
    /// None.
    None,
    /// All, without an error.
    Plain,
    /// All; that of the attempted scheme says what was wrong with the credentials.
    Attempted,
    /// All; those that take an OAuth error say what was wrong with the request.
    EveryOauthScheme,
    /// Only that of the scheme by which the caller was authenticated, with the scopes.
    Scope,
    /// Only those of schemes that can ask for another authentication, with its terms.
    StepUp,
}

/// Where a denial is rendered, and which challenges are available there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RenderContext {
    /// No authenticate stage, so no challenge.
    NoStage,
    /// An authenticate stage.
    Stage {
        /// Whether the stage is that of an origin server or of a proxy.
        challenger: ServerRole,
        /// The stage offers Bearer or DPoP, which can ask for scopes and for another
        /// authentication.
        offers_token_scheme: bool,
        /// The caller was authenticated by one of those.
        authenticated_by_token: bool,
        /// The request is one that the stage redirects to its login page (F06).
        has_login_page: bool,
    },
}

/// The one mapping from a denial to what the client sees of it.
pub(crate) fn public_outcome(denial: &Denial, context: RenderContext) -> PublicOutcome {
    use ChallengeSelection::{Attempted, EveryOauthScheme, None, Plain, Scope, StepUp};

    if denial.is_concealed() {
        return PublicOutcome {
            status: StatusCode::NOT_FOUND,
            cause: Cause::NotFound,
            challenge: None,
        };
    }
    let cause = denial.cause();
    let (challenger, offers_token_scheme, authenticated_by_token, has_login_page) = match context {
        RenderContext::NoStage => (ServerRole::Origin, false, false, false),
        RenderContext::Stage {
            challenger,
            offers_token_scheme,
            authenticated_by_token,
            has_login_page,
        } => (challenger, offers_token_scheme, authenticated_by_token, has_login_page),
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
        Cause::InsufficientScope if authenticated_by_token => (StatusCode::FORBIDDEN, Scope),
        Cause::InsufficientAuthentication if offers_token_scheme && can_be_met => {
            (unauthenticated, StepUp)
        }
        // The caller cannot get here what it lacks, so this is an ordinary 403.
        Cause::InsufficientScope | Cause::InsufficientAuthentication => {
            let status = StatusCode::FORBIDDEN;
            return PublicOutcome { status, cause: Cause::Forbidden, challenge: None };
        }
        Cause::NotFound => (StatusCode::NOT_FOUND, None),
        Cause::Gone => (StatusCode::GONE, None),
        Cause::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, None),
        Cause::InternalError => (StatusCode::INTERNAL_SERVER_ERROR, None),
    };
    if challenge != None && context == RenderContext::NoStage {
        // A 401 needs a challenge, and without a stage there is none (C09).
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        return PublicOutcome { status, cause: Cause::InternalError, challenge: None };
    }
    if has_login_page && status == StatusCode::UNAUTHORIZED && challenge != StepUp {
        // Without a challenge, for which the browser would open a dialog. Not for a step-up: a login
        // page that finds the user logged in redirects back at once.
        return PublicOutcome { status: StatusCode::SEE_OTHER, cause, challenge: None };
    }
    PublicOutcome { status, cause, challenge }
}
