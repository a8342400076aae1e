//! Log events, with the feature `tracing`: one for each denial, with its real cause beside the status that
//! was sent.

use http::StatusCode;

use super::{Decided, Refused};

/// Logs a denial that the stage renders, and so refuses the request.
///
/// An internal error is logged at ERROR, an outage at WARN, a refused caller at INFO, and a 404 or a
/// caller who has yet to log in at DEBUG.
#[cfg(feature = "tracing")]
pub(crate) fn denied(decided: &Decided<'_>, Refused { denial, stage }: Refused<'_>) {
    use super::CredentialScheme;
    use crate::denial::Cause;

    let Decided { grpc_code, .. } = *decided;
    let status = decided.sent_status();
    let scheme = match decided.scheme {
        CredentialScheme::Offered(scheme) => Some(scheme),
        CredentialScheme::None | CredentialScheme::Other => None,
    };
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
                scheme,
                reasons = %denial.all_reasons(),
                source = denial.private_source().map(tracing::field::display),
                "denied"
            )
        };
    }
    // If a part of a composed policy has failed, that decides, also if the denial has the cause of another part.
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
pub(crate) fn denied(_: &Decided<'_>, _: Refused<'_>) {}

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
