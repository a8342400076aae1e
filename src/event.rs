//! What operators see: a log event for each denial, with its real cause beside the status that was
//! sent, and a hook for metrics.

use std::fmt;
use std::sync::Arc;

use http::{Method, StatusCode, Uri};

use crate::audit::KeptRequest;
use crate::denial::Denial;
use crate::denial::propagate::Stage;

/// The outcome of a request, as its authenticate stage saw it.
///
/// The hook of [`AuthenticateLayer::on_decision`](crate::AuthenticateLayer::on_decision) gets one for
/// each response. It gets none for a request that is cancelled before the decision
/// ([A21](crate::semantics#a21)), and none for a refusal that another authenticate stage inside has
/// rendered and reported.
///
/// `Debug` prints neither the principal nor the target, whose query may hold a secret.
#[derive(Clone, Copy)]
pub struct Event<'a> {
    pub(crate) request: &'a KeptRequest,
    pub(crate) decided: Decided<'a>,
}

/// What a stage decided, without the request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decided<'a> {
    pub(crate) scheme: Option<&'a str>,
    pub(crate) anonymous: bool,
    pub(crate) refused: Option<Refused<'a>>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Refused<'a> {
    pub(crate) denial: &'a Denial,
    pub(crate) stage: Stage,
    pub(crate) status: StatusCode,
    pub(crate) grpc_code: Option<i32>,
}

impl<'a> Event<'a> {
    /// The denial, with its real cause also if the response conceals it. `None` if the service
    /// responded.
    pub fn denial(&self) -> Option<&'a Denial> {
        self.decided.refused.map(|refused| refused.denial)
    }

    /// The stage that created the denial.
    pub fn stage(&self) -> Option<Stage> {
        self.decided.refused.map(|refused| refused.stage)
    }

    /// The status that was sent for the denial. A gRPC call gets the HTTP status 200; this is the one
    /// that another request would have got, so that counters by status need not know about gRPC.
    pub fn status(&self) -> Option<StatusCode> {
        self.decided.refused.map(|refused| refused.status)
    }

    /// The `grpc-status` that was sent for the denial, if the request was a gRPC call
    /// ([F08](crate::semantics#f08)).
    pub fn grpc_code(&self) -> Option<i32> {
        self.decided.refused?.grpc_code
    }

    /// The offered scheme of the credentials that were verified, as far as the request shows: of
    /// several schemes, the one that `Authorization` names.
    pub fn scheme(&self) -> Option<&'a str> {
        self.decided.scheme
    }

    /// Whether the caller is anonymous.
    pub fn is_anonymous(&self) -> bool {
        self.decided.anonymous
    }

    /// The verified caller, if the stage is [audited](crate::AuthenticateLayer::audited) and `P` is the
    /// principal type of its identity; also if a policy or a handler refused the caller
    /// ([D10](crate::semantics#d10)). `None` for an anonymous caller, and for one whose credentials
    /// were refused.
    pub fn principal<P: 'static>(&self) -> Option<&'a P> {
        self.request.principal.as_ref()?.downcast_ref()
    }

    /// The method of the request.
    pub fn method(&self) -> &'a Method {
        &self.request.method
    }

    /// The target of the request, as the client has used it if the stage is told how to find
    /// [that](crate::OriginalTarget). Its query may hold a secret, and in some applications its path.
    pub fn target(&self) -> &'a Uri {
        &self.request.target
    }
}

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("method", self.method())
            .field("decided", &self.decided)
            .finish_non_exhaustive()
    }
}

pub(crate) type Hook = Arc<dyn Fn(&Event<'_>) + Send + Sync>;

/// Logs a denial that is sent to the client.
///
/// An internal error is logged at ERROR, an outage at WARN, a refused caller at INFO, and a 404 or a
/// caller who has yet to log in at DEBUG.
#[cfg(feature = "tracing")]
pub(crate) fn denied(decided: Decided<'_>) {
    use crate::denial::Cause;

    let Some(Refused { denial, stage, status, grpc_code }) = decided.refused else { return };
    macro_rules! emit {
        ($level:ident) => {
            tracing::event!(
                target: "portcullis",
                tracing::Level::$level,
                stage = stage.as_str(),
                status = status.as_u16(),
                grpc_status = grpc_code,
                cause = denial.cause().as_str(),
                concealed = denial.is_concealed(),
                anonymous = decided.anonymous,
                scheme = decided.scheme,
                reasons = %denial.all_reasons(),
                source = denial.private_source().map(tracing::field::display),
                "denied"
            )
        };
    }
    // A failure in one part of a composition counts, also if the denial has another part's reason.
    let has =
        |cause| denial.cause() == cause || denial.reasons().any(|reason| reason.cause() == cause);
    match denial.cause() {
        _ if has(Cause::InternalError) => emit!(ERROR),
        _ if has(Cause::Unavailable) => emit!(WARN),
        Cause::Missing | Cause::IdentityNeeded | Cause::Reauthenticate | Cause::NotFound => {
            emit!(DEBUG);
        }
        _ => emit!(INFO),
    }
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn denied(_: Decided<'_>) {}

/// Logs a denial that was dropped before an authenticate stage could render it (C09).
#[cfg(feature = "tracing")]
pub(crate) fn unclaimed(denial: &Denial, stage: Stage) {
    tracing::event!(
        target: "portcullis",
        tracing::Level::ERROR,
        stage = stage.as_str(),
        cause = denial.cause().as_str(),
        concealed = denial.is_concealed(),
        reasons = %denial.all_reasons(),
        source = denial.private_source().map(tracing::field::display),
        "a denial reached no authenticate stage, which renders it with the challenge that a 401 needs: \
         wrap the service in an AuthenticateLayer, outside the stage or handler that created the denial; \
         if there is one, a layer between them replaced the response (a ConcealLayer belongs outside)"
    );
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn unclaimed(_: &Denial, _: Stage) {}

/// Logs a response from an area with hidden routes that was replaced by the 404, since no stage or
/// handler had disclosed it (D12).
#[cfg(feature = "tracing")]
pub(crate) fn concealed_without_disclosure(status: StatusCode) {
    tracing::event!(
        target: "portcullis",
        tracing::Level::DEBUG,
        stage = "conceal",
        status = StatusCode::NOT_FOUND.as_u16(),
        covered = status.as_u16(),
        "covered: this response from an area with hidden routes was replaced by the 404. To send \
         it, permit the caller by an `AuthorizeLayer` with `discloses_routes()` around the area; or \
         mark the response as `Disclosed`, and a denial by `disclosed()`"
    );
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn concealed_without_disclosure(_: StatusCode) {}

/// Logs a request that was refused because more arrived in one period than the limit (D16).
#[cfg(feature = "tracing")]
pub(crate) fn limit_reached(limit: u32) {
    tracing::event!(
        target: "portcullis",
        tracing::Level::WARN,
        stage = "conceal",
        status = StatusCode::SERVICE_UNAVAILABLE.as_u16(),
        limit,
        "more requests than the limit have arrived in one period in an area with a time floor: if \
         they are not a flood, raise the limit by `requests_per_period`"
    );
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn limit_reached(_: u32) {}

/// Logs that a time floor cannot delay a response (D07).
#[cfg(feature = "tracing")]
pub(crate) fn no_timer() {
    tracing::event!(
        target: "portcullis",
        tracing::Level::ERROR,
        stage = "conceal",
        status = StatusCode::INTERNAL_SERVER_ERROR.as_u16(),
        "a time floor cannot delay the response: the thread of its timer could not be started"
    );
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn no_timer() {}
