//! Has this count of this nonce been used before?

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::SystemTime;

use super::hex::{self, Hex};
use crate::denial::Unauthenticated;
use crate::identity::cannot_wait;

/// Remembers which counts of which nonces were used (RFC 7616 §3.4.5), so that no request is
/// accepted twice.
///
/// It is asked once the response was right and the nonce is not outdated, so that only who knows
/// a secret can make it remember anything. Counts of parallel connections arrive out of order:
/// a store must accept each of them once, within a window that it can afford.
/// [`MemoryReplayStore`](super::MemoryReplayStore) serves one process; several machines that share
/// a [nonce key](super::Digest::key) need one that they share.
///
/// ```
/// use portcullis::{ReplayStore, NonceCountStatus, NonceUse, Unauthenticated};
///
/// # struct Database;
/// # impl Database {
/// #     async fn add_unless_there(&self, _: &str, _: u32, _: std::time::SystemTime) -> std::io::Result<bool> { Ok(true) }
/// # }
/// impl ReplayStore for Database {
///     async fn record(&self, count: &NonceUse) -> Result<NonceCountStatus, Unauthenticated> {
///         // Keeps every count on its own, until the nonce expires.
///         let added = self.add_unless_there(count.nonce(), count.count(), count.expires()).await;
///         match added {
///             Ok(true) => Ok(NonceCountStatus::First),
///             Ok(false) => Ok(NonceCountStatus::Repeated),
///             Err(error) => Err(Unauthenticated::unavailable().with_source(error)),
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not remember which nonce counts were used",
    note = "use `MemoryReplayStore`, or implement `ReplayStore`"
)]
pub trait ReplayStore: Send + Sync + 'static {
    /// Takes note of a count, and says whether it was new. Both at once: of two equal requests
    /// that arrive together one must lose.
    ///
    /// # Errors
    ///
    /// [`Unauthenticated::unavailable`] if the store cannot say.
    fn record(
        &self,
        count: &NonceUse,
    ) -> impl Future<Output = Result<NonceCountStatus, Unauthenticated>> + Send {
        async move { self.record_now(count).unwrap_or_else(|| Err(cannot_wait("record"))) }
    }

    /// The answer, if it can be given without waiting. `None` asks
    /// [`record`](Self::record) instead, and must not have taken note of anything.
    fn record_now(&self, count: &NonceUse) -> Option<Result<NonceCountStatus, Unauthenticated>> {
        let _ = count;
        None
    }
}

/// What a store knows of a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonceCountStatus {
    /// It is used for the first time: the request goes on.
    First,
    /// It was used before: the request is a replay, and refused as invalid.
    Repeated,
    /// The store cannot know any more, having forgotten the nonce or counts as old as this one:
    /// the client is asked to take another nonce (`stale=true`), which it does by itself.
    Forgotten,
}

/// A nonce of ours and how many requests the client has made with it, this one included.
#[derive(Clone, Copy)]
pub struct NonceUse {
    nonce: Hex,
    count: u32,
    expires: SystemTime,
}

impl NonceUse {
    /// For the tests of a store: a nonce is 32 bytes, 64 hexadecimal digits on the wire.
    pub fn new(nonce: [u8; 32], count: u32, expires: SystemTime) -> Self {
        Self { nonce: Hex::of(&nonce), count, expires }
    }

    /// The nonce: 64 lower-case hexadecimal digits.
    pub fn nonce(&self) -> &str {
        self.nonce.as_str()
    }

    /// The count, `nc`.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// The part that differs in each nonce and that nobody else can make.
    pub(super) fn proof(&self) -> [u8; 16] {
        let digits = self.nonce.as_bytes();
        // There are 64 of them, so the default is never taken.
        digits.get(32..).and_then(hex::decode).unwrap_or_default()
    }

    /// When the nonce is outdated, and need not be remembered any more.
    pub fn expires(&self) -> SystemTime {
        self.expires
    }
}

impl fmt::Debug for NonceUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NonceUse").field("count", &self.count).finish_non_exhaustive()
    }
}

impl<R: ReplayStore> ReplayStore for Arc<R> {
    fn record(
        &self,
        count: &NonceUse,
    ) -> impl Future<Output = Result<NonceCountStatus, Unauthenticated>> + Send {
        R::record(self, count)
    }

    fn record_now(&self, count: &NonceUse) -> Option<Result<NonceCountStatus, Unauthenticated>> {
        R::record_now(self, count)
    }
}
