//! What ends an answer in HTTP/2.

use std::fmt;

use h2::Reason;

/// The frame that ends an answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::testing) enum End {
    /// The header section has `END_STREAM`.
    Headers,
    /// A `DATA` frame with bytes has it.
    Data,
    /// A `DATA` frame without bytes has it.
    EmptyData,
    /// The trailer section has it.
    Trailers,
    /// The stream is reset within the answer.
    Reset(Reason),
    /// There is none: a `CONNECT` has succeeded.
    Tunnel,
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Headers => "END_STREAM on HEADERS",
            Self::Data => "END_STREAM on the last DATA",
            Self::EmptyData => "END_STREAM on an empty DATA",
            Self::Trailers => "END_STREAM on trailers",
            Self::Reset(reason) => return write!(f, "RST_STREAM ({reason:?})"),
            Self::Tunnel => "a tunnel",
        })
    }
}
