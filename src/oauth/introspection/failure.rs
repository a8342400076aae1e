//! [`Failure`]: why the endpoint did not answer as RFC 7662 says.

use std::time::Duration;

use http::StatusCode;

use super::breaker::{Change, Ended};
use crate::oauth::fetch::FetchError;
use crate::oauth::token_error::TokenError;
use crate::timeout::TimedOut;

/// Why the endpoint did not answer as RFC 7662 says, for the operators. It contains nothing of the token.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    NoResponse(#[from] FetchError),
    #[error("the introspection endpoint did not answer: {0}")]
    Timeout(#[from] TimedOut),
    #[error("the introspection endpoint refused this service with {0}: check its `ClientAuth`")]
    Client(StatusCode),
    #[error("the introspection endpoint does not introspect tokens of this type")]
    TokenType,
    #[error("the introspection endpoint answered with status {0} instead of 200")]
    Status(StatusCode),
    #[error("the response of the introspection endpoint is not `application/json`")]
    MediaType,
    #[error("the response of the introspection endpoint is longer than {0} bytes")]
    TooLong(usize),
    #[error("the response of the introspection endpoint is not an object in JSON: {0}")]
    NotJson(serde_json::Error),
    #[error("`active` in the response of the introspection endpoint is neither true nor false")]
    Active,
}

impl Failure {
    /// What it means for the next calls. A complete response to a token that a stranger has chosen, or a
    /// page of a firewall in its place, says little of other tokens: otherwise strangers could switch
    /// introspection off. The exceptions are responses that no token has caused.
    pub(super) fn ended(&self) -> Ended {
        match self {
            Self::Status(status) | Self::Client(status) => match status.as_u16() {
                401 | 404 | 408 | 429 => Ended::Badly,
                400..=500 => Ended::WithRefusalOfTheToken,
                _ => Ended::Badly,
            },
            Self::NoResponse(error) if !error.is_body_too_long() => Ended::Badly,
            Self::Timeout(_) => Ended::Badly,
            _ => Ended::WithRefusalOfTheToken,
        }
    }

    /// What the caller gets.
    pub(super) fn refusal(&self) -> TokenError {
        match self {
            Self::TokenType => TokenError::Type,
            _ => TokenError::IntrospectionUnavailable,
        }
    }
}

/// Logs a call that failed.
#[cfg(feature = "tracing")]
pub(super) fn failed(failure: &Failure) {
    tracing::event!(
        target: "portcullis",
        tracing::Level::WARN,
        stage = "introspection",
        source = %failure,
        "a token could not be introspected"
    );
}

#[cfg(not(feature = "tracing"))]
pub(super) fn failed(_: &Failure) {}

/// Logs that calls stop for a time, or begin again.
#[cfg(feature = "tracing")]
pub(super) fn changed(change: Change) {
    match change {
        Change::Opened { pause } => tracing::event!(
            target: "portcullis",
            tracing::Level::ERROR,
            stage = "introspection",
            seconds = pause.as_secs(),
            "the introspection endpoint fails: no token is introspected for this time, then one as a trial"
        ),
        Change::Closed => tracing::event!(
            target: "portcullis",
            tracing::Level::INFO,
            stage = "introspection",
            "the introspection endpoint answers again"
        ),
    }
}

#[cfg(not(feature = "tracing"))]
pub(super) fn changed(_: Change) {}

/// Logs a token that was not introspected because too many are already.
#[cfg(feature = "tracing")]
pub(super) fn is_busy(limit: usize, waited: Duration) {
    tracing::event!(
        target: "portcullis",
        tracing::Level::DEBUG,
        stage = "introspection",
        limit,
        milliseconds = waited.as_millis(),
        "a token was not introspected, because too many are at once; raise `concurrent_calls` if the \
         endpoint can serve more"
    );
}

#[cfg(not(feature = "tracing"))]
pub(super) fn is_busy(_: usize, _: Duration) {}
