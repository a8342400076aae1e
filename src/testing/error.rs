//! The errors of the probe.

use std::io;

use thiserror::Error;

use super::transport::Transport;

/// Why the probe cannot run, or would show nothing. Leaks are not errors: they are in the
/// [`Report`](super::Report).
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProbeError {
    /// The probe has no pair of paths.
    #[error("nothing to compare: add `.pair(\"/concealed\", \"/missing\")`")]
    NoPair,
    /// The probe has no caller.
    #[error("no caller: add `.anonymous()`, or `.unauthorized(name, headers)`, or both")]
    NoCaller,
    /// The probe has no method.
    #[error("no method: name a method in `.methods(…)`, or omit the call for all of them")]
    NoMethod,
    /// The probe has no transport.
    #[error("no transport: name one in `.transports(…)`, or omit the call")]
    NoTransport,
    /// The concurrency is 0.
    #[error("a concurrency of 0 tries nothing: say 1 in `.concurrency(…)`, or omit the call")]
    ZeroConcurrency,
    /// A path cannot be sent.
    #[error(
        "{path:?} is no path: it has to start with `/`, be percent-encoded, and have no query (the \
         probe adds queries itself)"
    )]
    Path {
        /// The path as it was given.
        path: String,
    },
    /// A header cannot be sent.
    #[error(
        "the header {name:?} cannot be sent: its name is no token, or its value has a line end"
    )]
    Header {
        /// The name as it was given.
        name: String,
    },
    /// A method cannot be sent.
    #[error("{method:?} is no method: use letters, digits and !#$%&'*+-.^_`|~")]
    Method {
        /// The method as it was given.
        method: String,
    },
    /// Both paths of a pair are the same.
    #[error("{path:?} is paired with itself: pair it with a path at which there is nothing")]
    SamePath {
        /// The path.
        path: String,
    },
    /// There are too few samples for a test of response times.
    #[error("{samples} measurements show nothing: take at least {least}, better 10,000")]
    TooFew {
        /// The number that was given.
        samples: usize,
        /// The least number that the test needs.
        least: usize,
    },
    /// An authorized caller does not see a concealed path, so comparing the responses to the other
    /// callers would show nothing.
    #[error(
        "{caller} may see {path}, and gets {status}: correct the path, or the caller's credentials"
    )]
    NotSeen {
        /// The caller's name.
        caller: String,
        /// The concealed path.
        path: String,
        /// The status of the response, which is not a success.
        status: String,
    },
    /// An authorized caller gets a success for a missing path.
    #[error(
        "{path} is given as missing, and {caller} gets {status}: give a path at which there is nothing"
    )]
    NotMissing {
        /// The caller's name.
        caller: String,
        /// The missing path.
        path: String,
        /// The status of the response, which is a success.
        status: String,
    },
    /// The call is outside a tokio runtime.
    #[error("no tokio runtime: call this in `#[tokio::test]`, or in a runtime with `enable_all()`")]
    NoRuntime,
    /// The service does not respond to a plain `GET`.
    #[error(
        "no response to `GET {path}` over {transport} ({why}): is the service up, and does it support \
         {transport} without TLS?"
    )]
    NoResponse {
        /// The transport of the request.
        transport: Transport,
        /// The path.
        path: String,
        /// The reason.
        why: String,
    },
    /// The connection fails.
    #[error("cannot connect: is the service listening at this address? ({0})")]
    Connect(#[from] io::Error),
}
