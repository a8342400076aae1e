//! [`InspectionError`]: why an inspection cannot run, or would show nothing.

use std::io;

use http::StatusCode;
use thiserror::Error;

/// Why an inspection cannot run, or would show nothing. What is wrong with the responses is no error: it is in
/// the [`InspectionReport`](super::InspectionReport).
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InspectionError {
    /// The target cannot be sent.
    #[error(
        "{target:?} is no target: it has to start with `/`, be percent-encoded, and have no fragment"
    )]
    Target {
        /// The target as it was given, without its query and its fragment, which may have a token.
        target: String,
    },
    /// A header cannot be sent.
    #[error(
        "the header {name:?} cannot be sent: its name is no token, its value has a line end, or the inspection \
         sets it itself"
    )]
    Header {
        /// The name as it was given.
        name: String,
    },
    /// A method cannot be sent.
    #[error(
        "{method:?} is no method that can be asked: use letters, digits and !#$%&'*+-.^_`|~, and not CONNECT"
    )]
    Method {
        /// The method as it was given.
        method: String,
    },
    /// The callers and the methods need too many requests.
    #[error("{requests} requests are more than 60: name fewer callers, or allow fewer methods")]
    TooManyRequests {
        /// The number of requests.
        requests: usize,
    },
    /// The call is outside a tokio runtime.
    #[error("no tokio runtime: call this in `#[tokio::test]`, or in a runtime with `enable_all()`")]
    NoRuntime,
    /// The connection fails.
    #[error("cannot connect: is the server listening at this address? ({0})")]
    Connect(#[source] io::Error),
    /// The server does not respond to the first request.
    #[error("no response to `{request}`: {why}; is this the address of an HTTP/1.1 server?")]
    NoResponse {
        /// The request, such as `GET /reports without credentials`.
        request: String,
        /// What happened instead.
        why: String,
    },
    /// A permitted caller does not get the target, so that nothing can be compared.
    #[error(
        "`{request}` gets {status}, and {caller} is given as permitted: correct the target, or the credentials \
         of {caller}"
    )]
    NotPermitted {
        /// The name of the caller.
        caller: String,
        /// The request, such as `GET /reports as alice`.
        request: String,
        /// The status of the response, which is no 2xx.
        status: StatusCode,
    },
}
