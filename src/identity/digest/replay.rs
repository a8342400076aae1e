//! [`ReplayStore`]: was this count of this nonce used before?

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::SystemTime;

use super::hash::{Hex, decode_hex};
use crate::denial::Unauthenticated;
use crate::identity::cannot_wait;

/// Records which counts of which nonces were used (RFC 7616 §3.4.5), so that no request is
/// accepted twice.
///
/// It is called after the response was verified and the nonce is not outdated, so that only a
/// client that knows a secret can fill it. The counts of parallel connections arrive out of order:
/// a store must accept each of them once, within a window that it can afford.
/// [`MemoryReplayStore`](super::MemoryReplayStore) serves one process; several machines with the
/// same [nonce key](super::Digest::key) need a common store.
///
/// Implement [`record`](Self::record) or, if the store never waits,
/// [`record_now`](Self::record_now). Without `record`, a request for which `record_now` returns
/// `None` is refused with 500.
///
/// ```
/// use portcullis::identity::{NonceCountStatus, NonceUse, ReplayStore};
/// use portcullis::Unauthenticated;
///
/// # struct Database;
/// # impl Database {
/// #     async fn add_unless_there(&self, _: &str, _: u32, _: std::time::SystemTime) -> std::io::Result<bool> { Ok(true) }
/// # }
/// impl ReplayStore for Database {
///     async fn record(&self, count: &NonceUse) -> Result<NonceCountStatus, Unauthenticated> {
///         // Stores each count separately until the nonce expires.
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
    /// Records a count and returns whether it was new, in one atomic step: of two equal requests
    /// at the same time, only one is the first.
    ///
    /// # Errors
    ///
    /// [`Unauthenticated::unavailable`] if the store cannot tell.
    fn record(
        &self,
        count: &NonceUse,
    ) -> impl Future<Output = Result<NonceCountStatus, Unauthenticated>> + Send {
        async move { self.record_now(count).unwrap_or_else(|| Err(cannot_wait("record"))) }
    }

    /// As [`record`](Self::record), if that is possible without waiting; it is called first. On
    /// `None`, the default, `record` is called: the count must not be recorded yet.
    fn record_now(&self, count: &NonceUse) -> Option<Result<NonceCountStatus, Unauthenticated>> {
        let _ = count;
        None
    }
}

/// What a [`ReplayStore`] knows of a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonceCountStatus {
    /// It is used for the first time: the request is accepted.
    First,
    /// It was used before: the request is a replay, or the client has lost count. It is refused,
    /// and the client gets another nonce (`stale=true`).
    Repeated,
    /// The store has evicted the nonce, or counts as old as this one, and cannot tell. The client
    /// gets another nonce (`stale=true`) and repeats the request without asking its user.
    Forgotten,
}

/// A nonce of this server, and how many requests the client has sent with it, including this one.
#[derive(Clone, Copy)]
pub struct NonceUse {
    nonce: Hex,
    count: u32,
    expires: SystemTime,
}

impl NonceUse {
    /// For tests of a store. A nonce is 32 bytes: 64 hexadecimal digits on the wire.
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

    /// The MAC in the nonce, which differs in each nonce and which only this server can make.
    pub(super) fn proof(&self) -> [u8; 16] {
        let digits = self.nonce.as_bytes();
        // There are 64 digits, so that the default is never used.
        digits.get(32..).and_then(decode_hex).unwrap_or_default()
    }

    /// When the nonce is outdated. A store may forget it then.
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
