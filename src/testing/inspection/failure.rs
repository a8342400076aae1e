//! [`Failure`]: why a request has no response that can be judged.

use std::fmt;
use std::io;

use crate::testing::exchange::TIMEOUT;
use crate::testing::response::ReadError;

use super::connection::LIMITS;

#[derive(Debug)]
pub(super) enum Failure {
    Connect(io::Error),
    TimedOut,
    Read(ReadError),
    /// What the types of `http` cannot represent.
    Unrepresentable(String),
    /// 1xx responses without an end.
    Interim,
    /// The server neither responds nor asks for the body, which is never sent.
    AwaitsBody,
    /// The request was not sent, since the server had stopped responding.
    NotSent,
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(error) => write!(f, "the connection fails ({error})"),
            Self::TimedOut => write!(f, "nothing came within {} seconds", TIMEOUT.as_secs()),
            Self::Read(ReadError::Closed) => f.write_str("the server closed the connection"),
            Self::Read(ReadError::Incomplete) => {
                f.write_str("the server closed the connection within the head of the response")
            }
            Self::Read(ReadError::TooLarge) => write!(
                f,
                "the head of the response has more than {} bytes or {} headers",
                LIMITS.head, LIMITS.headers
            ),
            Self::Read(_) => f.write_str("malformed: the bytes that came are no HTTP/1 response"),
            Self::Unrepresentable(what) => write!(f, "malformed: {what}"),
            Self::Interim => f.write_str("only 1xx responses came, and no final one"),
            Self::AwaitsBody => f.write_str("the server waits for the body, which is not sent"),
            Self::NotSent => {
                f.write_str("not sent, since the server did not respond to the requests before")
            }
        }
    }
}
