//! The future of [`ConcealService`](super::ConcealService).

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::Response;
use pin_project_lite::pin_project;

use super::body::ConcealBody;
use super::concealer::{ConcealState, Concealer, no_timer};
use super::pending::{Disposition, PendingResponse, Replacement};
use super::timing::{NoTimer, ReleaseTiming};
use crate::observe::Observe;
use crate::respond::Respond;

const POLLED_AFTER_COMPLETION: &str = "`ConcealFuture` polled after completion";

pin_project! {
    /// Response future of [`ConcealService`](crate::conceal::ConcealService).
    #[must_use = "futures do nothing unless polled"]
    pub struct ConcealFuture<F, R: Respond, T: ReleaseTiming, O: Observe, ReqBody, ResBody> {
        #[pin]
        state: State<F, ResBody, T::RequestTiming<ReqBody>>,
        // Present while the service works on a request to the area.
        inside: Option<Inside<R, T, O, ReqBody>>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F, B, T> {
        Serving { #[pin] response: F },
        Waiting { pending: Option<PendingResponse<B>>, timing: Option<T> },
    }
}

/// What is kept of a request to the area while the service works on it.
type Inside<R, T, O, ReqBody> = (
    ConcealState<<R as Respond>::Context, <O as Observe>::Context>,
    Arc<Concealer<R, O>>,
    <T as ReleaseTiming>::RequestTiming<ReqBody>,
);

impl<F, R, T, O, ReqBody, ResBody> ConcealFuture<F, R, T, O, ReqBody, ResBody>
where
    R: Respond,
    T: ReleaseTiming,
    O: Observe,
{
    #[inline]
    pub(super) fn outside(response: F) -> Self {
        Self { state: State::Serving { response }, inside: None }
    }

    /// Says that the request is inside the area. It is set on the finished future, so that the
    /// inner future is made in its place in this one and is not moved there.
    #[inline]
    pub(super) fn set_inside(
        &mut self,
        state: ConcealState<R::Context, O::Context>,
        concealer: Arc<Concealer<R, O>>,
        timing: T::RequestTiming<ReqBody>,
    ) {
        self.inside = Some((state, concealer, timing));
    }

    /// Responds at once, without calling the service.
    pub(super) fn replaced(replacement: Replacement) -> Self {
        let pending = Some(PendingResponse::Replacement(replacement));
        Self { state: State::Waiting { pending, timing: None }, inside: None }
    }
}

impl<F, R, T, O, ReqBody, ResBody, E> Future for ConcealFuture<F, R, T, O, ReqBody, ResBody>
where
    F: Future<Output = Result<Response<ResBody>, E>>,
    R: Respond,
    T: ReleaseTiming,
    O: Observe,
    ResBody: ConcealBody,
{
    type Output = Result<Response<ResBody>, E>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.as_mut().project();
        let StateProjection::Serving { response } = this.state.project() else {
            return self.poll_waiting(cx);
        };
        // The response is inspected in place: moving it would cost more than inspecting it.
        let mut polled = response.poll(cx);
        let Poll::Ready(Ok(response)) = &mut polled else { return polled };
        let Some((state, concealer, mut timing)) = this.inside.take() else { return polled };
        match concealer.on_response(response, state, || T::start_timer(&mut timing)) {
            Disposition::Release => polled,
            disposition => match polled {
                Poll::Ready(Ok(response)) => self.dispose(cx, response, disposition, timing),
                polled => polled,
            },
        }
    }
}

impl<F, R, T, O, ReqBody, ResBody> ConcealFuture<F, R, T, O, ReqBody, ResBody>
where
    R: Respond,
    T: ReleaseTiming,
    O: Observe,
    ResBody: ConcealBody,
{
    /// Changes or delays a response. Few responses need it, so it is not inlined into `poll`.
    #[inline(never)]
    fn dispose<E>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        response: Response<ResBody>,
        disposition: Disposition,
        timing: T::RequestTiming<ReqBody>,
    ) -> Poll<Result<Response<ResBody>, E>> {
        let pending = match disposition {
            Disposition::Release => return Poll::Ready(Ok(response)),
            Disposition::ConcealTrailers => {
                return Poll::Ready(Ok(response.map(ConcealBody::conceal_trailers)));
            }
            Disposition::Delay { to_head } => PendingResponse::Original { response, to_head },
            Disposition::Replace(replacement) => PendingResponse::Replacement(replacement),
        };
        // This drops the inner future, and with it everything that the service holds for the
        // request: a permit of a limit, a connection to its store.
        let waiting = State::Waiting { pending: Some(pending), timing: Some(timing) };
        self.as_mut().project().state.set(waiting);
        self.poll_waiting(cx)
    }

    #[inline(never)]
    fn poll_waiting<E>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Response<ResBody>, E>> {
        let StateProjection::Waiting { pending, timing } = self.project().state.project() else {
            return Poll::Pending;
        };
        if let Some(timing) = timing
            && let Err(NoTimer) = ready!(T::poll_release(timing, cx))
        {
            *pending = pending.take().map(|pending| pending.replaced_by(no_timer()));
        }
        // Drops the request body that was held.
        *timing = None;
        let pending = pending.take().expect(POLLED_AFTER_COMPLETION);
        Poll::Ready(Ok(pending.into_response()))
    }
}
