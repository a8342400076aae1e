//! When does a 404 leave, or a 401? At once, or at a tick of the time floor.

use std::task::{Context, Poll};

use http::Request;

/// When what tells nothing leaves: [`Immediate`], or as `TimeFloor` says. Only this crate implements it.
pub trait ReleaseTiming: Clone + Send + Sync + 'static + sealed::Sealed {
    /// A request's body, as the service inside gets it.
    type Body<B>;

    /// Whether time may not tell.
    #[doc(hidden)]
    const LEVELS: bool;

    /// When a request arrived.
    #[doc(hidden)]
    type Arrival;

    /// What a request to the area keeps until its answer leaves.
    #[doc(hidden)]
    type Slot<B>;

    /// What an answer waits for.
    #[doc(hidden)]
    type Release<B>;

    #[doc(hidden)]
    fn wrap_outside<B>(request: Request<B>) -> Request<Self::Body<B>>;

    #[doc(hidden)]
    fn arrive() -> Self::Arrival;

    /// Lets a request in, unless too many have arrived.
    #[doc(hidden)]
    fn admit<B>(&self, arrival: Self::Arrival) -> Result<Self::Slot<B>, LimitReached>;

    /// The request as the service inside gets it.
    #[doc(hidden)]
    fn wrap_inside<B>(request: Request<B>, stay: &mut Self::Slot<B>) -> Request<Self::Body<B>>;

    #[doc(hidden)]
    fn release<B>(stay: Self::Slot<B>) -> Self::Release<B>;

    #[doc(hidden)]
    fn poll<B>(wait: &mut Self::Release<B>, cx: &mut Context<'_>) -> Poll<Result<(), NoTimer>>;
}

pub(super) mod sealed {
    pub trait Sealed {}
}

/// More requests than this have arrived in one period.
#[derive(Clone, Copy, Debug)]
pub struct LimitReached(pub(super) u32);

/// Nothing can be waited for.
#[derive(Clone, Copy, Debug)]
pub struct NoTimer;

/// A 404 leaves as soon as it is ready.
#[derive(Clone, Copy, Debug)]
pub struct Immediate;

impl sealed::Sealed for Immediate {}

impl ReleaseTiming for Immediate {
    const LEVELS: bool = false;

    type Body<B> = B;
    type Arrival = ();
    type Slot<B> = ();
    type Release<B> = ();

    #[inline]
    fn wrap_outside<B>(request: Request<B>) -> Request<B> {
        request
    }

    #[inline]
    fn arrive() {}

    #[inline]
    fn admit<B>(&self, (): ()) -> Result<(), LimitReached> {
        Ok(())
    }

    #[inline]
    fn wrap_inside<B>(request: Request<B>, (): &mut ()) -> Request<B> {
        request
    }

    #[inline]
    fn release<B>((): ()) {}

    #[inline]
    fn poll<B>((): &mut (), _: &mut Context<'_>) -> Poll<Result<(), NoTimer>> {
        Poll::Ready(Ok(()))
    }
}
