//! When the layer releases a concealed response: at once, or at a tick of the time floor.

use std::task::{Context, Poll};

use http::Request;

/// When the layer releases its 404 and an authenticate stage's own responses: [`Immediate`], or at a
/// tick of a `TimeFloor`. Only this crate implements it.
pub trait ReleaseTiming: Clone + Send + Sync + 'static + sealed::Sealed {
    /// The request body that the inner service receives.
    type Body<B>;

    /// What the timing keeps of one request, from its arrival until its response is released.
    #[doc(hidden)]
    type RequestTiming<B>;

    /// Whether responses are held back.
    #[doc(hidden)]
    const HAS_FLOOR: bool;

    /// Notes when a request arrives.
    #[doc(hidden)]
    fn arrive<B>() -> Self::RequestTiming<B>;

    /// Counts a request to the area, unless too many have arrived.
    #[doc(hidden)]
    fn admit<B>(&self, timing: &mut Self::RequestTiming<B>) -> Result<(), LimitReached>;

    /// Makes the request that the inner service receives; `timing` is that of a request to the area.
    #[doc(hidden)]
    fn inner_request<B>(
        request: Request<B>,
        timing: Option<&mut Self::RequestTiming<B>>,
    ) -> Request<Self::Body<B>>;

    /// Starts the timer, if responses are held back: an observer has to know whether it runs.
    #[doc(hidden)]
    fn start_timer<B>(timing: &mut Self::RequestTiming<B>) -> Result<(), NoTimer>;

    /// Ready when the response may be released. The first call chooses when, and starts the timer unless it
    /// was started.
    #[doc(hidden)]
    fn poll_release<B>(
        timing: &mut Self::RequestTiming<B>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), NoTimer>>;
}

pub(super) mod sealed {
    pub trait Sealed {}
}

/// More requests than this limit have arrived in one period.
#[derive(Clone, Copy, Debug)]
pub struct LimitReached(pub(super) u32);

/// The timer does not run, so no response can be held back.
#[derive(Clone, Copy, Debug)]
pub struct NoTimer;

/// Releases every response as soon as it is ready.
#[derive(Clone, Copy, Debug)]
pub struct Immediate;

impl sealed::Sealed for Immediate {}

impl ReleaseTiming for Immediate {
    type Body<B> = B;
    type RequestTiming<B> = ();

    const HAS_FLOOR: bool = false;

    #[inline]
    fn arrive<B>() {}

    #[inline]
    fn admit<B>(&self, (): &mut ()) -> Result<(), LimitReached> {
        Ok(())
    }

    #[inline]
    fn inner_request<B>(request: Request<B>, _: Option<&mut ()>) -> Request<B> {
        request
    }

    #[inline]
    fn start_timer<B>((): &mut ()) -> Result<(), NoTimer> {
        Ok(())
    }

    #[inline]
    fn poll_release<B>((): &mut (), _: &mut Context<'_>) -> Poll<Result<(), NoTimer>> {
        Poll::Ready(Ok(()))
    }
}
