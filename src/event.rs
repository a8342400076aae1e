//! What do operators get to see? One event per denial, with the truth beside the wire status,
//! and a hook for those who count.

use std::sync::Arc;

use http::StatusCode;

use crate::denial::Denial;
use crate::denial::propagate::Stage;

/// How a request ended, as the edge saw it: one for each request that was answered.
///
/// Given to the hook of [`AuthenticateLayer::on_decision`](crate::AuthenticateLayer::on_decision).
/// A request that is cancelled while it is being decided gives none (A21), and one that a stage
/// further in refused was told there.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    pub(crate) scheme: Option<&'a str>,
    pub(crate) anonymous: bool,
    pub(crate) refused: Option<Refused<'a>>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Refused<'a> {
    pub(crate) denial: &'a Denial,
    pub(crate) stage: Stage,
    pub(crate) status: StatusCode,
}

impl<'a> Event<'a> {
    /// The denial in truth, also where the answer conceals it; `None` if the service answered.
    pub fn denial(&self) -> Option<&'a Denial> {
        self.refused.map(|refused| refused.denial)
    }

    /// Where the denial was made.
    pub fn stage(&self) -> Option<Stage> {
        self.refused.map(|refused| refused.stage)
    }

    /// The status that the denial got on the wire.
    pub fn status(&self) -> Option<StatusCode> {
        self.refused.map(|refused| refused.status)
    }

    /// The offered scheme by whose credentials the caller was judged, as far as the request
    /// tells: with several schemes it is the one that `Authorization` names.
    pub fn scheme(&self) -> Option<&'a str> {
        self.scheme
    }

    /// Whether nobody was identified.
    pub fn is_anonymous(&self) -> bool {
        self.anonymous
    }
}

pub(crate) type Hook = Arc<dyn Fn(&Event<'_>) + Send + Sync>;

/// One event for a denial that leaves.
///
/// The level is what a production service would want: an outage warns, a fault is an error, a
/// refused caller is news, and a caller who has yet to log in is none.
#[cfg(feature = "tracing")]
pub(crate) fn denied(event: &Event<'_>) {
    use crate::denial::Cause;

    let Some(Refused { denial, stage, status }) = event.refused else { return };
    macro_rules! emit {
        ($level:ident) => {
            tracing::event!(
                target: "portcullis",
                tracing::Level::$level,
                stage = stage.as_str(),
                status = status.as_u16(),
                cause = denial.cause().as_str(),
                concealed = denial.is_concealed(),
                anonymous = event.anonymous,
                scheme = event.scheme,
                notes = %denial.all_reasons(),
                source = denial.private_source().map(tracing::field::display),
                "denied"
            )
        };
    }
    // What a part of a composition ran into counts, also where another part's reason leaves.
    let ran_into =
        |trouble| denial.cause() == trouble || denial.reasons().any(|note| note.cause() == trouble);
    match denial.cause() {
        _ if ran_into(Cause::InternalError) => emit!(ERROR),
        _ if ran_into(Cause::Unavailable) => emit!(WARN),
        Cause::Missing | Cause::IdentityNeeded | Cause::Reauthenticate | Cause::NotFound => {
            emit!(DEBUG);
        }
        _ => emit!(INFO),
    }
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn denied(_: &Event<'_>) {}

/// A denial was dropped before an authenticate stage could render it (C09).
#[cfg(feature = "tracing")]
pub(crate) fn unclaimed(denial: &Denial, stage: Stage) {
    tracing::event!(
        target: "portcullis",
        tracing::Level::ERROR,
        stage = stage.as_str(),
        cause = denial.cause().as_str(),
        concealed = denial.is_concealed(),
        notes = %denial.all_reasons(),
        source = denial.private_source().map(tracing::field::display),
        "a denial met no authenticate stage, so it could not be given a challenge: \
         wrap the service in an AuthenticateLayer, outside whatever made the denial; if there is \
         one, a middleware between them replaced the answer"
    );
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn unclaimed(_: &Denial, _: Stage) {}

/// An answer that nobody permitted was covered by a 404 (D12).
#[cfg(feature = "tracing")]
pub(crate) fn concealed_without_disclosure(status: StatusCode) {
    tracing::event!(
        target: "portcullis",
        tracing::Level::DEBUG,
        stage = "conceal",
        status = StatusCode::NOT_FOUND.as_u16(),
        covered = status.as_u16(),
        "covered: this answer from an area with hidden routes became the 404. To let it leave, \
         permit the caller by an `AuthorizeLayer` with `discloses_routes()` around the area; or \
         mark the answer as `Disclosed`, and a denial by `disclosed()`"
    );
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn covered(_: StatusCode) {}

/// A request was turned away: more have arrived in one period than may (D16).
#[cfg(feature = "tracing")]
pub(crate) fn limit_reached(limit: u32) {
    tracing::event!(
        target: "portcullis",
        tracing::Level::WARN,
        stage = "conceal",
        status = StatusCode::SERVICE_UNAVAILABLE.as_u16(),
        limit,
        "more requests than the limit have arrived in an area with a time floor in one period: if \
         this is no flood, raise the limit by `requests_per_period`"
    );
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn limit_reached(_: u32) {}

/// A time floor cannot hold (D07).
#[cfg(feature = "tracing")]
pub(crate) fn no_timer() {
    tracing::event!(
        target: "portcullis",
        tracing::Level::ERROR,
        stage = "conceal",
        status = StatusCode::INTERNAL_SERVER_ERROR.as_u16(),
        "a time floor cannot hold: the thread of its timer could not be started"
    );
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn no_timer() {}
