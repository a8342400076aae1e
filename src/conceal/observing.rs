//! What the layer tells its observer.

use http::Response;

use super::concealer::Concealer;
use super::grpc_absence::GrpcAbsence;
use crate::catch_panic::catch_panic;
use crate::grpc::{self, GrpcRefusal};
use crate::observe::{ConcealEvent, Observe};
use crate::respond::Respond;

/// Why a response has to be replaced by one that says that something does not exist.
#[derive(Clone, Copy)]
pub(super) struct AbsenceToShow {
    /// What the replacement says.
    pub(super) shown: GrpcAbsence,
    /// Whether the response said so itself.
    pub(super) was_said: bool,
}

impl AbsenceToShow {
    /// The event of replacing this response.
    pub(super) fn event<B>(self, response: &Response<B>) -> ConcealEvent {
        if self.was_said {
            return ConcealEvent::Absent;
        }
        let grpc_code = match response.extensions().get() {
            Some(GrpcRefusal::Other(code)) => Some(*code),
            _ => grpc::code(response.headers()),
        };
        ConcealEvent::Covered { status: response.status(), grpc_code }
    }
}

impl<R: Respond, O: Observe> Concealer<R, O> {
    /// Gives the observer this event; or a lost floor, if the response has to wait and cannot. It runs
    /// before the tick is chosen, so a floor hides how long it takes.
    #[cold]
    pub(super) fn observe(
        &self,
        context: Option<O::Context>,
        can_delay: impl FnOnce() -> bool,
        event: Option<impl FnOnce() -> ConcealEvent>,
    ) {
        let Some(context) = context else { return };
        let event =
            if can_delay() { event.map(|event| event()) } else { Some(ConcealEvent::FloorLost) };
        // If it panics, the client still gets the response.
        let _ = catch_panic(|| match event {
            Some(event) => self.observer.concealed(context, &event),
            None => drop(context),
        });
    }
}
