//! What keeps the probe from asking.

use std::io;

use thiserror::Error;

use super::transport::Transport;

/// Why the probe could not say anything. Leaks are no errors: they are in the
/// [`Report`](super::Report).
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProbeError {
    /// No pair of paths.
    #[error("nothing to compare: add `.pair(\"/concealed\", \"/missing\")`")]
    NoPair,
    /// No caller.
    #[error("nobody asks: add `.anonymous()`, or `.unauthorized(name, fields)`, or both")]
    NoCaller,
    /// No method.
    #[error("nothing is tried: name a method in `.methods(…)`, or leave it out for all of them")]
    NoMethod,
    /// No transport.
    #[error("nothing is asked over no transport: name one in `.over(…)`, or leave it out")]
    NoTransport,
    /// Times are measured over HTTP/1.1.
    #[error("times are measured over HTTP/1.1: add `Transport::Http1` in `.over(…)`")]
    TimesOverHttp1,
    /// No request at a time.
    #[error("nothing is tried 0 at a time: say 1 in `.concurrency(…)`, or leave it out")]
    ZeroConcurrency,
    /// A path that cannot be sent.
    #[error(
        "{path:?} is no path: it has to start with `/`, be percent-encoded, and have no query (the \
         probe adds queries itself)"
    )]
    Path {
        /// The path as it was given.
        path: String,
    },
    /// A field that cannot be sent.
    #[error("the field {name:?} cannot be sent: its name is no token, or its value has a line end")]
    Header {
        /// The name as it was given.
        name: String,
    },
    /// A method that cannot be sent.
    #[error("{method:?} is no method: use letters, digits and !#$%&'*+-.^_`|~")]
    Method {
        /// The method as it was given.
        method: String,
    },
    /// Both paths of a pair are one.
    #[error("{path:?} is paired with itself: give a path beside it where nothing is")]
    SamePath {
        /// The path.
        path: String,
    },
    /// Too few measurements for a test of time.
    #[error("{samples} measurements show nothing: take {least} at least, and 10,000 rather")]
    TooFew {
        /// What was asked for.
        samples: usize,
        /// What the test needs.
        least: usize,
    },
    /// Somebody who may see does not get to see, so what unauthorized caller get shows nothing.
    #[error(
        "{caller} may see {path}, and gets {response}: correct the path, or the caller's credentials"
    )]
    NotSeen {
        /// The caller's name.
        caller: String,
        /// The concealed path.
        path: String,
        /// What came instead of a success.
        response: String,
    },
    /// Somebody who may see is shown what is said to be missing.
    #[error("{path} is said to be missing, and {caller} gets {response}: name a path of nothing")]
    NotMissing {
        /// The caller's name.
        caller: String,
        /// The missing path.
        path: String,
        /// What came instead of a refusal.
        response: String,
    },
    /// There is no tokio runtime around.
    #[error("no tokio runtime: call it in `#[tokio::test]`, or in a runtime with `enable_all()`")]
    NoRuntime,
    /// The service does not answer a plain `GET`.
    #[error(
        "no response to `GET {path}` over {transport} ({why}): is the service up, and does it speak \
         {transport} without TLS?"
    )]
    NoResponse {
        /// What the request was sent over.
        transport: Transport,
        /// The path.
        path: String,
        /// What happened.
        why: String,
    },
    /// No connection.
    #[error("cannot connect: is the service listening there? ({0})")]
    Connect(#[from] io::Error),
}
