//! What operators see of the fetching of keys (J47).

use super::FetchKeysError;

/// Logs one attempt that has failed.
#[cfg(feature = "tracing")]
pub(super) fn failed(issuer: &str, error: &FetchKeysError, has_keys: bool) {
    tracing::event!(
        target: "portcullis",
        tracing::Level::WARN,
        issuer,
        error = %error,
        keys_loaded = has_keys,
        "the keys of an issuer could not be fetched"
    );
}

#[cfg(not(feature = "tracing"))]
pub(super) fn failed(_: &str, _: &FetchKeysError, _: bool) {}

/// Logs that an attempt has succeeded after one that had failed.
#[cfg(feature = "tracing")]
pub(super) fn recovered(issuer: &str, error: &FetchKeysError) {
    tracing::event!(
        target: "portcullis",
        tracing::Level::INFO,
        issuer,
        last_error = %error,
        "the keys of an issuer could be fetched again"
    );
}

#[cfg(not(feature = "tracing"))]
pub(super) fn recovered(_: &str, _: &FetchKeysError) {}
