//! [`FetchKeysError`]: why the keys of an issuer could not be fetched.

use std::sync::Arc;
use std::time::Duration;

use http::{StatusCode, Uri};

use super::InvalidKeys;
use crate::oauth::fetch::FetchError;

/// Why the keys of an issuer could not be fetched. For operators: no client sees it.
///
/// [`Keys::load`](super::Keys::load) and [`Keys::last_failure`](super::Keys::last_failure) return it,
/// and with the feature `tracing` each failure is an event at WARN ([J47](crate::semantics#j47)).
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchKeysError {
    /// The HTTP client got no response, or not all of it.
    #[error("`{url}`: {error}")]
    NoResponse {
        /// What was fetched.
        url: Uri,
        /// Why there is no response.
        #[source]
        error: Arc<FetchError>,
    },
    /// The status is not 200. Redirects are not followed: configure the address to which they lead.
    #[error("`{url}`: the status is {status}")]
    Status {
        /// What was fetched.
        url: Uri,
        /// The status of the response.
        status: StatusCode,
    },
    /// The body is compressed, although the request permits no compression.
    #[error("`{url}`: the body has a `Content-Encoding`, which the request did not permit")]
    Encoded {
        /// What was fetched.
        url: Uri,
    },
    /// The body is longer than 512 KiB.
    #[error("`{url}`: the body is longer than {max} bytes")]
    TooLong {
        /// What was fetched.
        url: Uri,
        /// The limit in bytes.
        max: usize,
    },
    /// The body is not a JWK set that can be used (RFC 7517 §5).
    #[error("`{url}`: {error}")]
    Keys {
        /// What was fetched.
        url: Uri,
        /// What is wrong with it.
        #[source]
        error: InvalidKeys,
    },
    /// The body is not the metadata of an authorization server (RFC 8414 §3.2).
    #[error("`{url}`: not an object in JSON with the strings `issuer` and `jwks_uri`")]
    NotMetadata {
        /// What was fetched.
        url: Uri,
    },
    /// The metadata is that of another issuer (RFC 8414 §3.3). Every byte counts, a `/` at the end too.
    #[error(
        "`{url}`: the metadata is of the issuer {found:?}: configure exactly this issuer if it is \
             the right one"
    )]
    WrongIssuer {
        /// What was fetched.
        url: Uri,
        /// The `issuer` of the metadata; its beginning, if it is long.
        found: Box<str>,
    },
    /// `jwks_uri` is not `https`, or on this machine itself, or longer than 2048 bytes. (The first two are
    /// accepted of an issuer that is on this machine itself.)
    #[error(
        "`{url}`: `jwks_uri` is {found:?}, which must be an absolute URL with `https`, and not on this \
         machine, of 2048 bytes at most"
    )]
    KeysUrl {
        /// What was fetched.
        url: Uri,
        /// The `jwks_uri` of the metadata; its beginning, if it is long.
        found: Box<str>,
    },
    /// None of the addresses at which an issuer may have its metadata has it.
    #[error("no metadata of the issuer was found: {}", join(.0))]
    NotDiscovered(
        /// What is wrong at each address.
        Arc<[FetchKeysError]>,
    ),
    /// The time limit has passed.
    #[error("not fetched within the time limit of {0:?}")]
    TimedOut(
        /// The time limit.
        Duration,
    ),
    /// There is no Tokio runtime with a time driver where a token was verified.
    #[error(
        "keys are fetched on a Tokio runtime with its time driver: build it with `enable_all()`, and \
         verify tokens on it"
    )]
    NoRuntime,
    /// The HTTP client panicked, or the runtime was shut down or did not run during the fetch.
    #[error("the fetch was aborted: the HTTP client panicked, or its runtime did not run any more")]
    Aborted,
}

fn join(errors: &[FetchKeysError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
