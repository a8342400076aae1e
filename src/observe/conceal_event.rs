//! What a conceal layer did with a response.

use http::StatusCode;

/// What a [`ConcealLayer`](crate::ConcealLayer) did with a request, unless it let the response pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConcealEvent {
    /// A response that no stage or handler had disclosed was replaced by the 404
    /// ([D12](crate::semantics#d12)).
    Covered {
        /// The status of the response that was replaced.
        status: StatusCode,
    },
    /// More requests than the limit have arrived in one period: this one got a 503
    /// ([D16](crate::semantics#d16)).
    TurnedAway,
    /// The time floor could not delay the response, since its timer does not run: it was replaced by a 500
    /// ([D07](crate::semantics#d07)).
    FloorLost,
}
