//! [`ConcealEvent`]: what a conceal layer did with a request.

use http::StatusCode;

/// What a [`ConcealLayer`](crate::ConcealLayer) did with a request to its area, unless it released the
/// service's response.
///
/// Each request to the area has one event at most, so the events and the responses that were released add
/// up to the responses of the area ([K20](crate::semantics#k20)).
///
/// What each of them means:
///
/// - [`Covered`](Self::Covered): the response to a request for a hidden route was another than a 404, and
///   was not marked as disclosed. Either a client probes for hidden routes; or the application does not
///   mark what the caller may know, and its own users get a 404 in place of, for example, a 409; or there
///   is an outage, and clients get a 404 in place of the service's 500. The status tells these apart.
/// - [`Absent`](Self::Absent): a 404 of the area, for a hidden or a missing resource. A client that tries
///   out names gets mostly these. If the 404 was a denial, the authenticate stage inside has already told
///   its own observer, and whether it was [concealed](crate::Event::is_concealed): do not add the two
///   counts up.
/// - [`TurnedAway`](Self::TurnedAway): a flood, or a limit that is too low.
/// - [`FloorLost`](Self::FloorLost): a fault of this process. The floor no longer hides how long the work
///   takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConcealEvent {
    /// A response that would have shown that the route exists was replaced by the 404, or for a gRPC call
    /// by the `UNIMPLEMENTED` of an unknown method ([D12](crate::semantics#d12)).
    #[non_exhaustive]
    Covered {
        /// The HTTP status of the response that was replaced.
        status: StatusCode,
        /// The `grpc-status` of the response that was replaced, if its headers have one or a stage has
        /// refused the call. The HTTP status is 200 then.
        grpc_code: Option<i32>,
    },
    /// A response that already said that the resource does not exist was replaced by the 404 that is the
    /// same for every path ([D01](crate::semantics#d01), [D09](crate::semantics#d09)). It was, for
    /// instance, a router's response to a missing path, or a concealed denial.
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
