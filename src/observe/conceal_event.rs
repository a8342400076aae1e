//! [`ConcealEvent`]: what a conceal layer did with a request.

use http::StatusCode;

/// What a [`ConcealLayer`](crate::ConcealLayer) did with a request to its area, unless it released the
/// service's response.
///
/// Each request to the area has one event at most, so the events and the responses that were released add
/// up to the responses of the area ([K20](crate::semantics#k20)).
///
/// Which of them to count:
///
/// - [`Covered`](Self::Covered): a caller has reached a route that is hidden from it, and the service did
///   not say that there is none. Either a stranger probes, or the program forgot to say that the caller may
///   know: its own users then get a 404 in place of a 409, and clients get a 404 during an outage in which
///   the service says 500. The status tells these apart.
/// - [`Absent`](Self::Absent): the 404s of the area, hidden and missing resources together. A client that tries out names
///   causes mostly these. Of a denial, the authenticate stage inside has told its own observer what was
///   [concealed](crate::Event::is_concealed), so do not add both counters up.
/// - [`TurnedAway`](Self::TurnedAway): a flood, or a limit that is too low.
/// - [`FloorLost`](Self::FloorLost): a fault of this process; times are no longer hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConcealEvent {
    /// A response that would have shown that the route exists was replaced by the 404, or for a gRPC call
    /// by the `UNIMPLEMENTED` of an unknown method ([D12](crate::semantics#d12)).
    #[non_exhaustive]
    Covered {
        /// The HTTP status of the response that was replaced.
        status: StatusCode,
        /// Its `grpc-status`: of a gRPC service's response in its headers, or of a stage's refusal. The
        /// HTTP status beside it is 200.
        grpc_code: Option<i32>,
    },
    /// A response that said already that there is no such resource was replaced by the one that says so for
    /// every path ([D01](crate::semantics#d01), [D09](crate::semantics#d09)). A router has made it for
    /// a missing path, or a stage has concealed a denial.
    Absent,
    /// More requests than the limit have arrived in one period: this one got a 503, and the service inside
    /// did not see it ([D16](crate::semantics#d16)).
    TurnedAway,
    /// The time floor could not delay the response, since its timer does not run: it was replaced by a 500
    /// ([D07](crate::semantics#d07)).
    FloorLost,
}

impl ConcealEvent {
    /// The event in one word, for logs and counters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Covered { .. } => "covered",
            Self::Absent => "absent",
            Self::TurnedAway => "turned_away",
            Self::FloorLost => "floor_lost",
        }
    }
}
