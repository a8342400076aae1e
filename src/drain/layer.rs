//! [`DrainLayer`] and how it is configured.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tower::Layer;

use super::discard::Limits;
use super::service::Drain;

/// Layer that applies [`Drain`]: it reads the rest of an HTTP/1.1 request body that the service leaves
/// unread, so that the response reaches a client that is still sending.
///
/// It needs a Tokio runtime with its time driver enabled; without one, nothing is drained. Put it
/// outside all other layers. [The module](crate::drain) has the rules and an example.
#[must_use = "a layer drains nothing until it is applied to a service"]
#[derive(Clone)]
pub struct DrainLayer {
    limits: Arc<Limits>,
}

impl DrainLayer {
    /// Drains at most 64 MiB of one request, for 30 seconds at most, and 256 requests at once.
    pub fn new() -> Self {
        let limits = Limits::new(64 << 20, Duration::from_secs(30), 256);
        Self { limits: Arc::new(limits) }
    }

    /// Sets how many bytes of one request are read and discarded. Beyond that, the server closes the
    /// connection, and a client that does not read while it sends loses the response.
    ///
    /// # Errors
    ///
    /// [`InvalidDrain::Bytes`] for 0.
    pub fn max_bytes(self, bytes: u64) -> Result<Self, InvalidDrain> {
        if bytes == 0 {
            return Err(InvalidDrain::Bytes);
        }
        let Limits { time, concurrent, .. } = *self.limits;
        Ok(Self { limits: Arc::new(Limits::new(bytes, time, concurrent)) })
    }

    /// Sets for how long the body of one request is read. It ends earlier if the client sends nothing for
    /// five seconds.
    ///
    /// # Errors
    ///
    /// [`InvalidDrain::Time`] for zero and for more than an hour.
    pub fn time_limit(self, time: Duration) -> Result<Self, InvalidDrain> {
        if time.is_zero() || time > Duration::from_secs(3600) {
            return Err(InvalidDrain::Time(time));
        }
        let Limits { bytes, concurrent, .. } = *self.limits;
        Ok(Self { limits: Arc::new(Limits::new(bytes, time, concurrent)) })
    }

    /// Sets how many requests are drained at once, over all services that this layer makes. This is how
    /// many connections slow uploads can hold by being refused.
    ///
    /// # Errors
    ///
    /// [`InvalidDrain::Concurrent`] for 0.
    pub fn max_concurrent(self, requests: usize) -> Result<Self, InvalidDrain> {
        if requests == 0 {
            return Err(InvalidDrain::Concurrent);
        }
        let Limits { bytes, time, .. } = *self.limits;
        Ok(Self { limits: Arc::new(Limits::new(bytes, time, requests)) })
    }
}

impl Default for DrainLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for DrainLayer {
    type Service = Drain<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Drain::new(inner, self.limits.clone())
    }
}

impl fmt::Debug for DrainLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DrainLayer").field("limits", &self.limits).finish()
    }
}

/// A configuration of [`DrainLayer`] that would drain nothing, or hold connections for too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidDrain {
    /// The limit on bytes is 0.
    #[error(
        "a limit of 0 bytes drains nothing: take more than your largest uploads, or leave the layer out"
    )]
    Bytes,
    /// The time is zero, or longer than an hour.
    #[error("{0:?} is no time limit for draining: take what a large upload needs, an hour at most")]
    Time(Duration),
    /// No request may be drained.
    #[error(
        "0 requests at once drain nothing: take how many connections may be held, or leave the layer out"
    )]
    Concurrent,
}
