//! [`Taken`]: what an observer has taken of a request.

use std::mem;

use crate::catch_panic::catch_panic;

/// What an observer has taken of a request, until it is told the outcome.
///
/// If the request is cancelled, it is dropped with the future of the request, or while another panic unwinds.
/// So a panic of its destructor stays in here: it would reach the server, or end the process.
#[derive(Debug)]
pub struct Taken<X>(Option<X>);

impl<X> Taken<X> {
    pub(crate) const NOTHING: Self = Self(None);

    /// Takes it; nothing, if that panics.
    #[inline(always)]
    pub(crate) fn by(begin: impl FnOnce() -> X) -> Self {
        Self(catch_panic(begin).ok())
    }

    /// Hands it to the observer, which is called inside `catch_panic`.
    #[inline(always)]
    pub(crate) fn take(&mut self) -> Option<X> {
        self.0.take()
    }
}

impl<X> Drop for Taken<X> {
    #[inline(always)]
    fn drop(&mut self) {
        if mem::needs_drop::<X>()
            && let Some(taken) = self.take()
        {
            let _ = catch_panic(|| drop(taken));
        }
    }
}
